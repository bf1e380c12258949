"""Opens a ledger, and brings an older one up to date (`migrations`).

`user_version` counts the steps that were applied to a file. A file of a newer version is rejected.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from classifier.batch.ledger.damage import damaged, store_error
from classifier.batch.ledger.material import add_functions
from classifier.batch.ledger.migrations import MIGRATIONS as _MIGRATIONS
from classifier.errors import StoreError
from classifier.model.run_files import AMENDMENTS_FILE, LABELS_FILE

BUSY_S = 30.0
"""Seconds that a writer waits for another transaction; each takes milliseconds, or seconds on a slow disk."""

_TABLES = re.compile(r"CREATE TABLE (\w+)")

_AS_PRESENT = """
    PRAGMA temp_store = MEMORY;
    CREATE TEMP TABLE IF NOT EXISTS asked (item INTEGER, lost INTEGER, batch INTEGER);
    CREATE TEMP TABLE correction AS SELECT row_number() OVER (ORDER BY key) AS id, key, label, by, note, at,
        NULL AS entry, NULL AS found, NULL AS file_sha256 FROM main.correction;
    CREATE INDEX temp.correction_key ON correction (key);
    CREATE TEMP VIEW item AS SELECT old.*, NULL AS material, NULL AS file_sha256, NULL AS file_state,
        NULL AS listed, (
        SELECT correction.id FROM temp.correction AS correction WHERE correction.key =
        CASE WHEN old.key IN (SELECT key FROM temp.correction) THEN old.key ELSE old.twin END
    ) AS correction FROM main.item AS old;
"""
"""Views that show an older ledger with the current tables; its file is only read and not changed."""
_HAS_BATCHES, _BY_PAPER, _HAS_DECISIONS = 2, 3, 4
"""The first versions that have the table `asked`, corrections of papers, and decisions."""
_NO_DECISIONS = """
    CREATE TEMP TABLE decision (
        id INTEGER, kind TEXT, key TEXT, label TEXT, scope_reason TEXT, by TEXT, note TEXT, at TEXT, seen
        TEXT, machine TEXT, asked TEXT, act INTEGER, token TEXT, undoes INTEGER, item INTEGER
    );
"""
"""For a ledger of a version without decisions."""
_NOT_AMENDED = "CREATE TEMP VIEW item AS SELECT *, NULL AS listed FROM main.item;"
_NO_AMENDMENTS = """
    PRAGMA temp_store = MEMORY;
    CREATE TEMP TABLE amendment (
        id INTEGER, key TEXT, changes TEXT, by TEXT, note TEXT, at TEXT, act INTEGER, undone_by TEXT,
        undone_at TEXT, paper INTEGER, item INTEGER, listed TEXT, entry TEXT, file_sha256 TEXT
    );
"""
"""For a ledger of a version without amendments."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Opens a ledger and brings it up to date; explicit transactions, a long lock timeout, durable commits.

    Args:
        read_only: Writes nothing; an older ledger is shown with the current tables.

    Raises:
        StoreError: It cannot be opened, is damaged or not a ledger, or was made by a newer version.
    """
    try:
        refuse_emptied(path)
        connection = _open(path, read_only)
        try:
            _prepare(connection, path, read_only)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise store_error(
            path, error, "the ledger cannot be opened", "free some disk space, or choose another --out"
        ) from error
    return connection


def _open(path: Path, read_only: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
    add_functions(connection)
    return connection


def refuse_emptied(path: Path) -> None:
    """Rejects an emptied ledger: otherwise a run would start again and silently replace its labels.

    Raises:
        StoreError: It is empty, but there are labels or amendments that came from it.
    """
    if not path.is_file() or path.stat().st_size:
        return
    for file in (path.with_name(LABELS_FILE), path.with_name(AMENDMENTS_FILE)):
        if file.is_file() and file.stat().st_size:
            raise damaged(path, "the ledger is empty")


def _prepare(connection: sqlite3.Connection, path: Path, read_only: bool) -> None:
    version = _version(connection)
    if version > len(_MIGRATIONS):
        raise StoreError(
            f"{path}: the ledger has version {version}, this program knows {len(_MIGRATIONS)}; update it"
        )
    _check_tables(connection, path, version)
    if read_only:
        if version == 0:
            raise StoreError(f"{path}: no ledger; expected the --out folder of `classifier label`")
        if version < len(_MIGRATIONS):
            connection.executescript(_as_present(version))
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if version < len(_MIGRATIONS):
        _migrate(connection)


def _check_tables(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Whether the file has the tables of its version, and no others before its first.

    Raises:
        StoreError: One is missing, or the file is another program's.
    """
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version == 0 and found:
        raise StoreError(
            f"{path}: is a database of another program (it has a table '{min(found)}'); choose another --out"
        )
    expected = {name for step in _MIGRATIONS[:version] for name in _TABLES.findall(step)}
    if missing := sorted(expected - found):
        raise damaged(path, f"the ledger is damaged: it has no table '{missing[0]}'")


def _migrate(connection: sqlite3.Connection) -> None:
    """Applies all missing steps, or none; another process may do the same at the same time."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in _MIGRATIONS[_version(connection) :]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, which `executescript` would commit one by one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _as_present(version: int) -> str:
    """What lets a ledger of an older version be read as one of the present."""
    script = _NO_AMENDMENTS
    if version < _HAS_BATCHES:
        script += _AS_PRESENT
    elif version < _BY_PAPER:
        script += _without_asked(_AS_PRESENT)
    else:
        script += _NOT_AMENDED
    return script + (_NO_DECISIONS if version < _HAS_DECISIONS else "")


def _without_asked(script: str) -> str:
    return "".join(part for part in _statements(script) if "TABLE IF NOT EXISTS asked" not in part)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
