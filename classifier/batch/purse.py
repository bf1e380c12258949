"""A budget that several runs share: the most that a request can cost is reserved before it is sent.

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
    """The key of a reply in a ledger: item, round, sha256 of the question, how often it was asked before."""

    item: int
    round: int
    request: str
    nth: int


class Purse(Protocol):
    """A limit on the total cost of all runs that share it."""

    async def hold(self, reply: ReplyId, most_usd: float) -> int:
        """Reserves money; if other requests have reserved too much, waits until they are settled.

        Args:
            reply: The key of the expected reply.
            most_usd: The most that it can cost, in US dollars.

        Returns:
            A number for `settle`.

        Raises:
            BudgetSpent: The limit does not allow it.
        """
        ...

    async def settle(self, hold: int, cost_usd: float) -> None:
        """Replaces the reservation by the real cost in US dollars."""
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

        A request that got no answer in time counts with its upper bound.

        Raises:
            BudgetSpent: The limit does not allow it, or the price is unknown.
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
        except BaseException:  # cancelled: counts with its upper bound, since it may have been sent
            if conversation.sent == sent:
                cost = 0.0
            raise
        finally:
            await self._purse.settle(hold, cost)
