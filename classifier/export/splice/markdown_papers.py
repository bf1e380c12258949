"""Adds the new papers of a labelled list to the sections of a Markdown list, in its style.

What enters: the list's bytes, the labels, and the section of each leaf. What leaves: the bytes with one more
line for each paper that the list does not contain; no existing byte is changed, removed or moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from classifier.export.filed import Filed
from classifier.export.links import link_to
from classifier.export.splice.bullet_style import plain_bullet, plain_paragraph, plain_row
from classifier.export.splice.decoded import decode, line_end, split_lines
from classifier.export.splice.new_paper import NewPaper
from classifier.export.splice.page_entries import read_page
from classifier.export.splice.results import Spliced, Untouched
from classifier.export.splice.section_entries import BULLET, NUMBERED, PageEntry, SectionEntries
from classifier.lists.sections import ListSection
from classifier.model.traits import Traits, traits_of
from classifier.survey.section_plan import SectionPlan

_NEIGHBOURS = 30
"""Most entries whose style is tried for a paper; then it gets a plain bullet."""

_SEVERAL = 2
"""Least number of paragraphs that are the entries of a section, in a list with bullets."""
_SENTENCES = "neighbours have a sentence about each paper; add yours to the new ones: {}"


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
    added, known, untouched, page = _added(original.text, rows, plan, frozenset())
    # If the reader does not find a new line again, it is removed, and the paper is reported.
    after = _Page(page.text()).index
    lost = frozenset(row.key for row in added if not after.find(_traits(row), ""))
    if lost:
        added, known, untouched, page = _added(original.text, rows, plan, lost)
    notes = (_SENTENCES.format(page.without_sentence),) if page.without_sentence else ()
    return Spliced(original.encode(page.text()), len(added), known, tuple(untouched), len(added), notes)


def _added(
    text: str, rows: Iterable[Filed], plan: SectionPlan | None, lost: frozenset[str]
) -> tuple[list[Filed], int, list[Untouched], _Page]:
    """The papers added, the number already there, those that could not be added, and the new page."""
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
    return added, known, untouched, page


def _traits(row: Filed) -> Traits:
    return traits_of(row.row.entry.paper, row.row.label.paper, url=row.row.entry.url)


class _Page:
    """A list that papers are added to. Its entries and sections are read once."""

    def __init__(self, text: str) -> None:
        self._lines = split_lines(text)
        page = read_page([line.rstrip("\r\n") for line in self._lines])
        self.index, self._sections, self._keywords = page.papers, page.sections, page.keywords
        within: dict[ListSection | None, list[PageEntry]] = defaultdict(list)
        for entry in page.entries:
            within[entry.section].append(entry)
        self._all = _alike(page.entries)
        alike = {section: _alike(entries) for section, entries in within.items()}
        # A link below the heading of a section of bullets is one paragraph; a list of them has more.
        self._within = {
            section: found
            for section, found in alike.items()
            if found.are_items == self._all.are_items or len(found.entries) >= _SEVERAL
        }
        self._found: dict[tuple[str, tuple[str, ...]], list[ListSection]] = {}  # leaf -> its sections
        self._new: dict[int, list[str]] = {}  # position of a line -> lines to insert before it
        self._counted: dict[int, int] = {}  # position of a line -> papers to insert before it
        self.without_sentence = 0  # new papers among entries that have one

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
        if section is None and (keyword := self._keyword_of(filed, plan)):
            paper = replace(paper, keyword=keyword)
            section = self._of_year(paper)
            if section is None:
                return f"the list has no heading for its year ({paper.date[0] or 'unknown'}); add one there"
        if section is None:
            return f"the list has no section for {filed.label}"
        own = self._within.get(section) or SectionEntries(())
        if any("<tr" in entry.text.lower() for entry in own.entries):
            return f"'{section.titles[-1]}' is a table in HTML, to which no row can be added; add it by hand"
        around = own if own.entries else self._all
        if not around.entries:
            return "the list has no paper to follow"
        place = own.place_for(paper.date) if own.entries else self._end_of(section)
        text = self._numbered(self._written(around, place, paper), own, place)
        self._counted[place] = self._counted.get(place, 0) + 1
        self.without_sentence += around.have_sentences
        before = own.starts_at(place)
        ends_in_html = place > 0 and self._lines[place - 1].lstrip().startswith("<") and not before
        if own.is_loose or ends_in_html or not around.are_items:
            self._insert(place, *((text, "") if before else ("", text)))
        else:
            self._insert(place, text)
        return ""

    def _section_of(self, filed: Filed, plan: SectionPlan | None, paper: NewPaper) -> ListSection | None:
        leaf = (filed.label, filed.path)
        if leaf not in self._found:
            self._found[leaf] = list(self._sections_of(filed, plan))
        if not self._found[leaf]:
            return None
        section, *inner = self._found[leaf]
        if inner and section not in self._within:
            year = str(paper.date[0] or "")  # sections by year below a topic
            return next((s for s in inner if year and year in s.titles[-1]), inner[0])
        return section

    def _sections_of(self, filed: Filed, plan: SectionPlan | None) -> Iterable[ListSection]:
        """The section of a leaf with the most entries, then the sections inside it that have any."""
        wanted = {row.section for row in plan.sections if row.leaf == filed.label} if plan else set()
        found = [s for s in self._sections if s.titles in wanted]
        if not found:
            titles = tuple(title.casefold() for title in filed.path)
            found = [
                s for s in self._sections if tuple(t.casefold() for t in s.titles)[-len(titles) :] == titles
            ]
        if not found:
            return
        section = max(found, key=self._count)
        yield section
        for other in self._sections:
            inside = other.titles[: len(section.titles)] == section.titles and other != section
            if inside and other in self._within:
                yield other

    def _end_of(self, section: ListSection) -> int:
        """The line (from 0) after the last text of a section."""
        last = section.end - 1
        while last > section.line and not self._lines[min(last, len(self._lines)) - 1].strip():
            last -= 1
        return min(last, len(self._lines))

    def _keyword_of(self, filed: Filed, plan: SectionPlan | None) -> str:
        """The keyword that is the leaf's section, if the tree was made of keywords; else empty."""
        names = [row.section[-1] for row in plan.sections if row.leaf == filed.label] if plan else []
        return next((found for name in names if (found := self._keywords.get(name.casefold()))), "")

    def _of_year(self, paper: NewPaper) -> ListSection | None:
        found = [s for s in self._sections if s.titles[-1] == str(paper.date[0] or "-")]
        return max(found, key=self._count, default=None)

    def _count(self, section: ListSection) -> int:
        return len(self._within[section].entries) if section in self._within else 0

    def _written(self, around: SectionEntries, place: int, paper: NewPaper) -> str:
        neighbours = list(islice(around.nearest(place), _NEIGHBOURS))
        for entry in neighbours:
            made = entry.style.text_for(paper)
            if made is not None:
                return made
        if not around.are_items:
            return plain_paragraph(paper)
        if header := next((entry.header for entry in neighbours if entry.header), ()):
            return plain_row(header, paper)
        marker = next((m[1] for entry in neighbours if (m := BULLET.match(entry.text))), "- ")
        return plain_bullet(marker, paper)

    def _numbered(self, line: str, own: SectionEntries, place: int) -> str:
        """The line with the next number, if the section's entries are numbered."""
        number = own.number_at(place)
        if number is None:
            return line
        number += self._counted.get(place, 0)
        return NUMBERED.sub(lambda m: m[0].replace(m[1], str(number), 1), line, count=1)

    def _insert(self, place: int, *lines: str) -> None:
        eol = line_end(self._lines[0] if self._lines else "") or "\n"
        cut = place >= len(self._lines) and bool(self._lines) and not line_end(self._lines[-1])
        for line in (each for text in lines for each in text.split("\n")):
            self._new.setdefault(place, []).append(eol + line if cut else line + eol)


def _alike(entries: Sequence[PageEntry]) -> SectionEntries:
    """The entries that a new one can be like: bullets and rows if there are any, else paragraphs."""
    items = [entry for entry in entries if entry.is_item]
    return SectionEntries(items or [entry for entry in entries if not entry.text.lstrip().startswith("#")])
