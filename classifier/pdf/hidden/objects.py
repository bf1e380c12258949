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

from classifier.pdf.hidden.calls import fast

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points of page space."""

Rgb = tuple[int, int, int]

Matrix = tuple[float, float, float, float, float, float]

DARK = 160
"""A filling whose weakest channel is at most this, of 255, stands out from white paper."""
MAX_DEPTH = 12
MAX_OBJECTS = 150_000
MAX_GRAPHICS = 1_500
MAX_ANNOTATIONS = 500
_INK_LESS = frozenset({pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP, pdfium_c.FPDF_ANNOT_WIDGET})
ACTUAL_TEXT = ctypes.create_string_buffer(b"ActualText")
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class HiddenCheckIncomplete(Exception):
    """The page is too large or too deep to be checked within the limits; its text is unchecked."""


@dataclass(slots=True)
class TextItem:
    """A text object: `size` and `width` are one em's height and width on the page, in points.

    `depth` counts the forms around it: figures come as forms.
    """

    handle: int
    box: Box
    size: float
    width: float
    order: int
    depth: int


@dataclass(slots=True)
class Graphic:
    """A filled path, image, shading or annotation; `rgb` where it is all of one opaque colour."""

    box: Box
    rgb: Rgb | None
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
        plain: Whether each text object is evidently drawn: filled with an opaque colour that is not near white, not
            clipped but by rectangles around it, in no form or layer, with glyphs that have a height.
        marked: Text objects with the marks on them that hold a replacement text (`ActualText`).
    """

    page_box: Box
    texts: list[TextItem] = field(default_factory=list)
    graphics: list[Graphic] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)
    marked: list[tuple[Any, Any]] = field(default_factory=list)
    plain: bool = True


class _Walker:
    """Holds the reused out-parameters: making them anew for each object would double the cost."""

    def __init__(self, page: Any) -> None:
        rect = pdfium_c.FS_RECTF()
        pdfium_c.FPDF_GetPageBoundingBox(page, rect)
        self.scene = Scene((rect.left, rect.bottom, rect.right, rect.top))
        self.page = page.raw
        self.count = 0
        # Written to by address, and read back in one step.
        self.bounds = (ctypes.c_float * 4)()
        self.sides = [ctypes.addressof(self.bounds) + 4 * number for number in range(4)]
        self.matrix = pdfium_c.FS_MATRIX()
        self.entries = (ctypes.c_float * 6).from_buffer(self.matrix)
        self.colour = (ctypes.c_uint * 4)()
        self.into_colour = [ctypes.addressof(self.colour) + 4 * number for number in range(4)]
        self.type3: dict[int, bool] = {}
        self.clips: dict[int, Box | None] = {}
        self.fontsize = ctypes.c_float()
        self.into_matrix, self.into_fontsize = ctypes.addressof(self.matrix), ctypes.addressof(self.fontsize)
        self.fill = ctypes.c_int()
        self.stroke = ctypes.c_int()

    def walk(self) -> Scene:
        total = fast.FPDFPage_CountObjects(self.page)
        self._objects(total, self.page, fast.FPDFPage_GetObject, IDENTITY, 0)
        for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(self.page), MAX_ANNOTATIONS)):
            self._annotation(index)
        return self.scene

    def _annotation(self, index: int) -> None:
        """Takes an annotation with a picture of its own for something painted last."""
        annotation = pdfium_c.FPDFPage_GetAnnot(self.page, index)
        if not annotation:
            return
        rect = pdfium_c.FS_RECTF()
        if pdfium_c.FPDFAnnot_GetSubtype(annotation) not in _INK_LESS and pdfium_c.FPDFAnnot_GetRect(
            annotation, rect
        ):
            box = (rect.left, rect.bottom, rect.right, rect.top)
            self.scene.graphics.append(Graphic(box, None, False, self._order()))
        pdfium_c.FPDFPage_CloseAnnot(annotation)

    def _objects(self, total: int, parent: Any, get: Any, ctm: Matrix, depth: int) -> None:
        self.count += max(total, 0)
        if depth > MAX_DEPTH or self.count > MAX_OBJECTS:
            raise HiddenCheckIncomplete(
                f"the page nests {depth} forms with {self.count} objects, over {MAX_DEPTH} or {MAX_OBJECTS}"
            )
        get_type = fast.FPDFPageObj_GetType
        for index in range(total):
            handle = get(parent, index)
            kind = get_type(handle)
            if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
                self._text(handle, ctm, depth)
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
                fast.FPDFPageObj_GetMatrix(handle, self.into_matrix)
                inner = compose(tuple(self.entries), ctm)
                count = fast.FPDFFormObj_CountObjects(handle)
                self._objects(count, handle, fast.FPDFFormObj_GetObject, inner, depth + 1)
            else:
                self.scene.others.append(handle)
                self._graphic(handle, kind, ctm)

    def _box(self, handle: int, ctm: Matrix) -> Box:
        if not fast.FPDFPageObj_GetBounds(handle, *self.sides):
            return (0.0, 0.0, 0.0, 0.0)
        left, bottom, right, top = self.bounds
        return (left, bottom, right, top) if ctm is IDENTITY else transform((left, bottom, right, top), ctm)

    def _text(self, handle: int, ctm: Matrix, depth: int) -> None:
        fast.FPDFPageObj_GetMatrix(handle, self.into_matrix)
        a, b, c, d, e, f = self.entries
        if ctm is not IDENTITY:
            a, b, c, d, e, f = compose((a, b, c, d, e, f), ctm)
        fast.FPDFTextObj_GetFontSize(handle, self.into_fontsize)
        em = abs(self.fontsize.value)
        length = hypot(a, b)
        # The height of the em square above its baseline: a skewed em of no area is no size at all.
        height = abs(a * d - b * c) / length if length > 0 else 0.0
        scene = self.scene
        box, order = self._box(handle, ctm), self._order()
        scene.texts.append(TextItem(handle, box, em * height, em * length, order, depth))
        for number in range(fast.FPDFPageObj_CountMarks(handle)):
            self._mark(handle, fast.FPDFPageObj_GetMark(handle, number))
        if scene.plain:
            scene.plain = depth == 0 and self._is_plain(handle, box)

    def _mark(self, handle: int, mark: Any) -> None:
        if fast.FPDFPageObjMark_GetParamValueType(mark, ACTUAL_TEXT) != pdfium_c.FPDF_OBJECT_UNKNOWN:
            self.scene.marked.append((handle, mark))
        if self.scene.plain and mark_name(mark) == "OC":
            self.scene.plain = False

    def _is_plain(self, handle: int, box: Box) -> bool:
        if fast.FPDFTextObj_GetTextRenderMode(handle) != pdfium_c.FPDF_TEXTRENDERMODE_FILL:
            return False
        if not fast.FPDFPageObj_GetFillColor(handle, *self.into_colour):
            return False
        red, green, blue, alpha = self.colour
        if alpha < 255 or min(red, green, blue) > DARK:
            return False
        limits = self.scene.page_box
        if box[0] < limits[0] or box[1] < limits[1] or box[2] > limits[2] or box[3] > limits[3]:
            return False
        if fast.FPDFPageObj_HasTransparency(handle) or self._is_type3(handle):
            return False
        return self._is_clear(fast.FPDFPageObj_GetClipPath(handle), box)

    def _is_type3(self, handle: int) -> bool:
        """A font of drawings may draw anything, or nothing; it is told by its lack of font data."""
        font = fast.FPDFTextObj_GetFont(handle)
        if font not in self.type3:
            size = ctypes.c_size_t()
            self.type3[font] = (
                not fast.FPDFFont_GetFontData(font, None, 0, ctypes.byref(size)) or not size.value
            )
        return self.type3[font]

    def _is_clear(self, clip: Any, box: Box) -> bool:
        """Whether all of a clip path's parts are rectangles around the box."""
        for number in range(fast.FPDFClipPath_CountPaths(clip)):
            # Objects under one clip share its points, so that their address tells the clip.
            key = fast.FPDFClipPath_GetPathSegment(clip, number, 0)
            if key not in self.clips:
                self.clips[key] = rectangle(clip, number)
            found = self.clips[key]
            if (
                found is None
                or found[0] > box[0]
                or found[1] > box[1]
                or found[2] < box[2]
                or found[3] < box[3]
            ):
                return False
        return True

    def _order(self) -> int:
        return len(self.scene.texts) + len(self.scene.graphics)

    def _graphic(self, handle: int, kind: int, ctm: Matrix) -> None:
        graphics = self.scene.graphics
        if len(graphics) > MAX_GRAPHICS:
            # A drawing of thousands of strokes: from here on the page counts as painted over as a whole.
            last = graphics[-1]
            last.box, last.rgb, last.order = self.scene.page_box, None, self._order()
            return
        image = kind == pdfium_c.FPDF_PAGEOBJ_IMAGE
        rgb = None
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            if not fast.FPDFPath_GetDrawMode(handle, ctypes.byref(self.fill), ctypes.byref(self.stroke)):
                return
            thick = bool(self.stroke.value) and self._thick(handle)
            if not self.fill.value and not thick:
                return
            rgb = None if thick else plain_colour(handle)
        box = self._box(handle, ctm)
        if box[2] - box[0] >= 1.5 and box[3] - box[1] >= 1.5:
            graphics.append(Graphic(box, rgb, image, self._order()))

    def _thick(self, handle: int) -> bool:
        return bool(fast.FPDFPageObj_GetStrokeWidth(handle, self.sides[0])) and self.bounds[0] > 2.0


def read_scene(page: Any) -> Scene:
    """Lists text and graphics of a page in painting order.

    Raises:
        HiddenCheckIncomplete: Forms nest deeper than `MAX_DEPTH`, or there are over `MAX_OBJECTS` objects.
    """
    return _Walker(page).walk()


def plain_colour(handle: int) -> Rgb | None:
    """Red, green and blue of an object's filling, 0 to 255; None for patterns and where it is not opaque."""
    parts = (ctypes.c_uint * 4)()
    start = ctypes.addressof(parts)
    if not fast.FPDFPageObj_GetFillColor(handle, start, start + 4, start + 8, start + 12) or parts[3] < 255:
        return None
    return (parts[0], parts[1], parts[2])


def mark_name(mark: Any) -> str:
    """Name of a marked content; empty where it is longer than 31 characters."""
    size = ctypes.c_ulong()
    buffer = (ctypes.c_ushort * 32)()
    if not fast.FPDFPageObjMark_GetName(mark, buffer, 64, ctypes.byref(size)) or size.value > 64:
        return ""
    return bytes(buffer)[: max(size.value - 2, 0)].decode("utf-16-le", "replace")


def rectangle(clip: Any, number: int) -> Box | None:
    """One part of a clip path as a box; None where it is no upright rectangle."""
    count = fast.FPDFClipPath_CountPathSegments(clip, number)
    if count not in (4, 5):
        return None
    x, y = ctypes.c_float(), ctypes.c_float()
    points = []
    for index in range(count):
        segment = fast.FPDFClipPath_GetPathSegment(clip, number, index)
        if not fast.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
            return None
        points.append((x.value, y.value))
    corners = points[:4]
    turns = zip(corners, [*corners[1:], corners[0]], strict=True)
    if points[-1] not in (corners[0], corners[3]) or not all(
        (a[0] == b[0]) != (a[1] == b[1]) for a, b in turns
    ):
        return None
    return (
        min(p[0] for p in corners),
        min(p[1] for p in corners),
        max(p[0] for p in corners),
        max(p[1] for p in corners),
    )


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
