"""Transactions on a ledger's file, and named values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classifier.batch.ledger.damage import store_error


class Database:
    """An open SQLite file. One thread at a time may use it.

    Attributes:
        path: The file's path.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._db = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction, synced to disk at the end; a nested one joins the outer one.

        Raises:
            StoreError: The disk is full, or the file damaged.
        """
        if self._db.in_transaction:
            yield
            return
        with self.writing():
            yield
            self.commit()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that the block must `commit`; rolled back if the block raises.

        Raises:
            StoreError: As `transaction`.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                if self._db.in_transaction:  # a full disk has already caused a rollback
                    self._db.execute("ROLLBACK")
        except (sqlite3.Error, ValidationError) as error:
            raise store_error(
                self.path,
                error,
                "the ledger cannot be written",
                "saved results are kept: free some disk space, then rerun the same command to resume",
            ) from error

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For reads outside a transaction; converts errors.

        Raises:
            StoreError: The file is damaged.
        """
        try:
            yield
        except (sqlite3.Error, ValidationError) as error:
            raise store_error(self.path, error, "the ledger cannot be read", "try again") from error

    def commit(self) -> None:
        """Commits the transaction to disk; in any thread, while no other thread uses the ledger."""
        self._db.execute("COMMIT")

    def value(self, name: str) -> Any:
        """The value stored under a name, or None."""
        found = self._db.execute("SELECT value FROM run WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    def keep(self, name: str, value: Any) -> None:
        """Stores a JSON value under a name."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (name, json.dumps(value)))
