"""A run whose requests go by the provider's Batch API: passes over the list, and batches between them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from classifier.batch.labellers import Labeller
from classifier.batch.ledger.items import Outcome
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.provider.queue import ProviderQueue
from classifier.batch.run import Interrupted, Run
from classifier.batch.spending import Spending
from classifier.batch.throttle import Throttle
from classifier.engines.openai.batches import BatchServer
from classifier.errors import BudgetSpent, ClassifierError, ConfigError, ModelError


class BatchRun(Run):
    """See `Run`; an interrupt leaves batches where they are, and the same command collects them.

    Args:
        throttle: Of what is asked directly.
        queue: The batches.
    """

    def __init__(
        self,
        store: LedgerWriter,
        labeller: Labeller,
        spending: Spending,
        throttle: Throttle,
        queue: ProviderQueue,
    ) -> None:
        super().__init__(store, labeller, spending, throttle)
        self.queue = queue
        self._ended = asyncio.Event()
        self._main: asyncio.Task[None] | None = None

    def interrupt(self) -> None:
        """See `Run.interrupt`; the first time an exchange on its way is waited for, with its repetitions."""
        again = self.interrupted
        super().interrupt()
        if again and self._main is not None:
            self._main.cancel()

    async def _label_all(self) -> None:
        self._main = asyncio.create_task(self._take_turns())
        try:
            await self._main
        except asyncio.CancelledError:
            if not self.interrupted:
                raise
        except (ModelError, Interrupted) as error:
            self._stop(error)

    async def _take_turns(self) -> None:
        """The list and the provider, until neither has anything left."""
        await self.queue.open()
        while self.stopped is None:
            await super()._label_all()  # labels what has its replies, asks for what has none
            if self.stopped is not None:
                return
            if await self._send():
                continue
            if not self.queue.out:
                return
            await self.queue.collect(self._ended)

    async def _send(self) -> bool:
        try:
            return await self.queue.send()
        except BudgetSpent:
            await self.queue.close()
            await super()._label_all()  # replies that are there by now are paid for
            raise

    def _tells(self, outcome: Outcome) -> bool:
        return outcome.requests > 0  # others' requests wait for batches, and have said nothing yet

    async def _is_full(self) -> bool:
        return await self.queue.is_full()

    def _stop(self, reason: ClassifierError) -> None:
        super()._stop(reason)
        self._ended.set()


async def drop_batches(server: BatchServer, store: LedgerWriter) -> int:
    """Gives up everything that is at the provider; what it answers from now on is paid for and lost.

    Returns:
        How many batches were given up.
    """
    batches = await store.do(lambda ledger: ledger.requests.open_batches())
    for batch in batches:
        with suppress(ModelError, ConfigError):  # gone, or of another key: forgetting it was asked for
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
