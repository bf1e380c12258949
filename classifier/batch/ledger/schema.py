"""The ledger's tables, and how an older ledger becomes a present one.

`user_version` counts the steps of `_MIGRATIONS` that a file has been through. A file that is ahead of this
program is refused, never guessed at.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from classifier.errors import StoreError

LEDGER_FILE = "ledger.sqlite"
BUSY_S = 30.0
"""How long a writer waits for another one's transaction; each takes milliseconds, a slow disk seconds."""

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
        tag TEXT NOT NULL UNIQUE,     -- stands in the provider's metadata
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
)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Opens a ledger and brings it up to date; explicit transactions, a patient lock, durable commits.

    Raises:
        StoreError: It cannot be opened, is no ledger, or was made by a newer version.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(connection, path, read_only)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise StoreError(
            f"{path}: the ledger cannot be opened ({error}); make room, or choose another --out"
        ) from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, read_only: bool) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(_MIGRATIONS):
        raise StoreError(
            f"{path}: the ledger has version {version}, this program knows {len(_MIGRATIONS)}; update it"
        )
    if read_only:
        if version == 0:
            raise StoreError(f"{path}: no ledger; expected the --out folder of `classifier label`")
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if version < len(_MIGRATIONS):
        steps = "\n".join(_MIGRATIONS[version:])
        connection.executescript(
            f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {len(_MIGRATIONS)}; COMMIT;"
        )
