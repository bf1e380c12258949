"""Text that nobody can read for its shape alone: no picture is asked, since such text may well leave ink.

What a page paints enters; verdicts leave. The limits are those of docs/adr/0003-hidden-text.md. Where that
record gives a limit without a reason, the comment says what the limit trades off.

"Test pages" in the comments are the 310 pages of 15 papers of that record and the pages of
tests/hidden_pdfs.py; "the same at a and b" means that setting the limit to a, or to b, changed no text and no
finding on any of them. So wide a range says that they do not pin the limit down, not that it is right.
"""

from __future__ import annotations

from typing import Any

from classifier.pdf.hidden.geometry import Rect, overlap
from classifier.pdf.hidden.proof import ProofVerdict
from classifier.pdf.hidden.scene import Scene, TextItem
from classifier.pdf.hidden.textpage import object_text

TINY = 2.0
"""Points of an em's height on the page, and twice its width, under which text cannot be read (ADR 3).

Test pages: the same at 1.3 and 3; at 4, labels of real figures on pages of three papers are cut.
"""

_SMALL_PAGE = 400.0
"""Points: a page whose longer side is under this is shown enlarged, so `TINY` shrinks with it (ADR 3).

Test pages: the same at 200 and 600.
"""

_COMMON_WIDTH_EMS = 0.5
"""Width of an em, in its heights, over which a glance rules out that it is thin or too narrow.

The glance saves nearly all texts the single questions. So this must not be under `_THIN_EMS`, nor under the
half of `TINY` that an em's width must have.
"""

_THIN_EMS = 0.2
"""Width of an em, in its heights, under which letters are pressed too thin to read: a fifth (ADR 3).

A test presses letters to an eighth.
Test pages: the same at 0.13 and 0.45.
"""

_LOW_EMS = 0.3
"""Height of drawn letters, in ems, up to which they are dots to a reader (ADR 3).

Small letters such as "x" are about half an em high, so that a line of them is well above.
Test pages: the same at 0.2 and 0.4.
"""

FLAT_EMS = 0.05
"""Height, in ems, under which a text object has no letters, or blank ones.

A higher limit takes more thin strokes, such as minus signs, for blanks. Test pages: the same at 0.02 and 0.1.
"""

_LOW_ROW = 5
"""Times the limit of a low line (1.5 em in all) over which it is wide enough to be one of letters.

It lets a short low word stay, so that a colon or dash stays. Test pages: the same at 3 and 8.
"""

_HUGE_PAGES = 2
"""An em over so many times the page's longer side shows parts of strokes only (ADR 3).

Test pages: the same at 1 and 8.
"""

_FIELD_EMS = 0.25
"""Ems that a text must reach into a form field: a field stands close to its label, which must stay.

Test pages: the same at 0 and 0.5.
"""


def unreadable_texts(text_page: Any, scene: Scene, piled: set[int]) -> list[ProofVerdict]:
    """What nobody can read for its shape alone: too small, too thin, heaped, larger than the page.

    Args:
        text_page: The page's text.
        scene: What the page paints.
        piled: Handles of the texts whose letters are heaped on one spot.
    """
    extent = longer_side(scene.page_box)
    tiny = TINY * min(extent / _SMALL_PAGE, 1.0)
    must_ask = bool(piled or scene.fields)
    out = []
    for item in scene.texts:
        if not must_ask and has_common_shape(item, tiny, extent):
            continue  # as nearly all are
        kind = shape_sign(text_page, scene, item, piled, tiny, extent)
        if kind is not None:
            out.append(ProofVerdict(item, kind))
    return out


def shape_sign(
    text_page: Any, scene: Scene, item: TextItem, piled: set[int], tiny: float, extent: float
) -> str | None:
    """The kind of the first sign that a text's shape gives; None if it can be read."""
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
    """Whether a glance at a text rules out that it is tiny, thin, low or huge."""
    high = item.box[3] - item.box[1] >= _LOW_EMS * item.size
    return high and tiny <= item.size <= extent and item.width > item.size * _COMMON_WIDTH_EMS


def is_tiny(item: TextItem, tiny: float) -> bool:
    """Whether an em is lower than `tiny` points, or narrower than half of that."""
    return item.size < tiny or item.width < tiny / 2


def is_thin(item: TextItem) -> bool:
    """Whether letters are pressed to strokes."""
    return item.width < _THIN_EMS * item.size


def is_low(text_page: Any, item: TextItem) -> bool:
    """Whether letters are drawn far lower than letters are: as dots, or small in a large em.

    Rows of dots, dashes and underscores are low by nature: most of the row must be letters and digits.
    """
    left, bottom, right, top = item.box
    limit = _LOW_EMS * item.size
    if item.drawings or not FLAT_EMS * item.size < top - bottom < limit < (right - left) / _LOW_ROW:
        return False
    words = object_text(text_page, item.handle)
    return 2 * sum(map(str.isalnum, words)) > len("".join(words.split()))


def is_huge(item: TextItem, extent: float) -> bool:
    """Whether letters are so much larger than the page that nobody sees which they are."""
    return item.size > _HUGE_PAGES * extent


def is_in_field(item: TextItem, fields: list[Rect]) -> bool:
    """Whether a form field that paints an area lies over a text; only other viewers draw it."""
    return any(overlap(item.box, box, _FIELD_EMS * item.size) for box in fields)


def is_flat(item: TextItem) -> bool:
    """Whether a text object has no letters, or blank ones: it has next to no height."""
    return item.box[3] - item.box[1] < FLAT_EMS * item.size
