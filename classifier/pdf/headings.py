"""Page texts -> section headings.

Lines that look like headings are candidates; which of them are headings is decided by their
numbers: sections count upwards, subsections count within their section, appendices follow the
references. So numbered lists, table rows, axis labels and tables of contents fall out without
fonts. Not found: unnumbered headings outside the customary ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# Names that stand without a number even where the other sections have one.
_OUTER = (
    r"abstract|acknowled?ge?ments?|references|bibliography|literature cited|appendi(?:x|ces)|limitations?"
    r"|supplementary materials?|supporting information|ethics(?: statement)?|ethical considerations"
    r"|(?:broader|societal) impacts?(?: statement)?|impact statement|reproducibility(?: statement)?"
    r"|data availability|author contributions?"
)
_INNER = (
    r"(?:an )?introduction|related works?|prior work|(?:problem )?background(?: and related work)?"
    r"|preliminar(?:y|ies)|problem (?:formulation|statement|setup|setting)|motivation|(?:our )?methods?"
    r"|methodology|(?:our |proposed )?approach|materials and methods|implementation(?: details)?"
    r"|experiments?|experimental (?:setup|results?|evaluation|details)|experiments and results|evaluation"
    r"|(?:main )?results?(?: and (?:discussion|analysis))?|analysis|ablation(?: study| studies|s)?"
    r"|discussions?(?: and (?:conclusions?|limitations|future work))?|limitations and future work"
    r"|conclusions?(?: and (?:discussions?|future (?:work|directions?)|limitations?))?|concluding remarks"
    r"|future (?:work|directions?)|contributions"
)
_CUSTOMARY_OUTER = re.compile(_OUTER, re.IGNORECASE)
CUSTOMARY = re.compile(f"{_OUTER}|{_INNER}", re.IGNORECASE)
_BACK_MATTER = re.compile(r"references|bibliography|literature cited|appendi(?:x|ces)|suppl.*", re.IGNORECASE)
_ARABIC = re.compile(r"(?:section )?(\d{1,2}(?:\.\d{1,2}){0,3})(\.?):?\s{1,4}(\S.*)", re.IGNORECASE)
_ROMAN = re.compile(r"([IVX]{1,5})(\.)\s{1,4}(\S.*)")
_LETTER = re.compile(r"(?:appendix )?([A-Z](?:\.\d{1,2}){0,3})([.:]?)\s{1,4}(\S.*)", re.IGNORECASE)
_SMALL_CAPS = re.compile(r"(?<![\w'’])([A-Z]) ([A-Z]{2,})(?![a-z])")
_NUMBER_ALONE = re.compile(r"[1-9]\d?(?:\.\d{1,2}){0,3}\.?")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_MAX_CHARS = 120
_LONGEST_CUSTOMARY = 50
_MAX_SECTIONS = 400
_FULL_LINE = 36
_LIST_GAP = 300
"""Items of a list follow each other within so many characters; sections do not."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: `start` is its offset in the page's text, `at` its offset in the whole document."""

    text: str
    page: int
    start: int
    at: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    line: Line
    title: str
    scheme: str  # "arabic", "roman", "letter", "custom"
    number: tuple[int, ...] = ()
    dotted: bool = False

    @property
    def capitals(self) -> bool:
        return self.title.upper() == self.title


def split_lines(pages: Sequence[str]) -> Iterator[Line]:
    """Lines of all pages, in order; page numbers from 1."""
    at = 0
    for number, text in enumerate(pages, 1):
        start = 0
        for line in text.split("\n"):
            yield Line(line, number, start, at + start)
            start += len(line) + 1
        at += len(text) + 1


def join_small_caps(text: str) -> str:
    """'I NTRODUCTION' -> 'INTRODUCTION', as small capitals come out of some engines; 'A METHOD' stays."""

    def join(match: re.Match[str]) -> str:
        word = match[1] + match[2]
        return match[0] if match[1] == "A" and not CUSTOMARY.fullmatch(word) else word

    return _SMALL_CAPS.sub(join, text)


def find_sections(pages: Sequence[str]) -> list[dict[str, Any]]:
    """Headings in reading order.

    Args:
        pages: Cleaned texts of the pages.

    Returns:
        `{"title", "page", "start"}` for each, the title with its number as printed, the page from
        1, and the offset of the line in the page's text. Empty where nothing looks like a heading.
    """
    candidates = _drop_lists(list(_candidates(pages)))
    scheme = "roman" if _starts_roman(candidates) else "arabic"
    chosen = _choose(candidates, scheme)[:_MAX_SECTIONS]
    return [
        {"title": join_small_caps(" ".join(c.line.text.split())), "page": c.line.page, "start": c.line.start}
        for c in chosen
    ]


def _candidates(pages: Sequence[str]) -> Iterator[_Candidate]:
    before: Line | None = None
    for line in split_lines(pages):
        if before and before.page == line.page and _NUMBER_ALONE.fullmatch(before.text):
            # The number and the words of one heading, set apart, may come as two lines.
            yield from _read_heading(Line(f"{before.text}\n{line.text}", line.page, before.start, before.at))
        if _may_be_heading(line.text):
            goes_on = before is not None and before.page == line.page and _is_open(before.text)
            # "A" is also a word: "A Survey of …" in the middle of a reference is no appendix.
            yield from (c for c in _read_heading(line) if not (goes_on and _is_article(c)))
        before = line


def _may_be_heading(text: str) -> bool:
    """A cheap test that few lines of running text pass: short, or numbered at its start."""
    if not 3 <= len(text) <= _MAX_CHARS:
        return False
    numbered = text[1] in " ." or "." in text[:6] or text.lower().startswith(("appendix ", "section "))
    return text[0].isdigit() or (text[0].isupper() and (numbered or len(text) <= _LONGEST_CUSTOMARY))


def _is_article(candidate: _Candidate) -> bool:
    return candidate.scheme == "letter" and candidate.number == (1,) and not candidate.dotted


def _is_open(text: str) -> bool:
    """Whether a line is full and ends in the middle of a sentence."""
    return len(text) >= _FULL_LINE and (text[-1].islower() or text[-1] == ",")


def _read_heading(line: Line) -> Iterator[_Candidate]:
    """The ways in which this line could be a heading; "I. X" may be Roman or a letter."""
    text = join_small_caps(line.text.strip())
    if not text or not (text[0].isupper() or text[0].isdigit()):
        return
    if len(text) <= _LONGEST_CUSTOMARY and CUSTOMARY.fullmatch(text.rstrip(".:")):
        yield _Candidate(line, text.rstrip(".:"), "custom")
        return
    for scheme, pattern in (("arabic", _ARABIC), ("roman", _ROMAN), ("letter", _LETTER)):
        match = pattern.fullmatch(text)
        if match and _is_title(match[3]):
            yield _Candidate(line, match[3], scheme, _number(scheme, match[1]), match[2] == ".")


def _number(scheme: str, printed: str) -> tuple[int, ...]:
    if scheme == "roman":
        values = [_ROMAN_VALUES[char] for char in printed]
        following = [*values[1:], 0]
        return (sum(-v if v < after else v for v, after in zip(values, following, strict=True)),)
    first, *rest = printed.split(".")
    return (int(first) if first.isdigit() else ord(first.upper()) - 64, *map(int, rest))


def _is_title(text: str) -> bool:
    """Whether the words after the number could be a heading and not a sentence, name or formula."""
    words = text.split()
    letters = sum(char.isalpha() for char in text)
    return (
        text[0].isupper()
        and len(words) <= 16
        and letters >= 3
        and letters >= 0.6 * len(text.replace(" ", ""))
        and text[-1] not in ".,;"
        and ". " not in text
        and "@" not in text
    )


def _drop_lists(candidates: list[_Candidate]) -> list[_Candidate]:
    """Leave out tables of contents and lists: four or more numbered lines right below one another."""
    numbered = [c for c in candidates if c.scheme != "custom" and "\n" not in c.line.text]
    listed: set[int] = set()
    run: list[Line] = []
    for line in dict.fromkeys(c.line for c in numbered):
        if run and (line.page != run[-1].page or line.at - run[-1].at - len(run[-1].text) > 40):
            run = []
        run.append(line)
        if len(run) > 3:
            listed.update(entry.at for entry in run)
    return [c for c in candidates if c.line.at not in listed]


def _starts_roman(candidates: list[_Candidate]) -> bool:
    """IEEE style: an "I. INTRODUCTION" or the like, and no section 1 in Arabic numbers."""
    firsts = [c for c in candidates if c.number == (1,)]
    return any(c.scheme == "roman" and CUSTOMARY.fullmatch(c.title) for c in firsts) and not any(
        c.scheme == "arabic" and CUSTOMARY.fullmatch(c.title) for c in firsts
    )


def _choose(candidates: list[_Candidate], scheme: str) -> list[_Candidate]:
    start = _first_heading(candidates, scheme)
    state = _Counter(scheme, [c for c in candidates if c.scheme == scheme and c.line.at >= start])
    chosen: list[_Candidate] = []
    for candidate in candidates:
        before = candidate.line.at < start
        if before and candidate.scheme != "custom":
            continue
        taken = bool(chosen) and candidate.line.at < chosen[-1].line.at + len(chosen[-1].line.text)
        if not taken and state.accepts(candidate):
            chosen.append(candidate)
    if sum(len(c.number) == 1 for c in chosen) >= 3:
        # Where sections are numbered, a bare "Method" or "Results" is a table's head.
        chosen = [c for c in chosen if c.scheme != "custom" or _CUSTOMARY_OUTER.fullmatch(c.title)]
    return chosen


def _first_heading(candidates: list[_Candidate], scheme: str) -> int:
    """Where numbered headings may begin: at a customary section 1, else behind the abstract's heading."""
    for candidate in candidates:
        if candidate.scheme == scheme and candidate.number == (1,) and CUSTOMARY.fullmatch(candidate.title):
            return candidate.line.at
    for candidate in candidates:
        if candidate.scheme == "custom" and candidate.title.lower() == "abstract":
            return candidate.line.at
    return 0


class _Counter:
    """Follows the numbering and accepts what continues it."""

    def __init__(self, scheme: str, main: list[_Candidate]) -> None:
        self._scheme = scheme
        self._main = main
        self._style: tuple[bool, bool] | None = None
        self._last: tuple[int, ...] = (0,)
        self._letters: tuple[int, ...] = (0,)
        self._back_matter = False
        self._seen: set[str] = set()

    def accepts(self, candidate: _Candidate) -> bool:
        if candidate.scheme == "custom":
            return self._accepts_customary(candidate)
        if candidate.scheme == self._scheme:
            return not self._back_matter and self._accepts_main(candidate)
        return candidate.scheme == "letter" and self._accepts_letter(candidate)

    def _accepts_customary(self, candidate: _Candidate) -> bool:
        name = candidate.title.lower()
        if name in self._seen:
            return False
        self._seen.add(name)
        self._note_back_matter(candidate)
        return True

    def _accepts_main(self, candidate: _Candidate) -> bool:
        if len(candidate.number) > 1:
            return self._follows(candidate.number)
        style = (candidate.dotted, candidate.capitals)
        if self._style is not None and style != self._style:
            return False
        number = candidate.number[0]
        # A gap of one forgives a heading that was not recognised.
        if not self._last[0] < number <= self._last[0] + 2 or self._is_list_item(candidate):
            return False
        self._style = style
        self._last = candidate.number
        self._note_back_matter(candidate)
        return True

    def _is_list_item(self, candidate: _Candidate) -> bool:
        """Whether a later line is the better heading of this number."""
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

    def _follows(self, number: tuple[int, ...]) -> bool:
        *parent, last = number
        if tuple(parent) != self._last[: len(parent)] or len(number) > len(self._last) + 1:
            return False
        before = self._last[len(parent)] if len(self._last) > len(parent) else 0
        if not before < last <= before + 2:
            return False
        self._last = number
        return True

    def _accepts_letter(self, candidate: _Candidate) -> bool:
        """Appendices behind the references; in Roman-numbered papers also subsections."""
        number = candidate.number
        if self._scheme == "roman" and not self._back_matter:
            counted = self._last[1] if len(self._last) > 1 else 0
            if len(number) > 1 or number[0] != counted + 1 or not candidate.dotted:
                return False
            self._last = (self._last[0], number[0])
            return True
        if not self._back_matter or "," in candidate.title:
            return False
        *parent, last = number
        if tuple(parent) != self._letters[: len(parent)] or len(number) > len(self._letters) + 1:
            return False
        before = self._letters[len(parent)] if len(self._letters) > len(parent) else 0
        if last != before + 1:
            return False
        self._letters = number
        return True

    def _note_back_matter(self, candidate: _Candidate) -> None:
        if _BACK_MATTER.fullmatch(candidate.title):
            self._back_matter = True
