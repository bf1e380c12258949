"""Decides which lines of a RIS file begin a field.

What enters: lines. What leaves: the same lines with tag and value; the tag is empty if the line continues the
one before. Wrapped text may begin like a tag ("ER - room", "RL - trained"), and programs differ in spacing.
So a field begins at a known tag in a spacing that its entry has used before; other spacing counts only
outside running text. It is used for reading and for editing in place.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from classifier.lists.lines import ListLine

START, END = "TY", "ER"
_LINE = re.compile(r"(\s{0,3})([A-Za-z][A-Za-z0-9])(\s{1,3})-(\s?)(.*)$", re.DOTALL)
_PROSE = frozenset(("AB", "N2", "N1", "TI", "T1", "T2", "TT", "CT", "BT", "NO", "RN"))
"""Tags whose values are running text, which programs wrap."""
_MORE_TAGS = re.compile(
    r"A[56]|AV|BT|C9|C[LPRT]|D[IS]|ED|FD|H[12]|IP|J[1N]|K[1P]|L[3KL]|M2|NO|O[LT]|P[AEMP]|R[DRT]|S[FLR]|T[4P]"
    r"|U\d|VO|W[PTV]|YR"
)
"""Tags of databases and older versions of the format, which rispy does not map."""
_TYPE = re.compile(r"[A-Z][A-Z0-9]{1,11}\s*")

_MOST_BLANKS = 1000
"""Lines that are kept to look ahead."""


class TagLine(NamedTuple):
    """A line; `tag` is in capitals, and empty if the line continues the one before or is blank."""

    tag: str
    value: str
    line: ListLine


class _Layout(NamedTuple):
    indent: str
    gap: str
    capitals: bool
    tight: bool  # no blank behind the dash


def read_tags(lines: Iterable[ListLine]) -> Iterator[TagLine]:
    """One TagLine per line, in order."""
    ahead = _Ahead(iter(lines))
    layouts: set[_Layout] = set()  # of the entry; empty outside entries
    current = ""
    for line in ahead:
        found = _LINE.match(line.text)
        tag, value = (found[2].upper(), found[5]) if found else ("", "")
        own = _layout(found, layouts) if found else None
        if own is None or not _begins_field(tag, value, own, layouts, current, ahead):
            yield TagLine("", "", line)
            continue
        current = tag
        if tag == START:
            layouts = {own}
        elif tag == END:
            layouts = set()
        elif layouts:
            layouts.add(own)
        yield TagLine(tag, value, line)


def _layout(found: re.Match[str], layouts: set[_Layout]) -> _Layout:
    tight = not found[4] and (bool(found[5]) or any(layout.tight for layout in layouts))
    return _Layout(found[1], found[3], found[2].isupper(), tight)


def _begins_field(
    tag: str, value: str, own: _Layout, layouts: set[_Layout], current: str, ahead: _Ahead
) -> bool:
    if own.tight and own not in layouts:  # "TY  -JOUR": only in a file that begins like this
        return tag == START and _TYPE.fullmatch(value) is not None
    if not layouts:  # outside entries
        return own.capitals or tag == START
    same, is_text = own in layouts, current in _PROSE
    if tag == END:
        if not value.strip():
            return same or own.capitals
        return (same or not is_text) and ahead.starts_entry_or_ends()
    if tag == START:
        return _TYPE.fullmatch(value) is not None or (same and ahead.starts_field())
    if _is_known(tag):
        return same or (not is_text and own.capitals)
    return same and not is_text


class _Ahead(Iterator[ListLine]):
    """Lines with access to the next non-blank one."""

    def __init__(self, lines: Iterator[ListLine]) -> None:
        self._lines = lines
        self._waiting: deque[ListLine] = deque()

    def __next__(self) -> ListLine:
        return self._waiting.popleft() if self._waiting else next(self._lines)

    def starts_entry_or_ends(self) -> bool:
        """Whether an entry or nothing follows."""
        found = self._next_tag()
        return found is None or found == START

    def starts_field(self) -> bool:
        """Whether a known tag follows."""
        return _is_known(self._next_tag() or "")

    def _next_tag(self) -> str | None:
        for line in self._waiting:
            if line.text.strip():
                return _tag(line)
        for line in self._lines:
            self._waiting.append(line)
            if line.text.strip() or len(self._waiting) > _MOST_BLANKS:
                return _tag(line)
        return None


def _tag(line: ListLine) -> str:
    found = _LINE.match(line.text)
    return found[2].upper() if found else ""


def _is_known(tag: str) -> bool:
    return tag in _known_tags() or _MORE_TAGS.fullmatch(tag) is not None


@cache
def _known_tags() -> frozenset[str]:
    from rispy.config import TAG_KEY_MAPPING

    return frozenset(TAG_KEY_MAPPING)
