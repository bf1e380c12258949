"""PDFium's half of the worker: a file -> raw pages, hidden text, measured lines, character boxes.

Runs in the sandboxed worker only: PDFium may abort the process on a hostile file. Returns plain
dicts, since the reply crosses a pipe as JSON.
"""

from __future__ import annotations

import ctypes
import difflib
import math
import re
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c

from classifier.pdf.clean import clean, clean_line, clean_with_origin
from classifier.pdf.hidden import HiddenCheckIncomplete, split_page
from classifier.pdf.hidden.calls import Register, address_of, fast
from classifier.pdf.reading import Budget, PdfReading, ReadError
from classifier.pdf.structure import SizedLine
from classifier.text.invisible import MAX_TEXT, split_invisible_characters

_MEASURED_LINES = 80
"""Lines of page 1 that are measured: the title stands above the abstract, and measuring is slow."""
_MEASURED_CHARS = 8
"""Letters measured on a line, about, spread over it: of small capitals only some are large."""
_FEW_CHARS = 200
"""Characters under which a page is asked for images: as `reader._SCAN_CHARS_A_PAGE`, which counts them."""
_NO_TEXT_CHARS = 20
"""A page with fewer has a page number or a stamp at most; if it draws text, that is lost."""
_KINDS_ASKED = 2000
"""Objects asked for their kind on a page with little text, to bound the time."""
_TILT = 0.1
"""Slope of a line (about 6 degrees) up to which it stands upright; arXiv's stamp stands at a right angle."""
_matrix = Register(6)


def read(path: str, budget: Budget) -> PdfReading:
    """Read all pages within the budget.

    Raises:
        ReadError: Where the file does not open (`password` or `broken`).
    """
    reading = PdfReading(engine="pypdfium2", hidden_checked=True)
    document = open_document(path)
    try:
        reading.page_count = len(document)
        for index in range(reading.page_count):
            if not budget.allows(index, reading):
                break
            try:
                _read_page(document, index, reading)
            except pypdfium2.PdfiumError as error:
                reading.fail_page(index + 1, str(error))
    finally:
        document.close()
    return reading


def locate(path: str, number: int, start: int, end: int, expected: str | None) -> list[list[float]]:
    """Boxes (left, bottom, right, top in points) of the inked characters in [start, end) of a page's text.

    Empty where the span is not on the page, or the page's text there is not `expected`.
    """
    document = open_document(path)
    try:
        if not 1 <= number <= len(document):
            return []
        page = LocatedPage(document[number - 1])
        if expected is not None and page.text[start:end] != expected:
            return []
        return page.boxes(start, end)
    finally:
        document.close()


class LocatedPage:
    """A page whose visible text leads back to places on it.

    Attributes:
        text: As `Page.text`.
        hidden: What was cut from it, as in a reply.
    """

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._text_page = page.get_textpage()
        self._raw = self._text_page.get_text_range()
        visible, self.hidden, _ = _split(page, self._text_page, self._raw)
        self.text, self._origin = clean_with_origin(visible)
        self._back = _align(visible, self._raw)

    def boxes(self, start: int, end: int) -> list[list[float]]:
        """Boxes of the inked characters in [start, end); see `locate`."""
        places = dict.fromkeys(self._back[at] for at in self._origin[max(start, 0) : max(end, 0)])
        return [
            box for at in places if not self._raw[at].isspace() and (box := _char_box(self._text_page, at))
        ]


def open_document(path: str) -> pypdfium2.PdfDocument:
    """Opens a PDF.

    Raises:
        ReadError: It does not open (`password` or `broken`).
    """
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        code = "password" if "password" in str(error).lower() else "broken"
        said = re.search(r"\((PDFium: [^()]*)\)", str(error))
        raise ReadError(code, said[1] if said else f"PDFium: {error}") from error


def _read_page(document: pypdfium2.PdfDocument, index: int, reading: PdfReading) -> None:
    page = document[index]
    try:
        text_page = page.get_textpage()
        try:
            raw = text_page.get_text_range()
            visible, hidden, checked = _split(page, text_page, raw)
            reading.hidden_checked = reading.hidden_checked and checked
            if index == 0:
                reading.lines = _measure_lines(text_page, raw, visible)
        finally:
            text_page.close()
        text = clean(visible)
        if len(text) < _FEW_CHARS and not hidden:
            _note_content(page, index + 1, text, reading)
        reading.add_page(index + 1, raw, text, hidden)
    finally:
        page.close()


def _split(
    page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, raw: str
) -> tuple[str, list[dict[str, Any]], bool]:
    """The visible raw text, what was hidden, and whether the page could be checked."""
    try:
        visible, hidden = split_page(page, text_page, raw)
        checked = True
    except HiddenCheckIncomplete:
        # What could not be looked at is not handed on either: nobody knows who would see it.
        finding = {"kind": "unchecked", "text": " ".join(raw.split())[:MAX_TEXT], "box": None}
        visible, hidden, checked = "", [finding], False
    visible, more = split_invisible_characters(visible)
    return visible, [*hidden, *more], checked


def _note_content(page: pypdfium2.PdfPage, number: int, text: str, reading: PdfReading) -> None:
    """A page with little text is normal where it is an image, and doubtful where its text is lost."""
    count = min(pdfium_c.FPDFPage_CountObjects(page), _KINDS_ASKED)
    kinds = {pdfium_c.FPDFPageObj_GetType(pdfium_c.FPDFPage_GetObject(page, at)) for at in range(count)}
    if pdfium_c.FPDF_PAGEOBJ_IMAGE in kinds:
        reading.image_pages.append(number)
    if pdfium_c.FPDF_PAGEOBJ_TEXT in kinds and len(text) < _NO_TEXT_CHARS:
        reading.doubted_pages.append(number)


def _measure_lines(text_page: pypdfium2.PdfTextPage, raw: str, visible: str) -> list[SizedLine]:
    """The first visible lines with their type size, measured on a few characters a line: all are slow."""
    lines: list[SizedLine] = []
    handle, at = address_of(text_page), 0
    for line in visible.split("\n"):
        stripped = line.strip("\r")
        found = raw.find(stripped, at)
        if not stripped.strip() or found < 0:
            continue
        at = found + len(stripped)
        letters = [found + i for i, char in enumerate(stripped) if char.isalpha()]
        sample = letters[:: max(1, len(letters) // _MEASURED_CHARS)]
        measured = [_measure_char(handle, index) for index in sample]
        # The largest counts: superscripts and the lower half of small capitals are smaller than their line.
        size = max((size for size, _ in measured), default=0.0)
        upright = all(straight for _, straight in measured)
        lines.append(SizedLine(clean_line(stripped), round(size, 1), upright))
        if len(lines) == _MEASURED_LINES:
            break
    return lines


def _measure_char(text_page: int, text_index: int) -> tuple[float, bool]:
    """Size in points after all matrices, and whether the character stands upright."""
    index = fast.FPDFText_GetCharIndexFromTextIndex(text_page, text_index)
    if index < 0 or not fast.FPDFText_GetMatrix(text_page, index, _matrix.places[0]):
        return 0.0, True
    a, b, c, d, _, _ = _matrix.read()
    size = fast.FPDFText_GetFontSize(text_page, index) * math.hypot(c, d)
    return size, abs(b) <= _TILT * abs(a)


def _align(part: str, whole: str) -> list[int]:
    """For each character of `part` its index in `whole`, of which it is what the hidden-text check left."""
    if part == whole:
        return list(range(len(whole)))
    matcher = difflib.SequenceMatcher(None, part, whole, autojunk=False)
    places = [0] * len(part)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            places[block.a + offset] = block.b + offset
    return places


def _char_box(text_page: pypdfium2.PdfTextPage, text_index: int) -> list[float] | None:
    index = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text_page, text_index)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if index < 0 or not pdfium_c.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
        return None
    return [left.value, bottom.value, right.value, top.value]
