"""Picture -> PNG, drawn by PDFium, which is already used to read papers (docs/adr/0010).

What enters: a layout. What leaves: the bytes of a PNG, twice as large as the layout, light. The font is
PDFium's own Helvetica, so the machine needs no fonts; characters beyond Latin-1 are shown as question marks
(the SVG has them).
"""

from __future__ import annotations

import colorsys
import ctypes
import struct
import zlib
from typing import TYPE_CHECKING, Any

from classifier.export.picture import LINE_HEIGHT, PADDING, TEXT_SIZE, Picture, TreeBox

if TYPE_CHECKING:
    import pypdfium2

Colour = tuple[int, int, int]

_SCALE = 2
"""Pixels per unit of the picture, for high-density screens."""
_MAX_SIDE = 16_000
"""Longest side in pixels; a larger picture is scaled down."""
_INK, _QUIET, _EDGE, _ROOT = (27, 36, 48), (86, 98, 112), (154, 165, 177), (238, 241, 244)
_HUES = (212, 28, 150, 275, 345, 60)
"""Degrees on the colour wheel, one per branch."""


def render_png(picture: Picture) -> bytes:
    """The picture as PNG; scaled down for a very large tree, so that no side exceeds 16,000 pixels."""
    import pypdfium2

    document = pypdfium2.PdfDocument.new()
    try:
        page = document.new_page(picture.width, picture.height)
        _Pen(document, page, picture.height).draw(picture)
        page.gen_content()
        scale = min(_SCALE, _MAX_SIDE / max(picture.width, picture.height))
        bitmap = page.render(
            scale=scale, rev_byteorder=True, force_bitmap_format=pypdfium2.raw.FPDFBitmap_BGR
        )
        return _png(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
    finally:
        document.close()


class _Pen:
    """Draws shapes and words on a page, whose y axis points upwards."""

    def __init__(self, document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, height: float) -> None:
        from pypdfium2 import raw

        self._raw: Any = raw
        self._document = document
        self._page = page
        self._height = height

    def draw(self, picture: Picture) -> None:
        for above, below in picture.links:
            self._link(picture.boxes[above], picture.boxes[below])
        for box in picture.boxes:
            self._box(box)
        self._text(picture.caption, 24, picture.height - 20, "Helvetica", _QUIET)

    def _link(self, above: TreeBox, below: TreeBox) -> None:
        x, end = above.x + above.width, below.x
        top, bottom = self._height - above.middle, self._height - below.middle
        path = self._raw.FPDFPageObj_CreateNewPath(x, top)
        self._raw.FPDFPath_BezierTo(path, (x + end) / 2, top, (x + end) / 2, bottom, end, bottom)
        self._stroke(path, _EDGE, 1.5)
        self._raw.FPDFPath_SetDrawMode(path, self._raw.FPDF_FILLMODE_NONE, True)
        self._raw.FPDFPage_InsertObject(self._page, path)

    def _box(self, box: TreeBox) -> None:
        rectangle = self._raw.FPDFPageObj_CreateNewRect(
            box.x, self._height - box.y - box.height, box.width, box.height
        )
        self._raw.FPDFPageObj_SetFillColor(rectangle, *_fill(box.tone), 255)
        self._stroke(rectangle, _rim(box.tone), 1.2)
        self._raw.FPDFPath_SetDrawMode(rectangle, self._raw.FPDF_FILLMODE_ALTERNATE, True)
        self._raw.FPDFPage_InsertObject(self._page, rectangle)
        font = "Helvetica-Bold" if box.tone < 0 else "Helvetica"
        for number, words in enumerate(box.lines, start=1):
            self._text(words, box.x + PADDING, box.y + PADDING + LINE_HEIGHT * number - 4, font, _INK)
        self._text(
            box.count, box.x + box.width - PADDING, box.middle + 5, "Helvetica-Bold", _INK, to_right=False
        )

    def _stroke(self, shape: Any, colour: Colour, width: float) -> None:
        self._raw.FPDFPageObj_SetStrokeColor(shape, *colour, 255)
        self._raw.FPDFPageObj_SetStrokeWidth(shape, width)

    def _text(
        self, words: str, x: float, y: float, font: str, colour: Colour, *, to_right: bool = True
    ) -> None:
        """Words on a base line, from x to the right or up to x."""
        text = self._raw.FPDFPageObj_NewTextObj(self._document, font.encode(), TEXT_SIZE)
        shown = words.replace("…", "...").encode("latin-1", "replace").decode("latin-1")
        buffer = ctypes.create_string_buffer(shown.encode("utf-16-le") + b"\0\0")
        self._raw.FPDFText_SetText(text, ctypes.cast(buffer, self._raw.FPDF_WIDESTRING))
        self._raw.FPDFPageObj_SetFillColor(text, *colour, 255)
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        self._raw.FPDFPageObj_GetBounds(text, left, bottom, right, top)
        start = x if to_right else x - right.value
        self._raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, start, self._height - y)
        self._raw.FPDFPage_InsertObject(self._page, text)


def _fill(tone: int) -> Colour:
    return _ROOT if tone < 0 else _hsl(_HUES[tone], 0.62, 0.90)


def _rim(tone: int) -> Colour:
    return _EDGE if tone < 0 else _hsl(_HUES[tone], 0.45, 0.45)


def _hsl(hue: int, saturation: float, lightness: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue / 360, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _png(width: int, height: int, stride: int, pixels: bytes) -> bytes:
    """RGB rows as a PNG (ISO/IEC 15948): header, one compressed block of unfiltered rows, end."""
    rows = b"".join(b"\0" + pixels[row * stride : row * stride + 3 * width] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
