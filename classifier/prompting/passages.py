"""Document -> the pieces of text that an excerpt is chosen from.

What enters: pages and headings. What leaves: every piece of text once, in reading order, each with its
section and its role in the paper. It does not rank or drop pieces. The section names are those of papers in
general.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate, pairwise, zip_longest

from classifier.model.document import Document, Page
from classifier.prompting.noise import noise_spans
from classifier.text.characters import matching_key

MIN_CHARS = 350
"""Shorter pieces are joined with the next one: a few lines alone say too little (chosen)."""
MAX_CHARS = 900
"""A piece ends after `MIN_CHARS` at the first full stop that ends a line, or at `MAX_CHARS`."""

_MAX_ABSTRACT = 3_000  # characters; if the section is longer, the next heading was missed
_OPENING = 1_500  # characters of page 1 that are used if no abstract was found
_BODY_SHARE = 0.3  # least share of a paper before its references


class Role(Enum):
    """The role of a piece in a paper."""

    ABSTRACT = "abstract"
    INTRODUCTION = "introduction"
    METHOD = "method"
    CONCLUSION = "conclusion"
    CAPTION = "caption"
    RELATED = "related work"
    BODY = "body"
    FRONT = "names and addresses"
    BACK = "acknowledgements and statements"
    APPENDIX = "appendix"
    REFERENCES = "references"
    NOISE = "labels, cells, formulas and running heads"


@dataclass(frozen=True, slots=True)
class Piece:
    """[start, end) of a page's text, without white space around it."""

    page: Page
    start: int
    end: int
    section: str | None
    role: Role

    @property
    def text(self) -> str:
        """The piece as it is on the page."""
        return self.page.text[self.start : self.end]


_ROLES = (
    (Role.REFERENCES, "references|bibliography|literature cited|works cited"),
    (Role.APPENDIX, "appendi|supplement"),
    (
        Role.BACK,
        "acknowledg|funding|author contrib|ethic|broader impact|impact statement|reproducib|checklist",
    ),
    (Role.INTRODUCTION, "introduction|motivation"),
    (Role.CONCLUSION, "conclu|summary"),
    (Role.RELATED, "related|background|preliminar|prior work|literature"),
    (
        Role.METHOD,
        "method|approach|framework|algorithm|overview|formulation|problem|architecture|system|proposed",
    ),
)
_ROLE_NAMES = [(role, re.compile(rf"\b(?:{names})", re.IGNORECASE)) for role, names in _ROLES]
_REFERENCES_NAME = dict(_ROLE_NAMES)[Role.REFERENCES]
_ABSTRACT_NAME = re.compile(r"\babstract\b", re.IGNORECASE)
_NO_CAPTIONS = (Role.ABSTRACT, Role.APPENDIX, Role.REFERENCES, Role.NOISE)
_NUMBER = re.compile(r"\s*(\d{1,2}|[A-Z](?=[.\s])|[IVX]{1,4}(?=[.\s]))[.\s]")
_REFERENCES_LINE = re.compile(
    r"^[^\S\n]*(?:\d{1,2}\.?[^\S\n]+)?(?:References|REFERENCES|Bibliography|BIBLIOGRAPHY)[^\S\n]*$",
    re.MULTILINE,
)
_CAPTION = re.compile(r"[^\S\n]{0,8}(?:Figure|Fig\.|Table|Algorithm|FIGURE|TABLE)\s{0,3}\d{1,2}\s{0,3}[:.|]")
# A line; a line that is too long for a piece is cut at the end of a sentence, at a space, or anywhere.
_LINE = re.compile(
    rf"[^\n]{{0,{MAX_CHARS}}}\n|[^\n]{{1,{MAX_CHARS}}}(?:\Z|(?<=[.!?])(?=\s))|[^\n]{{1,{MAX_CHARS}}}(?:(?=\s)|)"
)
_FULL_STOP = re.compile(r"[.!?][\"'\u2019\u201d)\]]?\s*\Z")


@dataclass(frozen=True, slots=True)
class _Mark:
    """From here on, text belongs to this section."""

    page: int  # index, from 0
    start: int
    section: str
    role: Role


def split_document(document: Document) -> list[Piece]:
    """All text of a document in pieces of at most `MAX_CHARS`, in reading order; none for no text.

    Headings and captions begin a piece. Everything after the references is appendix. The abstract is the
    document's own, else the text under that heading, else the start of page 1; if only an abstract is known,
    all text is abstract. Noise is separated, except in the abstract.
    """
    marks = _marks(document)
    at_abstract, first, last = _abstract(document, marks)
    starts = [{mark.start for mark in marks if mark.page == at} for at in range(len(document.pages))]
    noise = noise_spans([page.text for page in document.pages], starts)
    section, role = None, Role.FRONT
    pieces: list[Piece] = []
    for at, page in enumerate(document.pages):
        here = {mark.start: mark for mark in marks if mark.page == at}
        cuts = {0, len(page.text), *here} | ({first, last} if at == at_abstract else set())
        cuts.update(*noise[at])
        for start, end in pairwise(sorted(cuts)):
            if mark := here.get(start):
                section, role = mark.section, mark.role
            elif role is Role.FRONT and (at, start) >= (at_abstract, last):
                role = Role.BODY
            if document.abstract_only or (at == at_abstract and first <= start < last):
                kind = Role.ABSTRACT
            else:
                kind = Role.NOISE if any(low <= start < high for low, high in noise[at]) else role
            pieces += _split(page, start, end, section, kind)
    return pieces


def _marks(document: Document) -> list[_Mark]:
    """The headings in reading order, with the role of the text after each."""
    marks: list[_Mark] = []
    by_number: dict[str, Role] = {}
    behind = False
    for at, start, title in _headings(document):
        number = _NUMBER.match(title)
        role = next((role for role, names in _ROLE_NAMES if names.search(title)), None)
        if role is None:
            role = by_number.get(number[1], Role.BODY) if number else Role.BODY
        if number:
            by_number.setdefault(number[1], role)
        if behind and role is not Role.REFERENCES:
            role = Role.APPENDIX
        behind = behind or role is Role.REFERENCES
        marks.append(_Mark(at, start, title, role))
    return marks


def _headings(document: Document) -> list[tuple[int, int, str]]:
    """(page index, offset, title) of the headings, without those of a table of contents."""
    index = {page.number: at for at, page in enumerate(document.pages)}
    found = {
        (index[section.page], section.start): " ".join(section.title.split())[:80]
        for section in document.sections
        if section.page in index and 0 <= section.start < len(document.pages[index[section.page]].text)
    }
    for at, page in enumerate(document.pages):
        for line in _REFERENCES_LINE.finditer(page.text):
            found.setdefault((at, line.start()), line[0].strip())
    body = _BODY_SHARE * sum(len(page.text) for page in document.pages)
    before = [0, *accumulate(len(page.text) for page in document.pages)]
    return [
        (at, start, title)
        for (at, start), title in sorted(found.items())
        if before[at] + start >= body or not _REFERENCES_NAME.search(title)
    ]


def _abstract(document: Document, marks: list[_Mark]) -> tuple[int, int, int]:
    """(page index, start, end) of the abstract; if there is none, of the start of the page."""
    if document.abstract:
        for at, page in enumerate(document.pages[:3]):
            if (start := page.text.find(document.abstract)) >= 0:
                return at, start, start + len(document.abstract)
            wanted, key = matching_key(document.abstract).text, matching_key(page.text)
            start = key.text.find(wanted[:80])
            if start >= 0 and wanted:
                tail = key.text.find(wanted[-40:], start)
                known = start <= tail < start + 2 * len(wanted)
                end = tail + len(wanted[-40:]) if known else min(len(key.text), start + len(wanted))
                return (at, *key.source_span(start, end))
    for mark, following in zip_longest(marks, marks[1:]):
        if _ABSTRACT_NAME.search(mark.section):
            text = document.pages[mark.page].text
            end = following.start if following and following.page == mark.page else len(text)
            return mark.page, mark.start, min(end, _line_end(text, mark.start + _MAX_ABSTRACT))
    return 0, 0, _line_end(document.pages[0].text, _OPENING) if document.pages else 0


def _line_end(text: str, at: int) -> int:
    """The end of the line at an offset."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _split(page: Page, start: int, end: int, section: str | None, role: Role) -> Iterator[Piece]:
    """Pieces of one section on one page."""
    begun = at = start
    kind = role
    while at < end:
        line = _LINE.match(page.text, at, end)
        stop = line.end() if line else end
        if _CAPTION.match(page.text, at, end):
            yield from _trimmed(page, begun, at, section, kind)
            begun, kind = at, Role.CAPTION if role not in _NO_CAPTIONS else role
        size = stop - begun
        if size > MAX_CHARS:
            yield from _trimmed(page, begun, at, section, kind)
            begun, kind = at, role
        elif size >= (MIN_CHARS if kind is role else 1) and _FULL_STOP.search(page.text, at, stop):
            yield from _trimmed(page, begun, stop, section, kind)
            begun, kind = stop, role
        at = stop
    yield from _trimmed(page, begun, end, section, kind)


def _trimmed(page: Page, start: int, end: int, section: str | None, role: Role) -> Iterator[Piece]:
    text = page.text[start:end]
    if kept := text.strip():
        start += text.index(kept[0])
        yield Piece(page, start, start + len(kept), section, role)
