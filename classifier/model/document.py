"""A paper as text: pages of visible text, structure, hidden and missing text; made by `pdf`."""

from __future__ import annotations

from classifier.model.measurement import ReadKind
from classifier.model.record import Record


class Page(Record):
    """One page's visible text; `number` counts from 1."""

    number: int
    text: str


class Section(Record):
    """A heading: its title, its page (from 1) and its offset in that page's text."""

    title: str
    page: int
    start: int


class HiddenText(Record):
    """Text that a reader of the page cannot see.

    Attributes:
        kind: Why it is invisible, e.g. "render-mode-3", "near-white", "tiny", "off-page".
        page: Page number from 1.
        text: The content (at most 500 characters; hostile: never sent to a model).
        box: (left, bottom, right, top) in points on the page, if known.
    """

    kind: str
    page: int
    text: str
    box: tuple[float, float, float, float] | None = None


class Document(Record):
    """A paper as text, page by page.

    Attributes:
        pages: Visible text only; hidden text is in `hidden`.
        title, abstract: As printed; None if not found.
        sections: Headings in reading order.
        arxiv_id, doi: As printed on the paper, without version.
        hidden: Text that was removed because a reader cannot see it.
        hidden_checked: False if the check could not run (the label then needs review).
        partial: One line for each sign that text is missing; empty if the text seems complete.
        page_count: Pages in the file; more than `len(pages)` if a limit was reached.
        engine: "pypdfium2", "pypdf" or "text" (built from an abstract, not from a PDF).
        abstract_only: True if no full text was available.
        sandbox: The limits that were in force, for provenance.
    """

    pages: tuple[Page, ...]
    title: str | None = None
    abstract: str | None = None
    sections: tuple[Section, ...] = ()
    arxiv_id: str | None = None
    doi: str | None = None
    hidden: tuple[HiddenText, ...] = ()
    hidden_checked: bool = True
    partial: tuple[str, ...] = ()
    page_count: int = 0
    engine: str = "text"
    abstract_only: bool = False
    sandbox: str = ""

    @property
    def read_kind(self) -> ReadKind:
        """What was read: a PDF, an abstract, or plain text."""
        if self.engine != "text":
            return "pdf"
        return "abstract" if self.abstract_only else "text"

    @property
    def text(self) -> str:
        """All visible text, pages joined by form feeds."""
        return "\f".join(page.text for page in self.pages)
