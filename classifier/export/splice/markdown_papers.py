"""New papers of a labelled list -> bullets in a Markdown list's own sections, in its own style.

What enters: the list's bytes, the labels, and which section stands for which leaf. What leaves: the bytes
with a line more for each paper that the list does not have; every byte of it that was there is still there,
in its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from classifier.export.filed import Filed
from classifier.export.links import link_to
from classifier.export.splice.bullet_style import NewPaper, date_in, in_style_of, plain_bullet
from classifier.export.splice.decoded import decode, line_end, split_lines
from classifier.export.splice.results import Spliced, Untouched
from classifier.lists.build import build_entry
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_items import item_ends
from classifier.lists.raw import Raw
from classifier.lists.sections import ListSection, find_sections, section_at
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex, traits_of
from classifier.survey.section_plan import SectionPlan

_BULLET = re.compile(r"(\s*(?:[-*+•]|\d{1,4}[.)])\s+)(?:\[[ xX]\]\s+)?")
_DATED = 2
"""Entries with a date that a section needs before its order is followed."""


class _Entry(NamedTuple):
    """An entry of the list: `line` from 0, `end` behind its last line."""

    line: int
    end: int
    title: str
    section: ListSection | None


def add_papers(data: bytes, filed: Iterable[Filed], plan: SectionPlan | None) -> Spliced:
    """The list with the papers that it lacks, each in the section of its leaf.

    Args:
        filed: Papers with their labels; those without a leaf, and duplicates, are left out.
        plan: The workspace's sections; None finds a leaf's section by its titles.

    Raises:
        InputError: The bytes are not in the encoding that their mark promises.
    """
    original = decode(data)
    page = _Page(original.text)
    untouched: list[Untouched] = []
    added = known = 0
    for row in filed:
        if row.status != "placed" or row.row.duplicate_of:
            continue
        traits = traits_of(row.row.entry.paper, row.row.label.paper, url=row.row.entry.url)
        if page.index.find(traits, ""):
            known += 1
            continue
        problem = page.add(row, plan)
        if problem:
            untouched.append(Untouched(row.key, row.row.entry.line, problem))
        else:
            page.index.add(traits, row.key, row.key)
            added += 1
    return Spliced(original.encode(page.text()), added, known, tuple(untouched), changed=added)


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
        self._new: dict[int, list[str]] = {}  # place of a line -> lines before it

    def text(self) -> str:
        """The list with the new lines."""
        parts = []
        for number, line in enumerate(self._lines):
            parts += [*self._new.get(number, ()), line]
        return "".join([*parts, *self._new.get(len(self._lines), ())])

    def add(self, filed: Filed, plan: SectionPlan | None) -> str:
        """Adds a paper; returns why it could not be."""
        url = link_to(filed)
        if url is None:
            return "it has no address to link to; add an arXiv id, a DOI or a URL to its entry"
        paper = NewPaper(filed.title, url, filed.arxiv_id, filed.year, filed.journal)
        section = self._section_of(filed, plan, paper)
        if section is None:
            return f"the list has no section for {filed.label}"
        own = [entry for entry in self._entries if entry.section == section and self._is_item(entry)]
        around = own or [entry for entry in self._entries if self._is_item(entry)]
        if not around:
            return f"neither {filed.label} nor another section has a bullet or row to follow"
        place = self._place(own, section, paper)
        line = self._written(sorted(around, key=lambda e: abs(e.line - place)), paper)
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
        """The line, from 0, before which the paper belongs: by date if they go by date, else last."""
        if not own:
            last = section.end - 1
            while last > section.line and not self._lines[min(last, len(self._lines)) - 1].strip():
                last -= 1
            return min(last, len(self._lines))
        dates = [(entry, found) for entry in own if (found := date_in(self._lines[entry.line]))]
        year, month = paper.date
        falling = [found for _, found in dates] == sorted((found for _, found in dates), reverse=True)
        varied = len({found for _, found in dates}) > 1
        if year and len(dates) >= _DATED and falling and varied:
            return next((entry.line for entry, found in dates if found <= (year, month or 0)), own[-1].end)
        return own[-1].end

    def _written(self, neighbours: Sequence[_Entry], paper: NewPaper) -> str:
        for entry in neighbours:
            whole = " ".join(line.strip("\r\n") for line in self._lines[entry.line : entry.line + 1])
            made = in_style_of(whole, entry.title, paper)
            if made is not None:
                return made
        marker = next((m[1] for e in neighbours if (m := _BULLET.match(self._lines[e.line]))), "- ")
        return plain_bullet(marker, paper)

    def _insert(self, place: int, line: str) -> None:
        eol = line_end(self._lines[0] if self._lines else "") or "\n"
        if place >= len(self._lines) and self._lines and not line_end(self._lines[-1]):
            self._new.setdefault(place, []).append(eol + line)
        else:
            self._new.setdefault(place, []).append(line + eol)
