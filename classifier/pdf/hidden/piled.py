"""Letters piled on one spot: unreadable although ink is visible.

What enters: a text page. What leaves: the objects whose letters hardly advance. This covers negative letter
spacing, glyphs without width and letters placed one by one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import Register, address_of, fast
from classifier.pdf.hidden.textpage import character

_STRIDE = 16
"""Distance between located characters, in characters: locating costs time, and shorter piles are missed."""
_NEAR = 8.0
"""Points for sixteen letters, half a point each: if they are nearer, they may be piled, which is then
measured."""
_CLOSE = 60.0
"""Points for sixteen letters of up to 12 pt, if a glyph represents two or more."""
_STEPS = (1, 4, 8, 13)
"""Positions (counted back from the sixteenth letter) whose neighbour is checked for the same spot: a sample
over the stretch, since a glyph for several letters may begin anywhere in it."""
_LEAST_ADVANCE = 0.15
"""Letters are piled if they advance by less than this on average, in ems: an "i" of Helvetica takes 0.22."""
_LEAST_SPOTS = 0.7
"""Spots per letter; words with ligatures have more."""
_LIGATURE = re.compile("ff?[ijlbhkt]?|tt?i?|[sc]t|th")
"""Letters that one glyph of a text font may draw. Two fifths of "efficient" are such letters, but no message
consists of them only."""
_ENOUGH_LETTERS = 6
"""Least number of an object's letters in a stretch for its spots to be counted: a ligature has up to
three."""
_place = Register(2, "d")


def piled_objects(text_page: Any) -> set[int]:
    """Handles of the objects that write their letters within 0.15 em each on average, or several on a spot.

    Every sixteenth character is located; those in between only if two of these are within 8 points, or within
    60 points with neighbours on one spot, as in a ligature or in a glyph for whole words.
    """
    raw, get_origin, places = address_of(text_page), fast.FPDFText_GetCharOrigin, _place.places
    found: set[int] = set()
    before: tuple[float, float] | None = None
    for index in range(0, pdfium_c.FPDFText_CountChars(text_page), _STRIDE):
        if not get_origin(raw, index, *places):
            before = None
            continue
        place = _place.read()
        way = abs(place[0] - before[0]) + abs(place[1] - before[1]) if before is not None else _CLOSE
        if way < _NEAR:
            found |= _heaped(text_page, index - _STRIDE)
        if way < _CLOSE and _any_shares_its_spot(raw, index):
            found |= _crowded(text_page, index - _STRIDE)
        before = place
    return found


def _any_shares_its_spot(raw: int, index: int) -> bool:
    """Whether one of some letters before an index is on the same spot as the next letter."""
    get_origin, (first, second), read = fast.FPDFText_GetCharOrigin, _place.places, _place.read
    for step in _STEPS:  # inlined: this runs for every page, at least four times per line
        at = index - step
        if not get_origin(raw, at, first, second):
            continue
        place = read()
        if get_origin(raw, at + 1, first, second) and read() == place and _are_letters(raw, at):
            return True
    return False


def _are_letters(raw: int, index: int) -> bool:
    """Whether two characters are letters; spaces that PDFium adds have the position of the next letter."""
    codes = (fast.FPDFText_GetUnicode(raw, number) for number in (index, index + 1))
    return all(code < 0x110000 and chr(code).isalnum() for code in codes)


def _heaped(text_page: Any, start: int) -> set[int]:
    """The objects of a stretch of characters, if it is a pile: its letters advance too little."""
    way, size = 0.0, 0.0
    last: tuple[float, float] | None = None
    stretch = list(_stretch(text_page, start))
    for index, _, (x, y) in stretch:
        if last is not None:
            way += abs(x - last[0]) + abs(y - last[1])
        last = (x, y)
        matrix = pdfium_c.FS_MATRIX()
        pdfium_c.FPDFText_GetMatrix(text_page, index, matrix)
        size = max(size, pdfium_c.FPDFText_GetFontSize(text_page, index) * max(abs(matrix.a), abs(matrix.b)))
    points = len(stretch)
    if points > _STRIDE // 2 and way < _LEAST_ADVANCE * size * points:
        return {handle for _, handle, _ in stretch}
    return set()


def _crowded(text_page: Any, start: int) -> set[int]:
    """The objects in a stretch of characters that draw several letters on each spot."""
    spots: dict[int, dict[tuple[float, float], str]] = {}
    for index, handle, place in _stretch(text_page, start):
        if (char := character(text_page, index)).isalnum():
            here = spots.setdefault(handle, {})
            here[place] = here.get(place, "") + char.lower()
    return {handle for handle, here in spots.items() if _is_crowded(here.values())}


def _is_crowded(glyphs: Collection[str]) -> bool:
    """Whether glyphs represent too many letters; a ligature counts as the letters that it draws."""
    letters = sum(map(len, glyphs))
    plain = sum(len(text) if _LIGATURE.fullmatch(text) else 1 for text in glyphs)
    return letters >= _ENOUGH_LETTERS and plain < _LEAST_SPOTS * letters


def _stretch(text_page: Any, start: int) -> Iterator[tuple[int, int, tuple[float, float]]]:
    """Index, object and position of the characters in a stretch, without those that PDFium adds."""
    raw = address_of(text_page)
    for index in range(start, start + _STRIDE + 1):
        handle = fast.FPDFText_GetTextObject(raw, index)
        if handle and fast.FPDFText_GetCharOrigin(raw, index, *_place.places):
            yield index, handle, _place.read()
