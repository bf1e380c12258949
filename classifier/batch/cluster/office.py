"""What the workers of one run share: the settings with their key, and the cap on costs.

An `Office` is a Ray actor beside the driver. The key goes to it and from it as an argument and a result of
direct calls between processes: it is in no constructor's arguments, environment description or name, which a
cluster keeps and shows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from classifier.batch.items import Spent
from classifier.batch.spending import Spending
from classifier.errors import BudgetSpent
from classifier.records import Usage
from classifier.settings import Settings


@dataclass(frozen=True)
class Terms:
    """What a worker is told when it starts.

    Attributes:
        settings: With the key.
        spent: By all that went before.
        max_cost_usd: The cap on all; None for no cap.
    """

    settings: Settings
    spent: Spent
    max_cost_usd: float | None


class Office:
    """Made by the driver, asked by the workers."""

    def __init__(self) -> None:
        self._terms: Terms | None = None
        self._spending = Spending()

    def open(self, terms: Terms) -> None:
        """Sets the terms; before the first worker asks."""
        self._terms = terms
        self._spending = Spending(terms.spent, terms.max_cost_usd)

    def terms(self) -> Terms:
        """The terms, with what has been spent by now."""
        assert self._terms is not None  # noqa: S101
        cost_usd, unpriced = self._sum()
        return Terms(
            self._terms.settings, Spent(cost_usd=cost_usd, unpriced=unpriced), self._terms.max_cost_usd
        )

    def add(self, usage: Usage) -> tuple[float, int]:
        """Counts a reply; returns US dollars of all, and how many have no known price."""
        self._spending.add(usage)
        return self._sum()

    def _sum(self) -> tuple[float, int]:
        return self._spending.cost_usd, self._spending.unpriced


class SharedSpending(Spending):
    """A worker's sums, with what the others spend.

    A reply is told to the office without waiting for it: what is sent meanwhile, at most what is in flight on
    the whole cluster, may exceed the cap.

    Args:
        office: Handle of an `Office`.
    """

    def __init__(self, terms: Terms, office: Any) -> None:
        super().__init__(terms.spent, terms.max_cost_usd)
        self._office = office if terms.max_cost_usd is not None else None
        self._lost = False
        self._calls: set[asyncio.Task[None]] = set()

    def add(self, usage: Usage) -> None:
        """See `Spending.add`."""
        super().add(usage)
        if self._office is not None:
            call = asyncio.create_task(self._tell(usage))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    def check(self) -> None:
        """See `Spending.check`."""
        if self._lost:
            raise BudgetSpent(
                "--max-cost cannot be kept: the run's driver is gone; repeat the command to go on"
            )
        super().check()

    async def _tell(self, usage: Usage) -> None:
        from ray.exceptions import RayError

        assert self._office is not None  # noqa: S101
        try:
            cost_usd, unpriced = await self._office.add.remote(usage)
        except RayError:
            self._lost = True
            return
        self.cost_usd, self.unpriced = max(self.cost_usd, cost_usd), max(self.unpriced, unpriced)
