"""A worker's reply (unchecked JSON) -> a validated reading.

The worker may be under a hostile file's control, so structure, ranges and characters are checked here:
control characters and very long lines are not accepted.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, model_validator

from classifier.model.document import HiddenText, Page, Section
from classifier.model.record import Record
from classifier.pdf.sandbox import WorkerFailed

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOTICE = re.compile(
    r"(?:paper|article|manuscript|version|preprint|document)\s+(?:has\s+been|was|is)\s+(?:now\s+)?"
    r"(?:moved|withdrawn|removed|retracted|superseded|replaced)|access\s+denied|page\s+not\s+found",
    re.IGNORECASE,
)
_NOTICE_CHARS = 4000
"""A shorter text with a notice's words is a notice: a paper about withdrawn papers is longer.

This is above `PdfLimits.min_chars`, since notices may contain an abstract.
"""
_MAX_NUMBERS = 100_000
"""Most page numbers in a list of a (hostile) reply: a worker reads 1000 pages by default."""
_LINE_CHARS = 300
"""Most characters of an untrusted line: a long title, or three rows of a screen."""
_UNPRINTABLE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def one_line(text: str, limit: int = _LINE_CHARS) -> str:
    """Hostile text as a short line that is safe to print."""
    return " ".join(_UNPRINTABLE_LINE.sub(" ", text).split())[:limit]


def _escape(text: str) -> str:
    """Writes invisible characters in a finding as code points, so that a person sees them."""
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" if c not in "\n\t\r" else " " for c in text)


def _finding(item: HiddenText) -> HiddenText:
    return item.model_copy(update={"kind": one_line(item.kind, 60), "text": _escape(item.text)[:500]})


_Line = Annotated[str, AfterValidator(one_line)]
# An abstract: `structure` returns at most 5000 characters.
_Long = Annotated[str, AfterValidator(lambda text: one_line(text, 6000))]
_Finding = Annotated[HiddenText, AfterValidator(_finding)]
_Numbers = Annotated[tuple[int, ...], Field(max_length=_MAX_NUMBERS)]


class ReadingReply(Record):
    """An engine's reading; fields as in `classifier.pdf.reading.Reading` and `Document`."""

    engine: _Line
    hidden_checked: bool
    page_count: int = Field(ge=0, le=10_000_000)
    pages: tuple[Page, ...]
    hidden: tuple[_Finding, ...] = Field(max_length=1000)
    image_pages: _Numbers
    doubted_pages: _Numbers
    failed_pages: _Numbers
    failure: _Line
    stopped_by: _Line
    chars: int
    raw_chars: int
    title: _Line | None
    abstract: _Long | None
    sections: tuple[Section, ...] = Field(max_length=1000)
    arxiv_id: _Line | None
    doi: _Line | None

    @model_validator(mode="after")
    def _check_text(self) -> ReadingReply:
        for page in self.pages:
            if _CONTROL.search(page.text):
                raise ValueError(f"control characters on page {page.number}")
        lengths = {page.number: len(page.text) for page in self.pages}
        for section in self.sections:
            if not 0 <= section.start < lengths.get(section.page, 0):
                raise ValueError(f"a section starts outside page {section.page}")
        return self

    @property
    def visible_chars(self) -> int:
        """Characters of visible text on all pages."""
        return sum(len(page.text) for page in self.pages)

    @property
    def is_notice(self) -> bool:
        """Whether a short text says that the paper has moved or was removed."""
        text = "\n".join(page.text for page in self.pages[:3])
        return self.visible_chars < _NOTICE_CHARS and _NOTICE.search(text) is not None

    @property
    def decoded_chars(self) -> float:
        """The number of characters from the engine, including hidden ones, without U+FFFD."""
        return self.raw_chars * (1 - self.undecoded_share)

    @property
    def undecoded_share(self) -> float:
        """Share of characters that are U+FFFD, 0 to 1."""
        return sum(page.text.count("\ufffd") for page in self.pages) / max(self.visible_chars, 1)


def parse_reading(reply: Any) -> ReadingReply:
    """Validate a reply's reading.

    Raises:
        WorkerFailed: Its structure is wrong.
    """
    try:
        return ReadingReply.model_validate(reply)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise WorkerFailed(f"the PDF worker's reply was unusable (wrong {where or 'shape'})") from error
