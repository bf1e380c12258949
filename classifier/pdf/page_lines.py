"""The lines of a page with their positions, and the integers at their edges.

What enters: a page's raw text, and a function that locates characters. What leaves: extents of lines and of
numbers, in points. `classifier.pdf.line_numbers` decides which of them are line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

TEXT_LINE = re.compile(r"[^\r\n\x02\ufffe]+")
"""A line of raw text: U+0002 and U+FFFE mark hyphens at line ends, instead of the line break."""
# There may be no space between a number and a word: some programs leave less room than a space has.
_FIRST = re.compile(r"[ \t]*(\d{1,5})(?:[ \t]+|\Z|(?=[^\W\d_]))")
_LAST = re.compile(r"(?:\A|(?<=[ \t])|(?<=[^\W\d_])|(?<=[^\W_][.,;:!?)-]))(\d{1,5})[ \t]*\Z")
_DECIMALS = re.compile(r"\d[.,]\Z")
_LAST_CHARS = 24
"""Most characters at a line's end that are searched for a number."""
_TALLER = 1.15
"""Digits whose heights differ by this factor are set in different type: a line number before a heading."""
_STACK = 3
"""Least number of digits above one another; two may be a fraction."""
_BESIDE = 6.0
"""Greatest distance in points from a decimal point to its digits, in type of up to 40 points."""
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
        if stacked := _stacked(line, start, box_of):
            numbers.extend(stacked)
            continue
        rest = [0, len(line)]
        for low, high, value in edge_numbers(line):
            number = _measured(line, start, low, high, value, box_of)
            if number is None:
                continue
            numbers.append(number)
            low, high = number.start - start, number.end - start
            rest = [high, rest[1]] if low <= rest[0] else [rest[0], low]
        inked = [at for at in range(rest[0], rest[1]) if not line[at].isspace()]
        if inked and (span := _span(line, start, inked, box_of)):
            lines.append(span)
    return PageLines(tuple(numbers), tuple(lines), bottom, height)


def _stacked(line: str, start: int, box_of: Callable[[int], Box | None]) -> list[EdgeNumber]:
    """Single-digit numbers above one another, which PDFium reads as one vertical word."""
    if len(line) < _STACK or not line.isdecimal():
        return []
    boxes = [box_of(start + at) for at in range(len(line))]
    found = [
        EdgeNumber(start + at, start + at + 1, int(digit), box)
        for at, (digit, box) in enumerate(zip(line, boxes, strict=True))
        if box
    ]
    falls = all(two.box[3] < one.box[1] for one, two in pairwise(found))
    return found if falls and len(found) == len(line) else []


def _measured(
    line: str, start: int, low: int, high: int, value: int, box_of: Callable[[int], Box | None]
) -> EdgeNumber | None:
    """A number at the edge of a line, with its box; None if it is vertical or the decimals of a number."""
    digits = line[low:high].strip()
    at = line.index(digits, low)
    end = at + len(digits)
    first, last = box_of(start + at), box_of(start + end - 1)
    if first is None or last is None:
        return None
    if not 1 / _TALLER < _height(first) / _height(last) < _TALLER:  # "18" and "1 Introduction"
        boxes = [box_of(start + place) for place in range(at, end)]
        heights = [_height(box) if box else 0.0 for box in boxes]
        if low == 0:
            end = at + next(
                k for k, one in enumerate(heights) if not 1 / _TALLER < one / heights[0] < _TALLER
            )
            high, last = end, boxes[end - at - 1] or last
        else:
            size = next(
                k for k, one in enumerate(heights[::-1]) if not 1 / _TALLER < one / heights[-1] < _TALLER
            )
            low = at = end - size
            first = boxes[-size] or first
        value = int(line[at:end])
    if abs(first[1] - last[1]) > ALIGNED:
        return None
    if _DECIMALS.search(line, max(0, at - 2), at):
        point = box_of(start + at - 1)
        if point is None or 0 <= first[0] - point[2] <= _BESIDE:
            return None
    box = (first[0], min(first[1], last[1]), last[2], max(first[3], last[3]))
    return EdgeNumber(start + low, start + high, value, box)


def _height(box: Box) -> float:
    return max(box[3] - box[1], 0.01)


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
