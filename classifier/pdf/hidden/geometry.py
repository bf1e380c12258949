"""Boxes and matrices of page space, in points. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

Rect = tuple[float, float, float, float]
"""Left, bottom, right, top in points of page space."""

Matrix = tuple[float, float, float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_MARGIN = 1.0
"""Margin around rendered boxes in points, since letters may extend a little beyond their boxes; boxes that
are not larger than this are not rendered."""


def compose(inner: Matrix, outer: Matrix) -> Matrix:
    """The matrix that applies `inner` first, then `outer` (PDF 32000-1, 8.3.4)."""
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def transform(box: Rect, matrix: Matrix) -> Rect:
    """The upright box around a transformed box."""
    a, b, c, d, e, f = matrix
    left, bottom, right, top = box
    if b == 0 == c and a > 0 < d:
        return (a * left + e, d * bottom + f, a * right + e, d * top + f)
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return (min(xs), min(ys), max(xs), max(ys))


def overlap(one: Rect, other: Rect, margin: float = 0.0) -> bool:
    """Whether two boxes overlap by more than `margin` points; with a negative margin, a gap is allowed."""
    return (
        one[0] + margin < other[2]
        and other[0] + margin < one[2]
        and one[1] + margin < other[3]
        and other[1] + margin < one[3]
    )


def area(box: Rect) -> float:
    """In square points."""
    return (box[2] - box[0]) * (box[3] - box[1])


def fit_scale(scale: float, box: Rect, pixels: float) -> float:
    """The scale, reduced if the box would have more than this many pixels."""
    return min(scale, sqrt(pixels / max(area(box), 1.0)))


def around(boxes: Iterable[Rect]) -> Rect:
    """The box around one or more boxes."""
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return (min(lefts), min(bottoms), max(rights), max(tops))


def surround(boxes: Iterable[Rect], page_box: Rect) -> Rect | None:
    """The part of the page that holds all boxes, with a margin; None for nothing on the page."""
    found = list(boxes)
    if not found:
        return None
    box = around(found)
    left, bottom = max(box[0] - _MARGIN, page_box[0]), max(box[1] - _MARGIN, page_box[1])
    right, top = min(box[2] + _MARGIN, page_box[2]), min(box[3] + _MARGIN, page_box[3])
    return (left, bottom, right, top) if right - left > _MARGIN and top - bottom > _MARGIN else None
