"""A user's daily budget as the purse of a run: requests wait for reserved money, and stop at the limit."""

from __future__ import annotations

import asyncio

from classifier.batch.purse import ReplyId
from classifier.errors import BudgetSpent
from classifier.service.store.money import Day, Money

_LOOK_S = 0.05
"""Seconds between two checks whether another request has been settled."""


class DayPurse:
    """A `Purse` with a user's daily budget, which all runs of the user share.

    Args:
        limit: US dollars per day.
    """

    def __init__(self, money: Money, run_id: str, user: str, limit: float) -> None:
        self._money = money
        self._run_id = run_id
        self._user = user
        self._limit = limit

    async def hold(self, reply: ReplyId, most_usd: float) -> int:
        """See `Purse.hold`."""
        while True:
            found = await self._try(reply, most_usd)
            if isinstance(found, int):
                return found
            if not found.held or found.spent + most_usd > self._limit:
                raise BudgetSpent(
                    f"the limit of ${self._limit:.2f} a day for '{self._user}' has no room for another "
                    f"request (${found.spent:.4f} spent, a request may cost ${most_usd:.4f}); resume "
                    "tomorrow (UTC), or use the offline engine"
                )
            await asyncio.sleep(_LOOK_S)

    async def _try(self, reply: ReplyId, most_usd: float) -> int | Day:
        """One attempt; a reservation made while the run was cancelled is released."""
        given = (self._run_id, self._user, reply, most_usd, self._limit)
        attempt = asyncio.ensure_future(asyncio.to_thread(self._money.hold, *given))
        try:
            return await asyncio.shield(attempt)
        except asyncio.CancelledError:
            made = await attempt
            if isinstance(made, int):
                await asyncio.to_thread(self._money.settle, made, 0.0)
            raise

    async def settle(self, hold: int, cost_usd: float) -> None:
        """See `Purse.settle`; also while the run is being cancelled."""
        await asyncio.shield(asyncio.to_thread(self._money.settle, hold, cost_usd))
