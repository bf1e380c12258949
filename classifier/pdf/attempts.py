"""Decides which engine reads a file, and whether its text can be trusted.

What enters: a path and a worker's slot. What leaves: the better of at most two readings, with one line for
each sign of missing text. PDFium reads first; pypdf reads the file if PDFium fails or its text looks damaged,
and a few pages if the text is doubtful, since it costs twelve times as much per page (docs/adr/0002).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import EncryptedPdf, InternalError, UnreadablePdf
from classifier.pdf.limits import PdfLimits
from classifier.pdf.reply import ReadingReply, one_line, parse_reading
from classifier.pdf.sandbox import Slot, WorkerFailed

_FIRST_SHARE = 2 / 3
"""PDFium's share of the wall time; pypdf gets the rest."""
_CHECK_PAGES = 3
"""Number of pages that both engines read in doubtful cases, since pypdf is slow (docs/adr/0002)."""
_CHECK_S = 20.0
"""Seconds for these pages: pypdf takes about 0.04 s per page (docs/adr/0002), so if it takes longer, it
hangs."""
_MIN_AGREEMENT = 0.9
"""Least word F1 of the two engines on a page; the median over 803 pages is 0.996 (docs/adr/0002)."""
_FEW_CHARS_A_PAGE = 300
"""Below this many characters per page (without image pages), text seems to be lost (docs/adr/0002)."""
_MAX_UNDECODED = 0.01
"""Above this share of U+FFFD characters, the text looks damaged (docs/adr/0002)."""
_MUCH_MORE = 1.1
"""pypdf is preferred if it gives this many times PDFium's text, since only PDFium's is checked for hidden
text."""
_NO_TEXT_CHARS = 20
"""A page with fewer characters has at most a page number or a stamp."""
_MANY_WITHOUT_TEXT = 0.25
"""Above this share of pages without text there is a warning; papers have some pages with figures only.

A lower share would warn about these. It was not measured.
"""
_TAIL_BYTES = 2048
"""Bytes at the end in which the end of the trailer is searched.

Acrobat takes it within the last 1024 (PDF Reference 1.7, appendix H); files get padded.
"""
_HIDDEN_KEPT = 1000
"""Most findings kept from both readings, the same as for one (`reply.ReadingReply`)."""


@dataclass(frozen=True)
class ReadOutcome:
    """The reading to use, the signs of missing text, and the limits in force."""

    reading: ReadingReply
    partial: tuple[str, ...]
    in_force: tuple[str, ...]


class _Failed(Exception):
    """An engine could not read the file."""


class Attempts:
    """The attempts on one file; all share one wall limit."""

    def __init__(self, slot: Slot, path: Path, limits: PdfLimits) -> None:
        self._slot = slot
        self._path = path
        self._limits = limits
        self._deadline = time.monotonic() + limits.wall_s

    def run(self) -> ReadOutcome:
        """Read the file.

        Raises:
            EncryptedPdf: If a password is needed.
            UnreadablePdf: If both engines failed.
            InternalError: If the worker itself is at fault.
        """
        try:
            reading = self._read("pdfium", _FIRST_SHARE * self._limits.wall_s)
        except _Failed as first:
            try:
                reading = self._read("pypdf", self._left())
            except _Failed as second:
                raise UnreadablePdf(
                    f"{self._path.name}: no engine could read it ({first}; {second}); "
                    "the file is damaged; fetch or export it again"
                ) from second
            return self._outcome(reading, [f"only the second engine could read it ({first})"])
        damage = _find_damage(reading)
        if damage:
            return self._replace(reading, damage)
        return self._cross_check(reading)

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _read(self, engine: str, wall_s: float, only: tuple[int, ...] = ()) -> ReadingReply:
        limits = self._limits
        job: dict[str, Any] = {"op": "read", "engine": engine, "path": str(self._path), "only": only}
        job |= {"pages": limits.pages, "chars": limits.chars, "cpu_s": limits.cpu_s}
        try:
            reply = self._slot.ask(job, min(wall_s, self._left()))
            if "reading" in reply:
                return parse_reading(reply["reading"])
        except WorkerFailed as error:
            raise _Failed(f"{engine}: {error}") from error
        if reply.get("error") == "password":
            raise EncryptedPdf(
                f"{self._path.name}: encrypted, and the empty password does not open it; "
                "save a copy without a password and classify that"
            )
        reason = one_line(str(reply.get("message", "no reason given")))
        if reply.get("error") == "bug":
            raise InternalError(
                f"{self._path.name}: the PDF worker has a fault ({reason}); "
                "expected a whole installation: reinstall, or report this line"
            )
        raise _Failed(reason)

    def _replace(self, first: ReadingReply, damage: str) -> ReadOutcome:
        """Read the whole file with pypdf, and keep the reading with more text."""
        try:
            second = self._read("pypdf", self._left())
        except (_Failed, EncryptedPdf):
            return self._outcome(first, [damage])
        if second.decoded_chars > _MUCH_MORE * first.decoded_chars:
            second = second.model_copy(update={"hidden": (*first.hidden, *second.hidden)[:_HIDDEN_KEPT]})
            return self._outcome(second, [f"the second engine was used: {damage}"])
        # If both engines return the same short text, it is short, not damaged.
        same = _agreement(first, second, [page.number for page in first.pages]) >= _MIN_AGREEMENT
        return self._outcome(first, [] if same and not first.failed_pages else [damage])

    def _cross_check(self, reading: ReadingReply) -> ReadOutcome:
        pages = _sample(reading, _has_damaged_end(self._path))
        if not pages:
            return self._outcome(reading, [])
        named = ", ".join(map(str, pages))
        try:
            other = self._read("pypdf", _CHECK_S, pages)
        except (_Failed, EncryptedPdf):
            return self._outcome(reading, [f"text could not be cross-checked on page {named}"])
        agreement = _agreement(reading, other, pages)
        if agreement >= _MIN_AGREEMENT:
            return self._outcome(reading, [])
        return self._replace(reading, f"the engines agree on {agreement:.0%} of the words of page {named}")

    def _outcome(self, reading: ReadingReply, lines: list[str]) -> ReadOutcome:
        return ReadOutcome(reading, (*lines, *_signs_of_loss(reading)), self._slot.in_force)


def _find_damage(reading: ReadingReply) -> str:
    """Why PDFium's text looks damaged; empty if it does not."""
    if reading.failed_pages:
        failed = f"{len(reading.failed_pages)} of {reading.page_count} pages"
        return f"{failed} could not be read ({reading.failure})"
    if reading.undecoded_share > _MAX_UNDECODED:
        return f"{reading.undecoded_share:.0%} of the characters could not be decoded"
    drawn = [page for page in reading.pages if page.number not in reading.image_pages]
    # A notice is always short, and is rejected: it needs no second reading.
    few = reading.raw_chars < _FEW_CHARS_A_PAGE * len(drawn) and not reading.is_notice
    return f"only {reading.visible_chars} characters on {len(reading.pages)} pages" if few else ""


def _sample(reading: ReadingReply, damaged_end: bool) -> tuple[int, ...]:
    """Pages to compare: those that draw text but returned none; otherwise some pages of a damaged file."""
    if reading.doubted_pages:
        return _spread(reading.doubted_pages)
    return _spread([page.number for page in reading.pages]) if damaged_end else ()


def _spread(numbers: list[int] | tuple[int, ...]) -> tuple[int, ...]:
    last = len(numbers) - 1
    return tuple(sorted({numbers[round(last * k / (_CHECK_PAGES - 1))] for k in range(_CHECK_PAGES)}))


def _has_damaged_end(path: Path) -> bool:
    """Whether the trailer is missing or points nowhere, so that PDFium had to guess the file's objects."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
        match = re.search(rb"startxref\s+(\d{1,12})\s+%%EOF", tail)
        if match is None:
            return True
        file.seek(min(int(match[1]), size))
        return re.match(rb"\s*(?:xref|\d+\s+\d+\s+obj)", file.read(64)) is None


def _agreement(one: ReadingReply, other: ReadingReply, pages: tuple[int, ...] | list[int]) -> float:
    """F1 of the two engines' words over these pages; 1.0 if neither has any."""
    bags = []
    for reading in (one, other):
        text = " ".join(page.text for page in reading.pages if page.number in pages)
        bags.append(Counter(re.findall(r"[^\W_]{2,}", text.lower())))
    total = sum(bags[0].values()) + sum(bags[1].values())
    return 2 * sum((bags[0] & bags[1]).values()) / total if total else 1.0


def _signs_of_loss(reading: ReadingReply) -> list[str]:
    lines = []
    if reading.stopped_by:
        lines.append(
            f"only {len(reading.pages)} of {reading.page_count} pages were read: "
            f"{reading.stopped_by} was reached"
        )
    hidden_on = {item.page for item in reading.hidden}
    empty = [p for p in reading.pages if len(p.text) < _NO_TEXT_CHARS and p.number not in hidden_on]
    if len(empty) > 1 and len(empty) > _MANY_WITHOUT_TEXT * len(reading.pages):
        lines.append(f"{len(empty)} of {len(reading.pages)} pages have no text (scanned or drawn)")
    return lines
