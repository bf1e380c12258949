"""What the ledgers of run folders say to somebody who only looks: nothing is locked or written.

The ledger package reads rows; here is what the service needs beside them: how far a run has come, whether a
ledger has its tables yet, and what single replies have cost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from classifier.batch.ledger.access import reading
from classifier.batch.ledger.damage import store_error
from classifier.batch.ledger.items import Counts, Spent
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.schema import LEDGER_FILE, connect
from classifier.batch.purse import ReplyId
from classifier.errors import ConfigError


def standing(folder: Path) -> tuple[Counts, Spent]:
    """How far a ledger has come, and what its replies have cost.

    Raises:
        StoreError: It cannot be read.
    """
    path = folder / LEDGER_FILE
    if not is_made(path):
        return Counts(), Spent()
    try:
        with closing(connect(path, read_only=True)) as connection:
            ledger = Ledger(connection, path)
            return ledger.counts(), ledger.spent()
    except sqlite3.Error as error:
        raise store_error(path, error, "the ledger cannot be read", "try again") from error


def is_made(path: Path) -> bool:
    """Whether a ledger has something to read; one that a run is creating at this moment is still empty.

    A damaged ledger counts as made: reading it says what is wrong.
    """
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("SELECT 1 FROM sqlite_master").fetchone())
    except sqlite3.Error:
        return True


def costs_of(folder: Path, replies: Iterable[ReplyId]) -> dict[ReplyId, float]:
    """The cost in US dollars of those replies that the ledger has; the others are not in the dict.

    Raises:
        StoreError: The ledger cannot be read.
    """
    found: dict[ReplyId, float] = {}
    try:
        with reading(folder) as db:
            for reply in replies:
                row = db.execute(
                    "SELECT coalesce(cost_usd, 0.0) FROM reply"
                    " WHERE item = ? AND round = ? AND request = ? AND nth = ?",
                    reply,
                ).fetchone()
                if row is not None:
                    found[reply] = float(row[0])
    except ConfigError:  # no ledger: nothing was answered
        return {}
    return found
