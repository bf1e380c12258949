"""The lines of a page with their positions, and the integers at their edges.

What enters: a page's raw text, and a function that locates characters. What leaves: extents of lines and of
numbers, in points. `classifier.pdf.line_numbers` decides which of them are line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

TEXT_LINE = re.compile(r"[^\r\n\x02\ufffe]+")
"""A line of raw text: U+0002 and U+FFFE mark hyphens at line ends, instead of the line break."""
_FIRST = re.compile(r"[ \t]*(\d{1,5})(?:[ \t]+|\Z)")
_LAST = re.compile(r"(?:\A|(?<=[ \t]))(\d{1,5})[ \t]*\Z")
_LAST_CHARS = 24
"""Most characters at a line's end that are searched for a number."""
ALIGNED = 1.5
"""Tolerance in points for items in one line or one column."""

Box = tuple[float, float, float, float]


class EdgeNumber(NamedTuple):
    """An integer at the edge of a line: [start, end) is the span to cut; the box is that of its digits."""

    start: int
    end: int
    value: int
    box: Box


class LineSpan(NamedTuple):
    """A line without the numbers at its edges: its extent, and its share of letters."""

    left: float
    right: float
    middle: float
    letters: float


@dataclass(frozen=True, slots=True)
class PageLines:
    """A page's lines, the `numbers` at their edges in reading order, and the page's extent."""

    numbers: tuple[EdgeNumber, ...]
    lines: tuple[LineSpan, ...]
    bottom: float
    height: float


def edge_numbers(line: str) -> list[tuple[int, int, int]]:
    """(start, end, value) of the whole numbers at a line's start and end.

    The span includes adjacent spaces.
    """
    found = []
    if first := _FIRST.match(line):
        found.append((first.start(), first.end(), int(first[1])))
    last = _LAST.search(line, max(0, len(line) - _LAST_CHARS))
    if last and (not first or last.start() >= first.end()):
        start = len(line[: last.start()].rstrip())
        found.append((start if start else last.start(), len(line), int(last[1])))
    return found


def read_lines(raw: str, box_of: Callable[[int], Box | None], bottom: float, height: float) -> PageLines:
    """Measures a page's lines.

    Args:
        raw: The page's text, in which U+0002 and U+FFFE mark hyphens at line ends.
        box_of: The box of the character at an offset of `raw`, in coordinates in which lines are horizontal.
        bottom: The page's lower edge in these coordinates.
        height: Of the page.
    """
    numbers, lines = [], []
    for match in TEXT_LINE.finditer(raw):
        line, start = match[0], match.start()
        rest = [0, len(line)]
        for low, high, value in edge_numbers(line):
            digits = line[low:high].strip()
            at = start + line.index(digits, low)
            first, last = box_of(at), box_of(at + len(digits) - 1)
            if first is None or last is None or abs(first[1] - last[1]) > ALIGNED:
                continue
            box = (first[0], min(first[1], last[1]), last[2], max(first[3], last[3]))
            numbers.append(EdgeNumber(start + low, start + high, value, box))
            rest = [high, rest[1]] if low <= rest[0] else [rest[0], low]
        inked = [at for at in range(rest[0], rest[1]) if not line[at].isspace()]
        if inked and (span := _span(line, start, inked, box_of)):
            lines.append(span)
    return PageLines(tuple(numbers), tuple(lines), bottom, height)


def _span(
    line: str, start: int, inked: Sequence[int], box_of: Callable[[int], Box | None]
) -> LineSpan | None:
    first, last = box_of(start + inked[0]), box_of(start + inked[-1])
    if first is None or last is None:
        return None
    if len(inked) > 2 and abs(last[0] - first[0]) <= ALIGNED:
        return None  # vertical text in the margin, such as stamps
    letters = sum(line[at].isalpha() for at in inked) / len(inked)
    return LineSpan(min(first[0], last[0]), max(first[2], last[2]), (first[1] + first[3]) / 2, letters)


def without_spans(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, list[int]]:
    """The text without these spans and the lines that they filled, and each character's original offset."""
    kept: list[int] = []
    at = 0
    for start, end in spans:
        before = text[start - 1] if start else "\n"
        if end < len(text) and text[end] == "\r" and before in "\n\x02\ufffe":
            end += 1 + (text[end + 1 : end + 2] == "\n")
        kept.extend(range(at, start))
        at = max(at, end)
    kept.extend(range(at, len(text)))
    return "".join(text[place] for place in kept), kept
