"""PDFium's part of the worker: a file -> raw pages, hidden text, measured lines, character boxes.

Runs in the sandboxed worker only: PDFium may abort the process on a hostile file. Returns plain
dicts, since the reply crosses a pipe as JSON.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c

from classifier.pdf.clean import clean, clean_with_origin
from classifier.pdf.hidden import HiddenCheckIncomplete, check_page
from classifier.pdf.line_numbers import find_candidates, find_line_numbers, has_line_numbers
from classifier.pdf.page_lines import PageLines, edge_numbers, without_spans
from classifier.pdf.pdfium_chars import align, char_box, font_names, measure_lines, measure_page, open_text
from classifier.pdf.reading import Budget, PdfReading, ReadError
from classifier.pdf.tex_codes import decode_tex
from classifier.text.invisible import MAX_TEXT, split_invisible_characters

_FEW_CHARS = 200
"""A page with fewer characters is checked for images; equal to `reader._SCAN_CHARS_A_PAGE`."""
_NO_TEXT_CHARS = 20
"""A page with fewer characters has at most a page number or a stamp; if it draws text, that is lost."""
_KINDS_ASKED = 2000
"""Most objects whose kind is checked on a page with little text, to limit the time."""


def read(path: str, budget: Budget) -> PdfReading:
    """Read all pages within the budget.

    Raises:
        ReadError: If the file does not open (`password` or `broken`).
    """
    reading = PdfReading(engine="pypdfium2", hidden_checked=True)
    document = open_document(path)
    try:
        reading.page_count = len(document)
        kept: dict[int, str] = {}
        for index in range(reading.page_count):
            if not budget.allows(index, reading):
                break
            try:
                kept[index] = _read_page(document, index, reading)
            except pypdfium2.PdfiumError as error:
                reading.fail_page(index + 1, str(error))
        if find_candidates(kept):
            _cut_line_numbers(document, kept, reading, budget)
    finally:
        document.close()
    return reading


def locate(path: str, number: int, start: int, end: int, expected: str | None) -> list[list[float]]:
    """Boxes (left, bottom, right, top in points) of the inked characters in [start, end) of a page's text.

    Empty if the span is not on the page, or the page's text there is not `expected`.
    """
    document = open_document(path)
    try:
        if not 1 <= number <= len(document):
            return []
        with located_page(document, number - 1) as located:
            if expected is not None and located.text[start:end] != expected:
                return []
            return located.boxes(start, end)
    finally:
        document.close()


class LocatedPage:
    """A page whose visible text can be located on it.

    Attributes:
        page: The page, rotated as it is shown.
        text: As `Page.text`.
        hidden: The removed text, as in a reply.
    """

    def __init__(
        self,
        document: pypdfium2.PdfDocument,
        index: int,
        page: pypdfium2.PdfPage,
        text_page: pypdfium2.PdfTextPage,
    ) -> None:
        self.page = page
        self._text_page = text_page
        self._raw, visible, self.hidden, _ = _split(page, text_page)
        spans = _line_numbers_on(document, index, self._raw)
        visible, self._back = _without_line_numbers(visible, self._raw, spans)
        self.text, self._origin = clean_with_origin(visible)

    def boxes(self, start: int, end: int) -> list[list[float]]:
        """Boxes (left, bottom, right, top in points) of the inked characters in [start, end)."""
        places = dict.fromkeys(self._back[at] for at in self._origin[max(start, 0) : max(end, 0)])
        boxes = [char_box(self._text_page, at) for at in places if not self._raw[at].isspace()]
        return [list(box) for box in boxes if box]


@contextmanager
def located_page(document: pypdfium2.PdfDocument, index: int) -> Iterator[LocatedPage]:
    """A page with the positions of its characters; rotated as the file says, not as its text is drawn."""
    shown = document[index]
    rotation = shown.get_rotation()
    shown.close()
    with _text_page(document, index) as (page, text_page, _):
        located = LocatedPage(document, index, page, text_page)
        page.set_rotation(rotation)  # reading may have rotated it
        yield located


def _line_numbers_on(document: pypdfium2.PdfDocument, index: int, raw: str) -> list[tuple[int, int]]:
    """The spans of line numbers on one page; the whole file decides whether its numbers count lines."""
    if not any(edge_numbers(line) for line in raw.splitlines()):
        return []
    texts = {}
    for other in range(len(document)):
        with _text_page(document, other) as (_, text_page, _):
            texts[other] = text_page.get_text_range()
    return _find_line_numbers(document, texts).get(index, [])


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


def _read_page(document: pypdfium2.PdfDocument, index: int, reading: PdfReading) -> str:
    """Read one page into the reading; returns its visible text before cleaning."""
    with _text_page(document, index) as (page, text_page, turns):
        raw, visible, hidden, checked = _split(page, text_page)
        reading.hidden_checked = reading.hidden_checked and checked
        if index == 0:
            reading.lines = measure_lines(text_page, visible, align(visible, raw), turns)
        text = clean(visible)
        if len(text) < _FEW_CHARS and not hidden:
            _note_content(page, index + 1, text, reading)
        reading.add_page(index + 1, raw, text, hidden)
        return visible


def _cut_line_numbers(
    document: pypdfium2.PdfDocument, kept: dict[int, str], reading: PdfReading, budget: Budget
) -> None:
    """Removes the line numbers from the texts of pages."""
    for index, spans in _find_line_numbers(document, kept, budget).items():
        with _text_page(document, index) as (_, text_page, turns):
            raw = decode_tex(text_page.get_text_range(), font_names(text_page))
            visible, places = _without_line_numbers(kept[index], raw, spans)
            reading.replace_page(index, clean(visible))
            if index == 0:
                reading.lines = measure_lines(text_page, visible, places, turns)


def _find_line_numbers(
    document: pypdfium2.PdfDocument, kept: dict[int, str], budget: Budget | None = None
) -> dict[int, list[tuple[int, int]]]:
    """The spans of line numbers in the raw texts of pages: pages that may have some are measured first."""
    layouts: dict[int, PageLines] = {}
    numbered = find_candidates(kept)
    for index in [*numbered, *(kept.keys() - set(numbered))]:
        if len(layouts) == len(numbered) and not any(map(has_line_numbers, layouts.values())):
            return {}
        if budget and not budget.has_time():
            break
        with _text_page(document, index) as (page, text_page, turns):
            layouts[index] = measure_page(page, text_page, turns)
    return find_line_numbers(layouts)


def _without_line_numbers(
    visible: str, raw: str, spans: Sequence[tuple[int, int]]
) -> tuple[str, Sequence[int]]:
    """The visible text without these spans of the raw text, and each character's index in `raw`."""
    if visible == raw:
        return without_spans(raw, spans)
    back = align(visible, raw)
    here = [(bisect_left(back, start), bisect_left(back, end)) for start, end in spans]
    text, places = without_spans(visible, here)
    return text, [back[place] for place in places]


@contextmanager
def _text_page(
    document: pypdfium2.PdfDocument, index: int
) -> Iterator[tuple[pypdfium2.PdfPage, pypdfium2.PdfTextPage, int]]:
    """A page rotated upright, its text, and the quarter turns by which the text is drawn."""
    page = document[index]
    try:
        text_page, turns = open_text(page)
        try:
            yield page, text_page, turns
        finally:
            text_page.close()
    finally:
        page.close()


def _split(
    page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage
) -> tuple[str, str, list[dict[str, Any]], bool]:
    """A page's raw text, its visible part, the hidden text, and whether the page could be checked."""
    given = text_page.get_text_range()
    raw = decode_tex(given, font_names(text_page))
    try:
        visible, hidden, checked = check_page(page, text_page, given)
    except HiddenCheckIncomplete:
        # Unchecked text is not returned: it is unknown whether it is visible.
        finding = {"kind": "unchecked", "text": " ".join(given.split())[:MAX_TEXT], "box": None}
        visible, hidden, checked = "", [finding], False
    if visible == given:
        visible = raw
    elif raw != given:
        visible = "".join(raw[at] for at in align(visible, given))
    visible, more = split_invisible_characters(visible)
    return raw, visible, [*hidden, *more], checked


def _note_content(page: pypdfium2.PdfPage, number: int, text: str, reading: PdfReading) -> None:
    """Records why a page has little text: normal for an image, suspicious if text was lost."""
    count = min(pdfium_c.FPDFPage_CountObjects(page), _KINDS_ASKED)
    kinds = {pdfium_c.FPDFPageObj_GetType(pdfium_c.FPDFPage_GetObject(page, at)) for at in range(count)}
    if pdfium_c.FPDF_PAGEOBJ_IMAGE in kinds:
        reading.image_pages.append(number)
    if pdfium_c.FPDF_PAGEOBJ_TEXT in kinds and len(text) < _NO_TEXT_CHARS:
        reading.doubted_pages.append(number)
