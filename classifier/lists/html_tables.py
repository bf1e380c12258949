"""Rows of HTML tables in a Markdown list -> rows as Markdown tables have them, on the line where they begin.

What enters: lines. What leaves: lines; each row of a table of papers is one line `| cell | cell |`, and the
lines of the table between its rows are gone. A table is one of papers if its first row has a column of
titles. All else stays as it is: tables are also used to lay out pages, with whole lists in a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.lists.lines import ListLine
from classifier.lists.markdown_text import MAX_ITEM_CHARS, plain
from classifier.lists.named_fields import TITLES, field_name

_MARK = re.compile(r"<(/?)(table|tr)\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"<t[dh]\b([^<>]*)>(.*?)(?=<t[dh]\b|</t[dhr]\s*>|$)", re.IGNORECASE | re.DOTALL)
_SPAN = re.compile(r"\browspan\s*=\s*[\"']?(\d{1,3})", re.IGNORECASE)
_MOST_LINES = 400


def with_html_rows(lines: Iterator[ListLine]) -> Iterator[ListLine]:
    """The lines; a table that is not one of papers, or is left open, is not changed."""
    table: _Table | None = None
    for line in lines:
        if table is None and "<table" in line.text.lower():
            table = _Table()
        if table is None:
            yield line
            continue
        yield from table.take(line)
        if table.done:
            table = None
    if table is not None:
        yield from table.held


class _Table:
    """A table that is being read; `held` are lines that are not decided yet."""

    def __init__(self) -> None:
        self.held: list[ListLine] = []
        self.done = False
        self._row: list[str] | None = None
        self._start: ListLine | None = None
        self._is_known = False  # the first row has a column of titles
        self._below: dict[int, tuple[str, int]] = {}  # column -> a cell that reaches into the next rows
        self._depth = 0

    def take(self, line: ListLine) -> Iterator[ListLine]:
        """The lines that are decided now."""
        self.held.append(line)
        rows = list(self._rows(line))
        for start, cells in rows:
            if not self._is_known:
                if not {field_name(plain(cell)) for cell in cells} & {*TITLES}:
                    yield from self._give_up()
                    return
                self._is_known = True
            yield start._replace(text=f"| {' | '.join(cells)} |")
        if self._is_known and (rows or self._row is None):
            self.held.clear()
        if self.done and self._is_known:
            yield line._replace(text="")
        elif (
            self.done or len(self.held) > _MOST_LINES or sum(len(e.text) for e in self.held) > MAX_ITEM_CHARS
        ):
            yield from self._give_up()

    def _give_up(self) -> Iterator[ListLine]:
        self.done = True
        yield from self.held

    def _rows(self, line: ListLine) -> Iterator[tuple[ListLine, list[str]]]:
        """The rows that end on this line, each with the line on which it begins."""
        place = 0
        for mark in _MARK.finditer(line.text):
            if self._row is not None:
                self._row.append(line.text[place : mark.start()])
            place = mark.end()
            closes, name = bool(mark[1]), mark[2].lower()
            if name == "table":
                self._depth += -1 if closes else 1
                self.done = self._depth <= 0
            if self._row is not None and self._start is not None and (name == "tr" or self.done):
                yield self._start, self._cells("\n".join(self._row))
                self._row = None
            if name == "tr" and not closes:
                self._row, self._start = [], line
        if self._row is not None:
            self._row.append(line.text[place:])

    def _cells(self, row: str) -> list[str]:
        """The row's cells, and those above that reach into it."""
        cells = _CELL.findall(row)
        found: list[str] = []
        below: dict[int, tuple[str, int]] = {}
        while cells or len(found) in self._below:
            text, rows = self._below.get(len(found), ("", 0))
            if not rows:
                options, cell = cells.pop(0)
                text = " ".join(cell.split()).replace("|", "\\|")
                span = _SPAN.search(options)
                rows = int(span[1]) if span else 1
            if rows > 1:
                below[len(found)] = (text, rows - 1)
            found.append(text)
        self._below = below
        return found
