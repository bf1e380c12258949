"""Stores requests for a batch instead of sending them.

What enters: requests that have no reply yet, through a `ChatTransport`. What leaves: rows of `asked`, and
`Deferred` instead of a reply: the item waits until a batch has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from classifier.batch.ledger.requests import PendingRequest
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.replies import Deferred, present_conversation
from classifier.engines.openai.transport import ChatTransport
from classifier.errors import ModelError

TRIES = 3
"""After this many batches without an answer to a request, its item fails; each may take a day."""

MostOf = Callable[[Mapping[str, Any]], float | None]
"""Upper bound of an answer's cost in US dollars; None if unknown."""


class UnansweredByBatches(ModelError):
    """No batch contained an answer."""

    code = "model-unavailable"


class DeferringTransport:
    """A `ChatTransport` that stores requests in the ledger.

    If nothing is known about a model yet, requests are sent directly, one at a time and at the ordinary
    price, until the first reply: a batch of thousands that all use something the server does not support
    would cost a day.

    Args:
        direct: Sends directly.
        store: The ledger.
        most_of: Returns the upper bound of an answer's cost.
        known: Models for which the server's abilities are known.
        is_closed: Whether no request is accepted any more.
    """

    def __init__(
        self,
        direct: ChatTransport,
        store: LedgerWriter,
        most_of: MostOf,
        known: Iterable[str] = (),
        is_closed: Callable[[], bool] = lambda: False,
    ) -> None:
        self._direct = direct
        self._store = store
        self._most_of = most_of
        self._known = set(known)
        self._is_closed = is_closed
        self._alone = asyncio.Lock()

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Stores the request; see `ChatTransport.complete`.

        Raises:
            Deferred: Always, unless the request was sent directly.
            UnansweredByBatches: Too many batches have ended without an answer to it.
        """
        model = request["model"]
        if model not in self._known:
            async with self._alone:
                if model not in self._known:
                    body = await self._direct.complete(request)
                    self._known.add(model)
                    return body
        if self._is_closed():
            raise Deferred
        put = present_conversation()
        asked = PendingRequest(put.item, put.key, request, self._most_of(request))
        tries = await self._store.do(lambda ledger: ledger.requests.ask(asked))
        if tries < TRIES:
            raise Deferred
        await self._store.do(lambda ledger: ledger.requests.give_up(asked))
        raise UnansweredByBatches(f"{tries} batches ended without an answer to it; rerun without --batch-api")

    async def aclose(self) -> None:
        """Closes the direct transport."""
        await self._direct.aclose()
