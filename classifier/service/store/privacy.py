"""Private runs: who sees them. A run that is not in these tables is seen by everyone who may log in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from classifier.service.store.schema import ServiceDatabase


class PrivateRun(NamedTuple):
    """A private run.

    Attributes:
        by, at: Who marked it last, and when.
        people: Everyone who sees it, by name.
    """

    by: str
    at: str
    people: tuple[str, ...]


class Privacy:
    """The private runs of a database, by the names of their folders."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    def of(self, run_id: str) -> PrivateRun | None:
        """Who sees a run; None if it is shared with everyone."""
        with self._database.reading() as connection:
            found = connection.execute("SELECT by, at FROM private_run WHERE run = ?", (run_id,)).fetchone()
            if found is None:
                return None
            people = connection.execute(
                "SELECT user FROM private_viewer WHERE run = ? ORDER BY user", (run_id,)
            ).fetchall()
        return PrivateRun(found[0], found[1], tuple(name for (name,) in people))

    def hidden_from(self, user: str) -> frozenset[str]:
        """The private runs that a user may not see."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT run FROM private_run"
                " WHERE run NOT IN (SELECT run FROM private_viewer WHERE user = ?)",
                (user,),
            ).fetchall()
        return frozenset(run for (run,) in rows)

    def hide(self, run_id: str, people: Iterable[str], by: str) -> PrivateRun:
        """Marks a run as private; `by` and the user who submitted it always see it."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.writing() as connection:
            submitter = connection.execute("SELECT user FROM run WHERE id = ?", (run_id,)).fetchone()
            viewers = {*people, by, *(submitter or ())}
            connection.execute("DELETE FROM private_run WHERE run = ?", (run_id,))
            connection.execute("INSERT INTO private_run VALUES (?, ?, ?)", (run_id, by, now))
            connection.executemany(
                "INSERT INTO private_viewer VALUES (?, ?)", [(run_id, name) for name in sorted(viewers)]
            )
        return PrivateRun(by, now, tuple(sorted(viewers)))

    def share(self, run_id: str) -> None:
        """Shares a run with everyone."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM private_run WHERE run = ?", (run_id,))
