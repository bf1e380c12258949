"""What the workers of one run share: the settings with their key, and the cap on costs.

An `SharedBudget` is a Ray actor beside the driver. The key goes to it and from it as an argument and a result
of
direct calls between processes: it is in no constructor's arguments, environment description or name, which a
cluster keeps and shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from classifier.batch.ledger.items import Spent
from classifier.batch.spending import RunSpending
from classifier.errors import BudgetSpent
from classifier.model.reply import Usage
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


class SharedBudget:
    """Made by the driver, asked by the workers."""

    def __init__(self) -> None:
        self._terms: Terms | None = None
        self._spending = RunSpending()

    def open(self, terms: Terms) -> None:
        """Sets the terms; before the first worker asks."""
        self._terms = terms
        self._spending = RunSpending(terms.spent, terms.max_cost_usd)

    def terms(self) -> Terms:
        """The terms, with what has been spent by now."""
        assert self._terms is not None  # noqa: S101
        return replace(self._terms, spent=self.spent())

    def add(self, usage: Usage) -> None:
        """Counts a reply."""
        self._spending.add(usage)

    def spent(self) -> Spent:
        """What has been spent by now, as far as a cap depends on it."""
        return Spent(cost_usd=self._spending.cost_usd, unpriced=self._spending.unpriced)


class SharedSpending(RunSpending):
    """A worker's sums, and what all workers together have spent where there is a cap.

    The shared_budget hears of each reply, and is asked before each request: what one worker tells arrives
    before it asks. So the cap is exceeded by what is in flight on the whole cluster at most.

    Args:
        shared_budget: Handle of an `SharedBudget`.
    """

    def __init__(self, terms: Terms, shared_budget: Any) -> None:
        super().__init__(terms.spent, terms.max_cost_usd)
        self._shared_budget = shared_budget if terms.max_cost_usd is not None else None

    def add(self, usage: Usage) -> None:
        """See `RunSpending.add`."""
        super().add(usage)
        if self._shared_budget is not None:
            self._shared_budget.add.remote(usage)

    def check(self, out: int = 0) -> None:
        """See `RunSpending.check`; takes a millisecond where there is a cap."""
        if self._shared_budget is not None:
            import ray
            from ray.exceptions import RayError

            try:
                spent: Spent = ray.get(self._shared_budget.spent.remote())
            except RayError as error:
                raise BudgetSpent("--max-cost cannot be kept: the run's driver is gone") from error
            self.cost_usd, self.unpriced = spent.cost_usd, spent.unpriced
        super().check(out)
