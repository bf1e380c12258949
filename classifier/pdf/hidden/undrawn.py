"""Finds text that this machine cannot draw because its font is neither in the file nor installed.

What enters: an invisible text. What leaves: whether only its font is missing. Other readers have the usual
Chinese, Japanese and Korean fonts, so such text is not hidden. Its picture cannot be checked, only its state;
if the state explains the invisibility, the text counts as hidden.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.cut import seen
from classifier.pdf.hidden.geometry import overlap
from classifier.pdf.hidden.ink import inactive
from classifier.pdf.hidden.naming import in_layer
from classifier.pdf.hidden.nearby import alike, text_colour
from classifier.pdf.hidden.proof import ProofVerdict, alone, fine_scale, look
from classifier.pdf.hidden.scene import Scene, TextItem
from classifier.pdf.hidden.shape import TINY, is_huge, is_thin, longer_side
from classifier.pdf.hidden.state import plain_colour
from classifier.pdf.hidden.textpage import character, object_text

_WHITE = (255, 255, 255)
_EMBEDDED = 1
"""PDFium's value for a font that is embedded in the file."""


def is_undrawable(page: Any, text_page: Any, scene: Scene, verdict: ProofVerdict) -> bool:
    """Whether any reader with the font would see this text.

    PDFium has its own Latin letters for every font. If such letters are not drawn, the font is not the cause:
    their codes are invalid, for other readers too.
    """
    item = verdict.item
    if fast.FPDFFont_GetIsEmbedded(fast.FPDFTextObj_GetFont(item.handle)) == _EMBEDDED:
        return False
    if not _stands_out(scene, item):
        return False
    if verdict.mask is not None:
        return verdict.kind == "covered" and _lacks_glyphs(page, text_page, scene, item)
    if verdict.kind in ("tiny", "same-colour"):  # as their drawn part looks
        if not _is_set_to_be_read(scene, item):
            return False
    elif verdict.kind != "not-drawn" and not (verdict.kind == "clipped" and item.plain):
        return False
    letters = [char for char in object_text(text_page, item.handle) if char.isalnum()]
    return bool(letters) and not any(map(_is_latin, letters))


def _is_set_to_be_read(scene: Scene, item: TextItem) -> bool:
    """Whether a text's state does not hide it; it may look low or faint if only parts of it are drawn.

    On a picture, whose colours are unknown, it may be hidden.
    """
    handle = item.handle
    left, bottom, right, top = item.box
    box = (left, bottom, right, max(top, bottom + item.size))
    return (
        not any(overlap(graphic.box, box) for graphic in scene.graphics)
        and item.size >= TINY
        and item.width >= TINY / 2
        and not is_thin(item)
        and not is_huge(item, longer_side(scene.page_box))
        and overlap(item.box, scene.page_box)
        and fast.FPDFTextObj_GetTextRenderMode(handle) == pdfium_c.FPDF_TEXTRENDERMODE_FILL
        and plain_colour(handle) is not None
        and not fast.FPDFPageObj_HasTransparency(handle)
        and not in_layer(handle)
        and (item.plain or fast.FPDFClipPath_CountPaths(fast.FPDFPageObj_GetClipPath(handle)) <= 0)
    )


def _lacks_glyphs(page: Any, text_page: Any, scene: Scene, item: TextItem) -> bool:
    """Whether letters of a text are also missing on blank paper, and none of them is Latin."""
    with inactive(scene.others), alone(scene, [item]):
        masks = [mask for _, mask in look(page, text_page, scene, [item], fine_scale(item))]
    if not masks or masks[0] is None:
        return False
    indexes = range(pdfium_c.FPDFText_CountChars(text_page))
    own = [index for index in indexes if fast.FPDFText_GetTextObject(text_page.raw, index) == item.handle]
    missing = [character(text_page, index) for index in own if not seen(text_page, index, masks[0])]
    return not any(map(_is_latin, missing))


def _is_latin(char: str) -> bool:
    return char.isalnum() and unicodedata.name(char, "").startswith(("LATIN ", "DIGIT "))


def _stands_out(scene: Scene, item: TextItem) -> bool:
    """Whether a text's colour differs from the paper's and from paint below it, and no paint covers it."""
    colour = text_colour(item)
    if colour is None or alike(colour, _WHITE):
        return False
    left, bottom, right, top = item.box
    box = (left, bottom, right, max(top, bottom + item.size))  # missing glyphs have no height
    return not any(
        graphic.rgb is not None
        and overlap(graphic.box, box)
        and (graphic.order >= item.order or alike(graphic.rgb, colour))
        for graphic in scene.graphics
    )
