"""Finds the line numbers in the margins of review copies, so that they can be removed.

What enters: pages' lines and the numbers at their edges, with their places in points. What leaves: the spans
to cut. Line numbers are in a separate column without other text, and count the lines down the page.
So ranks in tables, items of lists, equation numbers and steps of algorithms are kept. It uses no engine.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from classifier.pdf.page_lines import ALIGNED, EdgeNumber, LineSpan, PageLines, edge_numbers

_ALONE = re.compile(r"^[ \t]*(\d{1,5})[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_STEPS = (*range(1, 11), 20)
"""Steps between line numbers: LaTeX's lineno numbers each line, or every n-th."""
_FEW = 5
"""Least number of numbers in a column if each line has one: fewer may belong to a short list."""
_FEW_STEPPED = 4
"""The same if the numbers are several lines apart: a page of double space has 25 lines, so 5 numbers."""
_BEARING = 0.4
"""Heights of a digit by which the ink of aligned digits may differ: a 1 has white space on both sides."""
_GAP = 0.25
"""Least distance between a number and its line in points: lineno leaves 10 unless the author changes it."""
_LEADING = (4.0, 45.0)
"""Distance of lines in points, from dense print to double spacing."""
_REGULAR = 0.6
"""Least share of steps down a column that increase by one; floats and displays make longer steps."""
_CHAINED = 0.25
"""Least share of the numbers at line edges that count upwards: tables beside them have numbers too."""
_COUNTED = 0.2
"""Least share of a page's lines that are counted: each of two columns has half; formulas add short lines."""
_PURE = 0.8
"""Least share of the numbers in a vertical group that count upwards: a table's column has any values."""
_PITCH = (0.6, 1.5)
"""Distance of two numbers, in line distances: bibliography entries have two or more lines."""
_SPANNED = 0.6
"""Least share of a page's lines within the height of the column: a list has paragraphs around it."""
_PROSE = 0.5
"""If the text beside a column has a lower share of letters than this, it is a table of numbers."""
_PAGES = 1 / 3
"""Least share of a file's full pages with such columns: a ranking is on one or two of many pages."""
_FULL_PAGE = 10
"""A page with at least this many lines counts as full."""
_SURELY_FULL = 40
"""Line breaks in a page's text that make it a full page, even if most lines are parts of formulas."""
_PAGE_EDGE = 0.05
"""Share of a page's height, at its top and bottom, in which running heads may extend into the margin."""
_MANY = 10
"""Least number of numbers on separate lines that increase by one, if positions are unknown: table cells
rarely do."""
_MOST = 0.8
"""Least share of such numbers among all numbers on separate lines."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of line numbers on a page."""

    left: float
    right: float
    leading: float
    numbers: tuple[EdgeNumber, ...]


def may_be_numbered(raw: str) -> bool:
    """A cheap check of a page's text: whether enough numbers at the edges of its lines count them upwards."""
    lines = [line for line in raw.replace("\ufffe", "\n").replace("\x02", "\n").split("\n") if line.strip()]
    edged = [line for line in map(str.strip, lines) if line[:1].isdigit() or line[-1:].isdigit()]
    if len(edged) < _FEW_STEPPED:
        return False
    values = [value for line in edged for _, _, value in edge_numbers(line)]
    # A line may have a number in each margin.
    pairs = [*pairwise(values), *zip(values, values[2:], strict=False)]
    differences = Counter(two - one for one, two in pairs)
    for step in _STEPS:
        if differences[step] < _FEW_STEPPED - 2:  # numbers of the text may stand between two of them
            continue
        chains: dict[int, int] = {0: 0}
        for value in values:
            chains[value] = max(chains.get(value, 0), chains.get(value - step, 0) + 1)
        longest = max(chains.values())
        few = _FEW if step == 1 else _FEW_STEPPED
        if longest >= max(few, _CHAINED * len(values)) and longest * step >= _COUNTED * len(lines):
            return True
    return False


def find_candidates(texts: dict[int, str]) -> list[int]:
    """The pages that may have line numbers; none if they are too few."""
    numbered = [at for at, text in texts.items() if may_be_numbered(text)]
    full = sum(text.count("\n") >= _SURELY_FULL for text in texts.values())
    return numbered if len(numbered) >= _PAGES * full else []


def has_line_numbers(page: PageLines) -> bool:
    """Whether a single page has columns of line numbers."""
    return bool(_columns(page))


def find_line_numbers(pages: dict[int, PageLines]) -> dict[int, list[tuple[int, int]]]:
    """The spans to cut from each page; none if the file has no line numbers.

    Args:
        pages: All pages of a file, by any number that orders them.
    """
    strong = {at: columns for at, page in pages.items() if (columns := _columns(page))}
    full = sum(len(page.lines) >= _FULL_PAGE for page in pages.values())
    known = [column for columns in strong.values() for column in columns]
    others = [page for at, page in pages.items() if at not in strong and len(page.lines) >= _FULL_PAGE]
    entered = sum(not any(_is_margin(page, column) for column in known) for page in others)
    if not strong or len(strong) < max(_PAGES * full, entered):
        return {}
    cuts = {}
    for at, page in pages.items():
        columns = _like(page, known, strong.get(at, []))
        spans = sorted({(item.start, item.end) for column in columns for item in column.numbers})
        if spans:
            cuts[at] = _joined(spans)
    return cuts


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merges adjacent spans."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] >= start:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _columns(page: PageLines) -> list[_Column]:
    """Columns of line numbers, found from this page only."""
    found: list[_Column] = []
    taken: set[int] = set()
    groups = [group for edge in (0, 2, None) for group in _aligned(page.numbers, edge)]
    for group in sorted(groups, key=len, reverse=True):
        column = _counting([item for item in group if item.start not in taken])
        if column and _is_margin(page, column) and _spans_page(page, column):
            found.append(column)
            taken.update(item.start for item in column.numbers)
    return found


def _aligned(numbers: Sequence[EdgeNumber], edge: int | None) -> list[list[EdgeNumber]]:
    """Numbers aligned vertically: with the same left edge (0), right edge (2) or middle (None)."""

    def place(item: EdgeNumber) -> float:
        return (item.box[0] + item.box[2]) / 2 if edge is None else item.box[edge]

    groups: list[list[EdgeNumber]] = []
    for item in sorted(numbers, key=place):
        bearing = max(ALIGNED, _BEARING * (item.box[3] - item.box[1]))
        if groups and place(item) - place(groups[-1][0]) <= bearing:
            groups[-1].append(item)
        else:
            groups.append([item])
    return [group for group in groups if len(group) >= _FEW_STEPPED]


def _counting(group: list[EdgeNumber]) -> _Column | None:
    """The numbers of a group that count upwards down the page, if their distances are as regular as lines."""
    chain = _ascending(sorted(group, key=lambda item: -item.box[1]))
    if len(chain) < _FEW_STEPPED:
        return None
    steps = [(two.value - one.value, one.box[1] - two.box[1]) for one, two in pairwise(chain)]
    step, count = Counter(value for value, _ in steps).most_common(1)[0]
    leading = median(height / value for value, height in steps)
    if step not in _STEPS or count < _REGULAR * len(steps) or len(chain) < (_FEW if step == 1 else 0):
        return None
    if not _LEADING[0] <= leading <= _LEADING[1] or len(chain) < _PURE * len(group):
        return None
    left, right = min(item.box[0] for item in chain), max(item.box[2] for item in chain)
    return _Column(left, right, leading, tuple(chain))


def _ascending(group: list[EdgeNumber]) -> list[EdgeNumber]:
    """The longest part of a list with growing values."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, item in enumerate(group):
        place = bisect_left(tails, item.value)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1], ends[place : place + 1] = [item.value], [at]
    chain, at = [], ends[-1] if ends else -1
    while at >= 0:
        chain.append(group[at])
        at = before[at]
    return chain[::-1]


def _is_margin(page: PageLines, column: _Column) -> bool:
    """Whether the column contains no other text, except text after one of its numbers."""
    left, right = column.left - _GAP, column.right + _GAP
    inside = [line for line in page.lines if line.left < right and line.right > left]
    # In a narrow gutter the numbers reach into the end of the left column's lines.
    before = [line for line in page.lines if line.left < left and line.right < right + ALIGNED]
    if min(len(before), sum(line.left >= right for line in page.lines)) >= _FULL_PAGE:
        # Between two columns of text: titles and wide figures span both.
        top, bottom = column.numbers[0].box[3], column.numbers[-1].box[1]
        return not any(bottom <= line.middle <= top for line in inside if line not in before)
    edge = _PAGE_EDGE * page.height
    return all(
        _follows_number(line, column)
        for line in inside
        if edge <= line.middle - page.bottom <= page.height - edge
    )


def _follows_number(line: LineSpan, column: _Column) -> bool:
    """Whether a line starts to the right of a number of the column that is narrower than the widest."""
    return any(
        item.box[1] <= line.middle <= item.box[3] and item.box[2] <= line.left for item in column.numbers
    )


def _spans_page(page: PageLines, column: _Column) -> bool:
    """Whether a column counts the lines of most of the page's text, and this is prose."""
    top = column.numbers[0].box[3] + column.leading
    bottom = column.numbers[-1].box[1] - column.leading
    beside = [line for line in page.lines if bottom <= line.middle <= top]
    prose = sum(line.letters >= _PROSE for line in beside)
    steps = [one.middle - two.middle for one, two in pairwise(beside)]
    pitch = median([step for step in steps if _LEADING[0] <= step <= _LEADING[1]] or [column.leading])
    counts_lines = _PITCH[0] * pitch <= column.leading <= _PITCH[1] * pitch
    return counts_lines and len(beside) >= _SPANNED * len(page.lines) and 2 * prose >= len(beside) > 0


def _like(page: PageLines, known: Sequence[_Column], strong: Sequence[_Column]) -> list[_Column]:
    """The strong columns of a page, and short ones at the positions of other pages' columns."""
    found = []
    for column in known:
        here = [
            item
            for item in page.numbers
            if item.box[0] >= column.left - ALIGNED and item.box[2] <= column.right + ALIGNED
        ]
        chain = _ascending(sorted(here, key=lambda item: -item.box[1]))
        few = _Column(column.left, column.right, column.leading, tuple(chain))
        apart = all(
            one.box[1] - two.box[1] >= _REGULAR * column.leading * (two.value - one.value)
            for one, two in pairwise(chain)
        )
        if chain and len(chain) == len(here) and apart and _is_margin(page, few):
            found.append(few)
    columns = list(strong)
    for few in sorted(found, key=lambda one: len(one.numbers), reverse=True):
        if all(few.right < other.left or other.right < few.left for other in columns):
            columns.append(few)
    return columns


def find_lone_numbers(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """Line numbers found from the text alone, for an engine that gives no positions.

    Returns:
        The spans to cut from each text (each number is on a separate line); none unless half of the texts
        have `_MANY` numbers that increase by one.
    """
    found = []
    for text in texts:
        numbers = [(match.start(), match.end(), int(match[1])) for match in _ALONE.finditer(text)]
        counting = [
            (low, high)
            for at, (low, high, value) in enumerate(numbers)
            if (at and numbers[at - 1][2] == value - 1)
            or (at + 1 < len(numbers) and numbers[at + 1][2] == value + 1)
        ]
        found.append(counting if len(counting) >= max(_MANY, _MOST * len(numbers)) else [])
    return found if 2 * sum(map(bool, found)) >= len(texts) else [[] for _ in texts]
