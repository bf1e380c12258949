"""State that the workers of a run share: the settings with their key, and the cap on costs.

A `SharedBudget` is a Ray actor on the driver's machine. The key is passed to it and from it only in direct
calls between processes. It is not in constructor arguments, environment descriptions or names, since a
cluster stores and shows those.
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
    """What a worker receives when it starts.

    Attributes:
        settings: The settings, with the key.
        spent: The cost of everything before this run.
        max_cost_usd: The cap on the total cost in US dollars; None for no cap.
    """

    settings: Settings
    spent: Spent
    max_cost_usd: float | None


class SharedBudget:
    """Created by the driver, called by the workers."""

    def __init__(self) -> None:
        self._terms: Terms | None = None
        self._spending = RunSpending()

    def open(self, terms: Terms) -> None:
        """Sets the terms; call it before the first worker starts."""
        self._terms = terms
        self._spending = RunSpending(terms.spent, terms.max_cost_usd)

    def terms(self) -> Terms:
        """The terms, with the cost so far."""
        assert self._terms is not None  # noqa: S101
        return replace(self._terms, spent=self.spent())

    def add(self, usage: Usage) -> None:
        """Counts a reply."""
        self._spending.add(usage)

    def spent(self) -> Spent:
        """The cost so far, if there is a cap."""
        return Spent(cost_usd=self._spending.cost_usd, unpriced=self._spending.unpriced)


class SharedSpending(RunSpending):
    """A worker's sums and, if there is a cap, the cost of all workers together.

    Each reply is reported to the `SharedBudget`, and it is asked before each request; a worker's reports
    arrive before its next question. So the cap is exceeded at most by the requests in flight on the whole
    cluster.

    Args:
        shared_budget: Handle of a `SharedBudget`.
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
        """See `RunSpending.check`; takes a millisecond if there is a cap."""
        if self._shared_budget is not None:
            import ray
            from ray.exceptions import RayError

            try:
                spent: Spent = ray.get(self._shared_budget.spent.remote())
            except RayError as error:
                raise BudgetSpent("--max-cost cannot be kept: the run's driver does not answer") from error
            self.cost_usd, self.unpriced = spent.cost_usd, spent.unpriced
        super().check(out)
