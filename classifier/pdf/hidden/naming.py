"""Names why a text is invisible: the trick, or the harmless reason that the page is a scan."""

from __future__ import annotations

from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import Rect, area, around, fit_scale, overlap, surround
from classifier.pdf.hidden.ink import Mask, difference, inactive, render
from classifier.pdf.hidden.layout import MAX_MAP, layers, shrink
from classifier.pdf.hidden.scene import Scene, TextItem
from classifier.pdf.hidden.state import mark_name, plain_colour

_SCALE = 2.0
"""Pixels per point of a text drawn alone; only to see whether it leaves marks."""
_SCAN_SHARE = 0.7
"""Least share of the page that a scan's picture covers (ADR 3): it may leave margins."""
_SCAN_REST = 0.5
"""Invisible text is most of the page's text if the other text is at most this many times as wide (ADR 3)."""
_SCAN_INK = 48
"""A picture shows a word if it varies by at least this many grey levels (of 255) behind it.

A compromise between faint print and the noise of blank paper in a photograph. It was not measured.
"""


def name_kind(page: Any, scene: Scene, item: TextItem, mask: Mask | None) -> str:
    """Names the trick by the object's state; `not-drawn` if the state explains nothing (blank glyphs)."""
    handle, limits = item.handle, scene.page_box
    mode = fast.FPDFTextObj_GetTextRenderMode(handle)
    if not overlap(item.box, scene.page_box) or (mask is not None and around((item.box, limits)) != limits):
        return "off-page"
    if mode in (pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP):
        return "invisible"
    if drawn_alone(page, scene, item):
        later = any(
            graphic.order >= item.order and overlap(graphic.box, item.box) for graphic in scene.graphics
        )
        later = later or any(text.order > item.order and overlap(text.box, item.box) for text in scene.texts)
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
    scale = fit_scale(_SCALE, clip, MAX_MAP)
    with inactive(others):
        shown, _ = render(page, scene.page_box, clip, scale, white=white, notes=False)
        with inactive([item.handle]):
            empty, _ = render(page, scene.page_box, clip, scale, white=white, notes=False)
    return 1 in difference(shown, empty)


def in_layer(handle: int) -> bool:
    """Whether an object is in marked content of an optional layer."""
    marks = range(fast.FPDFPageObj_CountMarks(handle))
    return any(mark_name(fast.FPDFPageObj_GetMark(handle, number)) == "OC" for number in marks)


def scan_layer(page: Any, scene: Scene, layer: list[TextItem]) -> set[int]:
    """Handles of the invisible text that is the text layer of a scan.

    Args:
        page: The page.
        scene: What it paints.
        layer: Text in render mode 3, or covered. It is a scan's if a page-wide picture is there, if it is
            most of the page's text, lies where the picture shows something, and not upon other such text.
    """
    wide = area(scene.page_box) * _SCAN_SHARE
    if not any(graphic.image and area(graphic.box) >= wide for graphic in scene.graphics):
        return set()
    handles = {item.handle for item in layer}
    unseen = sum(item.box[2] - item.box[0] for item in layer)
    everything = sum(item.box[2] - item.box[0] for item in scene.texts)
    if everything - unseen > _SCAN_REST * unseen:
        return set()
    groups, rest = layers(layer, scene.page_box)
    for item in [item for group in groups[1:] for item in group] + rest:
        handles -= {other.handle for other in layer if overlap(shrink(other), shrink(item))}
    with inactive(text.handle for text in scene.texts):
        scale = fit_scale(1.0, scene.page_box, MAX_MAP)
        pixels, stride = render(page, scene.page_box, scene.page_box, scale, grey=True)
    return {
        item.handle
        for item in layer
        if item.handle in handles and shows(pixels, stride, scale, scene.page_box, item)
    }


def shows(pixels: bytes, stride: int, scale: float, page_box: Rect, item: TextItem) -> bool:
    """Whether a picture of the page varies within an item's box."""
    clip = surround([item.box], page_box)
    if clip is None or not stride:
        return False
    left, right = (int((x - page_box[0]) * scale) for x in (clip[0], clip[2]))
    first, last = (int((page_box[3] - y) * scale) for y in (clip[3], clip[1]))
    values = b"".join(pixels[row * stride + left : row * stride + right] for row in range(first, last))
    return bool(values) and max(values) - min(values) >= _SCAN_INK
