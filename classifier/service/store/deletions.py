"""Runs that are being deleted: noted first, so that a killed service finishes it at its next start."""

from __future__ import annotations

from datetime import UTC, datetime

from classifier.service.store.runs import Kind, RunState
from classifier.service.store.schema import ServiceDatabase

_ROWS = ("event", "decision", "replay")
"""Tables with rows of a run that are deleted with it. What its replies cost (`spending`, `hold`) is kept: a
day's limit must hold."""


class Deletions:
    """The deletions of a database that have begun."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    def begin(self, run_id: str, by: str) -> bool:
        """Deletes a run's rows and notes that its folder follows.

        Returns:
            False if the run is waiting or active, or does not exist; then nothing changes.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        active = [state for state in RunState if state.is_active]
        with self._database.writing() as connection:
            found = connection.execute(
                f"DELETE FROM run WHERE id = ? AND wanted != 'run' AND state NOT IN "  # noqa: S608 - marks
                f"({', '.join('?' * len(active))}) RETURNING kind",
                (run_id, *active),
            ).fetchone()
            if found is None:
                return False
            connection.execute("INSERT INTO deletion VALUES (?, ?, ?, ?)", (run_id, found[0], by, now))
            for table in _ROWS:
                connection.execute(f"DELETE FROM {table} WHERE run = ?", (run_id,))  # noqa: S608 - constant
        return True

    def begun(self) -> list[tuple[str, Kind]]:
        """The runs whose folder may still exist."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT run, kind FROM deletion ORDER BY run").fetchall()
        return [(run, kind) for run, kind in rows]

    def end(self, run_id: str) -> None:
        """Forgets a run whose folder is gone; until then, a private one stays private."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM deletion WHERE run = ?", (run_id,))
            connection.execute("DELETE FROM private_run WHERE run = ?", (run_id,))
