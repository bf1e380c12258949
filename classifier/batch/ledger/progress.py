"""A run's folder -> the progress in its ledger, without locking or writing it; it may be in use.

`rows` reads the labels; this module reads other values that pages and assistants need: the progress of a run,
whether its ledger has tables yet or has changed, and the cost of single replies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.access import reading
from classifier.batch.ledger.damage import is_damage, store_error
from classifier.batch.ledger.items import Counts, Spent
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.schema import connect
from classifier.batch.purse import ReplyId
from classifier.errors import ClassifierError, ConfigError, StoreError
from classifier.model.run_files import LABELS_FILE, LEDGER_FILE

_PATIENCE_S = 0.25
"""Seconds that a page waits for a ledger that another program has locked. Readers and writers do not block
each other, so this happens only while a ledger is repaired or copied."""


class LedgerProgress(NamedTuple):
    """The entries by state, and the cost of all replies.

    Attributes:
        problem: Why the ledger cannot be read, in one line; then all counts are 0. Empty if it can be read.
    """

    counts: Counts = Counts()
    spent: Spent = Spent()
    problem: str = ""


def read_progress(folder: Path) -> LedgerProgress:
    """The progress of a ledger; zeros if there is none, or if a run is just creating it.

    Raises:
        StoreError: It is damaged or locked.
    """
    path = folder / LEDGER_FILE
    if not has_tables(folder):
        return LedgerProgress()
    check_ledger(folder)
    try:
        with closing(connect(path, read_only=True)) as connection:
            ledger = Ledger(connection, path)
            return LedgerProgress(ledger.counts(), ledger.spent())
    except sqlite3.Error as error:
        raise store_error(path, error, "the ledger cannot be read", "try again") from error


def progress_or_problem(folder: Path) -> LedgerProgress:
    """As `read_progress`, for pages that show many runs: an unreadable ledger is not an error there."""
    try:
        return read_progress(folder)
    except ClassifierError as error:
        return LedgerProgress(problem=without_path(error, folder))


def without_path(error: ClassifierError, folder: Path) -> str:
    """The message of an error about a run's folder in one line, without the path of the folder."""
    return " ".join(error.message.replace(f"{folder}/", "").split())


def check_ledger(folder: Path, *, whole: bool = False) -> None:
    """Rejects a damaged or locked ledger at once; reading it would wait as long as a run does.

    Args:
        whole: Read all its rows, so that no export is started that cannot be completed.

    Raises:
        StoreError: It is damaged, locked, or not a ledger.
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
            words = f"{path}: the ledger is locked by another program; its content is safe; try again"
            raise StoreError(words) from error
        what = f"the ledger is incomplete ({error}); nothing in it was changed: restore it from a backup"
        raise StoreError(f"{path}: {what}") from error


def has_tables(folder: Path) -> bool:
    """Whether there is a ledger with tables; a run creates the file first, and then its tables.

    True for a damaged or emptied ledger as well: reading it reports what is wrong.
    """
    path = folder / LEDGER_FILE
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
    except ConfigError:  # no ledger: there are no replies
        return {}
    return found


def state_of(folder: Path) -> tuple[object, ...]:
    """Values of which at least one differs after each transaction: for a cache of what was read."""
    values: list[object] = [*file_state_of(folder)]
    if (folder / LEDGER_FILE).is_file():
        with closing(connect(folder / LEDGER_FILE, read_only=True)) as db:
            values += db.execute("SELECT coalesce(max(id), 0) FROM decision").fetchone()
            values += db.execute("SELECT coalesce(max(id), 0), count(*) FROM correction").fetchone()
    return tuple(values)


def file_state_of(folder: Path) -> tuple[int, ...]:
    """Times and sizes of the ledger's files; other values after most transactions."""
    values: list[int] = []
    for name in (LEDGER_FILE, f"{LEDGER_FILE}-wal"):
        try:
            found = (folder / name).stat()
            values += [found.st_mtime_ns, found.st_size]
        except OSError:
            values += [0, 0]
    return tuple(values)
