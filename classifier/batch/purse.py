"""Money that several runs share: what a request may cost at most is set aside before it is sent.

What enters: a request of one item's conversation whose turn it is. What leaves: a context around its sending,
once the purse has set money aside; the real cost is settled when the reply is there. So the limit of a purse
is never exceeded, requests in flight included.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, NamedTuple, Protocol

from classifier.batch.replies import present_conversation
from classifier.errors import BudgetSpent, ModelTimeout


class ReplyId(NamedTuple):
    """Where a ledger keeps a reply: item, round, sha256 of the question, how often it was asked before."""

    item: int
    round: int
    request: str
    nth: int


class Purse(Protocol):
    """A limit on what all runs that share it may cost together."""

    async def hold(self, reply: ReplyId, most_usd: float) -> int:
        """Sets money aside, and waits for other requests to be settled if they hold too much.

        Args:
            reply: The reply that is to be paid for.
            most_usd: What it can cost at most, in US dollars.

        Returns:
            A number to settle by.

        Raises:
            BudgetSpent: The limit leaves no room for it.
        """
        ...

    async def settle(self, hold: int, cost_usd: float) -> None:
        """Replaces what was set aside by the real cost in US dollars."""
        ...


def no_holds(_: Mapping[str, Any]) -> AbstractAsyncContextManager[None]:
    """A context that sets nothing aside."""
    return nullcontext()


class Holds:
    """Sets the money of a request aside while it is on its way: a context for the throttle.

    Args:
        most_of: What the reply to a request costs at most, in US dollars; None if that is not known.
    """

    def __init__(self, purse: Purse, most_of: Callable[[Mapping[str, Any]], float | None]) -> None:
        self._purse = purse
        self._most_of = most_of

    @asynccontextmanager
    async def __call__(self, request: Mapping[str, Any]) -> AsyncIterator[None]:
        """Around the sending of a request; a request that waits for its turn holds nothing.

        A request that was sent and got no answer in time counts with all that it may have cost.

        Raises:
            BudgetSpent: The purse leaves no room for it, or the price is not known.
        """
        conversation = present_conversation()
        most = self._most_of(request)
        if most is None:
            raise BudgetSpent(
                f"the limit cannot be kept: no price is known for {request['model']}; set CLASSIFIER_PRICES, "
                "or lift the limit"
            )
        item = conversation.item
        hold = await self._purse.hold(ReplyId(item.id, item.round, *conversation.key), most)
        sent, before, cost = conversation.sent, conversation.cost_usd, most
        try:
            yield
            cost = conversation.cost_usd - before
        except Exception as error:
            if not isinstance(error, ModelTimeout) or conversation.sent == sent:
                cost = conversation.cost_usd - before
            raise
        except BaseException:  # cancelled: paid for if it had been sent
            if conversation.sent == sent:
                cost = 0.0
            raise
        finally:
            await self._purse.settle(hold, cost)
