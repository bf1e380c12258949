"""Reads what a folder's ledger already contains; nothing is locked or written.

What enters: a folder and the fingerprint of a run. What leaves: the state of entries as a run would find
them, and the cost of replies. Without a ledger, all entries wait.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classifier.batch.ledger.amending import KnownAmendments
from classifier.batch.ledger.damage import store_error
from classifier.batch.ledger.items import State, as_json, plain
from classifier.batch.ledger.lock import FINGERPRINT, other_settings
from classifier.batch.ledger.material import material_of, sha256_of, state_of_file
from classifier.batch.ledger.schema import connect
from classifier.errors import StoreError, error_class
from classifier.model.entries import ListEntry
from classifier.model.run_files import LEDGER_FILE
from classifier.runs.fingerprint import differences

_OBSERVED = 10  # from this many replies on, their mean is better than an estimate from characters


class LedgerView:
    """Reads a folder's ledger.

    Args:
        relabel: Whether the planned run labels again if settings have changed.
        retry_failed: Whether it retries failed entries.

    Raises:
        ConfigError: The ledger was made with other settings, and `relabel` is not set.
        StoreError: It cannot be read.
    """

    def __init__(
        self, folder: Path, fingerprint: Mapping[str, Any], *, relabel: bool, retry_failed: bool
    ) -> None:
        self._path = path = folder / LEDGER_FILE
        self._retry_failed = retry_failed
        self._db = connect(path, read_only=True) if path.is_file() else None
        changed = differences(before, fingerprint) if (before := self._fingerprint()) else ()
        results = self._all(
            "SELECT 1 FROM item WHERE state = 'done' UNION ALL SELECT 1 FROM reply"
            " UNION ALL SELECT 1 FROM asked WHERE batch IS NOT NULL LIMIT 1"
        )
        if changed and results and not relabel:
            self.close()
            raise other_settings(path, changed)
        self._stale = bool(changed)
        self._amendments = self._known_amendments()

    def _known_amendments(self) -> KnownAmendments | None:
        if self._db is None:
            return None
        try:
            return KnownAmendments(self._db)
        except (sqlite3.Error, ValidationError) as error:
            self.close()
            raise self._unreadable(error) from error

    def state_of(self, entry: ListEntry) -> State:
        """The state in which a run would find an entry: only waiting entries cost anything.

        Failed entries remain failed. An entry is recognised by its content, under its current key or an
        earlier one.
        """
        text = as_json(entry)
        material, state = material_of(text), state_of_file(entry.file) if entry.file else None
        rows = self._all(
            "SELECT state, error, EXISTS (SELECT 1 FROM asked WHERE item = item.id AND NOT lost),"
            " coalesce(material, material_of(entry)), file_state, file_sha256 FROM item"
            " WHERE key = ? OR material = ? ORDER BY key <> ?",
            plain(entry.key),
            material,
            plain(entry.key),
        )
        for found, error, asked, brought, file_state, sha256 in rows:
            if brought == material and _is_same_file(entry, state, file_state, sha256):
                return self._as_a_run_would(found, error, bool(asked))
        return State.waiting

    def amended(self, entry: ListEntry) -> ListEntry:
        """The entry with what persons amended."""
        if self._amendments is None:
            return entry
        found = self._amendments.amended(entry)
        return found.entry if found else entry

    def _as_a_run_would(self, state: str, error: str | None, asked: bool) -> State:
        if asked:
            return State.asked
        if self._stale or state not in (State.done, State.failed):
            return State.waiting
        if state == State.failed and (self._retry_failed or error_class(error or "").retryable):
            return State.waiting
        return State(state)

    def usage(self) -> tuple[int, float, float] | None:
        """The number of replies and the mean input and output tokens per item; None if there are too few."""
        if self._stale:
            return None
        rows = self._all(
            "SELECT count(tokens_in), count(DISTINCT item), sum(tokens_in), sum(tokens_out) FROM reply"
            " WHERE tokens_in IS NOT NULL"
        )
        if not rows or rows[0][0] < _OBSERVED:
            return None
        replies, items, tokens_in, tokens_out = rows[0]
        return replies, tokens_in / items, tokens_out / items

    def close(self) -> None:
        """Releases the file."""
        if self._db is not None:
            self._db.close()

    def _fingerprint(self) -> Any:
        rows = self._all("SELECT value FROM run WHERE name = ?", FINGERPRINT)
        return json.loads(rows[0][0]) if rows else None

    def _all(self, statement: str, *values: Any) -> list[Any]:
        if self._db is None:
            return []
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.Error | ValidationError) -> StoreError:
        return store_error(self._path, error, "the ledger cannot be read", "choose another --out")


def _is_same_file(entry: ListEntry, state: str | None, before: str | None, sha256: str | None) -> bool:
    """Whether an entry's PDF has the same bytes as before; an unknown file is not a change."""
    if entry.file is None or sha256 is None or state is None or state == before:
        return True
    return sha256_of(entry.file) in (None, sha256)
