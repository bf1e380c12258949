"""A workspace -> the sections of its tree that lack texts, each with papers to draft them from.

What enters: the taxonomy, its studies, the drafts that are there. What leaves: one `DraftTask` for each
section of which something is missing and of which at least one abstract is known; and the paths of those of
which none is. What it does not do: render prompts, or ask.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from classifier.drafting.neighbours import Neighbours, ShownNeighbour
from classifier.model.record import Record
from classifier.model.study import Study
from classifier.survey.drafts import MADE_HERE, QUESTIONS, SURVEY, DraftedText, all_nodes
from classifier.survey.taxonomy import Node, Taxonomy, TextDraft

MOST_PAPERS = 12
"""Most papers of one section in a prompt; about 4,000 tokens."""
_MOST_ABSTRACT_CHARS = 1_200
_MOST_TITLE_CHARS = 300
_MOST_QUESTIONS = 8
"""A paper is asked every decision question: with more of them, a reply costs more than it tells."""
_MOST_CHOICES = 20
_LEAST_PAPERS = 3
"""Least papers with an abstract for a model to say what counts and what does not: of fewer, it repeats one of
them."""
LEAF_FIELDS = ("definition", "counts", "excludes")


class ShownPaper(Record):
    """A paper in a prompt.

    Attributes:
        mark: "P1"; replies name it by this.
        id: The study's id; not shown.
        child: The part of the section that has it, if the section has parts.
    """

    mark: str
    id: str
    title: str
    abstract: str
    child: str = ""


class ShownChild(Record):
    """A section below the one that is described."""

    id: str
    title: str


class DraftTask(Record):
    """One section, and what is missing.

    Attributes:
        path: The node's path, or `SURVEY`.
        fields: Of "definition", "counts", "excludes", "scope", "question".
        text: What the list itself says of the section.
    """

    path: str
    titles: tuple[str, ...] = ()
    fields: tuple[str, ...]
    text: str = ""
    children: tuple[ShownChild, ...] = ()
    neighbours: tuple[ShownNeighbour, ...] = ()
    papers: tuple[ShownPaper, ...]


class Material(NamedTuple):
    """What to ask, and the sections of which no abstract is known."""

    tasks: tuple[DraftTask, ...]
    bare: tuple[str, ...]


def find_material(taxonomy: Taxonomy, studies: Sequence[Study], drafts: Iterable[DraftedText]) -> Material:
    """The sections that lack texts, leaves first, so that a limit on money is spent on them."""
    rows = tuple(drafts)
    known = {(row.node, row.field) for row in rows if row.by not in MADE_HERE}
    asked = {row.of for row in rows if row.node == QUESTIONS}
    nodes = all_nodes(taxonomy)
    wants_questions = not taxonomy.questions and 0 < len(_forks(taxonomy, nodes)) <= _MOST_QUESTIONS
    neighbours = Neighbours(taxonomy, nodes, studies)
    tasks, bare = [], []
    for path, node in [*sorted(nodes.items(), key=lambda item: bool(item[1].children)), (SURVEY, None)]:
        children = node.children if node else taxonomy.tree
        fields = _missing(taxonomy, node, path, known)
        texts = {f"{question_id(path)}.{child.id}" for child in children}
        if wants_questions and 1 < len(children) <= _MOST_CHOICES and not texts <= asked:
            fields = (*fields, "question")
        if not fields:
            continue
        papers = _papers(path, [child.id for child in children], studies)
        if not papers:
            bare.append(path)
            continue
        if len(papers) < _LEAST_PAPERS:
            fields = tuple(field for field in fields if field not in ("counts", "excludes"))
        tasks.append(
            DraftTask(
                path=path,
                titles=_titles(path, nodes),
                fields=fields,
                text=_own_text(node or taxonomy),
                children=tuple(ShownChild(id=child.id, title=child.title) for child in children),
                neighbours=neighbours.of(path),
                papers=papers,
            )
        )
    return Material(tuple(tasks), tuple(bare))


def question_id(path: str) -> str:
    """The id of the decision question that tells the parts of a section apart."""
    return "survey_topic" if path == SURVEY else path.replace("/", "_")


def branch_paths(taxonomy: Taxonomy) -> tuple[str, ...]:
    """Sections whose parts a question must tell apart: the survey, then branches with several parts."""
    return _forks(taxonomy, all_nodes(taxonomy))


def tree_lines(taxonomy: Taxonomy) -> list[str]:
    """The tree as indented lines, for prompts."""
    return [f"{'  ' * path.count('/')}{node.title} ({path})" for path, node in all_nodes(taxonomy).items()]


def is_marked(marks: Iterable[TextDraft], field: str) -> bool:
    """Whether a text is itself a draft from headings or words."""
    return any(mark.of == field and mark.by in MADE_HERE for mark in marks)


def _forks(taxonomy: Taxonomy, nodes: dict[str, Node]) -> tuple[str, ...]:
    top = (SURVEY,) if len(taxonomy.tree) > 1 else ()
    return (*top, *(path for path, node in nodes.items() if len(node.children) > 1))


def _missing(
    taxonomy: Taxonomy, node: Node | None, path: str, known: Collection[tuple[str, str]]
) -> tuple[str, ...]:
    owner = node or taxonomy
    found = []
    if not owner.definition or is_marked(owner.drafts, "definition"):
        found.append("definition")
    if node is not None and not node.children:
        found += [field for field in ("counts", "excludes") if not getattr(node, field)]
    if node is None and not taxonomy.scope.definition:
        found.append("scope")
    # A section was asked for all that it lacked; a list that came back empty is an answer, too.
    return () if any((path, field) in known for field in LEAF_FIELDS) else tuple(found)


def _own_text(owner: Node | Taxonomy) -> str:
    return "" if is_marked(owner.drafts, "definition") else owner.definition


def _papers(path: str, children: Sequence[str], studies: Sequence[Study]) -> tuple[ShownPaper, ...]:
    """Papers with an abstract, in turn from each part of the section and each leaf of the part."""
    above = "" if path == SURVEY else f"{path}/"
    parts: dict[str, list[Study]] = {child: [] for child in children} or {"": []}
    for study in studies:
        if not study.summary.strip():
            continue
        if not children and study.label == path:
            parts[""].append(study)
        elif children and study.label.startswith(above):
            child = study.label[len(above) :].partition("/")[0]
            if child in parts:
                parts[child].append(study)
    chosen: list[tuple[str, Study]] = []
    turns = {child: _in_turn(rows) for child, rows in parts.items()}
    for number in range(MOST_PAPERS):
        chosen += [(child, rows[number]) for child, rows in turns.items() if number < len(rows)]
    return tuple(
        ShownPaper(
            mark=f"P{number}",
            id=study.id,
            title=_cut(study.title, _MOST_TITLE_CHARS),
            abstract=_cut(study.summary, _MOST_ABSTRACT_CHARS),
            child=child,
        )
        for number, (child, study) in enumerate(chosen[:MOST_PAPERS], start=1)
    )


def _in_turn(studies: Sequence[Study]) -> list[Study]:
    """The studies of several leaves: the first of each leaf, then the second ones, and so on."""
    by_leaf: dict[str, list[Study]] = {}
    for study in studies:
        by_leaf.setdefault(study.label, []).append(study)
    rows = itertools.zip_longest(*by_leaf.values())
    return [study for row in rows for study in row if study is not None]


def _titles(path: str, nodes: dict[str, Node]) -> tuple[str, ...]:
    if path == SURVEY:
        return ()
    parts = path.split("/")
    return tuple(nodes["/".join(parts[: n + 1])].title for n in range(len(parts)))


def _cut(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[:most].rsplit(' ', 1)[0]} …"
