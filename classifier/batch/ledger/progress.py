"""A run's folder -> how far its ledger has come, without locking or writing it; it may be in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.access import reading
from classifier.batch.ledger.damage import store_error
from classifier.batch.ledger.items import Counts, Spent
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.schema import LEDGER_FILE, refuse_emptied


class LedgerProgress(NamedTuple):
    """The entries by state, and the cost of all replies."""

    counts: Counts = Counts()
    spent: Spent = Spent()


def read_progress(folder: Path) -> LedgerProgress:
    """How far a ledger has come; zeros if there is none, or a run is just creating it.

    Raises:
        StoreError: It is damaged, or cannot be read.
    """
    if not has_tables(folder):
        return LedgerProgress()
    with reading(folder) as connection:
        ledger = Ledger(connection, folder / LEDGER_FILE)
        return LedgerProgress(ledger.counts(), ledger.spent())


def has_tables(folder: Path) -> bool:
    """Whether there is a ledger with tables; a run creates the file first, and then its tables.

    Raises:
        StoreError: The file is no database, is damaged or emptied, or cannot be read.
    """
    path = folder / LEDGER_FILE
    if not path.is_file():
        return False
    refuse_emptied(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'item'").fetchone())
    except sqlite3.Error as error:
        raise store_error(path, error, "the ledger cannot be read", "try again") from error
