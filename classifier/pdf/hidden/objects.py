"""One pass over a page's objects: where text is, and what is painted around it.

What enters is a loaded PDFium page; what leaves is a `Scene`: text items and graphics in painting order, with
boxes and sizes in page space (composed through nested forms), in points. Nothing is rendered or judged here.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from math import hypot
from typing import Any

import pypdfium2.raw as pdfium_c

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points of page space."""

Matrix = tuple[float, float, float, float, float, float]

LIGHT = 200
"""From this value on, of 255 in each channel, a filling is paper-like: dark text stands out from it."""
MAX_DEPTH = 12
MAX_OBJECTS = 150_000
MAX_GRAPHICS = 1_500
ACTUAL_TEXT = ctypes.create_string_buffer(b"ActualText")
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class HiddenCheckIncomplete(Exception):
    """The page is too large or too deep to be checked within the limits; its text is unchecked."""


@dataclass(slots=True)
class TextItem:
    """A text object: `size` and `width` are one em's height and width on the page, in points."""

    handle: Any
    box: Box
    size: float
    width: float
    order: int


@dataclass(slots=True)
class Graphic:
    """A filled path, image or shading; `light` marks a plain, nearly white and opaque filling."""

    handle: Any
    box: Box
    light: bool
    image: bool
    order: int


@dataclass(slots=True)
class Scene:
    """What a page paints.

    Attributes:
        page_box: The visible part of the page.
        texts: Text objects, in painting order.
        graphics: What may cover a text or lie beneath it; capped, see `MAX_GRAPHICS`.
        others: Every object that is not text, thin lines included.
        marked: Text objects with the marks on them that hold a replacement text (`ActualText`).
    """

    page_box: Box
    texts: list[TextItem] = field(default_factory=list)
    graphics: list[Graphic] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)
    marked: list[tuple[Any, Any]] = field(default_factory=list)


class _Walker:
    """Holds the reused out-parameters: making them anew for each object would double the cost."""

    def __init__(self, page: Any) -> None:
        rect = pdfium_c.FS_RECTF()
        pdfium_c.FPDF_GetPageBoundingBox(page, rect)
        self.scene = Scene((rect.left, rect.bottom, rect.right, rect.top))
        self.page = page.raw
        self.count = 0
        # Views on one array, so that four values are read back in one step.
        self.bounds = (ctypes.c_float * 4)()
        self.sides = [ctypes.pointer(ctypes.c_float.from_buffer(self.bounds, 4 * n)) for n in range(4)]
        self.matrix = pdfium_c.FS_MATRIX()
        self.entries = (ctypes.c_float * 6).from_buffer(self.matrix)
        self.fontsize = ctypes.c_float()
        self.into_matrix, self.into_fontsize = ctypes.pointer(self.matrix), ctypes.pointer(self.fontsize)
        self.fill = ctypes.c_int()
        self.stroke = ctypes.c_int()

    def walk(self) -> Scene:
        total = pdfium_c.FPDFPage_CountObjects(self.page)
        self._objects(total, self.page, pdfium_c.FPDFPage_GetObject, IDENTITY, 0)
        return self.scene

    def _objects(self, total: int, parent: Any, get: Any, ctm: Matrix, depth: int) -> None:
        self.count += max(total, 0)
        if depth > MAX_DEPTH or self.count > MAX_OBJECTS:
            raise HiddenCheckIncomplete(
                f"the page nests {depth} forms with {self.count} objects, over {MAX_DEPTH} or {MAX_OBJECTS}"
            )
        get_type = pdfium_c.FPDFPageObj_GetType
        for index in range(total):
            handle = get(parent, index)
            kind = get_type(handle)
            if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
                self._text(handle, ctm)
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
                pdfium_c.FPDFPageObj_GetMatrix(handle, self.into_matrix)
                inner = compose(tuple(self.entries), ctm)
                count = pdfium_c.FPDFFormObj_CountObjects(handle)
                self._objects(count, handle, pdfium_c.FPDFFormObj_GetObject, inner, depth + 1)
            else:
                self.scene.others.append(handle)
                self._graphic(handle, kind, ctm)

    def _box(self, handle: Any, ctm: Matrix) -> Box:
        if not pdfium_c.FPDFPageObj_GetBounds(handle, *self.sides):
            return (0.0, 0.0, 0.0, 0.0)
        left, bottom, right, top = self.bounds
        return (left, bottom, right, top) if ctm is IDENTITY else transform((left, bottom, right, top), ctm)

    def _text(self, handle: Any, ctm: Matrix) -> None:
        pdfium_c.FPDFPageObj_GetMatrix(handle, self.into_matrix)
        a, b, c, d, e, f = self.entries
        if ctm is not IDENTITY:
            a, b, c, d, e, f = compose((a, b, c, d, e, f), ctm)
        pdfium_c.FPDFTextObj_GetFontSize(handle, self.into_fontsize)
        em = abs(self.fontsize.value)
        length = hypot(a, b)
        # The height of the em square above its baseline: a skewed em of no area is no size at all.
        height = abs(a * d - b * c) / length if length > 0 else 0.0
        scene = self.scene
        scene.texts.append(TextItem(handle, self._box(handle, ctm), em * height, em * length, self._order()))
        for number in range(pdfium_c.FPDFPageObj_CountMarks(handle)):
            mark = pdfium_c.FPDFPageObj_GetMark(handle, number)
            if pdfium_c.FPDFPageObjMark_GetParamValueType(mark, ACTUAL_TEXT) == pdfium_c.FPDF_OBJECT_STRING:
                scene.marked.append((handle, mark))

    def _order(self) -> int:
        return len(self.scene.texts) + len(self.scene.graphics)

    def _graphic(self, handle: Any, kind: int, ctm: Matrix) -> None:
        graphics = self.scene.graphics
        if len(graphics) > MAX_GRAPHICS:
            # A drawing of thousands of strokes: from here on the page counts as painted over as a whole.
            last = graphics[-1]
            last.box, last.light, last.order = self.scene.page_box, False, self._order()
            return
        image = kind == pdfium_c.FPDF_PAGEOBJ_IMAGE
        light = False
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            if not pdfium_c.FPDFPath_GetDrawMode(handle, self.fill, self.stroke):
                return
            if not self.fill.value and not (self.stroke.value and self._thick(handle)):
                return
            light = bool(self.fill.value) and self._is_light(handle)
        box = self._box(handle, ctm)
        if box[2] - box[0] < 1.5 or box[3] - box[1] < 1.5:
            return
        graphics.append(Graphic(handle, box, light, image, self._order()))

    def _thick(self, handle: Any) -> bool:
        width = self.sides[0]
        return bool(pdfium_c.FPDFPageObj_GetStrokeWidth(handle, width)) and width[0] > 2.0

    def _is_light(self, handle: Any) -> bool:
        red, green, blue, alpha = fill_colour(handle)
        return alpha == 0 or min(red, green, blue) >= LIGHT


def read_scene(page: Any) -> Scene:
    """Lists text and graphics of a page in painting order.

    Raises:
        HiddenCheckIncomplete: Forms nest deeper than `MAX_DEPTH`, or there are over `MAX_OBJECTS` objects.
    """
    return _Walker(page).walk()


def fill_colour(handle: Any) -> tuple[int, int, int, int]:
    """Red, green, blue and opacity of an object's filling, 0 to 255; black where it has no plain colour."""
    parts = [ctypes.c_uint() for _ in range(4)]
    if not pdfium_c.FPDFPageObj_GetFillColor(handle, *parts):
        return (0, 0, 0, 255)
    return (parts[0].value, parts[1].value, parts[2].value, parts[3].value)


def address(handle: Any) -> int:
    """An object handle as a number: handles of one object compare unequal as ctypes pointers."""
    return ctypes.addressof(handle.contents) if handle else 0


def compose(inner: Matrix, outer: Matrix) -> Matrix:
    """The matrix that applies `inner` first, then `outer` (PDF 32000-1, 8.3.4)."""
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def transform(box: Box, matrix: Matrix) -> Box:
    """The upright box around a transformed box."""
    a, b, c, d, e, f = matrix
    left, bottom, right, top = box
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return (min(xs), min(ys), max(xs), max(ys))


def overlap(one: Box, other: Box, margin: float = 0.0) -> bool:
    """Whether two boxes share area, or come within `-margin` points of doing so."""
    return (
        one[0] + margin < other[2]
        and other[0] + margin < one[2]
        and one[1] + margin < other[3]
        and other[1] + margin < one[3]
    )
