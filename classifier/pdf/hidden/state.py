"""Reads the state of one object: colour, marked content, clip."""

from __future__ import annotations

import ctypes
from typing import Any

from classifier.pdf.hidden.calls import Register, fast
from classifier.pdf.hidden.geometry import Matrix, Rect

Rgb = tuple[int, int, int]

_NAME_UNITS = 32
"""Buffer for a mark's name in UTF-16 units; the only name that matters is "OC"."""

# Created once and reused by each call: there is only one thread, as PDFium requires.
_bounds, _matrix, _colour, _number = Register(4), Register(6), Register(4, "I"), Register(1)
_modes = Register(2, "i")


def bounds(handle: int) -> Rect:
    """An object's box before the matrix of the form that holds it; at the origin if there is none."""
    return _bounds.read() if fast.FPDFPageObj_GetBounds(handle, *_bounds.places) else (0.0, 0.0, 0.0, 0.0)


def matrix(handle: int) -> Matrix:
    """An object's own matrix."""
    fast.FPDFPageObj_GetMatrix(handle, _matrix.places[0])
    return _matrix.read()


def font_size(handle: int) -> float:
    """A text object's type size, before its matrix."""
    fast.FPDFTextObj_GetFontSize(handle, _number.places[0])
    return float(_number.read()[0])


def draw_mode(handle: int) -> tuple[bool, bool]:
    """Whether a path is filled, and whether it is stroked."""
    if not fast.FPDFPath_GetDrawMode(handle, *_modes.places):
        return False, False
    fill, stroke = _modes.read()
    return fill != 0, stroke != 0


def line_width(handle: int) -> float:
    """A path's line width, before its matrix."""
    return float(_number.read()[0]) if fast.FPDFPageObj_GetStrokeWidth(handle, _number.places[0]) else 0.0


def plain_colour(handle: int, stroke: bool = False) -> Rgb | None:
    """Red, green and blue of an object's fill or line, 0 to 255; None for patterns and transparent ones."""
    ask = fast.FPDFPageObj_GetStrokeColor if stroke else fast.FPDFPageObj_GetFillColor
    if not ask(handle, *_colour.places):
        return None
    red, green, blue, alpha = _colour.read()
    return (red, green, blue) if alpha >= 255 else None


def mark_name(mark: Any) -> str:
    """Name of a marked content; empty if it is longer than 31 characters."""
    size = ctypes.c_ulong()
    buffer = (ctypes.c_ushort * _NAME_UNITS)()
    room = 2 * _NAME_UNITS
    if not fast.FPDFPageObjMark_GetName(mark, buffer, room, ctypes.byref(size)) or size.value > room:
        return ""
    return bytes(buffer)[: max(size.value - 2, 0)].decode("utf-16-le", "replace")


def rectangle(clip: Any, number: int) -> Rect | None:
    """One part of a clip path as a box; None if it is not an upright rectangle."""
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
