"""Adds the new papers of a labelled list to the sections of a Markdown list, in its style.

What enters: the list's bytes, the labels, and the section of each leaf. What leaves: the bytes with one more
line for each paper that the list does not contain; no existing byte is changed, removed or moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from classifier.export.filed import Filed
from classifier.export.links import link_to
from classifier.export.splice.bullet_style import (
    NewPaper,
    date_in,
    in_style_of,
    plain_bullet,
    plain_paragraph,
)
from classifier.export.splice.decoded import decode, line_end, split_lines
from classifier.export.splice.results import Spliced, Untouched
from classifier.lists.build import build_entry
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_items import item_ends
from classifier.lists.raw import Raw
from classifier.lists.sections import ListSection, find_sections, section_at
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex, Traits, traits_of
from classifier.survey.section_plan import SectionPlan

_BULLET = re.compile(r"(\s*(?:[-*+•]|\d{1,4}[.)])\s+)(?:\[[ xX]\]\s+)?")
_NUMBERED = re.compile(r"\s*(\d{1,4})[.)]\s")
_DATED = 2
"""Least number of dated entries in a section for its order to be followed."""


class _Entry(NamedTuple):
    """An entry of the list: `line` counts from 0; `end` is after its last line."""

    line: int
    end: int
    title: str
    section: ListSection | None


def add_papers(data: bytes, filed: Iterable[Filed], plan: SectionPlan | None) -> Spliced:
    """The list with the papers that it does not contain added, each in the section of its leaf.

    Args:
        filed: Papers with their labels; those without a leaf, and duplicates, are left out.
        plan: The workspace's sections; if None, a leaf's section is found by its titles.

    Raises:
        InputError: The bytes are not valid in the encoding of their byte order mark.
    """
    original = decode(data)
    rows = [row for row in filed if row.status == "placed" and not row.row.duplicate_of]
    added, known, untouched, text = _added(original.text, rows, plan, frozenset())
    # If the reader does not find a new line again, it is removed, and the paper is reported.
    after = _Page(text).index
    lost = frozenset(row.key for row in added if not after.find(_traits(row), ""))
    if lost:
        added, known, untouched, text = _added(original.text, rows, plan, lost)
    return Spliced(original.encode(text), len(added), known, tuple(untouched), changed=len(added))


def _added(
    text: str, rows: Iterable[Filed], plan: SectionPlan | None, lost: frozenset[str]
) -> tuple[list[Filed], int, list[Untouched], str]:
    """The papers added, the number already there, those that could not be added, and the new text."""
    page = _Page(text)
    added: list[Filed] = []
    untouched: list[Untouched] = []
    known = 0
    for row in rows:
        if page.index.find(_traits(row), ""):
            known += 1
            continue
        problem = "its line cannot be read back" if row.key in lost else page.add(row, plan)
        if problem:
            untouched.append(Untouched(row.key, row.row.entry.line, problem))
        else:
            page.index.add(_traits(row), row.key, row.key)
            added.append(row)
    return added, known, untouched, page.text()


def _traits(row: Filed) -> Traits:
    return traits_of(row.row.entry.paper, row.row.label.paper, url=row.row.entry.url)


class _Page:
    def __init__(self, text: str) -> None:
        self._lines = split_lines(text)
        bare = [line.rstrip("\r\n") for line in self._lines]
        raws = [r for r in read_markdown(ListLine(n, t) for n, t in enumerate(bare, 1)) if isinstance(r, Raw)]
        self._sections = find_sections(text, {raw.line: raw.title for raw in raws})
        ends = item_ends(text)
        self.index = PaperIndex[str]()
        self._entries = []
        for raw in raws:
            built = build_entry(raw, "", Path())
            if isinstance(built, ListEntry):
                self.index.add(traits_of(built.paper, url=built.url), built.key, built.key)
            end = ends.get(raw.line, raw.line)
            self._entries.append(_Entry(raw.line - 1, end, raw.title, section_at(self._sections, raw.line)))
        self._new: dict[int, list[str]] = {}  # position of a line -> lines to insert before it
        self._counted: dict[int, int] = {}  # position of a line -> papers to insert before it

    def text(self) -> str:
        """The list with the new lines."""
        parts = []
        for number, line in enumerate(self._lines):
            parts += [*self._new.get(number, ()), line]
        return "".join([*parts, *self._new.get(len(self._lines), ())])

    def add(self, filed: Filed, plan: SectionPlan | None) -> str:
        """Adds a paper; returns the reason if that is not possible."""
        url = link_to(filed)
        if url is None:
            return "it has no address to link to; add an arXiv id, a DOI or a URL to its entry"
        paper = NewPaper(filed.title, url, filed.arxiv_id, filed.year, filed.journal)
        section = self._section_of(filed, plan, paper)
        if section is None:
            return f"the list has no section for {filed.label}"
        if any("<tr" in self._lines[e.line].lower() for e in self._entries if e.section == section):
            return f"'{section.titles[-1]}' is a table in HTML, to which no row can be added; add it by hand"
        own = [entry for entry in self._entries if entry.section == section and self._is_item(entry)]
        around = own or [entry for entry in self._entries if self._is_item(entry)]
        if not around and not self._entries:
            return "the list has no paper to follow"
        if not around:
            self._insert(self._after_paragraphs(section, paper), "", plain_paragraph(paper))
            return ""
        place = self._place(own, section, paper)
        line = self._written(sorted(around, key=lambda e: abs(e.line - place)), paper)
        line = self._numbered(line, own, place)
        self._counted[place] = self._counted.get(place, 0) + 1
        before = any(entry.line == place for entry in own)
        ends_in_html = place > 0 and self._lines[place - 1].lstrip().startswith("<") and not before
        if self._is_loose(own) or ends_in_html:
            self._insert(place, *((line, "") if before else ("", line)))
        else:
            self._insert(place, line)
        return ""

    def _is_item(self, entry: _Entry) -> bool:
        line = self._lines[entry.line]
        return bool(_BULLET.match(line)) or line.lstrip().startswith("|")

    def _section_of(self, filed: Filed, plan: SectionPlan | None, paper: NewPaper) -> ListSection | None:
        wanted = {row.section for row in plan.sections if row.leaf == filed.label} if plan else set()
        found = [s for s in self._sections if s.titles in wanted]
        if not found:
            titles = tuple(title.casefold() for title in filed.path)
            found = [
                s for s in self._sections if tuple(t.casefold() for t in s.titles)[-len(titles) :] == titles
            ]
        if not found:
            return None
        section = max(found, key=lambda s: sum(entry.section == s for entry in self._entries))
        inner = [
            s for s in self._sections if s.titles[: len(section.titles)] == section.titles and s != section
        ]
        inner = [s for s in inner if any(entry.section == s for entry in self._entries)]
        if inner and not any(entry.section == section for entry in self._entries):
            year = str(paper.date[0] or "")  # sections by year below a topic
            return next((s for s in inner if year and year in s.titles[-1]), inner[0])
        return section

    def _place(self, own: Sequence[_Entry], section: ListSection, paper: NewPaper) -> int:
        """The line (from 0) to insert the paper at: by date in a section sorted by date, else last."""
        if not own:
            last = section.end - 1
            while last > section.line and not self._lines[min(last, len(self._lines)) - 1].strip():
                last -= 1
            return min(last, len(self._lines))
        dates = [(entry, found) for entry in own if (found := date_in(self._lines[entry.line]))]
        year, month = paper.date
        falling = [found for _, found in dates] == sorted((found for _, found in dates), reverse=True)
        varied = len({found for _, found in dates}) > 1
        if year and len(dates) >= _DATED and falling and varied and not self._counts(own):
            return next((entry.line for entry, found in dates if found <= (year, month or 0)), own[-1].end)
        return own[-1].end

    def _after_paragraphs(self, section: ListSection, paper: NewPaper) -> int:
        """The line (from 0) after the last paragraph that is an entry of the section."""
        own = [entry.line for entry in self._entries if entry.section == section]
        if not own:
            return self._place([], section, paper)
        lines = range(own[-1], len(self._lines))
        return next((number for number in lines if not self._lines[number].strip()), len(self._lines))

    def _written(self, neighbours: Sequence[_Entry], paper: NewPaper) -> str:
        for entry in neighbours:
            made = in_style_of(self._lines[entry.line].rstrip("\r\n"), entry.title, paper)
            if made is not None:
                return made
        marker = next((m[1] for e in neighbours if (m := _BULLET.match(self._lines[e.line]))), "- ")
        return plain_bullet(marker, paper)

    def _counts(self, own: Sequence[_Entry]) -> list[tuple[_Entry, int]]:
        """The entries with their numbers, if the section counts them; the next one is then the last."""
        numbers = [(e, int(m[1])) for e in own if (m := _NUMBERED.match(self._lines[e.line]))]
        return numbers if len({number for _, number in numbers}) >= _DATED else []

    def _numbered(self, line: str, own: Sequence[_Entry], place: int) -> str:
        """The line with the next number, if the section's entries are numbered."""
        numbers = self._counts(own)
        if not numbers:
            return line
        behind = next((number for entry, number in numbers if entry.line >= place), numbers[-1][1] + 1)
        return _NUMBERED.sub(lambda m: m[0].replace(m[1], str(behind + self._counted.get(place, 0)), 1), line)

    def _is_loose(self, own: Sequence[_Entry]) -> bool:
        """Whether a section has empty lines between its entries."""
        gaps = [not self._lines[entry.line - 1].strip() for entry in own[1:]]
        return bool(gaps) and sum(gaps) * 2 > len(gaps)

    def _insert(self, place: int, *lines: str) -> None:
        eol = line_end(self._lines[0] if self._lines else "") or "\n"
        cut = place >= len(self._lines) and bool(self._lines) and not line_end(self._lines[-1])
        for line in lines:
            self._new.setdefault(place, []).append(eol + line if cut else line + eol)
