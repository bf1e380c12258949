"""Cleaned pages and the measured lines of page 1 -> title, abstract, printed ids.

This module is independent of the engine: lines have a font size in points. The PDF's metadata is not used:
its title was right for 0 of 32 papers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.pdf.headings import CUSTOMARY, join_small_caps, split_lines

# Lines above a title that may be as large as the title itself. Venue lines in small type need no entry.
_STAMP = re.compile(
    r"(?:published (?:as|in|at|by|online)|accepted (?:as|to|for|at|by)|to appear (?:in|at)|appears in"
    r"|under review|submitted to|presented at|reprinted from|permission (?:is|to)\b"
    r"|provided proper attribution|(?:proceedings|journal|transactions) (?:of|on)|reproduce the tables"
    r"|arxiv\s*:|www\.|https?:|doi\s*:|issn|isbn|vol(?:\.|ume) \d|copyright|©|\(c\) \d|licensed under"
    r"|downloaded from|contents lists"
    r"|this (?:work|article|paper|version|manuscript) (?:is|was|has|may|appears)).*"
    r"|(?:(?:original|research|review|regular|short|full|technical|white|open)[ -]?)?"
    r"(?:article|paper|letters?|review|report|research|access|perspective|poster|preprint|draft|manuscript)s?\W*"
    r"|scholarly works\W*|check for updates|latest updates.*|view article.*"
    r"|[\W\d_]*|\W*(?:\d{1,4}\W+){0,3}(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.?"
    r"(?:\W+\d{1,4}){1,3}\W*"
    r"|page \d+(?: of \d+)?",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(r"(?:(?:ABSTRACT|Abstract|A BSTRACT)(?:\s*[:.—–-]+\s*|\s*$)|Abstract\s+(?=[A-Z]))(.*)")
_ABSTRACT_END = re.compile(
    r"(?:key ?words|index terms|ccs concepts|acm reference|categories and subject|general terms"
    r"|(?:figure|fig\.|table)\s*\d|permission to make|copyright|©"
    r"|\W*(?:equal contribution|corresponding author|correspondence|preprint\b)"
    r"|(?:1|i)\.?\s+(?:introduction|background|motivation|overview)\b|arxiv:\s*\d|proceedings of)",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:figure|fig\.|table)\s*\d|permission to make|copyright|©|arxiv:\s*\d|proceedings of"
    r"|\W*(?:equal contribution|corresponding author|correspondence|preprint\b)",
    re.IGNORECASE,
)
_ARXIV_STAMP = re.compile(
    r"arXiv:\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?\s*\[[\w.-]+\]", re.IGNORECASE
)
_ARXIV_LINE = re.compile(
    r"^\W*(?:arXiv(?: preprint)?:\s*|https?://arxiv\.org/(?:abs|pdf)/|(?:https?://doi\.org/|doi:\s*)10\.48550/arXiv\.)"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_DOI = re.compile(r"(?<![\w.])10\.\d{4,9}/[^\s\"<>{}|\\^`]{2,100}")
_MIN_SIZE_RATIO = 0.97
"""Largest difference of sizes within one title: they are measured on a few letters and rounded."""
_NEAR_SIZE = 0.75
"""Several words in at least this share of the largest type may be the title below a journal's name."""
_MIN_TITLE_LETTERS = 3
"""Least number of letters to measure a line's size: single signs and numbers may have any size."""
_MAX_TITLE_CHARS = 300
"""Most characters of a title, as the parent keeps (`reply.one_line`)."""
_MAX_TITLE_LINES = 6
"""Most lines of a title; ends it if the whole page has one type size."""
_HEAD_LINES = 60
"""Lines that are searched for a title on a page without the word "Abstract": about one column."""
_MAX_ABSTRACT_CHARS = 5000
"""Most characters of an abstract, if its end is not found. arXiv accepts at most 1920."""
_SHORT_LINE = 20
"""A shorter line (in characters) is a scrap: a figure's label, or an abstract's last words."""
_SCRAPS = 3
"""This many consecutive scraps are a figure's labels; an abstract may have one or two short lines."""
_SENTENCE_END = re.compile(r"(?:(?<!\d)[.!?]\d{1,2}|[.!?。！？][\"'\u2019\u201d)\]]?|https?://\S+)\Z")
_SKIPPED = 12
"""Most lines of a note, a stamp or a figure inside an abstract (chosen)."""
_SOME_ABSTRACT_CHARS = 300
"""Scraps end an abstract only after this many characters; before, it may be in a narrow box."""


@dataclass(frozen=True, slots=True)
class SizedLine:
    """A line of page 1 in reading order; `size` in points, 0 if it has no letters to measure."""

    text: str
    size: float
    upright: bool = True


def find_title(lines: Sequence[SizedLine]) -> str | None:
    """The title: the first run of lines in the largest type above the abstract.

    Args:
        lines: Page 1 from its start. Sideways lines (arXiv's stamp) and venues' stamps are skipped.

    Returns:
        The title on one line, or None if no line qualifies.
    """
    above = _above_abstract(lines)
    head = [line for line in above if line.upright and not _STAMP.fullmatch(line.text.strip())]
    sizes = sorted(
        {line.size for line in head if sum(c.isalpha() for c in line.text) >= _MIN_TITLE_LETTERS},
        reverse=True,
    )
    runs = [(size, _join_run(head, size)) for size in sizes]
    # A single large word may be a journal's name; it is the title if nothing is nearly as large.
    near = [title for size, title in runs if len(title.split()) >= 2 and size >= _NEAR_SIZE * sizes[0]]
    return next(iter(near or [title for _, title in runs]), None)


def _above_abstract(lines: Sequence[SizedLine]) -> list[SizedLine]:
    for index, line in enumerate(lines):
        text = join_small_caps(line.text.strip())
        numbered = re.sub(r"^(?:1|I)\.?\s+", "", text)
        if _ABSTRACT.match(text) or (CUSTOMARY.fullmatch(numbered) and index):
            return list(lines[:index]) or list(lines)
    return list(lines[:_HEAD_LINES])


def _join_run(head: Sequence[SizedLine], size: float) -> str:
    """Join the first consecutive lines of about this size."""
    parts: list[str] = []
    for line in head:
        same = _MIN_SIZE_RATIO * size <= line.size <= size / _MIN_SIZE_RATIO
        # A line without letters ("2.0") has no measurable size; inside the title it belongs to it.
        if same and len(parts) < _MAX_TITLE_LINES:
            parts.append(line.text.strip())
        elif parts:
            break
    title = " ".join(parts)
    # A hyphen at a line's end inside a title is part of it: "Retrieval-/Augmented".
    title = re.sub(r"(?<=\w)- (?=[A-Z])", "-", title)
    return title.rstrip(" *∗†‡§¶")[:_MAX_TITLE_CHARS]


def find_abstract(pages: Sequence[str]) -> str | None:
    """The text after the word "Abstract" on pages 1 to 3, up to the next heading; None without that word.

    A note, a stamp or a figure in the middle of a sentence does not end the abstract: it is skipped if the
    sentence is continued within `_SKIPPED` lines.
    """
    lines = [line.text.strip() for line in split_lines(pages[:3])]
    begun = next(((at, match[1]) for at, line in enumerate(lines) if (match := _ABSTRACT.match(line))), None)
    if begun is None:
        return None
    found, at, short = [begun[1]], begun[0] + 1, 0
    while at < len(lines):
        text, length = lines[at], sum(map(len, found))
        short = short + 1 if len(text) < _SHORT_LINE else 0
        debris = short >= _SCRAPS and length > _SOME_ABSTRACT_CHARS
        if length > _MAX_ABSTRACT_CHARS:
            break
        if debris:
            del found[1 - _SCRAPS :]
        if (length and _ends_abstract(text)) or debris:
            whole = _without_scraps(found)
            further = None if _is_whole(whole) or not _is_note(text, debris) else _continued(lines, at)
            if further is None:
                break
            found, at, short = whole, further, 0
        found.append(lines[at])
        at += 1
    return " ".join(" ".join(_without_scraps(found)).split())[:_MAX_ABSTRACT_CHARS] or None


def _without_scraps(found: list[str]) -> list[str]:
    """Lines without the short ones after the end of the last sentence; all if no line ends a sentence."""
    ends = next((at for at in range(len(found), 0, -1) if _SENTENCE_END.search(found[at - 1])), 0)
    tail = found[ends:]
    return found[:ends] if ends and all(len(line) < _SHORT_LINE for line in tail) else found


def _is_whole(found: list[str]) -> bool:
    return bool(found and _SENTENCE_END.search(found[-1]))


def _is_note(text: str, debris: bool) -> bool:
    """Whether the line that ends an abstract may be inside it: a note, caption or figure's label."""
    return debris or _NOTE.match(join_small_caps(text)) is not None


def _continued(lines: Sequence[str], at: int) -> int | None:
    """The line that continues a sentence after a note or figure; None if a heading or nothing follows."""
    for further in range(at, min(at + _SKIPPED, len(lines))):
        text = join_small_caps(lines[further])
        heading = re.sub(r"^(?:1|I)\.?\s+", "", text).rstrip(":.")
        if CUSTOMARY.fullmatch(heading):
            return None
        if len(text) >= 2 * _SHORT_LINE and text[0].islower():
            return further
    return None


def _ends_abstract(text: str) -> bool:
    text = join_small_caps(text)
    return bool(_ABSTRACT_END.match(text) or CUSTOMARY.fullmatch(text.rstrip(":.")))


def find_arxiv_id(first_page: str) -> str | None:
    """The arXiv id stamped on page 1, without version; ids inside sentences are citations."""
    match = _ARXIV_STAMP.search(first_page) or _ARXIV_LINE.search(first_page)
    return match[1] if match else None


def find_doi(first_page: str) -> str | None:
    """The first DOI printed on page 1, in lower case; template placeholders ("nnnnnnn") do not count."""
    for match in _DOI.finditer(first_page):
        doi = match[0].rstrip(".,;:)]}'").lower()
        if any(char.isdigit() for char in doi.split("/", 1)[1]):
            return doi
    return None
