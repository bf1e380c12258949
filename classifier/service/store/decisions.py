"""All decisions made in the service; a ledger has only the last one for each paper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from classifier.service.store.schema import ServiceDatabase


class StoredDecision(NamedTuple):
    """One decision; `label` is None if a decision was removed."""

    label: str | None
    note: str
    user: str
    at: str


class Decisions:
    """The decisions of a database."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    def add(self, run_id: str, key: str, label: str | None, note: str, user: str) -> None:
        """Appends a decision."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO decision (run, key, label, note, user, at) VALUES (?, ?, ?, ?, ?, ?)",
                (run_id, key, label, note, user, now),
            )

    def about(self, run_id: str, key: str) -> list[StoredDecision]:
        """All decisions about a paper, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT label, note, user, at FROM decision WHERE run = ? AND key = ? ORDER BY number",
                (run_id, key),
            ).fetchall()
        return [StoredDecision(*row) for row in rows]
