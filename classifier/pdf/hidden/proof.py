"""Proof that a text is or is not seen: the page is rendered with it and without it.

Suspects enter, verdicts leave: one for each suspect of which nothing, or not all, is seen. The kind of a
verdict names the likeliest trick: that the text is unseen is measured, the name is read from the state.
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
"""Texts that may lie upon one another: each needs renderings of its own, so this bounds the time (ADR 3)."""
MAX_LOOKS = 1_000
"""Texts that may be in doubt after the coarse look: each has a fine look of its own, so this does so too."""
MAX_PIXELS = 3_000_000
"""Pixels of one picture, 12 MB in colour, so that two of them stay well within the worker's memory."""
_FIRST_SCALE = 1.0
"""Pixels a point of the coarse look: it may doubt what is seen, as the fine look follows."""
_SCALE = 2.0
"""Pixels a point of the fine look, at least."""
_MOST_SCALE = 8.0
"""Pixels a point of the fine look, at most: ten-point letters are 80 pixels high."""
_EM_PIXELS = 32.0
"""Pixels of an em in the fine look, within these bounds: strokes are a tenth of an em and less, and must be
wide enough to show their full colour."""
_SLIVER = 0.4
"""Share of a line's height that must be drawn for it to be read (ADR 3)."""
_FEW_ROWS = 5
"""Rows of pixels up to which a height is too coarse to be shared out."""
_LEAST_INK = 0.04
"""Share of a text's length that must show ink: specks at the edge of a cover stay under it.

It trades those against a lone dot in a long row of blanks, which must stay. No measurement is on record.
"""
_DOUBLE = 1.0
"""Points by which poor bold type is shifted at most: the same words are written twice, side by side."""
_HALO = 5
"""A halo lies within this part of an em (a fifth) of the letters that it surrounds."""
_EDGE_EMS = 0.1
"""Ems cut off each end of a gap before it is asked for letters: those at its ends reach into it."""


@dataclass(slots=True)
class ProofVerdict:
    """An unseen text object; with a `mask`, only those of its characters that leave no ink in it."""

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
    """Judges text objects by what they change in the picture.

    Args:
        page: The page.
        text_page: Its text.
        scene: What the page paints.
        suspects: Leave ink on paper, and may be hidden by graphics; judged without any other text.
        crowded: May be hidden by other text or by their own state; judged without other text and with it.
        washed: Have paint of the paper's colour over them: it is measured how much of their ink is left.

    Raises:
        HiddenCheckIncomplete: Over `MAX_SINGLE` suspects lie upon one another.
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
    """The items that are not, or not wholly, seen: a coarse look at groups, a fine one at what is doubtful.

    Args:
        page: The page.
        text_page: Its text.
        scene: What it paints.
        items: Text objects to judge.
        isolate: Without all other text, which could lend its ink.
        grey: The coarse look without colours: cheaper, but blind to blend modes, which PDFium does right only
            on a bitmap with opacity.
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
    """Leaves out the text that is not of the group: it could lend its ink."""
    kept = {item.handle for item in group}
    return inactive(text.handle for text in scene.texts if text.handle not in kept)


def fine_scale(item: TextItem) -> float:
    """Pixels a point at which letters show their full colour."""
    return max(min(_EM_PIXELS / max(item.size, 1.0), _MOST_SCALE), _SCALE)


def has_double(page: Any, text_page: Any, scene: Scene, item: TextItem) -> bool:
    """Whether the same words are written twice on one spot, as poor bold type is made, and are seen."""
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
    """Whether an unseen text is a halo: the same letters are seen on the same spot."""
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
    """Whether less than half of a text's ink (ADR 3) is left of what it has alone on white paper."""
    clip = surround([item.box], scene.page_box)
    if clip is None:
        return False
    # Edges, which stay grey, must be thin against the strokes.
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
    """Whether only a low strip of a line of text is drawn: what a clip leaves of it."""
    if item.drawings or not is_upright(item.box):
        return False
    height = (item.box[3] - item.box[1]) * mask.scale
    # One row of pixels is blur; dashes and small print are too low to tell.
    return height > _FEW_ROWS and mask.profile(item.box, upright=False).count(1) - 1 < _SLIVER * height


def look(
    page: Any, text_page: Any, scene: Scene, group: list[TextItem], scale: float, grey: bool = False
) -> Iterator[tuple[TextItem, Mask | None]]:
    """Yields members that change nothing (with None), or not everywhere (with the mask of what changes)."""
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
        edge = _EDGE_EMS * item.size
        low, high = min(one, other) + edge, max(one, other) - edge
        box = (low, bottom, high, top) if sign > 0 else (left, low, right, high)
        if speaks(text_page, box):
            return True
    return False
