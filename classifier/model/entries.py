"""What a reading list brings, entry by entry, before anything is fetched or labelled.

A reader turns a list of any format into a stream of these records; nothing is dropped: an entry that
cannot be used is a `BrokenEntry` with its line and reason, and the rest continues.
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
        key: The entry's own key or id. If it has none, made from its arXiv id, DOI or title, so that lines
            added to the list do not move it; else from its place. Unique in one run.
        source: The list, as the user named it ("-" for standard input).
        line: Line on which the entry starts, from 1 (row of a table, number of a JSON array's element).
        paper: What the list says: title, authors, year, arXiv id, DOI, abstract.
        file: An attached PDF that exists.
        url: Address of a PDF, if neither a file nor an arXiv id is known.
        type: What kind of work it is, in CSL's terms ("article-journal", "paper-conference", "book", …), or
            in the list's own if CSL has none.
        journal: The journal, proceedings or book that it is in.
        names: The authors in parts, one for each of `paper.authors`; empty when the format does not tell them
            apart.
        notices: What had to be assumed or passed over: `encoding`, `duplicate-key`, `attachment`, ….
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


class BrokenEntry(Record):
    """An entry that cannot be used, and why; `key` if it could be read."""

    source: str
    line: int
    reason: str
    key: str | None = None


class Correction(Record):
    """A person's decision on one entry's paper: it outlives reruns and new keys, and rules exports.

    Attributes:
        label: A leaf id, "out-of-scope" or "unplaced".
        by, note: Who and why, in free words.
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
        duplicate_of: The key of an earlier entry of the same paper; counts of papers leave this one out.
        listed: What the list says of the paper, if a person amended it; `entry` has the amended data.
    """

    entry: ListEntry
    label: Label
    correction: Correction | None = None
    duplicate_of: str | None = None
    listed: Paper | None = None
