"""What the ledgers of run folders say to somebody who only looks: nothing is locked or written.

The ledger package reads rows; here is what the service needs beside them: how far a run has come, whether a
ledger has its tables yet, and what single replies have cost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.access import reading
from classifier.batch.ledger.damage import LABELS_FILE, is_damage, store_error
from classifier.batch.ledger.items import Counts, Spent
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.schema import LEDGER_FILE, connect
from classifier.batch.purse import ReplyId
from classifier.errors import ClassifierError, ConfigError, StoreError

_PATIENCE_S = 0.25
"""How long a page waits for a ledger that another program has locked. Readers and writers do not lock each
other out, so that only happens while a ledger is repaired or copied."""


class Standing(NamedTuple):
    """How far a run has come, and what its replies have cost.

    Attributes:
        problem: Why its ledger cannot be read, in one line; empty if it can.
    """

    counts: Counts
    spent: Spent
    problem: str = ""


def standing(folder: Path) -> Standing:
    """How far a run's ledger has come.

    Raises:
        StoreError: It cannot be read: it is damaged, or locked.
    """
    path = folder / LEDGER_FILE
    if not is_made(path):
        return Standing(Counts(), Spent())
    check(folder)
    try:
        with closing(connect(path, read_only=True)) as connection:
            ledger = Ledger(connection, path)
            return Standing(ledger.counts(), ledger.spent())
    except sqlite3.Error as error:
        raise store_error(path, error, "the ledger cannot be read", "try again") from error


def glance(folder: Path) -> Standing:
    """As `standing`, for what shows many runs: a ledger that cannot be read is no error there."""
    try:
        return standing(folder)
    except ClassifierError as error:
        return Standing(Counts(), Spent(), in_words(error, folder))


def in_words(error: ClassifierError, folder: Path) -> str:
    """What is wrong with a run's folder, in one line, without the folder's place on this machine."""
    return " ".join(error.message.replace(f"{folder}/", "").split())


def check(folder: Path, *, whole: bool = False) -> None:
    """Refuses a ledger that is damaged or locked, at once: reading it would wait as long as a run does.

    Args:
        whole: Read all its rows, so that a file is not begun that cannot be finished.

    Raises:
        StoreError: It is damaged, locked, or no ledger.
    """
    path = folder / LEDGER_FILE
    if path.stat().st_size == 0:
        raise StoreError(f"{path}: the ledger is empty, and it had labels before; restore it from a backup")
    query = "SELECT sum(length(entry) + length(label)) FROM item" if whole else "SELECT 1 FROM item LIMIT 1"
    try:
        with closing(_open(path)) as connection:
            connection.execute(query).fetchone()
    except sqlite3.Error as error:
        if is_damage(error):
            raise store_error(path, error, "the ledger cannot be read", "") from error
        if "locked" in str(error):
            words = f"{path}: the ledger is locked by another program; nothing is lost, try again"
            raise StoreError(words) from error
        what = f"the ledger is incomplete ({error}); nothing in it was changed: restore it from a backup"
        raise StoreError(f"{path}: {what}") from error


def is_made(path: Path) -> bool:
    """Whether a ledger has something to read; one that a run is creating at this moment is still empty.

    One that is damaged counts as made, and so does one that lost its content: reading it says what is wrong.
    """
    if not path.is_file():
        return False
    labels = path.with_name(LABELS_FILE)
    if path.stat().st_size == 0:
        return labels.is_file() and labels.stat().st_size > 0
    try:
        with closing(_open(path)) as connection:
            return bool(connection.execute("SELECT 1 FROM sqlite_master").fetchone())
    except sqlite3.Error:
        return True


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE_S)


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
