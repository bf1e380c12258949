"""Reads from PDFium's text page: an object's text, the text in a box, one character."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import Rect

_MAX_UNITS = 4096
"""Most UTF-16 units read from one object: about a whole page, while an object is at most a line."""
_SAMPLE_UNITS = 64
"""Most UTF-16 units read from a gap in the ink, to check it for letters."""


def object_text(text_page: Any, handle: Any) -> str:
    """The text of an object, at most 4,095 UTF-16 units; costs a pass over the page's characters."""
    buffer = (ctypes.c_ushort * _MAX_UNITS)()
    size = min(fast.FPDFTextObj_GetText(handle, text_page.raw, buffer, 2 * _MAX_UNITS), 2 * _MAX_UNITS)
    return bytes(buffer)[: max(size - 2, 0)].decode("utf-16-le", "replace")


def speaks(text_page: Any, box: Rect) -> bool:
    """Whether the page's text has letters or digits in a box."""
    buffer = (ctypes.c_ushort * _SAMPLE_UNITS)()
    size = pdfium_c.FPDFText_GetBoundedText(text_page, box[0], box[3], box[2], box[1], buffer, _SAMPLE_UNITS)
    return any(char.isalnum() for char in bytes(buffer)[: 2 * size].decode("utf-16-le", "replace"))


def character(text_page: Any, index: int) -> str:
    """One character of the page's text; empty if PDFium omits it from the text."""
    code = pdfium_c.FPDFText_GetUnicode(text_page, index)
    return "" if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def character_box(text_page: Any, index: int) -> Rect | None:
    """A character's box in page space."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not pdfium_c.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
        return None
    return (left.value, bottom.value, right.value, top.value)
