"""A section -> the sections that it could be mistaken for, each with the titles of some of its papers.

What enters: the taxonomy and its studies. What leaves: for each section its siblings, and the leaves
elsewhere whose papers are nearest by their words. A model that sees only a section's own papers cannot say
what its neighbours lack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from classifier.model.record import Record
from classifier.model.study import Study
from classifier.survey.drafts import SURVEY
from classifier.survey.taxonomy import Node, Taxonomy
from classifier.text.similarity import TermIndex

MOST_SIBLINGS = 12
MOST_NEAR = 3
"""Leaves of other branches."""
MOST_TITLES = 2
_MOST_TITLE_CHARS = 200
_MOST_TEXT_CHARS = 20_000
"""Most characters of a leaf's papers that are compared."""


class ShownNeighbour(Record):
    """A section in a prompt: its titles from the outermost branch, and titles of its papers."""

    titles: tuple[str, ...]
    papers: tuple[str, ...]


class Neighbours:
    """The neighbours of every section of a taxonomy.

    Args:
        nodes: Path -> node, parents before children.
    """

    def __init__(self, taxonomy: Taxonomy, nodes: Mapping[str, Node], studies: Sequence[Study]) -> None:
        self._taxonomy = taxonomy
        self._nodes = nodes
        self._leaves = [path for path, node in nodes.items() if not node.children]
        self._studies: dict[str, list[Study]] = {path: [] for path in self._leaves}
        for study in studies:
            if study.label in self._studies:
                self._studies[study.label].append(study)

    def of(self, path: str) -> tuple[ShownNeighbour, ...]:
        """Siblings in the tree's order, then near leaves elsewhere; none for the whole survey."""
        if path == SURVEY:
            return ()
        above, _, own = path.rpartition("/")
        siblings = self._nodes[above].children if above else self._taxonomy.tree
        prefix = f"{above}/" if above else ""
        paths = [f"{prefix}{node.id}" for node in siblings if node.id != own][:MOST_SIBLINGS]
        return tuple(self._shown(other) for other in (*paths, *self._near(path, prefix)))

    def _near(self, path: str, prefix: str) -> list[str]:
        if path not in self._studies or not self._studies[path]:
            return []
        alike = self._index.similarities(self._text(path))
        elsewhere = [
            (share, other)
            for share, other in zip(alike, self._leaves, strict=True)
            if share > 0 and other != path and not (prefix and other.startswith(prefix))
            and other.rpartition("/")[0] != path.rpartition("/")[0]
        ]  # fmt: skip
        return [other for _, other in sorted(elsewhere, key=lambda row: -row[0])[:MOST_NEAR]]

    @cached_property
    def _index(self) -> TermIndex:
        return TermIndex([self._text(path) for path in self._leaves])

    def _text(self, path: str) -> str:
        text = " ".join(f"{study.title} {study.summary}" for study in self._studies[path])
        return text[:_MOST_TEXT_CHARS]

    def _shown(self, path: str) -> ShownNeighbour:
        parts = path.split("/")
        titles = tuple(self._nodes["/".join(parts[: n + 1])].title for n in range(len(parts)))
        papers = [
            study.title[:_MOST_TITLE_CHARS]
            for leaf, studies in self._studies.items()
            if leaf == path or leaf.startswith(f"{path}/")
            for study in studies[:MOST_TITLES]
        ]
        return ShownNeighbour(titles=titles, papers=tuple(papers[:MOST_TITLES]))
