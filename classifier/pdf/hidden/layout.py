"""How text objects lie on the page: direction, middle parts, and who shares ground with whom."""

from __future__ import annotations

from classifier.pdf.hidden.geometry import Rect, fit_scale
from classifier.pdf.hidden.scene import TextItem

MAX_ROUNDS = 6
"""Groups of one page, each of which costs two renderings; what fits into none is looked at one by one."""
_MAP_SCALE = 0.5
"""Pixels a point of the map of taken ground: fine enough for lines, which are more than two points apart."""
MAX_MAP = 3e6
"""Pixels of a map or a small picture at most: large pages get a coarser one, which bounds time and memory.

A page of Letter size has 0.3 million at the scales used here.
"""
_GAP_EMS = 3.0
"""Ems without ink that spaces explain, such as those between columns of a table; longer ones are asked for
letters, so that a lower limit costs time and hides nothing."""
_LEAST_GAP = 6.0
"""Points of such a gap at least, since pictures are coarse for small type."""
_MARGIN_EMS = 0.2
"""Ems at a line's upper and lower edge into which the letters of its neighbours may reach."""
_MARGIN_SHARE = 0.25
"""Share of a box that such a margin takes at most, so that at least the middle half is judged."""


def shrink(item: TextItem) -> Rect:
    """The box less the margins that a neighbouring line may reach into; a few letters keep theirs."""
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
    """Points without ink that spaces explain; what is longer is asked for letters."""
    return max(_GAP_EMS * item.size, _LEAST_GAP)


def layers(suspects: list[TextItem], page_box: Rect) -> tuple[list[list[TextItem]], list[TextItem]]:
    """Groups whose members do not share ground, so that one rendering serves a group; and what is left over.

    Ground is kept on one map a group, a pixel every two points: the middle part of each box.
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
