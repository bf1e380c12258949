"""A survey's PDF -> its numbered headings with their own texts, its tables, and its reference list.

What enters: a PDF, read in the sandbox as any other. What leaves: parts of the survey that say where papers
belong, with their pages. It decides nothing about papers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from classifier.model.document import Document, Page, Section
from classifier.pdf import PdfReader
from classifier.scaffold.bibliography import Bibliography, read_bibliography

_ARABIC = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+(?P<title>\S.*)")
_ROMAN = re.compile(r"(?P<number>[IVX]{1,5})\.\s+(?P<title>\S.*)")
_LETTER = re.compile(r"(?P<number>[A-Z])\.\s+(?P<title>\S.*)")
_REFERENCES = re.compile(r"(?:\S{1,5}\s+)?(?:references|bibliography|literature cited)", re.IGNORECASE)
_CAPTION = re.compile(
    r"^[^\S\n]*table\s+(?:\d{1,2}|[IVX]{1,5}|[A-Z]\.?\d{1,2})\b(?=[.:\s]*(?:$|(?-i:[^a-z,;)\s])))",
    re.MULTILINE | re.IGNORECASE,
)
_NO_TOPIC = re.compile(
    r"(?:introduction|background|preliminar(?:y|ies)|related (?:work|surveys?)|"
    r"(?:problem )?(?:definitions?|formulation)|motivation|"
    r"notations?|overview|(?:survey )?scope|method(?:ology)?(?: of (?:this|the) survey)?|literature search|"
    r"(?:[\w-]+ ){0,2}(?:discussions?|challenges)|open problems|limitations?|"
    r"future (?:work|directions?|research)|"
    r"conclusions?|concluding remarks|summary(?: of .*)?|outlook|lessons learned|"
    r"references|bibliography|acknowledge?ments?|appendi(?:x|ces)|contributions?)"
    r"(?:(?: and|,|:| &) .*)?",
    re.IGNORECASE,
)
_UPPER_SHARE = 0.9
_LEAST_REPEATS = 3
"""A line at the same end of this many pages is a running head, not text."""


@dataclass(frozen=True)
class SurveyHeading:
    """A numbered heading.

    Attributes:
        number: As printed, "3.1"; the outer one is part of it in Roman schemes, "III.A".
        level: 0 for the outermost.
        path: Titles of topics from the outermost to its own; empty if it is no topic.
        pages: Its own text, without that of headings below it, page by page.
    """

    number: str
    title: str
    level: int
    path: tuple[str, ...]
    pages: tuple[Page, ...]

    @property
    def is_topic(self) -> bool:
        """Whether neither it nor a heading above it is an introduction, a conclusion and the like."""
        return bool(self.path)


@dataclass(frozen=True)
class SurveyTable:
    """A page with tables.

    Attributes:
        captions: "Table 3", in the page's order.
    """

    captions: tuple[str, ...]
    page: Page


class SurveyText:
    """A survey as parts.

    Attributes:
        name: The file as the user named it.
        headings: In reading order.
    """

    def __init__(self, name: str, document: Document) -> None:
        self.name = name
        self.document = document
        self._pages = _without_running_heads(document.pages)
        self.headings = tuple(self._headings())

    @cached_property
    def bibliography(self) -> Bibliography:
        """Its reference list; without entries if none was found."""
        found = [n for n, s in enumerate(self.document.sections) if _REFERENCES.fullmatch(s.title.strip())]
        pages = self._text_of(found[-1]) if found else ()
        return read_bibliography("\n".join(page.text for page in pages))

    @cached_property
    def tables(self) -> tuple[SurveyTable, ...]:
        """Pages with captions of tables."""
        found = []
        for page in self._pages:
            captions = [" ".join(match[0].split()) for match in _CAPTION.finditer(page.text)]
            if captions:
                found.append(SurveyTable(tuple(dict.fromkeys(captions)), page))
        return tuple(found)

    def _headings(self) -> Iterator[SurveyHeading]:
        sections = self.document.sections
        is_roman = any(section.title.strip().startswith("I. ") for section in sections)
        outer = ""
        skipped: int | None = None
        path: tuple[str, ...] = ()
        for index, section in enumerate(sections):
            title = " ".join(section.title.split())
            level = 0
            if is_roman:
                found = _ROMAN.fullmatch(title)
                if found:
                    outer = number = found["number"]
                elif found := _LETTER.fullmatch(title):
                    level, number = 1, f"{outer}.{found['number']}"
            elif found := _ARABIC.fullmatch(title):
                number = found["number"]
                level = number.count(".")
            if not found:
                skipped = None
                continue
            if skipped is not None and level <= skipped:
                skipped = None
            name = self._name(section, found["title"].strip(" ."))
            if skipped is None and (not name or _NO_TOPIC.fullmatch(name)):
                skipped = level
            if skipped is None:
                path = (*path[:level], name)
            own = path if skipped is None else ()
            yield SurveyHeading(number, name, level, own, self._text_of(index))

    def _name(self, section: Section, title: str) -> str:
        """The heading's words; capitals, with a second line of capitals, are spelled as in the text."""
        if not _is_upper(title):
            return title
        page = next(page for page in self.document.pages if page.number == section.page)
        below = page.text[section.start :].split("\n")[1:2]
        if below and _is_upper(below[0]) and not _LETTER.match(below[0]):
            title = f"{title} {' '.join(below[0].split())}"
        text = " ".join(self._spelled(word) for word in title.split())
        return text[:1].upper() + text[1:]

    def _spelled(self, word: str) -> str:
        """A word in capitals as the text spells it most often; "LLM" stays, "SYSTEM" becomes "system"."""
        core = word.strip("()[],:;.")
        known = self._spellings.get(core.casefold(), Counter())
        common = max(known, key=lambda spelling: (known[spelling], spelling.islower()), default=core.lower())
        return word.replace(core, common.lower() if common.istitle() else common)

    @cached_property
    def _spellings(self) -> dict[str, Counter[str]]:
        """A word in lower case -> how often the text, without its headings in capitals, spells it how."""
        found: dict[str, Counter[str]] = {}
        for line in self.document.text.splitlines():
            for word in () if _is_upper(line) else re.findall(r"[^\W_][\w-]*", line):
                found.setdefault(word.casefold(), Counter())[word] += 1
        return found

    def _text_of(self, index: int) -> tuple[Page, ...]:
        """The text from below a heading to the next heading, page by page."""
        sections = self.document.sections
        first = sections[index]
        last = sections[index + 1] if index + 1 < len(sections) else None
        pages = []
        for page in self._pages:
            if page.number < first.page or (last and page.number > last.page):
                continue
            text = page.text[: last.start] if last and page.number == last.page else page.text
            if page.number == first.page:
                text = text[first.start :].partition("\n")[2]
            if text.strip():
                pages.append(Page(number=page.number, text=text.strip()))
        return tuple(pages)


def read_survey(name: str) -> SurveyText:
    """The survey in a PDF.

    Raises:
        InputError: It cannot be read.
    """
    with PdfReader() as reader:
        return SurveyText(name, reader.read(Path(name)))


def _is_upper(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return len(letters) > 1 and sum(char.isupper() for char in letters) >= _UPPER_SHARE * len(letters)


def _without_running_heads(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages with blanks in place of page numbers and of lines that many pages begin or end with."""
    repeats = Counter(mark for page in pages for mark in {_mark(line) for line in _outer_lines(page.text)})
    found = []
    for page in pages:
        text = page.text
        for line, find in zip(_outer_lines(text), (text.index, text.rindex), strict=False):
            mark = _mark(line)
            if not mark or repeats[mark] >= _LEAST_REPEATS:
                at = find(line)
                text = f"{text[:at]}{' ' * len(line)}{text[at + len(line) :]}"
        found.append(Page(number=page.number, text=text))
    return tuple(found)


def _outer_lines(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    return [lines[0], lines[-1]] if lines else []


def _mark(line: str) -> str:
    """What running heads of different pages have in common."""
    return re.sub(r"[\W\d_]+", "", line).casefold()
