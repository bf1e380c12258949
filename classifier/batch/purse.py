"""A budget that several runs share: the most that a request can cost is reserved before it is sent.

What enters: requests of one item's conversation, on their way to the throttle. What leaves: the same
requests, after money was reserved; when the reply arrives, the reservation is replaced by the real cost. So
the limit is never exceeded, even by requests in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from classifier.batch.replies import present_conversation
from classifier.engines.openai.transport import ChatTransport
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


class HoldingTransport:
    """A `ChatTransport` that sends a request only after its cost is reserved.

    Args:
        inner: The throttle.
        most_of: Upper bound of a request's cost in US dollars; None if unknown.
    """

    def __init__(
        self, inner: ChatTransport, purse: Purse, most_of: Callable[[Mapping[str, Any]], float | None]
    ) -> None:
        self._inner = inner
        self._purse = purse
        self._most_of = most_of

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`.

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
            body = await self._inner.complete(request)
            cost = conversation.cost_usd - before
            return body
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

    async def aclose(self) -> None:
        """Closes the inner transport."""
        await self._inner.aclose()
