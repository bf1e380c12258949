"""A damaged ledger -> the corrections that can still be read, row by row.

What enters: the path of a file with any content. What leaves: corrections with valid values; those that the
file lacks are taken from labels.jsonl beside it. The file is not changed, and no other table is needed.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple

from classifier.model.entries import Correction, ListEntry

_QUERIES = (
    "SELECT key, label, by, note, at, entry FROM main.correction ORDER BY id {}",
    # Then without the entry, which is long and may be on a damaged page; then with the columns of an
    # older version.
    "SELECT key, label, by, note, at, NULL FROM main.correction ORDER BY id {}",
    "SELECT key, label, by, note, at, NULL FROM main.correction ORDER BY key {}",
)
LABELS_FILE = "labels.jsonl"
"""Beside the ledger: its labels as of the last run, one a line."""
_MAGIC = b"SQLite format 3\0"
_HEADER = struct.Struct(">16sH10xL")
"""SQLite's header: the magic, the page size (1 means 65,536) and, at byte 28, the number of pages."""


class Rescued(NamedTuple):
    """A correction, and the entry that it was made on (None if that is unreadable)."""

    correction: Correction
    entry: ListEntry | None


def readable_corrections(path: Path) -> list[Rescued]:
    """The readable corrections in the order of their times; none if the file is not a ledger.

    The table is read from both ends, up to a damaged page. A row counts only if its text columns contain text
    and its time is valid.
    """
    found: dict[tuple[str, str], Rescued] = {}
    with _as_long_as_it_was(path) as whole:
        for query, order in product(_QUERIES, ("ASC", "DESC")):
            for one in _readable(whole, query.format(order)):
                found.setdefault((one.correction.key, one.correction.at), one)
    keys = {key for key, _ in found}
    for one in _beside(path.with_name(LABELS_FILE)):
        if one.correction.key not in keys:
            found[(one.correction.key, one.correction.at)] = one
    return sorted(found.values(), key=lambda one: one.correction.at)


def _beside(labels: Path) -> Iterator[Rescued]:
    """The corrections in the labels of the last run, which every decision renews."""
    with suppress(OSError), labels.open("rb") as lines:  # a run that was killed has none
        for line in lines:
            if b'"correction"' not in line:
                continue
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                row = json.loads(line)
                made = row["correction"]
                datetime.fromisoformat(made["at"])
                status = {"out_of_scope": "out-of-scope", "unplaced": "unplaced"}.get(row["status"])
                label = str(row["leaf"] or status or "")
                one = Correction(key=row["ref"], label=label, by=made["by"], note=made["note"], at=made["at"])
                if one.key and one.label:
                    yield Rescued(one, None)


@contextmanager
def _as_long_as_it_was(path: Path) -> Iterator[Path]:
    """The file; if its end is missing, a copy padded with zeros, since SQLite rejects a shorter file."""
    try:
        missing = _missing_bytes(path)
        if not missing:
            yield path
            return
        folder = tempfile.TemporaryDirectory(prefix="classifier-")
    except OSError:  # missing, or no space for a copy
        yield path
        return
    with folder:
        copy = Path(folder.name) / path.name
        with suppress(OSError):
            shutil.copyfile(path, copy)
            with copy.open("ab") as file:
                file.truncate(file.tell() + missing)
        yield copy


def _missing_bytes(path: Path) -> int:
    """The number of bytes missing according to the header; 0 if there is no header."""
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
        size = file.seek(0, 2)
    if len(header) < _HEADER.size:
        return 0
    magic, page_size, pages = _HEADER.unpack(header)
    expected: int = pages * (page_size if page_size > 1 else 1 << 16)
    return max(0, expected - size) if magic == _MAGIC else 0


def _readable(path: Path, query: str) -> Iterator[Rescued]:
    """The rows up to the first one that cannot be read."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.text_factory = bytes
            for row in connection.execute(query):
                if (one := _sensible(row)) is not None:
                    yield one
    except sqlite3.Error:
        return


def _sensible(row: tuple[object, ...]) -> Rescued | None:
    try:
        key, label, by, note, at = (_text(value) for value in row[:5])
        datetime.fromisoformat(at)
    except ValueError:
        return None
    if not key or not label:
        return None
    try:
        entry = ListEntry.model_validate_json(_text(row[5])) if row[5] else None
    except ValueError:
        entry = None
    return Rescued(Correction(key=key, label=label, by=by, note=note, at=at), entry)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else ""
