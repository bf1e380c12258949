"""pypdf's part of the worker: a file -> raw pages, if PDFium fails or its result is in doubt.

Runs in the sandboxed worker only. It cannot detect hidden text by rendering, so readings made here are marked
unchecked; invisible characters are still removed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

import pypdf

from classifier.pdf.clean import clean, clean_line
from classifier.pdf.line_numbers import find_lone_numbers
from classifier.pdf.page_lines import without_spans
from classifier.pdf.reading import Budget, PdfReading, ReadError
from classifier.pdf.structure import SizedLine
from classifier.pdf.tex_codes import decode_tex
from classifier.text.invisible import split_invisible_characters

logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_TILT = 0.1
"""As in `classifier.pdf.pdfium_text`."""


def read(path: str, budget: Budget, only: Sequence[int] = ()) -> PdfReading:
    """Read all pages, or the pages of the numbers `only`, within the budget.

    Raises:
        ReadError: If the file does not open (`password` or `broken`).
    """
    reading = PdfReading(engine="pypdf", hidden_checked=False)
    pages = _open(path, reading)
    texts: list[str] = []
    for index in [number - 1 for number in only] or range(reading.page_count):
        if not budget.allows(index, reading):
            break
        try:
            texts.append(_read_page(pages[index], index, reading))
        # A hostile page can raise any exception: RecursionError, DeprecationError, ValueError, KeyError …
        except Exception as error:  # noqa: BLE001
            reading.fail_page(index + 1, f"pypdf: {type(error).__name__}: {error}")
            texts.append("")
    for at, spans in enumerate(find_lone_numbers(texts)):
        if spans:
            reading.replace_page(at, clean(without_spans(texts[at], spans)[0]))
    return reading


def _open(path: str, reading: PdfReading) -> Any:
    try:
        reader = pypdf.PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ReadError("password", "pypdf: a password is needed")
        pages = reader.pages
        reading.page_count = len(pages)
    except ReadError:
        raise
    # The same as for a page: opening parses hostile bytes.
    except Exception as error:
        raise ReadError("broken", f"pypdf: {type(error).__name__}: {error}"[:200]) from error
    return pages


def _read_page(page: pypdf.PageObject, index: int, reading: PdfReading) -> str:
    """Read one page into the reading; returns its visible text before cleaning."""
    pieces: list[tuple[str, float, bool]] = []

    def note(text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        # The text matrix times the page's: [a b c d] as in PDF 32000-1, 8.3.3.
        a, b = tm[0] * cm[0] + tm[1] * cm[2], tm[0] * cm[1] + tm[1] * cm[3]
        c, d = tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3]
        pieces.append((text, abs(size) * math.hypot(c, d), abs(b) <= _TILT * abs(a)))

    raw = page.extract_text(visitor_text=note) if index == 0 else page.extract_text()
    visible, hidden = split_invisible_characters(decode_tex(raw))
    if index == 0:
        reading.lines = _sized_lines(pieces)
    reading.add_page(index + 1, raw, clean(visible), hidden)
    return visible


def _sized_lines(pieces: Sequence[tuple[str, float, bool]]) -> list[SizedLine]:
    """Lines from pieces of text, each with its type size; a line is as large as its largest piece."""
    lines: list[SizedLine] = []
    text, size, upright = "", 0.0, True
    # The break at the end closes the last line.
    for piece, piece_size, piece_upright in [*pieces, ("\n", 0.0, True)]:
        for index, part in enumerate(piece.split("\n")):
            if index and text.strip():
                visible, _ = split_invisible_characters(text)
                lines.append(SizedLine(clean_line(visible), round(size, 1), upright))
            if index:
                text, size, upright = "", 0.0, True
            text += part
            if any(char.isalpha() for char in part):
                size = max(size, piece_size)
                upright = upright and piece_upright
    return lines
