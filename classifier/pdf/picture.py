"""A page as a picture, with the positions of quotes and of hidden text.

Runs in the sandboxed worker only, as `pdfium_text`. What enters: a path and spans of a page's text. What
leaves: plain dicts, since the reply crosses a pipe as JSON. Positions are (x, y, width, height) in points
from the upper left corner of the page as it is shown, after rotation and cropping.
"""

from __future__ import annotations

import base64
import ctypes
import difflib
import struct
import zlib
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c

from classifier.pdf.pdfium_text import located_page, open_document
from classifier.pdf.reading import ReadError
from classifier.text.characters import matching_key

_MAX_PIXELS = 6_000_000
"""Most pixels of a picture; limits memory and the reply. An A4 page at 200 dpi has 4 million."""
_FINE = 16
"""Device units per point: PDFium converts positions to whole device units only."""
_SURE = 0.9
"""Least similarity of the text at a position to the quote to highlight, as for a "near" quote."""
_GAP = 1.5
"""Largest gap, in line heights, between two characters that are highlighted together."""


def draw(path: str, number: int, width: int, spans: list[Any], *, png: bool) -> dict[str, Any]:
    """The page's size in points, marks for each span, hidden text, and the picture if requested.

    Args:
        number: The page, from 1.
        width: The picture's width in pixels.
        spans: [start, end, quote] each, in the page's visible text. A span whose text does not resemble its
        quote gets no marks.

    Raises:
        ReadError: The file does not open, or has no such page.
    """
    document = open_document(path)
    try:
        if not 1 <= number <= len(document):
            raise ReadError("broken", f"there is no page {number}; it has {len(document)}")
        page = document[number - 1]
        size = page.get_size()
        drawn = {"width": size[0], "height": size[1], "pages": len(document)}
        if png:
            return drawn | {"png": _png(page, size, width)}
        with located_page(document, number - 1) as located:
            return drawn | {
                "marks": [
                    _lines([_place(located.page, size, box) for box in located.boxes(start, end)])
                    if _is_sure(located.text[start:end], quote)
                    else []
                    for start, end, quote in spans
                ],
                "hidden": [_finding(located.page, size, number, found) for found in located.hidden],
            }
    finally:
        document.close()


def _png(page: pypdfium2.PdfPage, size: tuple[float, float], width: int) -> str:
    scale = width / max(size[0], 1.0)
    scale = min(scale, (_MAX_PIXELS / max(size[0] * size[1], 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True, no_smoothtext=False)
    data, stride, channels = bytes(bitmap.buffer), bitmap.stride, bitmap.n_channels
    if channels != 3:
        raise ReadError("broken", f"the picture has {channels} channels, expected 3")
    rows = b"".join(
        b"\0" + data[row * stride : row * stride + 3 * bitmap.width] for row in range(bitmap.height)
    )
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, 2, 0, 0, 0)
    parts = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows, 6)), _chunk(b"IEND", b""))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _is_sure(text: str, quote: str) -> bool:
    there, wanted = matching_key(text).text, matching_key(quote).text
    if there == wanted:
        return bool(wanted)
    return difflib.SequenceMatcher(None, there, wanted, autojunk=False).ratio() >= _SURE


def _finding(
    page: pypdfium2.PdfPage, size: tuple[float, float], number: int, found: dict[str, Any]
) -> dict[str, Any]:
    box = found.get("box")
    place = _place(page, size, [box[0], box[1], box[2], box[3]]) if box else None
    return {"kind": found["kind"], "page": number, "text": found["text"], "box": place}


def _place(page: pypdfium2.PdfPage, size: tuple[float, float], box: list[float]) -> list[float]:
    """Converts a box (left, bottom, right, top) from page coordinates to the shown page."""
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        across, down = ctypes.c_int(), ctypes.c_int()
        wide, high = round(size[0] * _FINE), round(size[1] * _FINE)
        pdfium_c.FPDF_PageToDevice(page, 0, 0, wide, high, 0, x, y, across, down)
        corners.append((across.value / _FINE, down.value / _FINE))
    (x1, y1), (x2, y2) = corners
    return [min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)]


def _lines(places: list[list[float]]) -> list[list[float]]:
    """Joins adjacent characters into one box."""
    lines: list[list[float]] = []
    for x, y, width, height in places:
        if lines:
            last = lines[-1]
            # A comma or a raised number touches its line, but may extend beyond its edge.
            on_line = y <= last[1] + last[3] and y + height >= last[1]
            if on_line and -height <= x - (last[0] + last[2]) <= _GAP * max(height, last[3]):
                right, bottom = max(last[0] + last[2], x + width), max(last[1] + last[3], y + height)
                left, top = min(last[0], x), min(last[1], y)
                last[:] = [left, top, right - left, bottom - top]
                continue
        lines.append([x, y, width, height])
    return lines
