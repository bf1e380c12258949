"""The events of a run, numbered from 1, so that a stream can resume after the last received event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from classifier.service.store.schema import ServiceDatabase

_KEPT = 500
"""Newest events of a run that are stored; each contains the progress, so older ones are not needed."""


class RunEvent(NamedTuple):
    """One event; `data` is a JSON object."""

    number: int
    at: str
    kind: str
    data: dict[str, Any]


class Events:
    """The events of a database."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    def add(self, run_id: str, kind: str, data: Mapping[str, Any]) -> None:
        """Appends an event."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._database.writing() as connection:
            number = connection.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM event WHERE run = ?", (run_id,)
            ).fetchone()[0]
            connection.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
                (run_id, number, now, kind, json.dumps(dict(data))),
            )
            connection.execute("DELETE FROM event WHERE run = ? AND number <= ?", (run_id, number - _KEPT))

    def after(self, run_id: str, number: int) -> list[RunEvent]:
        """The events after this number."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, at, kind, data FROM event WHERE run = ? AND number > ? ORDER BY number",
                (run_id, number),
            ).fetchall()
        return [RunEvent(row[0], row[1], row[2], json.loads(row[3])) for row in rows]

    def last(self, run_id: str) -> RunEvent | None:
        """The newest event."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT number, at, kind, data FROM event WHERE run = ? ORDER BY number DESC LIMIT 1",
                (run_id,),
            ).fetchone()
        return RunEvent(row[0], row[1], row[2], json.loads(row[3])) if row else None
