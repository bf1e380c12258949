"""Ranges of an estimate: the least and the most that a run may need."""

from __future__ import annotations

Range = tuple[float, float]


def times(one: Range, many: Range) -> Range:
    """The product, end by end."""
    return one[0] * many[0], one[1] * many[1]


def plus(one: Range, other: Range) -> Range:
    """The sum, end by end."""
    return one[0] + other[0], one[1] + other[1]
