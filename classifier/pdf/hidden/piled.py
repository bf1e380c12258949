"""Letters heaped on one spot: ink is there, but nobody can read it.

A text page enters; the objects whose letters hardly move on leave. Negative letter spacing, glyphs without
width and letters placed one by one all end here.
"""

from __future__ import annotations

from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import Register, address_of, fast

_STRIDE = 16
_NEAR = 8.0
_LEAST_ADVANCE = 0.15
_place = Register(2, "d")


def piled_objects(text_page: Any) -> set[int]:
    """Handles of the objects that write `_STRIDE` characters within 0.15 em each on average.

    Every sixteenth character is placed; the ones between only where two of these lie within 8 points.
    """
    raw, get_origin, places = address_of(text_page), fast.FPDFText_GetCharOrigin, _place.places
    found: set[int] = set()
    before: tuple[float, float] | None = None
    for index in range(0, pdfium_c.FPDFText_CountChars(text_page), _STRIDE):
        if not get_origin(raw, index, *places):
            before = None
            continue
        x, y = _place.read()
        if before is not None and abs(x - before[0]) + abs(y - before[1]) < _NEAR:
            found |= _check(text_page, index - _STRIDE)
        before = (x, y)
    return found


def _check(text_page: Any, start: int) -> set[int]:
    """The objects of a stretch of characters, if it is a heap: the way from letter to letter is short."""
    raw = address_of(text_page)
    way, points, size = 0.0, 0, 0.0
    last: tuple[float, float] | None = None
    objects = set()
    for index in range(start, start + _STRIDE + 1):
        handle = fast.FPDFText_GetTextObject(raw, index)
        if not handle or not fast.FPDFText_GetCharOrigin(raw, index, *_place.places):
            continue
        x, y = _place.read()
        if last is not None:
            way += abs(x - last[0]) + abs(y - last[1])
        last = (x, y)
        points += 1
        objects.add(handle)
        matrix = pdfium_c.FS_MATRIX()
        pdfium_c.FPDFText_GetMatrix(text_page, index, matrix)
        size = max(size, pdfium_c.FPDFText_GetFontSize(text_page, index) * max(abs(matrix.a), abs(matrix.b)))
    return objects if points > _STRIDE // 2 and way < _LEAST_ADVANCE * size * points else set()
