"""Copies a SQLite file while others write it, with complete transactions only, by SQLite's backup API."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from classifier.service.store.schema import BUSY_S, DATABASE

_PATIENCE_S = 60.0
"""Seconds that a database may be completely locked; in WAL mode, which we use, it never is."""


class NotCopied(Exception):
    """The file is not a database, is damaged, or cannot be read; the message says which."""


def snapshot(source: Path, copy: Path) -> None:
    """Copies a database into a single new file; the source is not changed.

    Browser sessions of the service's database are left out.

    Raises:
        NotCopied: See `NotCopied`.
    """
    try:
        with (
            closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
            ) as read,
            closing(sqlite3.connect(copy, isolation_level=None)) as written,
        ):
            read.execute(
                "SELECT count(*) FROM sqlite_master"
            ).fetchone()  # an empty copy would hide a bad file
            read.backup(
                written, progress=_patience()
            )  # all pages in one step: in WAL mode nobody waits for it
            written.execute("PRAGMA journal_mode = DELETE")
            if source.name == DATABASE and _has(written, "session"):
                written.execute("PRAGMA secure_delete = ON")
                written.execute("DELETE FROM session")
            problem = damage(written)
    except sqlite3.Error as error:
        raise NotCopied(str(error)) from error
    if problem:
        raise NotCopied(f"it is damaged: {problem}")


def _patience() -> Callable[[int, int, int], None]:
    """Ends the waiting for a lock, which Python's `backup` would do forever."""
    until = time.monotonic() + _PATIENCE_S

    def check(_status: int, remaining: int, _total: int) -> None:
        if remaining and time.monotonic() > until:
            raise NotCopied(f"it stays locked for {_PATIENCE_S:g} s")

    return check


def damage_of(file: Path) -> str:
    """What is wrong with a database; empty if nothing is wrong."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as read:
            return damage(read)
    except sqlite3.Error as error:
        return str(error)


def damage(connection: sqlite3.Connection) -> str:
    """The first finding of SQLite's own check; empty if there is none."""
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if found == "ok" else found


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone())
