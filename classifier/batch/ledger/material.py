"""The parts of an entry that decide its label: the label is kept as long as they are unchanged.

What enters: stored records as JSON. What leaves: digests and parts of them, also as SQL functions for
migrations. The position of an entry (list, line, key) decides nothing. Its PDF is compared by its bytes.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from classifier.model.entries import ListEntry
from classifier.model.label import LabelledPaper
from classifier.model.traits import Traits, traits_of

_DECIDING = ("title", "authors", "year", "arxiv_id", "doi", "abstract")
"""The fields of a paper that its prompt, source or label use. Changes of other fields are ignored."""


_NO_AUTHORS = frozenset(("et al", "et alii", "others", "and others"))


class FileState(NamedTuple):
    """The sha256 of a PDF, and the size, times and inode that show changes."""

    sha256: str
    state: str


def material_of(entry: str) -> str:
    """A digest of what decides an entry's label, without the bytes of its file.

    Args:
        entry: ListEntry as JSON.
    """
    read = _object(entry)
    paper = read.get("paper") or {}
    deciding = [paper.get(name) or None for name in _DECIDING]
    authors = deciding[1] if isinstance(deciding[1], list) else []
    # Earlier versions kept "et al." as an author; an entry without it is still the same.
    deciding[1] = [name for name in authors if str(name).strip(" .").lower() not in _NO_AUTHORS] or None
    value = json.dumps([*deciding, read.get("url"), bool(read.get("file"))])
    return hashlib.sha256(value.encode()).hexdigest()[:32]


def paper_of(label: str | None) -> str | None:
    """The LabelledPaper of a Label, both as JSON; None without one."""
    paper = _object(label).get("paper")
    return json.dumps(paper) if paper else None


def file_of(label: str | None) -> str | None:
    """The sha256 of the entry's own file that a label was made from.

    None if it was made from another source.
    """
    paper = _object(label).get("paper") or {}
    return paper.get("sha256") if paper.get("source") == "file" else None


def traits_of_stored(entry: str | None, found: str | None, file_sha256: str | None) -> Traits:
    """The traits by which a stored entry's paper is recognised.

    Args:
        entry: ListEntry as JSON; None if it is no longer known.
        found: LabelledPaper as JSON.
        file_sha256: Of its PDF.
    """
    if entry is None:
        return Traits()
    try:
        labelled = LabelledPaper.model_validate_json(found) if found else None
    except ValidationError:
        labelled = None
    return traits_of_entry(ListEntry.model_validate_json(entry), labelled, file_sha256)


def traits_of_entry(entry: ListEntry, found: LabelledPaper | None, file_sha256: str | None) -> Traits:
    """The traits by which an entry's paper is recognised."""
    return traits_of(entry.paper, found, file_sha256, entry.url)


def state_of_file(file: Path) -> str | None:
    """The size, times and inode of a file; None if it cannot be accessed."""
    try:
        found = file.stat()
    except OSError:  # deleted since the list was read: the run reports it
        return None
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"


def sha256_of(file: Path) -> str | None:
    """The sha256 of a file's bytes; None if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def add_functions(connection: sqlite3.Connection) -> None:
    """Registers the three functions on a connection, for migrations."""
    for function in (material_of, paper_of, file_of):
        connection.create_function(function.__name__, 1, function, deterministic=True)


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except ValueError:  # a damaged row; reading it reports that
        return {}
    return value if isinstance(value, dict) else {}
