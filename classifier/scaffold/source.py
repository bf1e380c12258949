"""The common form of all sources: sections, and papers with the sections that list them."""

from __future__ import annotations

from classifier.lists.markdown_items import ItemKind
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.record import Record

MARKDOWN = "Markdown"
PDF = "PDF"
Path = tuple[str, ...]
"""Headings from the outermost to a section's own."""


class SourceSection(Record):
    """A section of the source.

    Attributes:
        titles: See `Path`; unique in a source.
        intro: Sentences of the source about it; may be empty.
        line: Line of its heading; None if the source has no lines.
        is_title: It is the heading of the whole list.
    """

    titles: Path
    intro: str = ""
    line: int | None = None
    is_title: bool = False


class SourcePaper(Record):
    """An entry of the source; `sections` is empty if no section has it.

    Attributes:
        remark: A sentence of the list about it, which is used if nobody has its abstract.
    """

    entry: ListEntry
    sections: tuple[Path, ...] = ()
    remark: str = ""


class SourceItem(Record):
    """A bullet or row of a Markdown list; `kind` as in `classifier.lists.markdown_items`."""

    line: int
    kind: ItemKind
    section: Path = ()


class UnreadItem(Record):
    """A bullet or row with a link that was not read as a paper."""

    line: int
    text: str
    section: Path = ()


class Source(Record):
    """The material for a survey, from any kind of file.

    Attributes:
        name: The file as the user named it.
        form: Its format, for messages.
        title: The survey's title; empty if the source has none.
        definition, scope: The author's texts about the whole survey, if there are any.
        sections: In the source's order, parents before children.
        broken: Entries that cannot be used, with line and reason.
        unread: Bullets and rows with links that were not recognised as papers.
        items: All bullets and rows of a Markdown list.
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
    items: tuple[SourceItem, ...] = ()
    notices: tuple[str, ...] = ()
    keep_empty: bool = False
