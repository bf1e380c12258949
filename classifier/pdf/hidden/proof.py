"""Proof that a text is or is not seen: the page is rendered with it and without it.

Suspects enter, verdicts leave: one for each suspect of which nothing, or not all, is seen. The kind of a verdict
names the likeliest trick; that the text is unseen is measured, the name is read from the object's state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.ink import Mask, blanks, difference, inactive, render
from classifier.pdf.hidden.objects import (
    Box,
    HiddenCheckIncomplete,
    Scene,
    TextItem,
    mark_name,
    overlap,
    plain_colour,
)
from classifier.pdf.hidden.textpage import object_text, speaks

MAX_ROUNDS = 6
MAX_SINGLE = 600
_FIRST_SCALE = 1.0
_SCALE = 2.0
_MAP_SCALE = 0.5
_GAP_EMS = 3.0
_SCAN_SHARE = 0.7
_SCAN_INK = 48


@dataclass(slots=True)
class Verdict:
    """An unseen text object; with a `mask`, only those of its characters that leave no ink in it."""

    item: TextItem
    kind: str
    mask: Mask | None = None


def prove(
    page: Any, text_page: Any, scene: Scene, suspects: list[TextItem], stacked: list[TextItem]
) -> list[Verdict]:
    """Judges text objects by what they change in the picture.

    Args:
        page: The page.
        text_page: Its text.
        scene: What the page paints.
        suspects: Judged with all that is painted.
        stacked: Share their place with other text; judged with that left out.

    Raises:
        HiddenCheckIncomplete: Over `MAX_SINGLE` suspects lie upon one another.
    """
    groups, rest = layers(suspects, scene.page_box)
    doubtful = list(rest)
    for group in groups:
        doubtful += [item for item, _ in look(page, text_page, scene, group, _FIRST_SCALE, grey=True)]
    if len(rest) + len(stacked) > MAX_SINGLE:
        raise HiddenCheckIncomplete(
            f"{len(rest) + len(stacked)} texts lie upon one another, over {MAX_SINGLE}"
        )
    unseen: list[tuple[TextItem, Mask | None]] = []
    for item in doubtful:
        scale = max(min(32.0 / max(item.size, 1.0), 8.0), _SCALE)
        unseen += look(page, text_page, scene, [item], scale)
    for item in stacked:
        others = [other.handle for other in scene.texts if other is not item]
        with inactive(others):
            unseen += look(page, text_page, scene, [item], _SCALE)
    verdicts = [
        Verdict(item, name_kind(page, scene, item, mask), mask)
        for item, mask in unseen
        if not has_double(page, text_page, scene, item)
    ]
    return [verdict for verdict in verdicts if not is_scan(page, scene, verdicts, verdict)]


def has_double(page: Any, text_page: Any, scene: Scene, item: TextItem) -> bool:
    """Whether the same words are written twice on one spot, as poor bold type is made, and are seen."""
    near = [
        other
        for other in scene.texts
        if other is not item and all(abs(a - b) < 1.0 for a, b in zip(other.box, item.box, strict=True))
    ]
    words = object_text(text_page, item.handle) if near else ""
    doubles = [
        other.handle for other in near if words and object_text(text_page, other.handle) in ("", words)
    ]
    if not doubles:
        return False
    with inactive(doubles):
        return not list(look(page, text_page, scene, [item], _SCALE))


def layers(suspects: list[TextItem], page_box: Box) -> tuple[list[list[TextItem]], list[TextItem]]:
    """Groups whose members do not share ground, so that one rendering serves a group; and what is left over.

    Ground is kept on a map of half a point's resolution a group: the middle part of each box.
    """
    left, _, right, top = page_box
    stride = max(int((right - left) * _MAP_SCALE) + 2, 1)
    height = max(int((top - page_box[1]) * _MAP_SCALE) + 2, 1)
    groups: list[tuple[list[TextItem], bytearray]] = []
    rest = []
    for item in suspects:
        box = shrink(item)
        x0 = min(max(int((box[0] - left) * _MAP_SCALE), 0), stride - 1)
        x1 = min(max(int((box[2] - left) * _MAP_SCALE), x0 + 1), stride)
        y0 = min(max(int((top - box[3]) * _MAP_SCALE), 0), height - 1)
        y1 = min(max(int((top - box[1]) * _MAP_SCALE), y0 + 1), height)
        starts = range(y0 * stride, y1 * stride, stride)
        for group, ground in groups:
            if not any(1 in ground[row + x0 : row + x1] for row in starts):
                break
        else:
            if len(groups) == MAX_ROUNDS:
                rest.append(item)
                continue
            group, ground = [], bytearray(stride * height)
            groups.append((group, ground))
        group.append(item)
        for row in starts:
            ground[row + x0 : row + x1] = b"\x01" * (x1 - x0)
    return [group for group, _ in groups], rest


def look(
    page: Any, text_page: Any, scene: Scene, group: list[TextItem], scale: float, grey: bool = False
) -> Iterator[tuple[TextItem, Mask | None]]:
    """Yields the members that change nothing (with None), or not everywhere (with the mask of what changes)."""
    clip = surround((item.box for item in group), scene.page_box)
    if clip is None:
        for item in group:
            yield item, None
        return
    shown, stride = render(page, scene.page_box, clip, scale, grey=grey)
    with inactive(item.handle for item in group):
        without, _ = render(page, scene.page_box, clip, scale, grey=grey)
    mask = Mask(difference(shown, without), stride, 1 if grey else 4, clip, scale)
    for item in group:
        upright = is_upright(item.box)
        profile = mask.profile(shrink(item), upright)
        length = item.box[2] - item.box[0] if upright else item.box[3] - item.box[1]
        if profile.count(1) < max(0.04 * length * scale, 1):
            yield item, None
        elif silent_gap(text_page, mask, item, profile):
            yield item, mask


def shrink(item: TextItem) -> Box:
    """The box without the margins that a neighbouring line may reach into."""
    left, bottom, right, top = item.box
    margin = min(0.2 * item.size, 0.25 * (top - bottom), 0.25 * (right - left))
    return (
        (left, bottom + margin, right, top - margin)
        if is_upright(item.box)
        else (left + margin, bottom, right - margin, top)
    )


def is_upright(box: Box) -> bool:
    """Whether the text of a box runs from left to right rather than along the page's height."""
    return box[2] - box[0] >= box[3] - box[1]


def gap_limit(item: TextItem) -> float:
    """Points without ink that spaces explain; what is longer is asked for letters."""
    return max(_GAP_EMS * item.size, 6.0)


def silent_gap(text_page: Any, mask: Mask, item: TextItem, profile: bytes) -> bool:
    """Whether a text object says something over a stretch in which nothing is drawn."""
    left, bottom, right, top = item.box
    limit = gap_limit(item)
    clip, scale = mask.clip, mask.scale
    if is_upright(item.box):
        begin, sign = max(left, clip[0]), 1.0
        ends = ((left, clip[0]), (clip[2], right))
    else:
        begin, sign = min(top, clip[3]), -1.0
        ends = ((bottom, clip[1]), (clip[3], top))
    stretches = [
        (begin + sign * a / scale, begin + sign * b / scale) for a, b in blanks(profile, limit * scale)
    ]
    stretches += [(a, b) for a, b in ends if b - a > limit]
    for one, other in stretches:
        low, high = min(one, other) + 0.1 * item.size, max(one, other) - 0.1 * item.size
        box = (low, bottom, high, top) if sign > 0 else (left, low, right, high)
        if speaks(text_page, box):
            return True
    return False


def surround(boxes: Iterable[Box], page_box: Box) -> Box | None:
    """The part of the page that holds all boxes, with a margin; None where none of it is on the page."""
    found = list(boxes)
    left = max(min(b[0] for b in found) - 1, page_box[0])
    bottom = max(min(b[1] for b in found) - 1, page_box[1])
    right = min(max(b[2] for b in found) + 1, page_box[2])
    top = min(max(b[3] for b in found) + 1, page_box[3])
    return (left, bottom, right, top) if right - left > 1 and top - bottom > 1 else None


def name_kind(page: Any, scene: Scene, item: TextItem, mask: Mask | None) -> str:
    """Names the trick by the object's state; `not-drawn` where the state explains nothing (blank glyphs)."""
    handle = item.handle
    mode = fast.FPDFTextObj_GetTextRenderMode(handle)
    if not overlap(item.box, scene.page_box):
        return "off-page"
    if mode in (pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP):
        return "invisible"
    if drawn_alone(page, scene, item):
        later = any(g.order >= item.order and overlap(g.box, item.box) for g in scene.graphics)
        return "covered" if later or mask is not None else "same-colour"
    if drawn_alone(page, scene, item, white=False):
        return "same-colour"
    if plain_colour(handle) is None or fast.FPDFPageObj_HasTransparency(handle):
        return "transparent"
    if in_layer(handle):
        return "layer-off"
    if fast.FPDFClipPath_CountPaths(fast.FPDFPageObj_GetClipPath(handle)) > 0:
        return "clipped"
    return "not-drawn"


def drawn_alone(page: Any, scene: Scene, item: TextItem, white: bool = True) -> bool:
    """Whether the text object leaves marks on plain paper, with nothing else on it."""
    clip = surround([item.box], scene.page_box)
    if clip is None:
        return False
    others = [*scene.others, *(text.handle for text in scene.texts if text is not item)]
    with inactive(others):
        shown, _ = render(page, scene.page_box, clip, _SCALE, white=white, notes=False)
        with inactive([item.handle]):
            empty, _ = render(page, scene.page_box, clip, _SCALE, white=white, notes=False)
    return 1 in difference(shown, empty)


def in_layer(handle: int) -> bool:
    """Whether an object stands in marked content of an optional layer."""
    marks = range(fast.FPDFPageObj_CountMarks(handle))
    return any(mark_name(fast.FPDFPageObj_GetMark(handle, number)) == "OC" for number in marks)


def is_scan(page: Any, scene: Scene, verdicts: list[Verdict], verdict: Verdict) -> bool:
    """Whether unseen text is the text layer of a scan: a page-wide picture shows something where it says to be."""
    if verdict.kind not in ("invisible", "covered"):
        return False
    wide = area(scene.page_box) * _SCAN_SHARE
    if not any(graphic.image and area(graphic.box) >= wide for graphic in scene.graphics):
        return False
    unseen = {id(v.item) for v in verdicts if v.kind == verdict.kind}
    seen_width = sum(item.box[2] - item.box[0] for item in scene.texts if id(item) not in unseen)
    unseen_width = sum(item.box[2] - item.box[0] for item in scene.texts if id(item) in unseen)
    if seen_width > 0.5 * unseen_width:
        return False
    clip = surround([verdict.item.box], scene.page_box)
    if clip is None:
        return False
    with inactive(item.handle for item in scene.texts):
        pixels, stride = render(page, scene.page_box, clip, 1.0, grey=True)
    width = int(clip[2] - clip[0])
    rows = [pixels[start : start + width] for start in range(0, len(pixels), stride)] if stride else []
    values = b"".join(rows)
    return bool(values) and max(values) - min(values) >= _SCAN_INK


def area(box: Box) -> float:
    """In square points."""
    return (box[2] - box[0]) * (box[3] - box[1])
