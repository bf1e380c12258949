"""The layout of text objects: direction, middle parts, and which of them overlap."""

from __future__ import annotations

from classifier.pdf.hidden.geometry import Rect, fit_scale
from classifier.pdf.hidden.scene import TextItem

MAX_ROUNDS = 6
"""Most groups per page, each of which costs two renderings; the rest is checked one by one."""
_MAP_SCALE = 0.5
"""Pixels per point of the map of occupied area: enough for lines, which are more than two points apart."""
MAX_MAP = 3e6
"""Most pixels of a map or a small picture: large pages get a coarser one, which limits time and memory.

A page of Letter size has 0.3 million at the scales used here.
"""
_GAP_EMS = 3.0
"""Longest gap without ink, in ems, that spaces explain, as between columns of a table; longer gaps are
checked for letters, so a lower limit costs time but changes no result."""
_LEAST_GAP = 6.0
"""Least size of such a gap in points, since pictures are coarse for small type."""
_MARGIN_EMS = 0.2
"""Margin at a line's upper and lower edge, in ems, that may contain parts of neighbouring letters."""
_MARGIN_SHARE = 0.25
"""Largest share of a box for such a margin, so that at least the middle half is checked."""


def shrink(item: TextItem) -> Rect:
    """The box without the margins that may contain neighbouring lines; short texts keep theirs."""
    left, bottom, right, top = item.box
    width, height = right - left, top - bottom
    if width > 2 * height:
        margin = min(_MARGIN_EMS * item.size, _MARGIN_SHARE * height)
        return (left, bottom + margin, right, top - margin)
    if height > 2 * width and height > 3 * item.size:
        margin = min(_MARGIN_EMS * item.size, _MARGIN_SHARE * width)
        return (left + margin, bottom, right - margin, top)
    return item.box


def is_upright(box: Rect) -> bool:
    """Whether the text of a box runs from left to right rather than along the page's height."""
    return box[2] - box[0] >= box[3] - box[1]


def gap_limit(item: TextItem) -> float:
    """Longest gap without ink, in points, that spaces explain; longer gaps are checked for letters."""
    return max(_GAP_EMS * item.size, _LEAST_GAP)


def layers(suspects: list[TextItem], page_box: Rect) -> tuple[list[list[TextItem]], list[TextItem]]:
    """Groups of texts that do not overlap, so that one rendering serves a group; and the remaining texts.

    Each group has a map of its occupied area (the middle part of each box), one pixel per two points.
    """
    left, _, right, top = page_box
    scale = fit_scale(_MAP_SCALE, page_box, MAX_MAP)
    stride = max(int((right - left) * scale) + 2, 1)
    height = max(int((top - page_box[1]) * scale) + 2, 1)
    groups: list[tuple[list[TextItem], bytearray]] = []
    rest = []
    for item in suspects:
        box = shrink(item)
        x0 = min(max(int((box[0] - left) * scale), 0), stride - 1)
        x1 = min(max(int((box[2] - left) * scale), x0 + 1), stride)
        y0 = min(max(int((top - box[3]) * scale), 0), height - 1)
        y1 = min(max(int((top - box[1]) * scale), y0 + 1), height)
        starts = range(y0 * stride, y1 * stride, stride)
        free = (pair for pair in groups if not any(1 in pair[1][row + x0 : row + x1] for row in starts))
        group, ground = next(free, ([], bytearray()))
        if not group and len(groups) < MAX_ROUNDS:
            ground = bytearray(stride * height)
            groups.append((group, ground))
        if not ground:
            rest.append(item)
            continue
        group.append(item)
        for row in starts:
            ground[row + x0 : row + x1] = b"\x01" * (x1 - x0)
    return [group for group, _ in groups], rest
