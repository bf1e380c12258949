"""CSV and TSV with a header, Zotero's CSV among them -> raw entries.

What enters: lines. What leaves: one finding per row. The header determines the separator. An unclosed quote
breaks only its own line, not the rest of the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal

from classifier.lists.lines import ListLine
from classifier.lists.named_fields import KNOWN, USEFUL, field_name, raw_from_fields
from classifier.lists.raw import ASSUMED, MAX_ENTRY_CHARS, Damaged, Found, too_long

TITLE_LINES = 6
"""Lines that are searched for the header: some exports begin with lines about the export."""
_SEPARATORS = "\t;,|"
_WOS = {
    "AF": "author full names", "AU": "authors", "TI": "title", "SO": "journal", "AB": "abstract",
    "PY": "year", "DI": "doi", "D2": "digital object identifier", "UT": "key", "DT": "document type",
    "VL": "volume", "EA": "date",
}  # fmt: skip
"""Web of Science's columns; the others are not used."""
_MAX_ROW_CHARS = 1 << 20
"""Longest row in characters: an unclosed quote must not load the whole file."""
_MAX_ROW_LINES = 2000
"""Longest row in lines."""


def read_table(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per row; no content of the file raises an error.

    A finding's `line` is the line of the file on which the row starts.
    """
    source = _Lines(lines)
    header: list[str] = []
    names: list[str] = []
    separator = ","
    for first in source.from_header():
        separator = find_separator(first)
        source.quoting = csv.QUOTE_NONE if is_wos_header(first) else csv.QUOTE_MINIMAL
        source.back(1)
        row = next(_rows(source, separator), None)
        header = row[1] if row and isinstance(row[1], list) else []
        names = [_WOS.get(name, name) for name in header] if source.quoting == csv.QUOTE_NONE else header
        break
    for line, cells, assumed in _rows(source, separator):
        if isinstance(cells, Damaged):
            yield cells
        elif any(cells[len(header) :]):
            reason = f"{len(cells)} cells, but the header has {len(header)}; quote cells with '{separator}'"
            yield Damaged(line, reason)
        elif any(cell.strip() for cell in cells):
            raw = raw_from_fields(zip(names, cells, strict=False), line)  # missing cells are empty
            raw.notices += [ASSUMED] * assumed
            yield raw


def is_wos_header(header: str) -> bool:
    """Whether a table is Web of Science's: names of two characters, and quotes that are part of the text."""
    return {"PT", "AU", "TI", "SO"} <= {*header.rstrip("\n").lstrip("\ufeff").split("\t")}


def find_header(lines: Sequence[str]) -> int:
    """The index of the header among the first lines of a table; 0 if there is none.

    A line for Excel ("sep=;") and lines about the export may come before it: if the first line names no
    known field, the header is the first of the others that names two.
    """
    start = next((n for n, line in enumerate(lines) if line.strip() and not _is_excels(line)), 0)
    if not lines or _fields_named(lines[start]):
        return start
    later = (n for n in range(start + 1, len(lines)) if _fields_named(lines[n]) > 1)
    return next(later, start)


def _is_excels(line: str) -> bool:
    return line.lower().startswith("sep=")


def _fields_named(line: str) -> int:
    """The number of cells that name a known field; 0 if none of them identifies a paper."""
    names = {field_name(cell) for cell in line.split(find_separator(line))}
    return len(names & KNOWN) if names & USEFUL else 0


def find_separator(header: str) -> str:
    """The separator that gives the most known field names in a header; a comma if none does."""
    counts = {
        separator: sum(field_name(cell) in USEFUL for cell in header.split(separator)) * 100
        + header.count(separator)
        for separator in _SEPARATORS
    }
    best = max(_SEPARATORS, key=lambda separator: counts[separator])
    return best if counts[best] else ","


class _Unclosed(Exception):
    """A quote is open at the end of the file, or for too long."""


class _Lines(Iterator[str]):
    """Lines for the csv module; those of the current row are kept so that they can be read again."""

    def __init__(self, lines: Iterator[ListLine]) -> None:
        self._lines = lines
        self._waiting: deque[ListLine] = deque()
        self._taken: list[ListLine] = []
        self._size = 0
        self.quoting: Literal[0, 3] = csv.QUOTE_MINIMAL

    def __next__(self) -> str:
        if self._taken and (self._size > _MAX_ROW_CHARS or len(self._taken) > _MAX_ROW_LINES):
            raise _Unclosed
        line = self._waiting.popleft() if self._waiting else next(self._lines, None)
        if line is None:
            if self._taken:
                raise _Unclosed
            raise StopIteration
        self._taken.append(line)
        self._size += len(line.text)
        return line.text + "\n"

    def back(self, count: int) -> None:
        """Returns the last `count` lines of the row to the input."""
        self._waiting.extendleft(reversed(self._taken[len(self._taken) - count :]))
        self.start_row()

    def from_header(self) -> Iterator[str]:
        """The lines from the header on."""
        first = list(islice(self._lines, TITLE_LINES))
        self._waiting.extend(first[find_header([line.text for line in first]) :])
        return self

    def start_row(self) -> list[ListLine]:
        """The lines taken since the last call."""
        taken, self._taken, self._size = self._taken, [], 0
        return taken

    @property
    def taken(self) -> list[ListLine]:
        return self._taken


def _rows(source: _Lines, separator: str) -> Iterator[tuple[int, list[str] | Damaged, bool]]:
    """(line, cells or what is wrong, some line was not UTF-8), row by row."""
    csv.field_size_limit(
        MAX_ENTRY_CHARS
    )  # of the whole process: the default, 128 KiB, is less than a full text
    rows = csv.reader(source, delimiter=separator, quoting=source.quoting)
    while True:
        source.start_row()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except _Unclosed:
            first = source.taken[0].number
            source.back(len(source.taken) - 1)
            yield (
                first,
                Damaged(first, "a quote is opened here and never closed; close it, or double it"),
                False,
            )
            continue
        except csv.Error as error:
            first = source.taken[0].number
            yield first, Damaged(first, f"not a row of the table: {error}"), False
            continue
        taken = source.taken
        if any(line.cut for line in taken):
            yield taken[0].number, too_long(taken[0].number), False
        else:
            yield taken[0].number, cells, any(line.assumed for line in taken)
