"""A BibTeX field's raw value -> its text, or the position where it should have ended.

What enters: the text between "=" and the comma after it. What leaves: text without the outer braces or
quotes, with abbreviations replaced and pieces joined. LaTeX is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_MARK = re.compile(r"(?<!\\)[{}\"]")  # as bibtexparser counts them: an escaped brace is a character
_INNER = re.compile(r"[{}\"\\]")
_BARE = re.compile(r"[^\s#{}\",]+")
_SPACE = re.compile(r"\s*")


def end_of_value(raw: str) -> int | None:
    """The end of a value if more text follows it, as after a missing comma; otherwise None.

    >>> end_of_value("{A Title} year = {2020}")
    9
    """
    text = raw.strip()
    if text.isalnum() or (text[:1] + text[-1:] == "{}" and not _INNER.search(text, 1, len(text) - 1)):
        return None  # most values are one word, or one pair of braces without others inside
    place = _after(_SPACE, raw, 0)
    while place < len(raw):
        end = _end_of_piece(raw, place)
        if end is None:
            return None
        place = _after(_SPACE, raw, end)
        if place < len(raw) and raw[place] != "#":
            return end
        place = _after(_SPACE, raw, place + 1)
    return None


def _end_of_piece(raw: str, start: int) -> int | None:
    """The end of the piece in braces or quotes, or of the word, that starts here; None if unclosed."""
    if raw[start] not in '{"':
        return max(_after(_BARE, raw, start), start + 1)
    depth = 0
    for mark in _MARK.finditer(raw, start):
        if mark[0] == '"':
            if depth == 0 and mark.start() > start:
                return mark.end()
        else:
            depth += 1 if mark[0] == "{" else -1
            if depth == 0 and raw[start] == "{":
                return mark.end()
    return None


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def field_value(raw: str, strings: Mapping[str, str]) -> str:
    """A field's value: without outer braces or quotes, abbreviations replaced, pieces joined (`#`)."""
    raw = raw.strip()
    if "#" not in raw or len(pieces := _pieces(raw)) == 1:
        return _piece(raw, strings)
    return "".join(_piece(piece.strip(), strings) for piece in pieces)


def _pieces(raw: str) -> list[str]:
    pieces, start, depth, quoted = [], 0, 0, False
    for found in re.finditer(r"(?<!\\)[{}]|[\"#]", raw):
        if found[0] in "{}":
            depth += 1 if found[0] == "{" else -1
        elif depth == 0 and found[0] == '"':
            quoted = not quoted
        elif depth == 0 and not quoted:
            pieces.append(raw[start : found.start()])
            start = found.end()
    return [*pieces, raw[start:]]


def _piece(text: str, strings: Mapping[str, str]) -> str:
    if len(text) > 1 and text[0] + text[-1] in ("{}", '""'):
        return text[1:-1]
    return strings.get(text.lower(), text)
