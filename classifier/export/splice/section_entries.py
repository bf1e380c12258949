"""The entries of one section of a Markdown list -> where a new one belongs, and which to imitate.

What enters: entries in the order of their lines. What leaves: positions, the next number, the nearest
entries. All that depends on the entries alone is found once, whatever the number of new papers: reading
every neighbour again for every paper took minutes with a thousand of both.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from classifier.export.splice.bullet_style import BulletStyle
from classifier.lists.sections import ListSection

BULLET = re.compile(r"(\s*(?:[-*+•]|\d{1,4}[.)])\s+)(?:\[[ xX]\]\s+)?")
NUMBERED = re.compile(r"\s*(\d{1,4})[.)]\s")
_DATED = 2
"""Least number of dated entries in a section for its order to be followed."""


@dataclass(frozen=True)
class PageEntry:
    """An entry of the list.

    Attributes:
        line: Its first line, from 0; `end` is after its last line.
        text: Its lines, as far as they are one paragraph or item.
        after_gap: Whether the line above is empty.
        header: Names of the columns, if it is a row of a table.
        has_sentence: Whether it says a sentence about its paper.
    """

    line: int
    end: int
    title: str
    text: str
    section: ListSection | None
    after_gap: bool = False
    header: tuple[str, ...] = ()
    has_sentence: bool = False

    @cached_property
    def is_item(self) -> bool:
        """Whether it is a bullet or a row of a table."""
        return bool(BULLET.match(self.text)) or self.text.lstrip().startswith("|")

    @cached_property
    def style(self) -> BulletStyle:
        """How it is written."""
        return BulletStyle(self.text, self.title, self.header)

    @cached_property
    def date(self) -> tuple[int, int] | None:
        """(year, month or 0)."""
        return self.style.date

    @cached_property
    def number(self) -> int | None:
        """Its number in a numbered list."""
        found = NUMBERED.match(self.text)
        return int(found[1]) if found else None


class SectionEntries:
    """Entries of a section, in the order of their lines: bullets and rows, or paragraphs, or none."""

    def __init__(self, entries: Sequence[PageEntry]) -> None:
        self.entries = entries
        self._lines = [entry.line for entry in entries]

    def place_for(self, date: tuple[int | None, int | None]) -> int:
        """The line to insert a paper at, if there are entries: by date if they are sorted so, else last."""
        year, month = date
        if not year or not self._newest_first or self.counts:
            return self.entries[-1].end
        wanted = (year, month or 0)
        place = bisect_left(
            self._dated, True, key=lambda entry: entry.date is not None and entry.date <= wanted
        )
        return self._dated[place].line if place < len(self._dated) else self.entries[-1].end

    def number_at(self, place: int) -> int | None:
        """The number of an entry that is inserted at a line; None if the section does not count."""
        if not self.counts:
            return None
        at = bisect_left(self.counts, place, key=lambda entry: entry.line)
        return (self.counts[at].number or 0) if at < len(self.counts) else (self.counts[-1].number or 0) + 1

    def starts_at(self, place: int) -> bool:
        """Whether an entry begins at this line."""
        at = bisect_left(self._lines, place)
        return at < len(self._lines) and self._lines[at] == place

    def nearest(self, place: int) -> Iterator[PageEntry]:
        """The entries by their distance from a line; of two equally near ones, the earlier first."""
        after = bisect_left(self._lines, place)
        before = after - 1
        while before >= 0 or after < len(self._lines):
            is_before = after == len(self._lines) or (
                before >= 0 and place - self._lines[before] <= self._lines[after] - place
            )
            yield self.entries[before if is_before else after]
            before, after = (before - 1, after) if is_before else (before, after + 1)

    @cached_property
    def counts(self) -> list[PageEntry]:
        """The entries with a number, if the section counts them; the next one is then the last."""
        found = [entry for entry in self.entries if entry.number is not None]
        return found if len({entry.number for entry in found}) >= _DATED else []

    @property
    def are_items(self) -> bool:
        """Whether they are bullets or rows, not paragraphs."""
        return bool(self.entries) and self.entries[0].is_item

    @cached_property
    def have_sentences(self) -> bool:
        """Whether most entries have a sentence about their paper."""
        return sum(entry.has_sentence for entry in self.entries) * 2 > len(self.entries)

    @cached_property
    def is_loose(self) -> bool:
        """Whether most entries have an empty line above."""
        gaps = [entry.after_gap for entry in self.entries[1:]]
        return bool(gaps) and sum(gaps) * 2 > len(gaps)

    @cached_property
    def _dated(self) -> list[PageEntry]:
        return [entry for entry in self.entries if entry.date]

    @cached_property
    def _newest_first(self) -> bool:
        """Whether the dated entries are sorted, newest first; equal dates alone do not say so."""
        dates = [entry.date for entry in self._dated if entry.date]
        falling = dates == sorted(dates, reverse=True)
        return len(dates) >= _DATED and falling and len(set(dates)) > 1
