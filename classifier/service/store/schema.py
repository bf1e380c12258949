"""The tables, and migrations of older files. A newer file is rejected."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from classifier.errors import StoreError

DATABASE = "service.sqlite"
QUEUE = "queue.sqlite"
"""File of `tasks`, which empties it at each start: a backup does not need it."""
BUSY_S = 5.0
"""Seconds that a request waits for another transaction; each takes milliseconds."""

_MIGRATIONS = (
    """
    CREATE TABLE user (
        name TEXT PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('reader', 'reviewer', 'owner')),
        token TEXT NOT NULL UNIQUE,   -- sha256
        created TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE session (
        token TEXT PRIMARY KEY,       -- sha256
        user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
        until REAL NOT NULL           -- Unix time
    ) WITHOUT ROWID;
    CREATE TABLE run (
        id TEXT PRIMARY KEY,          -- name of its folder
        number INTEGER NOT NULL UNIQUE,   -- in the order of creation
        kind TEXT NOT NULL CHECK (kind IN ('list', 'paper')),
        user TEXT NOT NULL,
        created TEXT NOT NULL,
        title TEXT NOT NULL,          -- a file's name or a reference, for people
        task TEXT NOT NULL,           -- JSON: what is to be labelled, and how
        wanted TEXT NOT NULL CHECK (wanted IN ('nothing', 'run', 'pause')),
        retry INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL,
        code TEXT, message TEXT,      -- why it stopped
        changed TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE replay (
        user TEXT NOT NULL, key TEXT NOT NULL,
        request TEXT NOT NULL,        -- sha256 of what was asked
        run TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (user, key)
    ) WITHOUT ROWID;
    CREATE TABLE event (
        run TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    CREATE TABLE spending (
        run TEXT NOT NULL, user TEXT NOT NULL, day TEXT NOT NULL,
        spent REAL NOT NULL DEFAULT 0, reserved REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (run, day)
    ) WITHOUT ROWID;
    CREATE INDEX spending_user ON spending (user, day);
    CREATE TABLE decision (
        number INTEGER PRIMARY KEY, run TEXT NOT NULL, key TEXT NOT NULL, label TEXT, note TEXT NOT NULL,
        user TEXT NOT NULL, at TEXT NOT NULL
    );
    CREATE INDEX decision_paper ON decision (run, key);
    """,
    """
    CREATE TABLE hold (               -- money of requests on their way
        id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again: a late settlement must not hit another
        run TEXT NOT NULL, user TEXT NOT NULL, day TEXT NOT NULL,
        reply TEXT NOT NULL,          -- JSON: item, round, request, nth, as the run's ledger knows it
        usd REAL NOT NULL             -- what the reply can cost at most
    );
    CREATE INDEX hold_user ON hold (user, day);
    ALTER TABLE spending DROP COLUMN reserved;
    """,
    """
    CREATE TABLE private_run (        -- runs and folders that only some people see
        run TEXT PRIMARY KEY,         -- name of its folder
        by TEXT NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE private_viewer (     -- who sees it, including the people who submitted and marked it
        run TEXT NOT NULL REFERENCES private_run (run) ON DELETE CASCADE,
        user TEXT NOT NULL,
        PRIMARY KEY (run, user)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE deletion (           -- runs whose rows are deleted and whose folder may still exist
        run TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('list', 'paper')),
        by TEXT NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)

_LEAST_BYTES = 1 << 20
"""Below this free space, an error of SQLite is reported as a full disk."""


class ServiceDatabase:
    """The file; each transaction opens it again, so any thread may use this.

    Raises:
        StoreError: It cannot be opened, or was made by a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}; choose another folder") from error
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(_MIGRATIONS):
                raise StoreError(
                    f"{self.path}: has version {version}, this program knows {len(_MIGRATIONS)}; update it"
                )
            if version < len(_MIGRATIONS):
                steps = "\n".join(_MIGRATIONS[version:])
                connection.executescript(
                    f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {len(_MIGRATIONS)}; COMMIT;"
                )
        self.path.chmod(0o600)
        self._anchor: sqlite3.Connection | None = None

    def keep_open(self) -> None:
        """Holds one connection until `close`, so that SQLite's files beside the database stay.

        The first connection must create them, even for reading: on a full disk nothing could be read.
        """
        if self._anchor is None:
            self._anchor = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._anchor.execute("SELECT count(*) FROM user").fetchone()

    def close(self) -> None:
        """Closes that connection; the database can be used as before."""
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading.

        Raises:
            StoreError: It cannot be read.
        """
        with self._connection() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed to disk when the block ends, or rolled back.

        Raises:
            StoreError: The file is locked for too long, or the disk is full.
        """
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                yield connection
        except sqlite3.Error as error:
            # Without any free space SQLite cannot even extend its log, and calls it an I/O error.
            if is_full(error) or shutil.disk_usage(self.path.parent).free < _LEAST_BYTES:
                full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                raise StoreError("the disk is full; saved data is kept: free some disk space") from full
            raise StoreError(
                f"the service's database cannot be used ({error}); saved data is kept: try again"
            ) from error


def is_full(error: BaseException | None) -> bool:
    """Whether SQLite had no space on the disk."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or (
        isinstance(error, sqlite3.OperationalError) and "full" in str(error)
    )
