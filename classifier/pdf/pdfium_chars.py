"""Characters on a PDFium page: their boxes and sizes, the text's direction, and its lines.

Runs in the sandboxed worker only. Calls for single characters are slow, so they are used sparingly.
"""

from __future__ import annotations

import ctypes
import difflib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c

from classifier.pdf.clean import clean_line
from classifier.pdf.hidden.calls import Register, address_of, fast
from classifier.pdf.page_lines import Box, PageLines, read_lines
from classifier.pdf.structure import SizedLine

_MEASURED_LINES = 80
"""Most lines of page 1 that are measured: the title is above the abstract, and measuring is slow."""
_MEASURED_CHARS = 8
"""Approximate number of letters measured per line, spread over it: in small capitals only some are large."""
_TILT = 0.1
"""Largest slope of an upright line (about 6 degrees); arXiv's stamp is at a right angle."""
_SAMPLED_CHARS = 24
"""Characters sampled over a page to find the direction of most of its text, despite stamps and axes."""
_LONGEST_PAGE = 40_000
"""Most characters of a page whose lines are measured, to limit the time: a dense page has 10,000."""
_NAME_BYTES = 128
"""Buffer for a font's name in bytes: TeX's names have 20, including the subset tag."""
_matrix = Register(6)


def open_text(page: pypdfium2.PdfPage) -> tuple[pypdfium2.PdfTextPage, int]:
    """A page's text with its lines in reading order; the page is turned so that most text is horizontal.

    PDFium orders lines as the page is shown. Some programs write `/Rotate` on pages whose text is drawn
    upright; others draw the text sideways and write none.

    Returns:
        The text page, which the caller closes, and the quarter turns, counter-clockwise, of its text.
    """
    text_page = page.get_textpage()
    turns = _count_turns(text_page)
    if turns != pdfium_c.FPDFPage_GetRotation(page):
        text_page.close()
        pdfium_c.FPDFPage_SetRotation(page, turns)
        text_page = page.get_textpage()
    return text_page, turns


def _count_turns(text_page: pypdfium2.PdfTextPage) -> int:
    """The number of quarter turns by which most of a page's text is rotated; 0 without a main direction."""
    handle, total = address_of(text_page), pdfium_c.FPDFText_CountChars(text_page)
    found: Counter[int] = Counter()
    for index in range(0, total, max(1, total // _SAMPLED_CHARS)):
        if fast.FPDFText_GetMatrix(handle, index, _matrix.places[0]):
            a, b, c, d, _, _ = _matrix.read()
            if a * d < b * c:  # mirrored
                a, b = 1.0, 0.0
            found[(0 if a > 0 else 2) if abs(a) >= abs(b) else (1 if b > 0 else 3)] += 1
    turns, count = found.most_common(1)[0] if found else (0, 0)
    return turns if 2 * count > found.total() else 0


def measure_lines(
    text_page: pypdfium2.PdfTextPage, visible: str, places: Sequence[int], turns: int = 0
) -> list[SizedLine]:
    """The first visible lines with their type size, measured on a few characters per line.

    Args:
        text_page: The page's text.
        visible: The visible part of the text.
        places: For each character of `visible`, its index in the page's text.
        turns: Quarter turns by which the page's text is drawn.
    """
    lines: list[SizedLine] = []
    handle, start = address_of(text_page), 0
    for line in visible.split("\n"):
        letters = [places[start + i] for i, char in enumerate(line) if char.isalpha()]
        start += len(line) + 1
        if not line.strip():
            continue
        sample = letters[:: max(1, len(letters) // _MEASURED_CHARS)]
        measured = [_measure_char(handle, index, turns) for index in sample]
        # The largest counts: superscripts and the lower half of small capitals are smaller than their line.
        size = max((size for size, _ in measured), default=0.0)
        upright = all(straight for _, straight in measured)
        lines.append(SizedLine(clean_line(line), round(size, 1), upright))
        if len(lines) == _MEASURED_LINES:
            break
    return lines


def _measure_char(text_page: int, text_index: int, turns: int) -> tuple[float, bool]:
    """Size in points after all matrices, and whether the character has the direction of the page's text."""
    index = fast.FPDFText_GetCharIndexFromTextIndex(text_page, text_index)
    if index < 0 or not fast.FPDFText_GetMatrix(text_page, index, _matrix.places[0]):
        return 0.0, True
    a, b, c, d, _, _ = _matrix.read()
    size = fast.FPDFText_GetFontSize(text_page, index) * math.hypot(c, d)
    along, across = (a, b) if turns % 2 == 0 else (b, a)
    return size, abs(across) <= _TILT * abs(along)


def measure_page(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, turns: int) -> PageLines:
    """The extents of a page's lines, and the numbers at their edges; no lines if the page is too long."""
    raw = text_page.get_text_range()
    _, bottom, _, top = _turn(page.get_bbox(), turns)

    def box_of(index: int) -> Box | None:
        box = char_box(text_page, index)
        return _turn(box, turns) if box else None

    return read_lines(raw if len(raw) <= _LONGEST_PAGE else "", box_of, bottom, top - bottom)


def _turn(box: Any, turns: int) -> Box:
    """The box rotated back, so that text rotated by this many quarter turns is horizontal."""
    left, bottom, right, top = box
    if turns == 1:
        return bottom, -right, top, -left
    if turns == 2:
        return -right, -top, -left, -bottom
    if turns == 3:
        return -top, left, -bottom, right
    return left, bottom, right, top


def char_box(text_page: pypdfium2.PdfTextPage, text_index: int) -> Box | None:
    """The box of the character at an offset of the page's text."""
    index = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text_page, text_index)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if index < 0 or not pdfium_c.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
        return None
    return left.value, bottom.value, right.value, top.value


def font_names(text_page: pypdfium2.PdfTextPage) -> Callable[[int], str]:
    """The name of the font of the character at an offset of the page's text; empty if it has none."""
    handle = address_of(text_page)
    known: dict[int | None, str] = {}

    def name_at(text_index: int) -> str:
        index = fast.FPDFText_GetCharIndexFromTextIndex(handle, text_index)
        item = fast.FPDFText_GetTextObject(handle, index) if index >= 0 else None
        font = fast.FPDFTextObj_GetFont(item) if item else None
        if font not in known:
            known[font] = _font_name(font)
        return known[font]

    return name_at


def _font_name(font: int | None) -> str:
    buffer = ctypes.create_string_buffer(_NAME_BYTES)
    if not font or fast.FPDFFont_GetBaseFontName(font, buffer, _NAME_BYTES) > _NAME_BYTES:
        return ""
    return buffer.value.decode("utf-8", "replace")


def align(part: str, whole: str) -> list[int]:
    """For each character of `part` its index in `whole`; `part` is `whole` without hidden text."""
    if part == whole:
        return list(range(len(whole)))
    matcher = difflib.SequenceMatcher(None, part, whole, autojunk=False)
    places = [0] * len(part)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            places[block.a + offset] = block.b + offset
    return places
