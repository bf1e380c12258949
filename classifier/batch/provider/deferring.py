"""Requests that are kept for a batch instead of being sent.

What enters: requests that have no reply yet, through a `ChatTransport`. What leaves: rows of `asked`, and
`Deferred` in place of a reply: the item waits until a batch has brought it.
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
"""Batches that may fail to answer a request before its item fails; each may take a day."""

MostOf = Callable[[Mapping[str, Any]], float | None]
"""What the answer to a request costs at most, in US dollars; None where that is not known."""


class UnansweredByBatches(ModelError):
    """No batch brought an answer."""

    code = "model-unavailable"


class DeferringTransport:
    """A `ChatTransport` that keeps requests in the ledger.

    Where nothing is known about a model yet, requests go directly, one at a time and at the ordinary price,
    until the first reply: thousands that all ask for something the server does not have would cost a day.

    Args:
        direct: Sends directly.
        store: The ledger.
        most_of: Bounds what an answer costs.
        known: Models of which it is known what the server accepts with them.
        is_closed: Whether nothing is to be asked any more.
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
        """Keeps the request; see `ChatTransport.complete`.

        Raises:
            Deferred: Always, but where the request went directly.
            UnansweredByBatches: Batches have failed to answer it too often.
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
        raise UnansweredByBatches(f"{tries} batches brought no answer to it; try without --batch-api")

    async def aclose(self) -> None:
        """Closes the direct transport."""
        await self._direct.aclose()
