"""Text that is unreadable because of its shape; nothing is rendered, since such text may leave ink.

What enters: a scene. What leaves: verdicts. The limits are those of docs/adr/0003-hidden-text.md. If it gives
a limit without a reason, the comment here describes the compromise.

"Test pages" in the comments are the 310 pages of 15 papers of that record and the pages of
tests/hidden_pdfs.py; "the same at a and b" means that setting the limit to a, or to b, changed no text and no
finding on any of them. Such a wide range means that these pages do not determine the limit, not that it is
right.
"""

from __future__ import annotations

from typing import Any

from classifier.pdf.hidden.geometry import Rect, overlap
from classifier.pdf.hidden.proof import ProofVerdict
from classifier.pdf.hidden.scene import Scene, TextItem
from classifier.pdf.hidden.textpage import object_text

TINY = 2.0
"""Text is unreadable if an em is lower than this on the page, or narrower than half of it, in points (ADR 3).

Test pages: the same at 1.3 and 3; at 4, labels of real figures on pages of three papers are cut.
"""

_SMALL_PAGE = 400.0
"""A page whose longer side is below this (in points) is shown enlarged, so `TINY` is scaled down too (ADR 3).

Test pages: the same at 200 and 600.
"""

_COMMON_WIDTH_EMS = 0.5
"""If an em's width is above this (in heights), a quick check shows that it is neither thin nor too narrow.

The quick check avoids the separate checks for nearly all texts. So this must not be below `_THIN_EMS`, nor
below the half of `TINY` that an em's width must have.
"""

_THIN_EMS = 0.2
"""If an em's width is below this (in heights), letters are too thin to read: a fifth (ADR 3).

A test presses letters to an eighth.
Test pages: the same at 0.13 and 0.45.
"""

_LOW_EMS = 0.3
"""Letters drawn up to this height (in ems) look like dots (ADR 3).

Small letters such as "x" are about half an em high, so a line of them is clearly higher.
Test pages: the same at 0.2 and 0.4.
"""

FLAT_EMS = 0.05
"""A text object below this height (in ems) has no letters, or blank ones.

A higher limit would treat more thin strokes, such as minus signs, as blanks. Test pages: the same at 0.02 and
0.1.
"""

_LOW_ROW = 5
"""A low line is wide enough to contain letters if it exceeds this many times its limit (1.5 em in all).

It keeps a short low word, so that a colon or dash is kept. Test pages: the same at 3 and 8.
"""

_HUGE_PAGES = 2
"""If an em exceeds this many times the page's longer side, only parts of strokes are visible (ADR 3).

Test pages: the same at 1 and 8.
"""

_FIELD_EMS = 0.25
"""Ems by which a text must overlap a form field: a field is close to its label, which must be kept.

Test pages: the same at 0 and 0.5.
"""


def unreadable_texts(text_page: Any, scene: Scene, piled: set[int]) -> list[ProofVerdict]:
    """Texts that are unreadable because of their shape: too small, too thin, piled, larger than the page.

    Args:
        text_page: The page's text.
        scene: What the page paints.
        piled: Handles of the texts whose letters are piled on one spot.
    """
    extent = longer_side(scene.page_box)
    tiny = TINY * min(extent / _SMALL_PAGE, 1.0)
    must_ask = bool(piled or scene.fields)
    out = []
    for item in scene.texts:
        if not must_ask and has_common_shape(item, tiny, extent):
            continue  # true for nearly all texts
        kind = shape_sign(text_page, scene, item, piled, tiny, extent)
        if kind is not None:
            out.append(ProofVerdict(item, kind))
    return out


def shape_sign(
    text_page: Any, scene: Scene, item: TextItem, piled: set[int], tiny: float, extent: float
) -> str | None:
    """The kind of the first problem of a text's shape; None if it is readable."""
    if item.handle in piled:
        return "heaped"
    if is_tiny(item, tiny) or is_thin(item) or is_low(text_page, item):
        return "tiny"
    if is_huge(item, extent):
        return "off-page"
    return "covered" if is_in_field(item, scene.fields) else None


def longer_side(page_box: Rect) -> float:
    """The longer side of a page, in points."""
    left, bottom, right, top = page_box
    return max(right - left, top - bottom)


def has_common_shape(item: TextItem, tiny: float, extent: float) -> bool:
    """Whether a quick check shows that a text is not tiny, thin, low or huge."""
    high = item.box[3] - item.box[1] >= _LOW_EMS * item.size
    return high and tiny <= item.size <= extent and item.width > item.size * _COMMON_WIDTH_EMS


def is_tiny(item: TextItem, tiny: float) -> bool:
    """Whether an em is lower than `tiny` points, or narrower than half of that."""
    return item.size < tiny or item.width < tiny / 2


def is_thin(item: TextItem) -> bool:
    """Whether letters are too thin to read."""
    return item.width < _THIN_EMS * item.size


def is_low(text_page: Any, item: TextItem) -> bool:
    """Whether letters are drawn much lower than normal: as dots, or small in a large em.

    Rows of dots, dashes and underscores are always low: most of the row must be letters and digits.
    """
    left, bottom, right, top = item.box
    limit = _LOW_EMS * item.size
    if item.drawings or not FLAT_EMS * item.size < top - bottom < limit < (right - left) / _LOW_ROW:
        return False
    words = object_text(text_page, item.handle)
    return 2 * sum(map(str.isalnum, words)) > len("".join(words.split()))


def is_huge(item: TextItem, extent: float) -> bool:
    """Whether letters are so much larger than the page that they cannot be recognised."""
    return item.size > _HUGE_PAGES * extent


def is_in_field(item: TextItem, fields: list[Rect]) -> bool:
    """Whether a form field that paints an area covers a text; only other viewers draw it."""
    return any(overlap(item.box, box, _FIELD_EMS * item.size) for box in fields)


def is_flat(item: TextItem) -> bool:
    """Whether a text object has no letters, or blank ones: it has almost no height."""
    return item.box[3] - item.box[1] < FLAT_EMS * item.size
