"""A user's day and a run's own limit as the purse of a run: requests wait for money that others hold.

Neither limit is ever exceeded, requests in flight included. The day is shared by all runs of the user, and
kept in the service's database; a run's own limit concerns only its requests, which are all in this process.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from classifier.batch.purse import ReplyId
from classifier.errors import BudgetSpent
from classifier.service.store.money import Day, Money

_LOOK_S = 0.05
"""Seconds between two checks whether another request has been settled."""


class RunLimit(NamedTuple):
    """What all replies of a run may cost together, and what those of earlier sessions have cost."""

    usd: float
    before_usd: float


class DayPurse:
    """A `Purse` over the money of a user's day, and over the limit of one run if it has one.

    Args:
        limit: US dollars a day; None for no limit.
        own: The run's own limit; None for none.
    """

    def __init__(
        self, money: Money, run_id: str, user: str, limit: float | None, own: RunLimit | None = None
    ) -> None:
        self._money = money
        self._run_id = run_id
        self._user = user
        self._limit = limit
        self._own = own
        self._spent = own.before_usd if own else 0.0
        self._held: dict[int, float] = {}
        self._wanted = 0.0

    async def hold(self, reply: ReplyId, most_usd: float) -> int:
        """See `Purse.hold`."""
        while not self._has_room(most_usd):
            await asyncio.sleep(_LOOK_S)
        self._wanted += most_usd  # no other request of the run takes this room while the day is asked
        try:
            hold = await self._hold_day(reply, most_usd)
        finally:
            self._wanted -= most_usd
        self._held[hold] = most_usd
        return hold

    async def settle(self, hold: int, cost_usd: float) -> None:
        """See `Purse.settle`; also while the run is being cancelled."""
        self._held.pop(hold, None)
        self._spent += cost_usd
        await asyncio.shield(asyncio.to_thread(self._money.settle, hold, cost_usd))

    def _has_room(self, most_usd: float) -> bool:
        """Whether the run's own limit has room now; False if other requests must be settled first.

        Raises:
            BudgetSpent: It has no room, whatever the others cost.
        """
        if self._own is None:
            return True
        out = sum(self._held.values()) + self._wanted
        if self._spent + out + most_usd <= self._own.usd:
            return True
        if not out or self._spent + most_usd > self._own.usd:
            raise BudgetSpent(
                f"the limit of ${self._own.usd:g} for this list or paper has no room for another request "
                f"(${self._spent:.4f} spent, a request may cost ${most_usd:.4f}); finished papers are saved: "
                "raise it and resume"
            )
        return False

    async def _hold_day(self, reply: ReplyId, most_usd: float) -> int:
        while True:
            found = await self._try(reply, most_usd)
            if isinstance(found, int):
                return found
            assert self._limit is not None  # noqa: S101 - without a limit there is always room
            if not found.held or found.spent + most_usd > self._limit:
                raise BudgetSpent(
                    f"the limit of ${self._limit:.2f} a day for '{self._user}' has no room for another "
                    f"request (${found.spent:.4f} spent, a request may cost ${most_usd:.4f}); resume "
                    "tomorrow (UTC), or use the offline engine"
                )
            await asyncio.sleep(_LOOK_S)

    async def _try(self, reply: ReplyId, most_usd: float) -> int | Day:
        """One attempt; a hold that was made while the run was cancelled is given back."""
        limit = float("inf") if self._limit is None else self._limit
        given = (self._run_id, self._user, reply, most_usd, limit)
        attempt = asyncio.ensure_future(asyncio.to_thread(self._money.hold, *given))
        try:
            return await asyncio.shield(attempt)
        except asyncio.CancelledError:
            made = await attempt
            if isinstance(made, int):
                await asyncio.to_thread(self._money.settle, made, 0.0)
            raise
