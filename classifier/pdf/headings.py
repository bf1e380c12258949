"""Lines of a paper's pages -> those that could be headings, with their numbers.

Whether a candidate is a heading is decided in `classifier.pdf.sections`, by what comes before and
after it. Not recognised: unnumbered headings other than the usual ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Headings without a number, even if the other sections are numbered.
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
# Names of sections: those outside the numbering, all, and those after which only appendices follow.
CUSTOMARY_OUTER = re.compile(_OUTER, re.IGNORECASE)
CUSTOMARY = re.compile(f"{_OUTER}|{_INNER}", re.IGNORECASE)
BACK_MATTER = re.compile(r"references|bibliography|literature cited|appendi(?:x|ces)|suppl.*", re.IGNORECASE)
_ARABIC = re.compile(r"(?:section )?(\d{1,2}(?:\.\d{1,2}){0,3})(\.?):?\s{1,4}(\S.*)", re.IGNORECASE)
_ROMAN = re.compile(r"([IVX]{1,5})(\.)\s{1,4}(\S.*)")
_LETTER = re.compile(r"(?:appendix )?([A-Z](?:\.\d{1,2}){0,3})([.:]?)\s{1,4}(\S.*)", re.IGNORECASE)
_SMALL_CAPS = re.compile(r"(?<![\w'’])([A-Z]) ([A-Z]{2,})(?![a-z])")
_NUMBER_ALONE = re.compile(r"[1-9]\d?(?:\.\d{1,2}){0,3}\.?")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_MAX_CHARS = 120
"""Longest line that can be a heading, in characters: a full line of one column has about 90."""
_LONGEST_CUSTOMARY = 50
"""Longest usual section name, with a margin: longer lines are not compared with all of them."""
_FULL_LINE = 36
"""From this many characters on, a line may be a full one: in narrow columns, full lines have about 40."""
_MOST_WORDS = 16
"""Most words of a heading: longer lines are sentences, such as numbered list items."""
_LEAST_LETTERS = 3
"""Least number of letters of a heading: fewer are a variable or a unit."""
_LETTER_SHARE = 0.6
"""Least share of letters in a heading, without spaces: formulas and table rows have a lower one."""


_OPEN_END = re.compile(
    r"(?:.*\W)?(?:an?|and|as|at|between|beyond|by|for|from|in|into|of|on|or|over|than|the|through|to|towards?"
    r"|under|using|versus|via|vs\.?|when|with|without)|.*[:&+/\u2013\u2014-]",
    re.IGNORECASE,
)
"""Characters that a title does not end with."""
_LONGEST_REST = 70
"""Longest second line of a heading, in characters: a longer one is a line of text."""


class TextLine(NamedTuple):
    """A line of a page: `start` is its offset in the page's text, `at` its offset in the whole document."""

    text: str
    page: int
    start: int
    at: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line read as a heading.

    Attributes:
        title: The words after the number.
        scheme: How it is numbered: "arabic", "roman", "letter", or "custom" for a name without number.
        number: From the outermost level, letters counted from 1; empty for "custom".
        dotted: Whether a full stop follows the number.
    """

    line: TextLine
    title: str
    scheme: str
    number: tuple[int, ...] = ()
    dotted: bool = False

    @property
    def capitals(self) -> bool:
        """Whether the title is in capitals throughout."""
        return self.title.upper() == self.title


def with_second_line(title: str, following: str) -> str:
    """A title that ends in the middle of its words, with the line below it; else the title.

    Args:
        title: As printed, in one line.
        following: The line below; empty if there is none.
    """
    rest = " ".join(following.split())
    letters = sum(map(str.isalpha, rest))
    may_be_rest = (
        0 < len(rest) <= _LONGEST_REST
        and rest[-1] not in ".,;:"
        and letters >= _LETTER_SHARE * len(rest.replace(" ", ""))
        and all(_is_article(heading) for heading in _read_heading(TextLine(rest, 0, 0, 0)))
    )
    if not may_be_rest or not _OPEN_END.fullmatch(title):
        return title
    if not re.search(r"\w-\Z", title):
        return f"{title} {rest}"
    return f"{title[:-1] if rest[0].islower() else title}{rest}"


def split_lines(pages: Sequence[str]) -> Iterator[TextLine]:
    """Lines of all pages, in order; page numbers from 1."""
    at = 0
    for number, text in enumerate(pages, 1):
        start = 0
        for line in text.split("\n"):
            yield TextLine(line, number, start, at + start)
            start += len(line) + 1
        at += len(text) + 1


def join_small_caps(text: str) -> str:
    """'I NTRODUCTION' -> 'INTRODUCTION', as some engines return small capitals; 'A METHOD' is unchanged."""

    def join(match: re.Match[str]) -> str:
        word = match[1] + match[2]
        return match[0] if match[1] == "A" and not CUSTOMARY.fullmatch(word) else word

    return _SMALL_CAPS.sub(join, text)


def find_candidates(pages: Sequence[str]) -> Iterator[Candidate]:
    """Lines that could be headings, in reading order.

    A line that can be read in two ways is returned twice.
    """
    before: TextLine | None = None
    for line in split_lines(pages):
        if before and before.page == line.page and _NUMBER_ALONE.fullmatch(before.text):
            # The number and the words of one heading may be on two lines.
            yield from _read_heading(
                TextLine(f"{before.text}\n{line.text}", line.page, before.start, before.at)
            )
        if _may_be_heading(line.text):
            goes_on = before is not None and before.page == line.page and _is_open(before.text)
            # "A" is also a word: "A Survey of …" in the middle of a reference is not an appendix.
            yield from (c for c in _read_heading(line) if not (goes_on and _is_article(c)))
        before = line


def _may_be_heading(text: str) -> bool:
    """A cheap test that few lines of running text pass: short, or numbered at its start."""
    if not _LEAST_LETTERS <= len(text) <= _MAX_CHARS:
        return False
    numbered = text[1] in " ." or "." in text[:6] or text.lower().startswith(("appendix ", "section "))
    return text[0].isdigit() or (text[0].isupper() and (numbered or len(text) <= _LONGEST_CUSTOMARY))


def _is_article(candidate: Candidate) -> bool:
    return candidate.scheme == "letter" and candidate.number == (1,) and not candidate.dotted


def _is_open(text: str) -> bool:
    """Whether a line is full and ends in the middle of a sentence."""
    return len(text) >= _FULL_LINE and (text[-1].islower() or text[-1] == ",")


def _read_heading(line: TextLine) -> Iterator[Candidate]:
    """The ways in which this line could be a heading; "I. X" may be Roman or a letter."""
    text = join_small_caps(line.text.strip())
    if not text or not (text[0].isupper() or text[0].isdigit()):
        return
    if len(text) <= _LONGEST_CUSTOMARY and CUSTOMARY.fullmatch(text.rstrip(".:")):
        yield Candidate(line, text.rstrip(".:"), "custom")
        return
    for scheme, pattern in (("arabic", _ARABIC), ("roman", _ROMAN), ("letter", _LETTER)):
        match = pattern.fullmatch(text)
        if match and _is_title(match[3]):
            yield Candidate(line, match[3], scheme, _number(scheme, match[1]), match[2] == ".")


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
        and len(words) <= _MOST_WORDS
        and letters >= _LEAST_LETTERS
        and letters >= _LETTER_SHARE * len(text.replace(" ", ""))
        and text[-1] not in ".,;"
        and ". " not in text
        and "@" not in text
    )
