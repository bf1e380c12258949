"""A user's cost today (UTC) and reservations for active work: together never over the limit."""

from __future__ import annotations

from datetime import UTC, datetime

from classifier.service.store.schema import ServiceDatabase


class Money:
    """The spending of a database."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    def reserve(self, run_id: str, user: str, wanted: float | None, limit: float) -> float:
        """Reserves money for a run.

        Args:
            wanted: US dollars; None for the whole rest.
            limit: The user's limit per day.

        Returns:
            The reserved amount: at most the rest, 0 if there is none.
        """
        day = _today()
        with self._database.writing() as connection:
            taken = connection.execute(
                "SELECT coalesce(sum(spent + reserved), 0) FROM spending WHERE user = ? AND day = ?"
                " AND run <> ?",
                (user, day, run_id),
            ).fetchone()[0]
            own = connection.execute(
                "SELECT coalesce(max(spent), 0) FROM spending WHERE run = ? AND day = ?", (run_id, day)
            ).fetchone()[0]
            left = max(0.0, limit - taken - own)
            reserved = left if wanted is None else min(wanted, left)
            connection.execute(
                "INSERT INTO spending VALUES (?, ?, ?, 0, ?)"
                " ON CONFLICT (run, day) DO UPDATE SET reserved = excluded.reserved",
                (run_id, user, day, reserved),
            )
        return float(reserved)

    def settle(self, run_id: str, user: str, total: float) -> None:
        """Records the total cost of a run's replies, and releases the rest of the reservation.

        Cost that was not recorded before counts for today, even if the run was killed earlier.
        """
        with self._database.writing() as connection:
            known = connection.execute(
                "SELECT coalesce(sum(spent), 0) FROM spending WHERE run = ?", (run_id,)
            ).fetchone()[0]
            connection.execute("UPDATE spending SET reserved = 0 WHERE run = ?", (run_id,))
            connection.execute(
                "INSERT INTO spending VALUES (?, ?, ?, ?, 0)"
                " ON CONFLICT (run, day) DO UPDATE SET spent = spent + excluded.spent",
                (run_id, user, _today(), max(0.0, total - known)),
            )

    def today(self, user: str) -> float:
        """US dollars of the user's replies today, with what is reserved."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT coalesce(sum(spent + reserved), 0) FROM spending WHERE user = ? AND day = ?",
                (user, _today()),
            ).fetchone()
        return float(found[0])


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
