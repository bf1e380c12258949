"""Sections and their roles -> the place of each section's papers, and the nodes of the tree.

What enters: a source, and a person's choices. What leaves: a place for every section, and nodes with stable
ids. `filing` assigns the papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from classifier.scaffold.roles import Guess, guess_role, is_collection, is_contents
from classifier.scaffold.slugs import make_slug
from classifier.scaffold.source import Path, Source
from classifier.survey.section_plan import PlannedSection, SectionPlan

OTHER_LEAF = "other"
Stop = Literal["", "facet", "others", "front"]


class Place(NamedTuple):
    """The place of a section's papers.

    Attributes:
        topics: Headings of the node, from the root's child; empty if no heading above is a topic.
        facets: Facet -> value, of the section and those above it.
        stop: Why the papers are not in that node; empty if they are.
    """

    topics: Path
    facets: Mapping[str, str]
    stop: Stop


@dataclass
class DraftNode:
    """A node of the new tree; `here` are papers directly in it, by their number in the source."""

    id: str
    title: str
    intro: str = ""
    children: list[DraftNode] = field(default_factory=list)
    here: list[int] = field(default_factory=list)
    keep: bool = False

    def walk(self, above: str = "") -> Iterator[tuple[str, DraftNode]]:
        """Its own path and node, then those below."""
        path = f"{above}{self.id}"
        yield path, self
        for child in self.children:
            yield from child.walk(f"{path}/")

    @property
    def total(self) -> int:
        """Papers in it and below."""
        return len(self.here) + sum(child.total for child in self.children)


def decide_roles(source: Source, plan: SectionPlan | None) -> dict[Path, Guess]:
    """A role for every section: a person's, else what its heading suggests."""
    chosen = {row.section: row for row in plan.sections} if plan else {}
    roles: dict[Path, Guess] = {}
    for section in source.sections:
        row = chosen.get(section.titles)
        guess = Guess("container") if section.is_title else guess_role(section.titles[-1])
        if row is not None and (row.role != guess.role or row.facet):
            guess = _chosen(row)
        roles[section.titles] = guess
    direct = {path for paper in source.papers for path in paper.sections}
    _open_collections(roles, direct, chosen.keys())
    titles = {section.titles for section in source.sections if section.is_title}
    for path, guess in roles.items():
        flat = guess == Guess("container") and path in direct and path not in titles and path not in chosen
        if flat and not _topics_around(path, roles):
            roles[path] = Guess("topic")  # "Papers" without topics: the list has one leaf for them
    return roles


def _open_collections(roles: dict[Path, Guess], direct: Set[Path], chosen: Set[Path]) -> None:
    """Sections that are containers by what is below them: a table of contents, "Resources", other facets.

    In some lists all other headings are a level below "Contents". "Datasets" with "Images" and "Sound" below
    remains a facet, unless the list has no other topics.
    """
    for path, guess in roles.items():
        if guess.role == "front" and path not in chosen and is_contents(path[-1]):
            roles[path] = Guess("container")
    holders = [
        path
        for path, guess in roles.items()
        if guess.role == "facet" and path not in direct | chosen and _topics_below(path, roles)
    ]
    for path in holders:
        if guess_role(path[-1]).value == "tool" and is_collection(path[-1]):
            roles[path] = Guess("container")
    stops = ("facet", "front", "others")
    if not any(
        any(roles[path[:n]].role == "topic" for n in range(1, len(path) + 1))
        and not any(roles[path[:n]].role in stops for n in range(1, len(path) + 1))
        for path in direct
        if path in roles
    ):
        for path in holders:
            roles[path] = Guess("container")


def _chosen(row: PlannedSection) -> Guess:
    """A person's role; a section that was made a facet without a name is "section=ITS HEADING"."""
    facet, _, value = row.facet.partition("=")
    if row.role == "facet" and not (facet and value):
        facet, value = "section", row.section[-1]
    return Guess(row.role, facet, value) if row.role in ("facet", "container") else Guess(row.role)


def _topics_around(path: Path, roles: Mapping[Path, Guess]) -> bool:
    above = (path[:depth] for depth in range(1, len(path)))
    return _topics_below(path, roles) or any(roles[other].role == "topic" for other in above)


def _topics_below(path: Path, roles: Mapping[Path, Guess]) -> bool:
    return any(other[: len(path)] == path and roles[other].role == "topic" for other in roles)


def place_of(path: Path, roles: Mapping[Path, Guess], titles: frozenset[Path]) -> Place:
    """The place of the papers directly in a section."""
    topics: list[str] = []
    facets: dict[str, str] = {}
    for depth in range(1, len(path) + 1):
        guess = roles.get(path[:depth], Guess("topic"))
        if guess.facet:
            facets[guess.facet] = guess.value
        if guess.role == "topic":
            topics.append(path[depth - 1])
        elif guess.role != "container":
            return Place(tuple(topics), facets, guess.role)
    return Place(tuple(topics), facets, "front" if not path or path in titles else "")


class TreeMaker:
    """Creates nodes by their headings; siblings whose headings give the same id are one node."""

    def __init__(self) -> None:
        self.top: list[DraftNode] = []

    def node(self, topics: Path) -> DraftNode:
        """The node of these headings; created if missing."""
        siblings = self.top
        node: DraftNode | None = None
        for title in topics:
            node = _among(siblings, title)
            if node is None:
                node = DraftNode(make_slug(title), title)
                siblings.append(node)
            siblings = node.children
        if node is None:
            raise ValueError("a node needs a heading")
        return node

    def find(self, topics: Path) -> DraftNode | None:
        """The node of these headings, if the tree has it."""
        siblings, node = self.top, None
        for title in topics:
            node = _among(siblings, title)
            if node is None:
                return None
            siblings = node.children
        return node

    def prune(self) -> None:
        """Removes nodes without papers, unless they are to be kept."""
        self.top = _pruned(self.top)

    def paths(self) -> dict[int, str]:
        """Identity of a node -> its path."""
        return {id(node): path for top in self.top for path, node in top.walk()}


def _among(siblings: list[DraftNode], title: str) -> DraftNode | None:
    slug = make_slug(title)
    return next((node for node in siblings if node.id == slug or node.title == title), None)


def _pruned(nodes: list[DraftNode]) -> list[DraftNode]:
    for node in nodes:
        node.children = _pruned(node.children)
    return [node for node in nodes if node.here or node.children or node.keep]
