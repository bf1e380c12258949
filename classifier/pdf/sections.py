"""Page texts -> section headings.

Lines that look like headings are candidates; their numbers decide which of them are headings: sections count
upwards, subsections count within their section, appendices follow the references. So numbered lists, table
rows, axis labels and tables of contents are excluded without looking at fonts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from classifier.pdf.headings import (
    BACK_MATTER,
    CUSTOMARY,
    CUSTOMARY_OUTER,
    Candidate,
    TextLine,
    find_candidates,
    join_small_caps,
    with_second_line,
)

_MAX_SECTIONS = 400
"""Most headings of a document: books have fewer, and the reply allows 1000 (`reply.ReadingReply`)."""
_MAX_CANDIDATES = 3000
"""Most lines that are compared with each other, to limit the time for a text of candidates only."""
_GAP = 1
"""Number of missing numbers that is accepted, for headings that were not recognised."""
_LIST_GAP = 300
"""List items follow each other within this many characters; sections do not."""
_BELOW = 40
"""Two numbered lines at most this many characters apart are directly below each other."""
_LIST_LINES = 4
"""This many numbered lines directly below each other are a list: a section with two levels of subsections has
three."""
_NUMBERED = 3
"""With at least this many numbered sections, a paper numbers its sections; fewer may be list items."""


def find_sections(pages: Sequence[str]) -> list[dict[str, Any]]:
    """Headings in reading order.

    Args:
        pages: Cleaned texts of the pages.

    Returns:
        `{"title", "page", "start"}` for each, the title with its number as printed, the page from
        1, and the offset of the line in the page's text. Empty if nothing looks like a heading.
    """
    candidates = _drop_lists(list(islice(find_candidates(pages), _MAX_CANDIDATES)))
    scheme = "roman" if _starts_roman(candidates) else "arabic"
    chosen = _choose(candidates, scheme)[:_MAX_SECTIONS]
    return [
        {"title": _title(c.line, pages[c.line.page - 1]), "page": c.line.page, "start": c.line.start}
        for c in chosen
    ]


def _title(line: TextLine, text: str) -> str:
    below = text[line.start + len(line.text) + 1 :].partition("\n")[0]
    return join_small_caps(with_second_line(" ".join(line.text.split()), below))


def _drop_lists(candidates: list[Candidate]) -> list[Candidate]:
    """Remove tables of contents and lists: four or more consecutive numbered lines."""
    numbered = [c for c in candidates if c.scheme != "custom" and "\n" not in c.line.text]
    listed: set[int] = set()
    run: list[TextLine] = []
    for line in dict.fromkeys(c.line for c in numbered):
        if run and (line.page != run[-1].page or line.at - run[-1].at - len(run[-1].text) > _BELOW):
            run = []
        run.append(line)
        if len(run) >= _LIST_LINES:
            listed.update(entry.at for entry in run)
    return [c for c in candidates if c.line.at not in listed]


def _starts_roman(candidates: list[Candidate]) -> bool:
    """IEEE style: "I. INTRODUCTION" or similar, and no section 1 in Arabic numbers."""
    firsts = [c for c in candidates if c.number == (1,)]
    return any(c.scheme == "roman" and CUSTOMARY.fullmatch(c.title) for c in firsts) and not any(
        c.scheme == "arabic" and CUSTOMARY.fullmatch(c.title) for c in firsts
    )


def _choose(candidates: list[Candidate], scheme: str) -> list[Candidate]:
    start = _first_heading(candidates, scheme)
    state = _Counter(scheme, [c for c in candidates if c.scheme == scheme and c.line.at >= start])
    chosen: list[Candidate] = []
    for candidate in candidates:
        before = candidate.line.at < start
        if before and candidate.scheme != "custom":
            continue
        taken = bool(chosen) and candidate.line.at < chosen[-1].line.at + len(chosen[-1].line.text)
        if not taken and state.accepts(candidate):
            chosen.append(candidate)
    if sum(len(c.number) == 1 for c in chosen) >= _NUMBERED:
        # If sections are numbered, an unnumbered "Method" or "Results" is a table's header.
        chosen = [c for c in chosen if c.scheme != "custom" or CUSTOMARY_OUTER.fullmatch(c.title)]
    return chosen


def _first_heading(candidates: list[Candidate], scheme: str) -> int:
    """The position where numbered headings begin: at a usual section 1, else after the abstract's heading."""
    for candidate in candidates:
        if candidate.scheme == scheme and candidate.number == (1,) and CUSTOMARY.fullmatch(candidate.title):
            return candidate.line.at
    for candidate in candidates:
        if candidate.scheme == "custom" and candidate.title.lower() == "abstract":
            return candidate.line.at
    return 0


class _Counter:
    """Follows the numbering and accepts what continues it."""

    def __init__(self, scheme: str, main: list[Candidate]) -> None:
        self._scheme = scheme
        self._main = main
        self._style: tuple[bool, bool] | None = None
        self._last: tuple[int, ...] = (0,)
        self._letters: tuple[int, ...] = (0,)
        self._back_matter = False
        self._seen: set[str] = set()

    def accepts(self, candidate: Candidate) -> bool:
        if candidate.scheme == "custom":
            return self._accepts_customary(candidate)
        if candidate.scheme == self._scheme:
            return not self._back_matter and self._accepts_main(candidate)
        return candidate.scheme == "letter" and self._accepts_letter(candidate)

    def _accepts_customary(self, candidate: Candidate) -> bool:
        name = candidate.title.lower()
        if name in self._seen:
            return False
        self._seen.add(name)
        self._note_back_matter(candidate)
        return True

    def _accepts_main(self, candidate: Candidate) -> bool:
        if len(candidate.number) > 1:
            return self._moves_to(candidate.number, _GAP)
        style = (candidate.dotted, candidate.capitals)
        if self._style is not None and style != self._style:
            return False
        number = candidate.number[0]
        if not self._last[0] < number <= self._last[0] + 1 + _GAP or self._is_list_item(candidate):
            return False
        self._style = style
        self._last = candidate.number
        self._note_back_matter(candidate)
        return True

    def _is_list_item(self, candidate: Candidate) -> bool:
        """Whether a later line is a better heading with this number."""
        number, at = candidate.number[0], candidate.line.at
        rivals = [c for c in self._main if (c.dotted, c.capitals) == (candidate.dotted, candidate.capitals)]
        later = [c.line.at for c in rivals if c.number == (number,) and c.line.at > at]
        if number != self._last[0] + 1:
            return any(c.number == (self._last[0] + 1,) and c.line.at > at for c in rivals)
        if not later:
            return False
        following = [c.line.at for c in rivals if c.number == (number + 1,)]
        subsections = [c.line.at for c in self._main if c.number == (number, 1)]
        in_a_list = any(at < other < at + _LIST_GAP for other in following)
        has_subsections = any(at < sub < later[-1] for sub in subsections)
        return in_a_list or (not has_subsections and any(sub > later[-1] for sub in subsections))

    def _accepts_letter(self, candidate: Candidate) -> bool:
        """Appendices after the references; in Roman-numbered papers also subsections."""
        number = candidate.number
        if self._back_matter:
            if "," in candidate.title or not _continues(number, self._letters, gap=0):
                return False
            self._letters = number
            return True
        below = (*self._last[:1], *number)
        if self._scheme != "roman" or not candidate.dotted or len(number) > 1:
            return False
        return self._moves_to(below, gap=0)

    def _moves_to(self, number: tuple[int, ...], gap: int) -> bool:
        if not _continues(number, self._last, gap):
            return False
        self._last = number
        return True

    def _note_back_matter(self, candidate: Candidate) -> None:
        if BACK_MATTER.fullmatch(candidate.title):
            self._back_matter = True


def _continues(number: tuple[int, ...], last: tuple[int, ...], gap: int) -> bool:
    """Whether this number comes after `last`: the next on its level, or the first one level below."""
    *parent, own = number
    if tuple(parent) != last[: len(parent)] or len(number) > len(last) + 1:
        return False
    before = last[len(parent)] if len(last) > len(parent) else 0
    return before < own <= before + 1 + gap
