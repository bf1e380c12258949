"""The ledger's tables, and the migration of older ledgers.

`user_version` counts the steps of `_MIGRATIONS` that were applied to a file. A file of a newer version is
rejected.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from classifier.batch.ledger.damage import damaged, store_error
from classifier.batch.ledger.material import add_functions
from classifier.batch.ledger.rescue import LABELS_FILE
from classifier.errors import StoreError

LEDGER_FILE = "ledger.sqlite"
BUSY_S = 30.0
"""Seconds that a writer waits for another transaction; each takes milliseconds, or seconds on a slow disk."""

_MIGRATIONS = (
    """
    CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE item (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        place INTEGER NOT NULL,       -- in the lists, from 1
        listing INTEGER NOT NULL,     -- the reading of the lists that last saw it
        entry TEXT NOT NULL,          -- ListEntry as JSON
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'twin')),
        twin TEXT,                    -- key of the entry that is labelled in this one's place
        round INTEGER NOT NULL DEFAULT 1,     -- replies of earlier rounds are paid for, but not used again
        attempts INTEGER NOT NULL DEFAULT 0,  -- requests sent for it
        label TEXT,                   -- Label as JSON, also of a failed item
        review INTEGER NOT NULL DEFAULT 0,
        error TEXT                    -- code of a failed item's error
    );
    CREATE INDEX item_place ON item (place);
    CREATE INDEX item_state ON item (state, place);
    CREATE INDEX item_twin ON item (twin) WHERE twin IS NOT NULL;
    CREATE TABLE reply (
        item INTEGER NOT NULL REFERENCES item (id),
        round INTEGER NOT NULL,
        request TEXT NOT NULL,        -- sha256 of the question
        nth INTEGER NOT NULL,         -- how often it had been put in this round before; -1: a refusal
        body BLOB NOT NULL,           -- the response, zlib
        tokens_in INTEGER, tokens_out INTEGER, tokens_cached INTEGER, cost_usd REAL,
        at REAL NOT NULL,             -- Unix time
        PRIMARY KEY (item, round, request, nth)
    ) WITHOUT ROWID;
    CREATE TABLE broken (
        listing INTEGER NOT NULL, source TEXT NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, key TEXT
    );
    CREATE TABLE correction (
        key TEXT PRIMARY KEY, label TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE provider_batch (
        id INTEGER PRIMARY KEY,
        tag TEXT NOT NULL UNIQUE,     -- also in the provider's metadata
        model TEXT NOT NULL,
        file_id TEXT,                 -- the requests, as the provider knows them
        sent REAL,                    -- Unix time just before the submit; NULL: it cannot be at the provider
        provider_id TEXT,             -- NULL until the submit is known to have happened
        status TEXT,                  -- as the provider named it last
        ended INTEGER NOT NULL DEFAULT 0      -- its answers are in `reply`
    );
    CREATE TABLE asked (              -- requests whose answer is to come by a batch
        id INTEGER PRIMARY KEY,       -- custom_id
        item INTEGER NOT NULL REFERENCES item (id),
        round INTEGER NOT NULL,
        request TEXT NOT NULL,
        nth INTEGER NOT NULL,         -- these three as in `reply`
        exact TEXT NOT NULL,          -- sha256 of the whole request: what a refusal is about
        model TEXT NOT NULL,
        batch INTEGER REFERENCES provider_batch (id),
        lost INTEGER NOT NULL DEFAULT 0,      -- 1: no batch has it, the next pass over the list asks it again
        tries INTEGER NOT NULL DEFAULT 0,     -- batches that brought no answer
        bytes INTEGER NOT NULL,       -- of its line in a batch
        most_usd REAL,                -- what its answer costs at most; NULL where that is not known
        UNIQUE (item, round, request, nth)
    );
    CREATE TABLE asked_body (         -- of requests that the provider has not accepted yet
        id INTEGER PRIMARY KEY REFERENCES asked (id),
        body BLOB NOT NULL            -- zlib
    );
    CREATE INDEX asked_batch ON asked (batch);
    """,
    """
    ALTER TABLE item ADD COLUMN material TEXT;    -- digest of what decides its label, but for its file
    ALTER TABLE item ADD COLUMN file_sha256 TEXT; -- of its PDF, when the lists were read
    ALTER TABLE item ADD COLUMN file_state TEXT;  -- the PDF's size, times and inode, when it was hashed
    ALTER TABLE item ADD COLUMN correction INTEGER;   -- the one that counts for it
    ALTER TABLE correction RENAME TO correction_by_key;
    CREATE TABLE correction (         -- of a paper, not of a key (ADR 17)
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,            -- of the entry, when the paper was last seen
        label TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
        entry TEXT,                   -- ListEntry as JSON, at that time
        found TEXT,                   -- LabelledPaper as JSON: what its PDF or source said
        file_sha256 TEXT
    );
    UPDATE item SET material = material_of(entry), file_sha256 = file_of(label);
    INSERT INTO correction (key, label, by, note, at, entry, found, file_sha256)
        SELECT old.key, old.label, old.by, old.note, old.at,
               item.entry, paper_of(item.label), item.file_sha256
        FROM correction_by_key AS old LEFT JOIN item ON item.key = old.key ORDER BY old.at, old.key;
    UPDATE item SET correction = (
        SELECT correction.id FROM correction WHERE correction.key =
        CASE WHEN item.key IN (SELECT key FROM correction) THEN item.key ELSE item.twin END
    );
    DROP TABLE correction_by_key;
    CREATE INDEX item_material ON item (material);
    CREATE INDEX item_file ON item (file_state) WHERE file_state IS NOT NULL;
    CREATE INDEX correction_key ON correction (key);
    """,
    """
    CREATE TABLE decision (           -- of reviewers, in their order; never changed, but for item (ADR 19)
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,           -- DecisionKind, or undo
        key TEXT NOT NULL,            -- of the entry, at that time
        label TEXT, scope_reason TEXT,
        by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
        seen TEXT NOT NULL,           -- what the reviewer could see
        machine TEXT NOT NULL,        -- the engine's label at that time
        asked TEXT NOT NULL,          -- why it was in the queue
        act INTEGER NOT NULL,         -- equal for decisions that were made together
        token TEXT,                   -- of the request, so that a repeated one counts once
        undoes INTEGER,               -- the decision that an undo takes back
        item INTEGER,                 -- the row of its paper now
        entry TEXT, found TEXT, file_sha256 TEXT,     -- its paper, as in `correction`
        displaced TEXT                -- the correction of another origin that it replaced, as JSON
    );
    CREATE INDEX decision_item ON decision (item);
    CREATE INDEX decision_undoes ON decision (undoes) WHERE undoes IS NOT NULL;
    CREATE INDEX decision_token ON decision (token) WHERE token IS NOT NULL;
    """,
)

_TABLES = re.compile(r"CREATE TABLE (\w+)")

_AS_PRESENT = """
    PRAGMA temp_store = MEMORY;
    CREATE TEMP TABLE IF NOT EXISTS asked (item INTEGER, lost INTEGER, batch INTEGER);
    CREATE TEMP TABLE correction AS SELECT row_number() OVER (ORDER BY key) AS id, key, label, by, note, at,
        NULL AS entry, NULL AS found, NULL AS file_sha256 FROM main.correction;
    CREATE INDEX temp.correction_key ON correction (key);
    CREATE TEMP VIEW item AS SELECT old.*, NULL AS material, NULL AS file_sha256, NULL AS file_state, (
        SELECT correction.id FROM temp.correction AS correction WHERE correction.key =
        CASE WHEN old.key IN (SELECT key FROM temp.correction) THEN old.key ELSE old.twin END
    ) AS correction FROM main.item AS old;
"""
"""Views that show an older ledger with the current tables; its file is only read and not changed."""
_HAS_BATCHES, _BY_PAPER = 2, 3
"""The first versions that have the table `asked`, and corrections of papers."""
_NO_DECISIONS = """
    CREATE TEMP TABLE decision (
        id INTEGER, kind TEXT, key TEXT, label TEXT, scope_reason TEXT, by TEXT, note TEXT, at TEXT, seen
        TEXT, machine TEXT, asked TEXT, act INTEGER, token TEXT, undoes INTEGER, item INTEGER
    );
"""
"""For a ledger of a version without decisions."""


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
        StoreError: It is empty, but there are labels that came from it.
    """
    labels = path.with_name(LABELS_FILE)
    if path.is_file() and path.stat().st_size == 0 and labels.is_file() and labels.stat().st_size:
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
            if version < _BY_PAPER:
                script = _AS_PRESENT if version < _HAS_BATCHES else _without_asked(_AS_PRESENT)
                connection.executescript(script)
            connection.executescript(f"PRAGMA temp_store = MEMORY; {_NO_DECISIONS}")
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


def _without_asked(script: str) -> str:
    return "".join(part for part in _statements(script) if "TABLE IF NOT EXISTS asked" not in part)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
