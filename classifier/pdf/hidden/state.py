"""Single questions to one object's state: colour, marked content, clip."""

from __future__ import annotations

import ctypes
from typing import Any

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import Box

Rgb = tuple[int, int, int]


def plain_colour(handle: int, stroke: bool = False) -> Rgb | None:
    """Red, green and blue of an object's filling or line, 0 to 255; None for patterns and glass."""
    parts = (ctypes.c_uint * 4)()
    start = ctypes.addressof(parts)
    ask = fast.FPDFPageObj_GetStrokeColor if stroke else fast.FPDFPageObj_GetFillColor
    if not ask(handle, start, start + 4, start + 8, start + 12) or parts[3] < 255:
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
