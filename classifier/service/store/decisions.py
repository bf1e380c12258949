"""Decisions that earlier versions kept here, for a paper's history; new ones are in its ledger (ADR 19)."""

from __future__ import annotations

from typing import NamedTuple

from classifier.service.store.schema import ServiceDatabase


class StoredDecision(NamedTuple):
    """One decision of an earlier version; `label` is None if a decision was removed."""

    label: str | None
    note: str
    user: str
    at: str


class Decisions:
    """The decisions in a database."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    def about(self, run_id: str, key: str) -> list[StoredDecision]:
        """All decisions about a paper, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT label, note, user, at FROM decision WHERE run = ? AND key = ? ORDER BY number",
                (run_id, key),
            ).fetchall()
        return [StoredDecision(*row) for row in rows]
