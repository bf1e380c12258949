"""What a folder's ledger knows already, for those who only ask: nothing is locked or written.

What enters: a job and its fingerprint. What leaves: the state of entries as a run would find them, and what
replies have cost. Where there is no ledger, nothing is known.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

from classifier.batch.job import Job
from classifier.batch.opening import FINGERPRINT, other_settings
from classifier.batch.schema import LEDGER_FILE, connect
from classifier.errors import StoreError, error_class
from classifier.runs.fingerprint import differences

_OBSERVED = 10  # replies from which their mean is better than a guess by characters

State = Literal["waiting", "asked", "done", "failed"]
"""`asked`: a request is out in a batch; `failed`: and the run would not ask again."""


class Known:
    """Reads the ledger of a job's folder.

    Raises:
        ConfigError: It was made with other settings, and the job does not want to label anew.
        StoreError: It cannot be read.
    """

    def __init__(self, job: Job, fingerprint: Mapping[str, Any]) -> None:
        path = job.out / LEDGER_FILE
        self._job = job
        self._db = connect(path, read_only=True) if path.is_file() else None
        changed = differences(before, fingerprint) if (before := self._fingerprint()) else ()
        results = self._all(
            "SELECT 1 FROM item WHERE state = 'done' UNION ALL SELECT 1 FROM reply"
            " UNION ALL SELECT 1 FROM asked WHERE batch IS NOT NULL LIMIT 1"
        )
        if changed and results and not job.relabel:
            self.close()
            raise other_settings(path, changed)
        self._stale = bool(changed)

    def state_of(self, key: str) -> State:
        """What a run would do about an entry: only what waits costs anything."""
        rows = self._all(
            "SELECT state, error, EXISTS (SELECT 1 FROM asked WHERE item = item.id AND NOT lost)"
            " FROM item WHERE key = ?",
            key,
        )
        if not rows:
            return "waiting"
        state, error, asked = rows[0]
        if asked:
            return "asked"
        if self._stale or state not in ("done", "failed"):
            return "waiting"
        if state == "failed" and (self._job.retry_failed or error_class(error).retryable):
            return "waiting"
        return "done" if state == "done" else "failed"

    def usage(self) -> tuple[int, float, float] | None:
        """Replies, and the mean of their tokens in and out an item; None where too few tell."""
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
            raise StoreError(f"the ledger cannot be read ({error}); choose another --out") from error
