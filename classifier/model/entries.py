"""The entries of a reading list, before anything is fetched or labelled.

A reader turns a list of any format into a stream of these records; no entry is dropped: one that cannot be
used becomes a `BrokenEntry` with its line and reason, and reading continues.
"""

from __future__ import annotations

from pathlib import Path

from classifier.model.label import Label
from classifier.model.paper import Paper
from classifier.model.record import Notice, Record


class PersonName(Record):
    """A person's name in parts; an organisation has a family name only."""

    family: str
    given: str = ""
    suffix: str = ""


class ListEntry(Record):
    """One entry of a list.

    Attributes:
        key: The entry's own key or id. If it has none, made from its arXiv id, DOI or title, so that added
            lines do not change it; else from its position. Unique in one run.
        source: The list, as the user named it ("-" for standard input).
        line: Line on which the entry starts, from 1 (row of a table, number of a JSON array's element).
        paper: The list's data: title, authors, year, arXiv id, DOI, abstract.
        file: An attached PDF that exists.
        url: Address of a PDF, if neither a file nor an arXiv id is known.
        type: What kind of work it is, in CSL's terms ("article-journal", "paper-conference", "book", …), or
            in the list's own terms if CSL has none.
        journal: The journal, proceedings or book that contains it.
        names: The authors in parts, one for each of `paper.authors`; empty if the format does not separate
            the parts.
        more_authors: Whether the list says that there are others ("et al.", "and others").
        notices: What was assumed or ignored: `encoding`, `duplicate-key`, `attachment`, ….
    """

    key: str
    source: str
    line: int
    paper: Paper = Paper()
    file: Path | None = None
    url: str | None = None
    notices: tuple[Notice, ...] = ()
    type: str | None = None
    journal: str | None = None
    names: tuple[PersonName, ...] = ()
    more_authors: bool = False


class BrokenEntry(Record):
    """An entry that cannot be used, and the reason; `key` is set if it could be read."""

    source: str
    line: int
    reason: str
    key: str | None = None


class Correction(Record):
    """A person's label for an entry's paper; it survives reruns and changed keys, and exports use it.

    Attributes:
        label: A leaf id, "out-of-scope" or "unplaced".
        by, note: Who made it, and why, as free text.
        at: ISO 8601, UTC.
    """

    key: str
    label: str
    by: str = ""
    note: str = ""
    at: str = ""


class Row(Record):
    """One line of a labelled list: the entry, its label, and a person's correction if there is one.

    Attributes:
        duplicate_of: The key of an earlier entry of the same paper; this entry is then not counted as a
            paper.
    """

    entry: ListEntry
    label: Label
    correction: Correction | None = None
    duplicate_of: str | None = None
