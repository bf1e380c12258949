"""The cost of a user's replies per day (UTC), and money reserved for requests in flight.

Each request reserves its highest possible cost before it is sent, so that all runs of a user together never
exceed the day's limit. The reservation (hold) names its reply: after a kill, the ledger shows which replies
arrived and their cost; requests without a reply count with the reserved amount, since they may have been paid
for.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import NamedTuple

from classifier.batch.purse import ReplyId
from classifier.errors import StoreError
from classifier.service.store.schema import ServiceDatabase


class Day(NamedTuple):
    """A user's day in US dollars: the cost of replies, and money reserved for requests in flight."""

    spent: float
    held: float


class Hold(NamedTuple):
    """Money reserved for a request in flight."""

    number: int
    run: str
    reply: ReplyId
    usd: float


class Money:
    """The spending of a database. Thread-safe."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._late: dict[int, float] = {}
        self._lock = threading.Lock()

    def hold(self, run_id: str, user: str, reply: ReplyId, most_usd: float, limit: float) -> int | Day:
        """Reserves money for a request.

        Args:
            limit: The limit of the user's day, in US dollars.

        Returns:
            The number of the hold; if the limit does not allow it, the user's day.

        Raises:
            StoreError: The database cannot be written; nothing is reserved.
        """
        day = _today()
        self._settle_late()
        with self._database.writing() as connection:
            now = _day(connection, user, day)
            if now.spent + now.held + most_usd > limit:
                return now
            made = connection.execute(
                "INSERT INTO hold (run, user, day, reply, usd) VALUES (?, ?, ?, ?, ?)",
                (run_id, user, day, json.dumps(reply), most_usd),
            ).lastrowid
        assert made is not None  # noqa: S101 - of an INSERT it never is
        return made

    def settle(self, hold: int, cost_usd: float) -> None:
        """Replaces a hold by the reply's cost; if the database is locked, this happens with the next hold."""
        with self._lock:
            self._late[hold] = cost_usd
        try:
            self._settle_late()
        except StoreError:
            return  # until then the hold counts in full

    def open_holds(self) -> list[Hold]:
        """All holds; after a kill, those of requests that were in flight."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id, run, reply, usd FROM hold ORDER BY id").fetchall()
        return [Hold(row[0], row[1], ReplyId(*json.loads(row[2])), row[3]) for row in rows]

    def settle_after_kill(self, holds: list[Hold], costs: Mapping[ReplyId, float]) -> None:
        """Settles the holds of a dead process: with the reply's cost, or in full."""
        with self._database.writing() as connection:
            for hold in holds:
                _settle(connection, hold.number, costs.get(hold.reply, hold.usd))

    def today(self, user: str) -> Day:
        """The user's day."""
        with self._database.reading() as connection:
            return _day(connection, user, _today())

    def _settle_late(self) -> None:
        with self._lock:
            late = dict(self._late)
        if not late:
            return
        with self._database.writing() as connection:
            for hold, cost in late.items():
                _settle(connection, hold, cost)
        with self._lock:
            for hold in late:
                self._late.pop(hold, None)


def _day(connection: Connection, user: str, day: str) -> Day:
    spent, held = connection.execute(
        "SELECT (SELECT coalesce(sum(spent), 0.0) FROM spending WHERE user = ? AND day = ?),"
        " (SELECT coalesce(sum(usd), 0.0) FROM hold WHERE user = ? AND day = ?)",
        (user, day, user, day),
    ).fetchone()
    return Day(float(spent), float(held))


def _settle(connection: Connection, hold: int, cost_usd: float) -> None:
    """Counts on the day of the hold; a hold that is already settled changes nothing."""
    connection.execute(
        "INSERT INTO spending (run, user, day, spent) SELECT run, user, day, ? FROM hold WHERE id = ?"
        " ON CONFLICT (run, day) DO UPDATE SET spent = spent + excluded.spent",
        (cost_usd, hold),
    )
    connection.execute("DELETE FROM hold WHERE id = ?", (hold,))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
