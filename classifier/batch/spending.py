"""The cost of a run so far, the expected cost of the rest, and the cap.

What enters: the usage of each reply. What leaves: sums, a refusal to send more, and an estimate. If a run is
resumed, the cost of earlier runs counts too.
"""

from __future__ import annotations

from classifier.batch.ledger.items import Spent
from classifier.errors import BudgetSpent
from classifier.model.reply import Usage
from classifier.text.counting import count_of


class RunSpending:
    """Sums of a run.

    Args:
        before: The ledger's total at the start.
        max_cost_usd: The cap on the ledger's total in US dollars; None for no cap.
    """

    def __init__(self, before: Spent | None = None, max_cost_usd: float | None = None) -> None:
        before = before or Spent()
        self.cost_usd = before.cost_usd
        self.tokens_in = before.tokens_in
        self.tokens_out = before.tokens_out
        self.tokens_cached = before.tokens_cached
        self.unpriced = before.unpriced
        self.replies = 0
        self._max_cost_usd = max_cost_usd
        self._before_usd = before.cost_usd
        self._finished = 0
        self._finished_usd = 0.0

    def add(self, usage: Usage) -> None:
        """Counts a new reply."""
        self.replies += 1
        self.tokens_in += usage.tokens_in or 0
        self.tokens_out += usage.tokens_out or 0
        self.tokens_cached += usage.tokens_cached or 0
        if usage.cost_usd is None:
            self.unpriced += 1
        else:
            self.cost_usd += usage.cost_usd

    def finish(self, cost_usd: float) -> None:
        """Counts an item that was labelled in this run, and the cost of its replies."""
        self._finished += 1
        self._finished_usd += cost_usd

    def check(self, out: int = 0) -> None:
        """Whether another request may be sent.

        Args:
            out: Requests in flight; they are assumed to cost the average of this run.

        Raises:
            BudgetSpent: The cap is reached, or cannot be kept because replies come without a known cost.
        """
        if self._max_cost_usd is None:
            return
        to_come = out * (self.cost_usd - self._before_usd) / self.replies if self.replies else 0.0
        if self.cost_usd + to_come >= self._max_cost_usd:
            on_their_way = f", {count_of(out, 'request')} in flight" if to_come else ""
            raise BudgetSpent(
                f"--max-cost {self._max_cost_usd:g} is reached (${self.cost_usd:.4f} spent{on_their_way}); "
                "finished papers are saved: rerun with a higher one to resume"
            )
        if self.unpriced:
            raise BudgetSpent(
                "--max-cost cannot be kept: the server does not count the tokens of its replies; "
                "remove --max-cost, "
                "or use another server"
            )

    def rest_usd(self, waiting: int) -> float | None:
        """The expected cost of this many more items, from the run's average; None before the first item.

        Replies of items in progress are included. Items whose replies were saved before cost nothing and are
        not counted.
        """
        if self.unpriced or not self._finished:
            return None
        in_work = self.cost_usd - self._before_usd - self._finished_usd
        return max(0.0, self._finished_usd / self._finished * waiting - in_work)
