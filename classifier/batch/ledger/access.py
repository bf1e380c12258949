"""A run's folder -> a connection to its ledger, for reading or for small writes during a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classifier.batch.ledger.damage import damaged, store_error
from classifier.batch.ledger.rescue import has_kept
from classifier.batch.ledger.schema import connect
from classifier.errors import ConfigError
from classifier.model.run_files import LEDGER_FILE

COMPLETE = """coalesce(
    (SELECT CAST(value AS INTEGER) FROM run WHERE name = 'listing_complete'),
    (SELECT CAST(value AS INTEGER) FROM run WHERE name = 'listing')
)"""
"""SQL: the last completed reading of the lists. Rows of a later reading, which is running or was killed,
replace its rows."""


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection that writes nothing.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    path = ledger_path(folder)
    connection = connect(path, read_only=True)
    try:
        yield connection
    except (sqlite3.Error, ValueError) as error:
        raise store_error(path, error, "the ledger cannot be read", "try again") from error
    finally:
        connection.close()


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection with an open transaction, committed if the block ends without an exception.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be written; nothing was changed.
    """
    path = ledger_path(folder)
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except (sqlite3.Error, ValueError) as error:
        raise store_error(
            path, error, "the change cannot be saved", "free some disk space and try again"
        ) from error
    finally:
        connection.close()  # rolls back what was not committed


def ledger_path(folder: Path) -> Path:
    """The ledger of a run's folder.

    Raises:
        ConfigError: There is none.
        StoreError: It is gone, but corrections or amendments that were in it can be saved.
    """
    path = folder / LEDGER_FILE
    if not path.is_file() and not path.is_dir() and has_kept(path):
        raise damaged(path, "the ledger is missing")
    if not path.is_file():
        raise ConfigError(f"{folder}: no ledger found; expected the --out folder of `classifier label`")
    return path
