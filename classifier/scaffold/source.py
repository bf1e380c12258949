"""What every kind of source is turned into: sections, and papers with the sections that list them."""

from __future__ import annotations

from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.record import Record

MARKDOWN = "Markdown"
Path = tuple[str, ...]
"""Headings from the outermost to a section's own."""


class SourceSection(Record):
    """A section as its source has it.

    Attributes:
        titles: See `Path`; unique in a source.
        intro: What the source says about it in sentences; may be empty.
        line: Of its heading; None if the source has no lines.
        is_title: It is the heading of the whole list.
    """

    titles: Path
    intro: str = ""
    line: int | None = None
    is_title: bool = False


class SourcePaper(Record):
    """An entry of the source; `sections` is empty if no section has it."""

    entry: ListEntry
    sections: tuple[Path, ...] = ()


class UnreadItem(Record):
    """A bullet or row with a link that was not read as a paper."""

    line: int
    text: str
    section: Path = ()


class Source(Record):
    """A survey's material, whatever file it came from.

    Attributes:
        name: The file as the user named it.
        form: Its format, for messages.
        title: The survey's title; empty if the source has none.
        definition, scope: What its author says about the whole, if anything.
        sections: In the source's order, parents before children.
        broken: Entries that cannot be used, with line and reason.
        unread: Bullets and rows with links that are no papers, as far as the reader knows.
        keep_empty: Sections without papers become leaves, too (outlines).
    """

    name: str
    form: str
    title: str = ""
    definition: str = ""
    scope: str = ""
    sections: tuple[SourceSection, ...] = ()
    papers: tuple[SourcePaper, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()
    unread: tuple[UnreadItem, ...] = ()
    notices: tuple[str, ...] = ()
    keep_empty: bool = False
