"""What a user's replies cost a day (UTC), and what is held for requests that are on their way.

Each request holds the most that it can cost before it is sent, whichever run it belongs to, so that all of a
user's runs together never exceed the day's limit. The hold names the reply that it is for: after a kill, the
ledger tells which replies arrived and what they cost; requests whose reply is not there count with all that
was held, since they may have been paid for.
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
    """A user's day in US dollars: what replies have cost, and what is held for requests on their way."""

    spent: float
    held: float


class Hold(NamedTuple):
    """Money of a request on its way."""

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
        """Sets money aside for a request.

        Args:
            limit: Of the user's day, in US dollars.

        Returns:
            The number of the hold; if the limit has no room for it, the user's day.

        Raises:
            StoreError: The database cannot be written; nothing is held.
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
        """Replaces a hold by what the reply has cost; if the database is locked, with the next hold."""
        with self._lock:
            self._late[hold] = cost_usd
        try:
            self._settle_late()
        except StoreError:
            return  # the hold counts with all that it holds until then

    def open_holds(self) -> list[Hold]:
        """What is held; after a kill, what was on its way then."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id, run, reply, usd FROM hold ORDER BY id").fetchall()
        return [Hold(row[0], row[1], ReplyId(*json.loads(row[2])), row[3]) for row in rows]

    def settle_after_kill(self, holds: list[Hold], costs: Mapping[ReplyId, float]) -> None:
        """Settles holds of a process that is gone: with the cost of the reply, or with all that was held."""
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
    """On the day on which it was held; a hold that is settled already changes nothing."""
    connection.execute(
        "INSERT INTO spending (run, user, day, spent) SELECT run, user, day, ? FROM hold WHERE id = ?"
        " ON CONFLICT (run, day) DO UPDATE SET spent = spent + excluded.spent",
        (cost_usd, hold),
    )
    connection.execute("DELETE FROM hold WHERE id = ?", (hold,))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
