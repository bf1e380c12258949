"""Replies from the provider's Batch API, collected between passes over the list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from classifier.batch.ledger.items import ItemOutcome
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.provider.queue import ProviderQueue
from classifier.batch.run import Expected
from classifier.engines.openai.batches import BatchServer
from classifier.errors import BudgetSpent, ConfigError, ModelError


class BatchReplies:
    """A `classifier.batch.run.ReplySource`; after a stop, the same command collects the results.

    Args:
        queue: The batches.
    """

    def __init__(self, queue: ProviderQueue) -> None:
        self._queue = queue
        self._ended = asyncio.Event()
        self._spent: BudgetSpent | None = None

    @property
    def say(self) -> Callable[[str], None]:
        """See `ReplySource`."""
        return self._queue.say

    @say.setter
    def say(self, say: Callable[[str], None]) -> None:
        self._queue.say = say

    @property
    def expected(self) -> Expected:
        """The requests at the provider."""
        return Expected(self._queue.out, self._queue.ready)

    async def open(self) -> None:
        """Continues the batches of an earlier run."""
        await self._queue.open()

    async def is_full(self) -> bool:
        """Whether enough requests wait to be sent."""
        return await self._queue.is_full()

    def tells(self, outcome: ItemOutcome) -> bool:
        """True only if a request was sent directly: others wait for batches."""
        return outcome.requests > 0

    async def more(self) -> bool:
        """Submits waiting requests, or collects submitted ones; see `ReplySource.more`."""
        if self._spent is not None:
            raise self._spent
        try:
            if await self._queue.send():
                return True
        except BudgetSpent as error:
            await self._queue.close()
            self._spent = error  # replies that have arrived are paid for: one more pass
            return True
        if not self._queue.out:
            return False
        await self._queue.collect(self._ended)
        return True

    def stop(self) -> None:
        """Stops; an exchange in flight is awaited, including its retries."""
        self._ended.set()


async def drop_batches(server: BatchServer, store: LedgerWriter) -> int:
    """Drops everything at the provider; answers that arrive later are paid for but not used.

    Returns:
        How many batches were dropped.
    """
    batches = await store.do(lambda ledger: ledger.requests.open_batches())
    for batch in batches:
        with suppress(ModelError, ConfigError):  # missing, or of another key; it is dropped anyway
            provider_id = batch.provider_id
            if provider_id is None and batch.sent is not None:
                found = await server.find(batch.tag, batch.file_id)
                provider_id = found.id if found else None
            if provider_id is not None:
                await server.cancel(provider_id)
        if batch.file_id is not None:
            await server.remove(batch.file_id)
        await store.do(lambda ledger, batch=batch: ledger.requests.end(batch, "dropped", counts=False))  # type: ignore[misc]
    await store.do(lambda ledger: ledger.requests.forget_unsent())
    return len(batches)
