"""Proves whether a text is visible: the page is rendered with it and without it.

What enters: suspects. What leaves: a verdict for each suspect that is not, or not completely, visible.
Invisibility is measured; the kind of a verdict is the most likely trick, derived from the object's state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import fit_scale, surround
from classifier.pdf.hidden.ink import Mask, blanks, difference, inactive, render
from classifier.pdf.hidden.layout import gap_limit, is_upright, layers, shrink
from classifier.pdf.hidden.naming import name_kind, scan_layer
from classifier.pdf.hidden.scene import HiddenCheckIncomplete, Scene, TextItem
from classifier.pdf.hidden.textpage import object_text, speaks

MAX_SINGLE = 600
"""Most overlapping texts: each needs separate renderings, so this limits the time (ADR 3)."""
MAX_LOOKS = 1_000
"""Most texts in doubt after the coarse check: each gets a separate fine check, so this limits the time
too."""
MAX_PIXELS = 3_000_000
"""Most pixels of a picture: 12 MB in colour, so that two of them fit easily into the worker's memory."""
_FIRST_SCALE = 1.0
"""Pixels per point of the coarse check; false doubts are allowed, since the fine check follows."""
_SCALE = 2.0
"""Least pixels per point of the fine check."""
_MOST_SCALE = 8.0
"""Most pixels per point of the fine check: ten-point letters are 80 pixels high."""
_EM_PIXELS = 32.0
"""Pixels per em in the fine check, within these limits: strokes are at most a tenth of an em wide, and must
be wide enough to show their full colour."""
_SLIVER = 0.4
"""Share of a line's height that must be drawn for it to be readable (ADR 3)."""
_FEW_ROWS = 5
"""Up to this many rows of pixels, a height is too coarse to compute shares."""
_LEAST_INK = 0.04
"""Share of a text's length that must show ink; specks at the edge of a cover have less.

A compromise between those and a single dot in a long row of blanks, which must be kept. It was not measured.
"""
_DOUBLE = 1.0
"""Largest shift of imitated bold type in points: the same words are written twice, side by side."""
_HALO = 5
"""A halo is within this part of an em (a fifth) of the letters that it surrounds."""
_EDGE_EMS = 0.1
"""Ems cut off each end of a gap before it is checked for letters, since letters at its ends extend into
it."""


@dataclass(slots=True)
class ProofVerdict:
    """An invisible text object; with a `mask`, only its characters without ink in the mask are invisible."""

    item: TextItem
    kind: str
    mask: Mask | None = None


def prove(
    page: Any,
    text_page: Any,
    scene: Scene,
    suspects: list[TextItem],
    crowded: list[TextItem],
    washed: list[TextItem],
) -> list[ProofVerdict]:
    """Decides by rendering whether text objects are visible.

    Args:
        page: The page.
        text_page: Its text.
        scene: What the page paints.
        suspects: Texts that leave ink on paper but may be hidden by graphics; checked without any other text.
        crowded: Texts that may be hidden by other text or by their own state; checked with and without other
            text.
        washed: Texts with paint in the paper's colour over them; the share of their remaining ink is
            measured.

    Raises:
        HiddenCheckIncomplete: More than `MAX_SINGLE` suspects overlap.
    """
    unseen = sift(page, text_page, scene, suspects, isolate=True, grey=True)
    unseen |= sift(page, text_page, scene, crowded, isolate=True)
    open_to_doubt = [item for item in crowded if item.handle not in unseen]
    for handle, found in sift(page, text_page, scene, open_to_doubt, isolate=False).items():
        if not has_double(page, text_page, scene, found[0]):
            unseen[handle] = found
    if len(washed) > MAX_SINGLE:
        raise HiddenCheckIncomplete(f"{len(washed)} texts have paint over them, over {MAX_SINGLE}")
    for item in washed:
        twin = has_twin(text_page, scene, item, unseen)
        if item.handle not in unseen and not twin and is_washed_out(page, scene, item):
            unseen[item.handle] = item, None
    halos = [item.handle for item, _ in unseen.values() if has_twin(text_page, scene, item, unseen)]
    for handle in halos:
        del unseen[handle]
    verdicts = [
        ProofVerdict(item, name_kind(page, scene, item, mask), mask) for item, mask in unseen.values()
    ]
    layer = [verdict.item for verdict in verdicts if verdict.kind in ("invisible", "covered")]
    read_off = scan_layer(page, scene, layer)
    return [verdict for verdict in verdicts if verdict.item.handle not in read_off]


def sift(
    page: Any, text_page: Any, scene: Scene, items: list[TextItem], isolate: bool, grey: bool = False
) -> dict[int, tuple[TextItem, Mask | None]]:
    """The items that are not completely visible: a coarse check of groups, then a fine one of doubtful items.

    Args:
        page: The page.
        text_page: Its text.
        scene: What it paints.
        items: Text objects to judge.
        isolate: Check without all other text, whose ink could be mistaken for the item's.
        grey: Coarse check without colours: cheaper, but without blend modes, which PDFium draws correctly
            only on a bitmap with opacity.
    """
    groups, doubtful = layers(items, scene.page_box)
    if len(doubtful) > MAX_SINGLE:
        raise HiddenCheckIncomplete(f"{len(doubtful)} texts lie upon one another, over {MAX_SINGLE}")
    for group in groups:
        with alone(scene, group) if isolate else nullcontext():
            doubtful += [item for item, _ in look(page, text_page, scene, group, _FIRST_SCALE, grey)]
    if len(doubtful) > MAX_LOOKS:
        raise HiddenCheckIncomplete(f"{len(doubtful)} texts are in doubt, over {MAX_LOOKS}")
    unseen = {}
    for item in doubtful:
        with alone(scene, [item]) if isolate else nullcontext():
            for _, mask in look(page, text_page, scene, [item], fine_scale(item)):
                unseen[item.handle] = item, mask
    return unseen


def alone(scene: Scene, group: list[TextItem]) -> AbstractContextManager[None]:
    """Hides the text outside the group, whose ink could be mistaken for the group's."""
    kept = {item.handle for item in group}
    return inactive(text.handle for text in scene.texts if text.handle not in kept)


def fine_scale(item: TextItem) -> float:
    """Pixels per point at which letters show their full colour."""
    return max(min(_EM_PIXELS / max(item.size, 1.0), _MOST_SCALE), _SCALE)


def has_double(page: Any, text_page: Any, scene: Scene, item: TextItem) -> bool:
    """Whether the same words are written twice on one spot (imitated bold type) and are visible."""
    near = [
        other
        for other in scene.texts
        if other is not item and all(abs(a - b) < _DOUBLE for a, b in zip(other.box, item.box, strict=True))
    ]
    words = object_text(text_page, item.handle) if near else ""
    doubles = [
        other.handle for other in near if words and object_text(text_page, other.handle) in ("", words)
    ]
    if not doubles:
        return False
    with inactive(doubles):
        return not list(look(page, text_page, scene, [item], fine_scale(item)))


def has_twin(text_page: Any, scene: Scene, item: TextItem, unseen: Collection[int]) -> bool:
    """Whether an invisible text is a halo: the same letters are visible on the same spot."""
    font = fast.FPDFTextObj_GetFont(item.handle)
    words = object_text(text_page, item.handle)
    return any(
        other.handle not in unseen
        and all(abs(a - b) < item.size / _HALO for a, b in zip(other.box, item.box, strict=True))
        and fast.FPDFTextObj_GetFont(other.handle) == font
        and object_text(text_page, other.handle) in ("", words)
        for other in scene.texts
        if other is not item
    )


def is_washed_out(page: Any, scene: Scene, item: TextItem) -> bool:
    """Whether less than half of the ink that a text has alone on white paper remains (ADR 3)."""
    clip = surround([item.box], scene.page_box)
    if clip is None:
        return False
    # Edges, which are grey, must be thin compared with the strokes.
    scale = fit_scale(2 * fine_scale(item), clip, MAX_PIXELS)

    def ink() -> int:
        shown, _ = render(page, scene.page_box, clip, scale)
        with inactive([item.handle]):
            without, _ = render(page, scene.page_box, clip, scale)
        return difference(shown, without).count(1)

    left = ink()
    with inactive([*scene.others, *(text.handle for text in scene.texts if text is not item)]):
        return 2 * left < ink()


def is_sliver(mask: Mask, item: TextItem) -> bool:
    """Whether only a low strip of a line of text is drawn, because of a clip."""
    if item.drawings or not is_upright(item.box):
        return False
    height = (item.box[3] - item.box[1]) * mask.scale
    # One row of pixels is blur; dashes and small print are too low to decide.
    return height > _FEW_ROWS and mask.profile(item.box, upright=False).count(1) - 1 < _SLIVER * height


def look(
    page: Any, text_page: Any, scene: Scene, group: list[TextItem], scale: float, grey: bool = False
) -> Iterator[tuple[TextItem, Mask | None]]:
    """Yields members that change nothing (with None), or only parts (with the mask of the changes)."""
    clip = surround((item.box for item in group), scene.page_box)
    if clip is None:
        for item in group:
            yield item, None
        return
    scale = fit_scale(scale, clip, MAX_PIXELS)
    shown, stride = render(page, scene.page_box, clip, scale, grey=grey)
    with inactive(item.handle for item in group):
        without, _ = render(page, scene.page_box, clip, scale, grey=grey)
    mask = Mask(difference(shown, without), stride, 1 if grey else 4, clip, scale)
    for item in group:
        upright = is_upright(item.box)
        profile = mask.profile(shrink(item), upright)
        length = item.box[2] - item.box[0] if upright else item.box[3] - item.box[1]
        if profile.count(1) < max(_LEAST_INK * length * scale, 1) or is_sliver(mask, item):
            yield item, None
        elif silent_gap(text_page, mask, item, profile):
            yield item, mask


def silent_gap(text_page: Any, mask: Mask, item: TextItem, profile: bytes) -> bool:
    """Whether a text object has letters over a stretch in which nothing is drawn."""
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
        edge = _EDGE_EMS * item.size
        low, high = min(one, other) + edge, max(one, other) - edge
        box = (low, bottom, high, top) if sign > 0 else (left, low, right, high)
        if speaks(text_page, box):
            return True
    return False
