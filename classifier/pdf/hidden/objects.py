"""Reads a page's objects in one pass: text, and the graphics around it.

What enters: a loaded PDFium page. What leaves: a `Scene`: text items and graphics in painting order, with
boxes and sizes in page space (composed through nested forms), in points. Nothing is rendered or judged here.
"""

from __future__ import annotations

import ctypes
import re
from math import hypot
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import address_of, fast
from classifier.pdf.hidden.geometry import IDENTITY, Matrix, Rect, around, compose, transform
from classifier.pdf.hidden.scene import Graphic, HiddenCheckIncomplete, Scene, TextItem
from classifier.pdf.hidden.state import (
    Rgb,
    bounds,
    draw_mode,
    font_size,
    line_width,
    mark_name,
    matrix,
    plain_colour,
    rectangle,
)

DARK = 160
"""A fill colour is visible on white paper if its weakest channel is at most this (of 255).

This is far from the limit of visibility (`ink.FAINT`): a lighter colour only costs one more picture.
"""
PAPER = 230
"""Paint with at least this value (of 255) in each channel counts as the paper's colour.

It differs from white by less than `ink.FAINT`.
"""
THIN = 1.5
"""Paint of at most this width or height in points hides no line of text: rules, underlines, strikes.

Thinner lines can hide text only as a hatch; ADR 3 says which hatches are not found.
"""
_DRAWN_EM = 0.75
"""Approximate height of a line of drawn glyphs, in ems; PDFium does not report the font's em."""
_NO_HEIGHT = 0.01
"""Drawn glyphs of at most this height in points are blank, so they do not show the type size."""
HATCH = 40.0
"""In points: lines wider than the first value and lower than the second can hide text as a hatch.

It separates lines over several words from the ticks of a plot; it was not measured.
"""
MAX_DEPTH = 64
"""Deeper than PDFium's own limit for nested forms."""
MAX_OBJECTS = 300_000
"""Limits the time for one page (ADR 3): a page with more is withheld, unchecked."""
MAX_GRAPHICS = 1_500
"""Number of graphics kept separately; the rest counts as one large one, so that more text is suspect."""
MAX_PAGE_AREA = 1e9
"""In square points: five times PDF's largest page."""
FAR = 1e6
"""In points: no page is that large (14,400 is PDF's limit); coordinates beyond it, or invalid ones, get this
value."""
MAX_ANNOTATIONS = 20_000
"""Most annotations on a page, to limit the time: with more, it is unknown what they cover, so the check
fails."""
_UNSHOWN = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
_APPEARANCE = ctypes.create_string_buffer(b"AP")
_FILLS = re.compile(r"(?:^|[\s\])>])(?:f\*?|F|[Bb]\*?|sh|Do|EI)(?:\s|$)")
_MAX_APPEARANCE = 65_536
"""Most bytes of a field's appearance that are searched for paint, at two bytes per character."""
ACTUAL_TEXT = ctypes.create_string_buffer(b"ActualText")


class _Walker:
    """Collects a page's scene, and remembers the fonts and clips that its objects share."""

    def __init__(self, page: Any) -> None:
        rect = pdfium_c.FS_RECTF()
        pdfium_c.FPDF_GetPageBoundingBox(page, rect)
        self.scene = Scene((rect.left, rect.bottom, rect.right, rect.top))
        self.page = address_of(page)
        self.count = 0
        self.type3: dict[int, bool] = {}
        self.clips: dict[int, Rect | None] = {}

    def walk(self) -> Scene:
        page = self.page
        self._objects(fast.FPDFPage_CountObjects(page), page, fast.FPDFPage_GetObject, IDENTITY, 0)
        count = fast.FPDFPage_GetAnnotCount(page)
        if count > MAX_ANNOTATIONS:
            raise HiddenCheckIncomplete(f"the page has over {MAX_ANNOTATIONS} annotations")
        for index in range(count):
            annotation = fast.FPDFPage_GetAnnot(page, index)
            if annotation:
                self._annotation(annotation)
                fast.FPDFPage_CloseAnnot(annotation)
        return self.scene

    def _annotation(self, annotation: int) -> None:
        """Treats an annotation with its own appearance as painted last."""
        kind = fast.FPDFAnnot_GetSubtype(annotation)
        if kind == pdfium_c.FPDF_ANNOT_POPUP or fast.FPDFAnnot_GetFlags(annotation) & _UNSHOWN:
            return
        if kind in (pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_WIDGET) and not fast.FPDFAnnot_HasKey(
            annotation, _APPEARANCE
        ):
            return
        rect = pdfium_c.FS_RECTF()
        if not fast.FPDFAnnot_GetRect(annotation, ctypes.byref(rect)):
            return
        box = (rect.left, rect.bottom, rect.right, rect.top)
        if kind != pdfium_c.FPDF_ANNOT_WIDGET:
            self.scene.graphics.append(Graphic(box, None, False, self._order()))
        elif _FILLS.search(appearance(annotation)):
            self.scene.fields.append(box)

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
                inner = compose(matrix(handle), ctm)
                count = fast.FPDFFormObj_CountObjects(handle)
                self.scene.blended = self.scene.blended or bool(fast.FPDFPageObj_HasTransparency(handle))
                self._objects(count, handle, fast.FPDFFormObj_GetObject, inner, depth + 1)
            else:
                self.scene.others.append(handle)
                self._graphic(handle, kind, ctm)

    def _box(self, handle: int, ctm: Matrix) -> Rect:
        left, bottom, right, top = box = bounds(handle)
        if ctm is not IDENTITY:
            left, bottom, right, top = box = transform(box, ctm)
        # Also false for NaN.
        if -FAR < left < FAR and -FAR < bottom < FAR and -FAR < right < FAR and -FAR < top < FAR:
            return box
        return (FAR, FAR, FAR, FAR)

    def _text(self, handle: int, ctm: Matrix, depth: int) -> None:
        a, b, c, d, _, _ = entries = matrix(handle)
        if ctm is not IDENTITY:
            a, b, c, d, _, _ = compose(entries, ctm)
        em, length = abs(font_size(handle)), hypot(a, b)
        # The height of the em square above its baseline: a skewed em without area has no size.
        height = abs(a * d - b * c) / length if length > 0 else 0.0
        size, width = em * height, em * length
        if not (size < FAR and width < FAR):
            size = width = 0.0
        box = self._box(handle, ctm)
        drawings = self._is_type3(handle)
        if drawings and (height := min(box[2] - box[0], box[3] - box[1])) > _NO_HEIGHT:
            # Such a font has its own units, which PDFium does not report: the drawn glyphs show the size.
            size = width = height / _DRAWN_EM
        plain = depth == 0 and not drawings and self._is_plain(handle, box)
        item = TextItem(handle, box, size, width, self._order(), depth, plain, drawings)
        self.scene.texts.append(item)
        for number in range(fast.FPDFPageObj_CountMarks(handle)):
            self._mark(item, fast.FPDFPageObj_GetMark(handle, number))

    def _mark(self, item: TextItem, mark: int) -> None:
        if fast.FPDFPageObjMark_GetParamValueType(mark, ACTUAL_TEXT) != pdfium_c.FPDF_OBJECT_UNKNOWN:
            self.scene.marked.append((item.handle, mark))
        if item.plain and mark_name(mark) == "OC":
            item.plain = False

    def _is_plain(self, handle: int, box: Rect) -> bool:
        mode = fast.FPDFTextObj_GetTextRenderMode(handle)
        if mode != pdfium_c.FPDF_TEXTRENDERMODE_FILL:
            self.scene.plain = self.scene.plain and mode < pdfium_c.FPDF_TEXTRENDERMODE_FILL_CLIP
            return False
        colour = plain_colour(handle)
        if colour is None or min(colour) > DARK:
            return False
        limits = self.scene.page_box
        if box[0] < limits[0] or box[1] < limits[1] or box[2] > limits[2] or box[3] > limits[3]:
            return False
        if fast.FPDFPageObj_HasTransparency(handle):
            return False
        return self._is_clear(fast.FPDFPageObj_GetClipPath(handle), box)

    def _is_type3(self, handle: int) -> bool:
        """Whether the font is Type 3, whose glyphs are drawings; recognised by its lack of font data."""
        font = fast.FPDFTextObj_GetFont(handle)
        known = self.type3.get(font)
        if known is None:
            size = ctypes.c_size_t()
            given = fast.FPDFFont_GetFontData(font, None, 0, ctypes.byref(size))
            known = self.type3[font] = not given or not size.value
        return known

    def _is_clear(self, clip: Any, box: Rect) -> bool:
        """Whether all of a clip path's parts are rectangles around the box."""
        for number in range(fast.FPDFClipPath_CountPaths(clip)):
            # Objects under one clip share its points, so that their address identifies the clip.
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
        box = self._box(handle, ctm)
        width, height = box[2] - box[0], box[3] - box[1]
        thin = width <= THIN or height <= THIN
        # Lines in the paper's colour can hide text as a hatch. Figures, which are forms, have such
        # lines as grids.
        may_hatch = ctm is IDENTITY and width > HATCH > height
        if thin and not may_hatch:
            return
        rgb = None
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            drawn, thin_line, rgb = self._paint(handle, ctm)
            if not drawn:
                return
            thin = thin or thin_line
        if thin and not (may_hatch and rgb is not None and min(rgb) >= PAPER):
            return
        graphics = self.scene.graphics
        if len(graphics) < MAX_GRAPHICS:
            image = kind == pdfium_c.FPDF_PAGEOBJ_IMAGE
            graphics.append(Graphic(box, rgb, image, self._order()))
            return
        # A drawing with thousands of strokes: the remaining ones count as one.
        last = graphics[-1]
        last.box = around((last.box, box))
        last.rgb, last.order = (rgb if rgb == last.rgb else None), self._order() + 1

    def _paint(self, handle: int, ctm: Matrix) -> tuple[bool, bool, Rgb | None]:
        """Whether a path is painted, whether only by a thin line, and its colour if it has one."""
        fill, stroke = draw_mode(handle)
        thick = stroke and self._line_width(handle, ctm) > THIN
        if fill:
            return True, False, None if thick else plain_colour(handle)
        return stroke, not thick, plain_colour(handle, stroke=True) if stroke else None

    def _line_width(self, handle: int, ctm: Matrix) -> float:
        """A path's line width in points on the page."""
        a, b, c, d, _, _ = compose(matrix(handle), ctm)
        return line_width(handle) * max(hypot(a, b), hypot(c, d))


def appearance(annotation: int) -> str:
    """The first 32,767 characters of the operators of an annotation's appearance."""
    buffer = ctypes.create_string_buffer(_MAX_APPEARANCE)
    mode = pdfium_c.FPDF_ANNOT_APPEARANCEMODE_NORMAL
    size = min(fast.FPDFAnnot_GetAP(annotation, mode, buffer, _MAX_APPEARANCE), _MAX_APPEARANCE)
    return buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0")


def read_scene(page: Any) -> Scene:
    """Lists text and graphics of a page in painting order.

    Raises:
        HiddenCheckIncomplete: Forms nest deeper than `MAX_DEPTH`, or there are over `MAX_OBJECTS` objects.
    """
    walker = _Walker(page)
    left, bottom, right, top = walker.scene.page_box
    if not (right - left) * (top - bottom) < MAX_PAGE_AREA:
        raise HiddenCheckIncomplete(
            f"the page is {right - left:.0f} by {top - bottom:.0f} points, too large to draw"
        )
    return walker.walk()
