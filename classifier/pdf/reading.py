"""The data that an engine collects from a file inside the worker, and its budget.

Plain dataclasses: they are sent to the parent as JSON. Structure is found here too, so that every pattern on
hostile text runs under the sandbox's CPU limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from classifier.pdf.sections import find_sections
from classifier.pdf.structure import SizedLine, find_abstract, find_arxiv_id, find_doi, find_title

_MAX_HIDDEN = 1000
"""Most findings per file, as the parent accepts (`reply.ReadingReply`)."""
_MAX_HIDDEN_CHARS = 500
"""Most characters of a finding, as in `classifier.text.invisible.MAX_TEXT`."""
_MAX_LISTED = 200
"""Most failed pages listed by number: enough to see that a file is broken."""
_MAX_REASON = 200
"""Most characters of the first failure's reason: one line in a message."""


class ReadError(Exception):
    """The file did not open.

    Attributes:
        code: `password` or `broken`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class PdfReading:
    """Pages read so far, and findings about them. Page numbers count from 1."""

    engine: str
    hidden_checked: bool
    page_count: int = 0
    pages: list[dict[str, Any]] = field(default_factory=list)
    hidden: list[dict[str, Any]] = field(default_factory=list)
    lines: list[SizedLine] = field(default_factory=list)
    image_pages: list[int] = field(default_factory=list)
    doubted_pages: list[int] = field(default_factory=list)
    failed_pages: list[int] = field(default_factory=list)
    failure: str = ""
    stopped_by: str = ""
    chars: int = 0
    raw_chars: int = 0

    def add_page(self, number: int, raw: str, text: str, hidden: list[dict[str, Any]]) -> None:
        """Add a page's visible text, its hidden text, and the length of `raw`, the engine's complete text."""
        self.chars += len(text)
        self.raw_chars += len(raw)
        self.pages.append({"number": number, "text": text})
        for item in hidden[: _MAX_HIDDEN - len(self.hidden)]:
            self.hidden.append({**item, "page": number, "text": item["text"][:_MAX_HIDDEN_CHARS]})

    def replace_page(self, index: int, text: str) -> None:
        """Replace the text of the page with this index, from 0."""
        page = self.pages[index]
        self.chars += len(text) - len(page["text"])
        page["text"] = text

    def fail_page(self, number: int, reason: str) -> None:
        """Add an empty page, and record that it could not be read."""
        self.pages.append({"number": number, "text": ""})
        if len(self.failed_pages) < _MAX_LISTED:
            self.failed_pages.append(number)
        self.failure = self.failure or reason[:_MAX_REASON]

    def to_reply(self) -> dict[str, Any]:
        """The JSON reply, with the structure found in the text."""
        texts = [page["text"] for page in self.pages]
        first = texts[0] if texts else ""
        sections = find_sections(texts)
        for section in sections:
            section["page"] = self.pages[section["page"] - 1]["number"]
        gathered = {name: value for name, value in vars(self).items() if name != "lines"}
        return gathered | {
            "title": find_title(self.lines),
            "abstract": find_abstract(texts),
            "sections": sections,
            "arxiv_id": find_arxiv_id(first),
            "doi": find_doi(first),
        }


class Budget:
    """Stops an engine between two pages, before the sandbox stops it in the middle of a page."""

    def __init__(self, pages: int, chars: int, cpu_s: float) -> None:
        self._pages = pages
        self._chars = chars
        self._cpu_s = cpu_s
        self._started = time.process_time()

    def allows(self, index: int, reading: PdfReading) -> bool:
        """Whether the page of this index (from 0) may be read.

        If not, the reason is recorded in the reading.
        """
        if index >= self._pages:
            reading.stopped_by = f"the limit of {self._pages} pages"
        elif reading.chars >= self._chars:
            reading.stopped_by = f"the limit of {self._chars} characters"
        elif not self.has_time():
            reading.stopped_by = f"the limit of {self._cpu_s:.0f} CPU seconds"
        return not reading.stopped_by

    def has_time(self) -> bool:
        """Whether CPU time is left."""
        return time.process_time() - self._started <= self._cpu_s
