"""Filed rows -> the survey's tables: the leaf of each study, and its recorded fields.

What enters: grouped rows and the taxonomy's fields. What leaves: plain tables of text; Markdown and LaTeX lay
them out. The taxonomy decides which field belongs to which table (`SurveyField.table`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.export.filed import Filed
from classifier.export.grouping import LeafGroup, Tree
from classifier.survey.taxonomy import SurveyField, Taxonomy
from classifier.text.characters import shown

SILENT = "–"
"""Shown if the paper gives no value, or the field was not asked."""


@dataclass(frozen=True)
class StudyRow:
    """A cell that names a paper."""

    filed: Filed


Cell = str | tuple[StudyRow, ...]


@dataclass(frozen=True)
class Table:
    """A table; each row has as many cells as there are columns, and a cell is text or names papers."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def overview(tree: Tree) -> Table:
    """One row per leaf: class, nodes between, leaf, number of papers, papers (the survey's Table 1)."""
    rows = [
        (top.title, " / ".join(titles), str(leaf.count), tuple(map(StudyRow, leaf.papers)))
        for top in tree.classes
        for titles, leaf in _leaves(top.children or (top,), ())
    ]
    return Table("classes", f"Studies by class: {tree.title}", ("Class", "Leaf", "n", "Studies"), tuple(rows))


def attribute_tables(tree: Tree, taxonomy: Taxonomy) -> tuple[Table, ...]:
    """One table for each table number in the fields, in order; tables without papers are left out.

    A row is a paper whose leaf has one of the table's fields. If a person corrected the label, the recorded
    values are kept.
    """
    numbers = {field.table for leaf in taxonomy.leaves.values() for field in leaf.fields if field.table}
    made = (_attributes(number, tree, taxonomy) for number in sorted(numbers, key=_natural))
    return tuple(table for table in made if table.rows)


def _attributes(number: str, tree: Tree, taxonomy: Taxonomy) -> Table:
    fields: dict[str, SurveyField] = {}
    rows: list[tuple[Cell, ...]] = []
    concerned = [
        leaf for leaf in taxonomy.leaves.values() if any(field.table == number for field in leaf.fields)
    ]
    for leaf in concerned:
        fields |= {field.id: field for field in leaf.fields if field.table == number}
    groups = {group.id: group for top in tree.classes for group in top.leaves}
    for leaf in concerned:
        for filed in groups[leaf.id].papers:
            found = filed.row.label.attributes
            rows.append(((StudyRow(filed),), *(shown(found.get(name)) or SILENT for name in fields)))
    columns = tuple(shown(field.title) for field in fields.values())
    return Table(f"table-{number}", f"{tree.title}: table {number}", ("Study", *columns), tuple(rows))


def _leaves(
    groups: Iterable[LeafGroup], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], LeafGroup]]:
    for group in groups:
        if group.children:
            yield from _leaves(group.children, (*above, group.title))
        else:
            yield (*above, group.title), group


def _natural(number: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", number))
