"""Confusion -> a readable table: titles instead of ids, classes above leaves, colours by row share.

What enters: counts with gold labels as rows. What leaves: cells with a count and a heat level.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from classifier.evaluation.records import Confusion
from classifier.evaluation.report.names import LabelNames

LEVELS = 10
"""Shades of the confusion matrix."""


class MatrixCell(NamedTuple):
    """One count; `level` is its share of the row in tenths, rounded up (0 only without items)."""

    n: int
    level: int
    is_right: bool


class MatrixHead(NamedTuple):
    """A label's titles."""

    label: str
    short: str
    long: str
    group: str


class MatrixRow(NamedTuple):
    """One gold label. `group_span` is the number of rows of its class in the first of these rows, else 0."""

    head: MatrixHead
    group_span: int
    cells: tuple[MatrixCell, ...]
    total: int


class MatrixFigure(NamedTuple):
    """The whole table; `groups` are (class title, number of columns), left to right."""

    groups: tuple[tuple[str, int], ...]
    heads: tuple[MatrixHead, ...]
    rows: tuple[MatrixRow, ...]
    totals: tuple[int, ...]
    total: int
    right: int


def lay_out(confusion: Confusion, names: LabelNames) -> MatrixFigure:
    """The matrix in the report's order of labels; an empty one gives a table without rows."""
    heads = tuple(_head(label, names) for label in confusion.columns)
    row_heads = [_head(label, names) for label in confusion.rows]
    spans = _spans(row_heads)
    rows = tuple(
        MatrixRow(head, span, _cells(head, heads, counts), sum(counts))
        for head, span, counts in zip(row_heads, spans, confusion.counts, strict=True)
    )
    return MatrixFigure(
        groups=tuple((title, len(list(run))) for title, run in groupby(head.group for head in heads)),
        heads=heads,
        rows=rows,
        totals=tuple(sum(column) for column in zip(*confusion.counts, strict=True)) or (0,) * len(heads),
        total=sum(row.total for row in rows),
        right=sum(cell.n for row in rows for cell in row.cells if cell.is_right),
    )


def _head(label: str, names: LabelNames) -> MatrixHead:
    return MatrixHead(label, names.short(label), names.long(label), names.group(label))


def _spans(heads: Sequence[MatrixHead]) -> list[int]:
    spans: list[int] = []
    for _, run in groupby(heads, key=lambda head: head.group):
        length = len(list(run))
        spans += [length, *[0] * (length - 1)]
    return spans


def _cells(row: MatrixHead, heads: Sequence[MatrixHead], counts: Sequence[int]) -> tuple[MatrixCell, ...]:
    total = sum(counts)
    return tuple(
        MatrixCell(count, -(-LEVELS * count // total) if count else 0, head.label == row.label)
        for head, count in zip(heads, counts, strict=True)
    )
