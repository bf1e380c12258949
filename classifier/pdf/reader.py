"""The entry point of the PDF stage: path -> `Document`, or one clear error.

Checks size and header, reads the file in a sandboxed worker, and rejects files that are not papers. It does
not fetch files, and it does not decide what a model is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from classifier.errors import InputError, NotAPaper, NotAPdf, NoTextError, UnreadablePdf
from classifier.model.document import Document
from classifier.pdf.attempts import Attempts, ReadOutcome
from classifier.pdf.limits import MIB, PdfLimits
from classifier.pdf.places import PagePlaces, parse_places, parse_png
from classifier.pdf.reply import ReadingReply, one_line
from classifier.pdf.sandbox import Pool, WorkerFailed
from classifier.text.characters import dense_chars, latin_length

_HEADER_BYTES = 1024
"""Acrobat accepts a header within the first 1024 bytes (PDF Reference 1.7, appendix H)."""
_SCAN_CHARS_A_PAGE = 200
"""A file of images with fewer characters per page is a scan: a stamp has about 90."""
_VOCABULARY_CHARS = 20_000
"""Most characters whose words are counted, to limit the time; enough to see a repeated pattern."""
_DECODED = 0.6
"""If a lower share of the characters is left after the control codes are removed, they are no letters."""
_FEW_WORDS = 30
"""A text with fewer distinct words is a repeated pattern (docs/adr/0002); `min_chars` of prose have over a
hundred."""
_ARXIV_LINK = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})", re.IGNORECASE)


class Box(NamedTuple):
    """A character's position on its page, in points from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float


class PdfReader:
    """Reads PDFs in sandboxed worker processes, which it starts on demand and keeps for the next file.

    Thread-safe. Use it as a context manager, or call `close`.

    Example:
        >>> with PdfReader() as reader:  # doctest: +SKIP
        ...     reader.read("paper.pdf").title
        'Adam: A Method for Stochastic Optimization'
    """

    def __init__(self, workers: int = 1, limits: PdfLimits | None = None) -> None:
        self._limits = limits or PdfLimits()
        self._pool = Pool(workers, self._limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def read(self, path: str | Path) -> Document:
        """Read a paper.

        Returns:
            Its visible text page by page with structure, the hidden text separately, and signs of missing
            text.

        Raises:
            NotAPdf: No PDF header in the first kilobyte.
            EncryptedPdf: A password is needed.
            NoTextError: A scan, or no content.
            NotAPaper: Less than `PdfLimits.min_chars` of visible text, or a notice.
            UnreadablePdf: Missing, broken, or over a limit.
            InternalError: The worker cannot be started, or has a bug. Errors about the text
            contain the file's hidden text as `hidden`.
        """
        path = Path(path).absolute()
        _check_bytes(path, self._limits)
        with self._pool.slot() as slot:
            outcome = Attempts(slot, path, self._limits).run()
        error = _find_reason_to_refuse(path.name, outcome.reading, self._limits)
        if error:
            error.hidden = outcome.reading.hidden
            raise error
        return _to_document(outcome, self._limits)

    async def aread(self, path: str | Path) -> Document:
        """As `read`, in a thread."""
        import asyncio  # slow to import, and not needed by `read`

        return await asyncio.to_thread(self.read, path)

    def locate(
        self, path: str | Path, page: int, start: int, end: int, expected: str | None = None
    ) -> tuple[Box, ...]:
        """Boxes of the inked characters in [start, end) of a page's visible text, in reading order.

        Computed on demand: boxes of all characters would cost four times the text itself.

        Args:
            path: The PDF.
            page: From 1.
            start: Offset in `Page.text`.
            end: Offset after the last character.
            expected: The text there, as a check: pypdf's text has other offsets.

        Returns:
            No boxes for an empty span, a page that does not exist, or if `expected` is not found.

        Raises:
            UnreadablePdf: If the file cannot be opened any more.
        """
        path = Path(path).absolute()
        job = {"op": "locate", "path": str(path), "page": page, "start": start, "end": end}
        job |= {"expected": expected, "cpu_s": self._limits.cpu_s}
        try:
            with self._pool.slot() as slot:
                boxes = slot.ask(job, self._limits.wall_s)["boxes"]
            return tuple(Box(*map(float, box)) for box in boxes)
        except (WorkerFailed, KeyError, TypeError, ValueError) as error:
            raise UnreadablePdf(
                f"{path.name}: no positions on page {page} ({error}); expected a PDF that was read before"
            ) from error

    def places(self, path: str | Path, page: int, spans: Sequence[tuple[int, int, str]]) -> PagePlaces:
        """The positions of quotes and hidden text on a page as it is shown.

        Args:
            page: From 1.
            spans: Start, end (half-open, in `Page.text`) and quote, each.

        Raises:
            UnreadablePdf: The file cannot be opened, or has no such page.
        """
        reply = self._draw(path, page, 0, [list(span) for span in spans], png=False)
        return parse_places(reply, len(spans))

    def picture(self, path: str | Path, page: int, width: int = 1200) -> bytes:
        """A page as a PNG file, `width` pixels wide, or less if it would have over 6 million pixels.

        Raises:
            UnreadablePdf: As `places`.
        """
        return parse_png(self._draw(path, page, width, [], png=True))

    def _draw(self, path: str | Path, page: int, width: int, spans: list[Any], *, png: bool) -> Any:
        path = Path(path).absolute()
        _check_bytes(path, self._limits)
        job = {"op": "draw", "path": str(path), "page": page, "width": width, "spans": spans, "png": png}
        try:
            with self._pool.slot() as slot:
                reply = slot.ask(job | {"cpu_s": self._limits.cpu_s}, self._limits.wall_s)
        except WorkerFailed as error:
            raise UnreadablePdf(f"page {page} cannot be shown: {error}") from error
        if "error" in reply:
            raise UnreadablePdf(f"page {page} cannot be shown: {one_line(str(reply.get('message')))}")
        return reply


def _check_bytes(path: Path, limits: PdfLimits) -> None:
    """Reject files by their bytes before an engine reads them."""
    if path.exists() and not path.is_file():
        raise UnreadablePdf(f"{path.name}: not a file; expected the path of a PDF")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except OSError as error:
        raise UnreadablePdf(
            f"{path.name}: cannot be opened ({error.strerror}); expected a readable PDF file"
        ) from error
    if b"%PDF-" not in head:
        raise NotAPdf(
            f"{path.name}: {_describe(head)}, not a PDF (no '%PDF-' at its start); fetch the paper again"
        )
    if size > limits.file_bytes:
        raise UnreadablePdf(
            f"{path.name}: {size // MIB} MiB, over the limit of {limits.file_bytes // MIB} MiB; "
            "raise the limit to read it"
        )


def _describe(head: bytes) -> str:
    if not head.strip():
        return "an empty file"
    if re.search(rb"<!doctype html|<html|<head|<body", head, re.IGNORECASE):
        return "looks like an HTML page, as servers send if they deny access"
    return "something else"


def _find_reason_to_refuse(name: str, reading: ReadingReply, limits: PdfLimits) -> InputError | None:
    chars, pages = reading.visible_chars, len(reading.pages)
    scanned = chars < _SCAN_CHARS_A_PAGE * pages and 2 * len(reading.image_pages) >= pages
    if not chars or scanned:
        return NoTextError(
            f"{name}: no text on its {pages} page{'s' * (pages != 1)}, expected a text layer: "
            "it needs OCR (or is empty); run one over it and classify the result"
        )
    if reading.is_notice:
        link = _ARXIV_LINK.search("\n".join(page.text for page in reading.pages[:3]))
        hint = f"classify arXiv:{link[1]} instead" if link else "look for the paper that it mentions"
        return NotAPaper(f"{name}: a notice of {chars} characters instead of a paper; {hint}")
    garbled = chars < _DECODED * reading.raw_chars and not reading.hidden
    if garbled and (chars < limits.min_chars or _vocabulary(reading) < _FEW_WORDS):
        return NoTextError(
            f"{name}: {chars} of {reading.raw_chars} characters can be decoded, expected nearly all: "
            "its fonts do not say which letters they draw; run OCR over it and classify the result"
        )
    if sum(latin_length(page.text) for page in reading.pages) < limits.min_chars:
        return NotAPaper(
            f"{name}: too short for a paper ({chars} characters of visible text, "
            f"expected at least {limits.min_chars}); check that it is the whole paper"
        )
    words = _vocabulary(reading)
    if words < _FEW_WORDS:
        return NotAPaper(
            f"{name}: a vocabulary of {words} in {min(chars, _VOCABULARY_CHARS)} characters, expected "
            f"at least {_FEW_WORDS} different words; check that it is a paper"
        )
    return None


def _vocabulary(reading: ReadingReply) -> int:
    """Different words at the start of a text."""
    start = " ".join(page.text for page in reading.pages)[:_VOCABULARY_CHARS]
    return len(set(start.lower().split()) | set(dense_chars(start)))


def _to_document(outcome: ReadOutcome, limits: PdfLimits) -> Document:
    reading = outcome.reading
    common = Document.model_fields.keys() & ReadingReply.model_fields.keys()
    shared = {name: getattr(reading, name) for name in common}
    return Document(**shared, partial=outcome.partial, sandbox=_describe_sandbox(outcome.in_force, limits))


def _describe_sandbox(in_force: tuple[str, ...], limits: PdfLimits) -> str:
    values = {"address space": f" {limits.memory_bytes // MIB} MiB", "CPU": f" {limits.cpu_s} s"}
    named = [f"{name}{values.get(name, '')}" for name in in_force]
    return ", ".join([*named, f"wall {limits.wall_s:g} s"])
