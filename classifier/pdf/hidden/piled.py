"""Letters heaped on one spot: ink is there, but nobody can read it.

A text page enters; the objects whose letters hardly move on leave. Negative letter spacing, glyphs without
width and letters placed one by one all end here.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast

_STRIDE = 16
_NEAR = 8.0
_LEAST_ADVANCE = 0.15


def piled_objects(text_page: Any) -> set[int]:
    """Handles of the objects that write `_STRIDE` characters within 0.15 em each on average.

    Every sixteenth character is placed; the ones between only where two of these lie within 8 points.
    """
    raw, place = text_page.raw, (ctypes.c_double * 2)()
    into_x = ctypes.addressof(place)
    found: set[int] = set()
    before: tuple[float, float] | None = None
    for index in range(0, pdfium_c.FPDFText_CountChars(text_page), _STRIDE):
        if not fast.FPDFText_GetCharOrigin(raw, index, into_x, into_x + 8):
            before = None
            continue
        x, y = place
        if before is not None and abs(x - before[0]) + abs(y - before[1]) < _NEAR:
            found |= _check(raw, index - _STRIDE)
        before = (x, y)
    return found


def _check(raw: Any, start: int) -> set[int]:
    """The objects of a stretch of characters, if it is a heap: the way from letter to letter is short."""
    place = (ctypes.c_double * 2)()
    into_x = ctypes.addressof(place)
    way, points, size = 0.0, 0, 0.0
    last: tuple[float, float] | None = None
    objects = set()
    for index in range(start, start + _STRIDE + 1):
        handle = fast.FPDFText_GetTextObject(raw, index)
        if not handle or not fast.FPDFText_GetCharOrigin(raw, index, into_x, into_x + 8):
            continue
        x, y = place
        if last is not None:
            way += abs(x - last[0]) + abs(y - last[1])
        last = (x, y)
        points += 1
        objects.add(handle)
        matrix = pdfium_c.FS_MATRIX()
        pdfium_c.FPDFText_GetMatrix(raw, index, matrix)
        size = max(size, pdfium_c.FPDFText_GetFontSize(raw, index) * max(abs(matrix.a), abs(matrix.b)))
    return objects if points > _STRIDE // 2 and way < _LEAST_ADVANCE * size * points else set()
