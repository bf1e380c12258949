"""The output of every reader: an entry's fields as texts, or the reason why there are none.

A reader knows its format's syntax and the names of its fields. `classifier.lists.build` interprets the texts
(which id, which year, whether an attached file exists) for all formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from classifier.lists.lines import ListLine
from classifier.model.entries import PersonName
from classifier.model.record import Notice

MAX_ENTRY_CHARS = 4 << 20
"""Longest accepted entry; a longer one has an unclosed brace or quote, or is not a list."""


@dataclass(slots=True)
class Raw:
    """The fields of one entry, as the list has them.

    Attributes:
        line: Where it starts, from 1; as `ListEntry.line`.
        key: The entry's own key; empty if it has none.
        authors: One name each, given names first.
        year: Any text that holds a year.
        arxiv: An arXiv id, from a field that is meant for one.
        urls, files: Addresses and paths, best first.
        hints: Texts that may mention an id: notes, journals, "howpublished".
        notices: Assumptions of the reader.
        names: The authors in parts, as many as `authors`; empty if the format does not separate the parts.
        more_authors: The authors' field itself said so; `build` finds it among the names.
        journal, type: As the list has them.
        filed: Where the list itself files the entry: names of groups, collections, categories or keywords.
        filed_by: Which of these: "groups", "category", "tags" or "keywords"; empty if there are none.
        remark: A sentence of the list's author about the paper; no abstract.
        fields: The entry's fields by name, as the reader found them.
    """

    line: int
    key: str = ""
    title: str = ""
    authors: Sequence[str] = ()
    year: str = ""
    doi: str = ""
    arxiv: str = ""
    abstract: str = ""
    urls: Sequence[str] = ()
    files: Sequence[str] = ()
    hints: Sequence[str] = ()
    notices: list[Notice] = field(default_factory=list)
    names: Sequence[PersonName] = ()
    more_authors: bool = False
    journal: str = ""
    type: str = ""
    filed: Sequence[str] = ()
    filed_by: str = ""
    remark: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Damaged:
    """A part of the list that is not an entry, and why; becomes a `BrokenEntry`."""

    line: int
    reason: str
    key: str = ""


Found: TypeAlias = Raw | Damaged
Reader: TypeAlias = Callable[[Iterator[ListLine]], Iterator[Found]]


def too_long(line: int, key: str = "") -> Damaged:
    """The finding for an entry over `MAX_ENTRY_CHARS`, or on a line over the limit of lines."""
    limit = f"{MAX_ENTRY_CHARS >> 20} MiB"
    return Damaged(line, f"longer than {limit}; shorten it, or look for a brace or quote left open", key)


ASSUMED = Notice(code="encoding", message="not UTF-8: read as Windows-1252; check accents, or save as UTF-8")
"""The notice of every entry with a line that was read as Windows-1252."""
