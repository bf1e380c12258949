"""Text that this machine cannot draw, since its font is neither in the file nor installed.

An unseen text enters; whether it only lacks a font leaves. Other readers have the customary fonts of Chinese,
Japanese and Korean, so that such text is not hidden, but its picture cannot be checked either: only its state
can. What the state explains stays hidden.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import overlap
from classifier.pdf.hidden.nearby import alike, text_colour
from classifier.pdf.hidden.proof import ProofVerdict
from classifier.pdf.hidden.scene import Scene, TextItem
from classifier.pdf.hidden.textpage import object_text

_WHITE = (255, 255, 255)
_EMBEDDED = 1
"""What PDFium answers of a font whose program is in the file."""


def is_undrawable(text_page: Any, scene: Scene, verdict: ProofVerdict) -> bool:
    """Whether an unseen text is one that any reader with the font would see.

    PDFium has Latin letters of its own for every font. If such letters are not drawn, it is not for lack of a
    font: their codes lead nowhere, for other readers too.
    """
    item = verdict.item
    if verdict.mask is not None or verdict.kind not in ("not-drawn", "clipped"):
        return False
    if verdict.kind == "clipped" and not item.plain:
        return False
    if fast.FPDFFont_GetIsEmbedded(fast.FPDFTextObj_GetFont(item.handle)) == _EMBEDDED:
        return False
    letters = [char for char in object_text(text_page, item.handle) if char.isalnum()]
    return bool(letters) and not any(map(_is_latin, letters)) and _stands_out(scene, item)


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("LATIN ", "DIGIT "))


def _stands_out(scene: Scene, item: TextItem) -> bool:
    """Whether a text's colour differs from the paper's and the paint beneath, and no paint lies over it."""
    colour = text_colour(item)
    if colour is None or alike(colour, _WHITE):
        return False
    left, bottom, right, top = item.box
    box = (left, bottom, right, max(top, bottom + item.size))  # glyphs that are not there have no height
    return not any(
        graphic.rgb is not None
        and overlap(graphic.box, box)
        and (graphic.order >= item.order or alike(graphic.rgb, colour))
        for graphic in scene.graphics
    )
