"""An error of SQLite -> what the user can do: make room, or save what a damaged ledger still has.

What enters: the ledger's path and the error. What leaves: a StoreError in one line. It looks into the file
only when it is damaged, and writes nothing.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from classifier.errors import StoreError

LABELS_FILE = "labels.jsonl"
"""Beside the ledger: its labels as of the last run, one a line."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SAVED = {
    # Lengths, so that the rows themselves are read and not only an index.
    "labels": "SELECT count(label), sum(length(entry) + length(label)) FROM main.item",
    "corrections": "SELECT count(*), sum(length(label) + length(note)) FROM main.correction",
    "replies": "SELECT count(*), sum(length(body)) FROM main.reply",
}


def store_error(path: Path, error: sqlite3.Error, what: str, advice: str) -> StoreError:
    """The error in words.

    Args:
        path: Of the ledger.
        what: What could not be done, e.g. "the ledger cannot be opened".
        advice: What to do when it is not damaged.
    """
    if not is_damage(error):
        return StoreError(f"{path}: {what} ({error}); {advice}")
    return damaged(path, f"{what}: it is damaged ({error})")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file's content is wrong, and not the disk, a lock or a permission."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGED


def damaged(path: Path, what: str) -> StoreError:
    """The error of a damaged ledger: what of it can still be read, and how to save it."""
    readable = _readable(path)
    labels = path.with_name(LABELS_FILE)
    try:
        with labels.open("rb") as lines:
            readable.append(f"{sum(1 for _ in lines)} lines of {LABELS_FILE}")
    except OSError:
        pass
    still = f"still readable: {', '.join(readable)}" if readable else "nothing of it can be read"
    return StoreError(
        f"{path}: {what}; {still}; copy the folder first, restore the ledger from a backup or by "
        f"`sqlite3 {path.name} .recover | sqlite3 new.sqlite`, or label again with another --out; "
        "`classifier export DIR -f corrections-csv` saves corrections that are readable"
    )


def _readable(path: Path) -> list[str]:
    found = []
    for name, query in _SAVED.items():
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                count = connection.execute(query).fetchone()[0]
        except sqlite3.Error:
            continue
        found.append(f"{count} {name}")
    return found
