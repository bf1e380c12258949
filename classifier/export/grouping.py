"""Filed rows -> groups in the tree's order, with counts.

What enters: rows and the taxonomy. What leaves: one group for each node of the tree, and one each for papers
that are out of scope, unplaced or failed. All rows are held in memory, since pages and tables need them
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.export.filed import FAILED, Filed
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.survey.taxonomy import Node, Taxonomy
from classifier.text.characters import shown

_OUTSIDE = {OUT_OF_SCOPE: "Out of scope", UNPLACED: "Unplaced", FAILED: "Not labelled"}


@dataclass(frozen=True)
class LeafGroup:
    """A node with the papers under it; leaves have papers, branches have children.

    Attributes:
        id: The node's path, or "out-of-scope", "unplaced", "failed".
        definition: The node's definition on one line; empty outside the tree.
    """

    id: str
    title: str
    definition: str
    children: tuple[LeafGroup, ...] = ()
    papers: tuple[Filed, ...] = ()

    @property
    def count(self) -> int:
        """The number of papers in this group and below."""
        return len(self.papers) + sum(child.count for child in self.children)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, LeafGroup]]:
        """This group and those below, with their depth, in the tree's order."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    @property
    def leaves(self) -> tuple[LeafGroup, ...]:
        """The groups without children at and below this one."""
        return tuple(group for _, group in self.walk() if not group.children)


@dataclass(frozen=True)
class Tree:
    """All rows, grouped.

    Attributes:
        classes: The tree's first level.
        outside: Papers without a leaf: out of scope, unplaced, not labelled; only groups that have papers.
        duplicates: The number of entries left out, since another entry of the same paper is included.
    """

    title: str
    classes: tuple[LeafGroup, ...]
    outside: tuple[LeafGroup, ...]
    duplicates: int = 0

    @property
    def placed(self) -> int:
        """Papers that have a leaf."""
        return sum(group.count for group in self.classes)

    @property
    def count(self) -> int:
        """All papers."""
        return self.placed + sum(group.count for group in self.outside)

    @property
    def failed(self) -> int:
        """Papers without a label."""
        return sum(group.count for group in self.outside if group.id == FAILED)


def group_by_tree(rows: Iterable[Filed], taxonomy: Taxonomy) -> Tree:
    """Groups papers, each once; within a leaf newest first, then by title. Without rows all counts are 0."""
    by_label: dict[str, list[Filed]] = {}
    entries = list(rows)
    papers = one_a_paper(entries)
    for filed in papers:
        by_label.setdefault(filed.label, []).append(filed)
    for together in by_label.values():
        together.sort(key=lambda filed: (-(filed.year or 0), filed.title.casefold(), filed.key))
    return Tree(
        title=shown(taxonomy.title),
        classes=tuple(_grow(node, node.id, by_label) for node in taxonomy.tree),
        outside=tuple(
            LeafGroup(label, title, "", papers=tuple(by_label[label]))
            for label, title in _OUTSIDE.items()
            if label in by_label
        ),
        duplicates=len(entries) - len(papers),
    )


def one_a_paper(rows: Iterable[Filed]) -> list[Filed]:
    """One entry per paper: the first with a label, otherwise the first; in the rows' order."""
    chosen: dict[str, Filed] = {}
    for filed in rows:
        paper = filed.row.duplicate_of or filed.row.entry.key
        if paper not in chosen or (chosen[paper].label == FAILED and filed.label != FAILED):
            chosen[paper] = filed
    return list(chosen.values())


def _grow(node: Node, path: str, by_label: dict[str, list[Filed]]) -> LeafGroup:
    return LeafGroup(
        id=path,
        title=shown(node.title),
        definition=shown(node.definition),
        children=tuple(_grow(child, f"{path}/{child.id}", by_label) for child in node.children),
        papers=() if node.children else tuple(by_label.get(path, ())),
    )
