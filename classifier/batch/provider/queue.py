"""The provider's queue: submits batches as limits and cap allow, and collects those that have ended."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from classifier.batch.ledger.requests import SentBatch
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.provider.result_files import ResultFiles
from classifier.batch.provider.submit import Submitter
from classifier.batch.run import Interrupted
from classifier.batch.spending import RunSpending
from classifier.engines.openai.batches import Batch, BatchServer
from classifier.engines.openai.failures import RejectedRequest
from classifier.errors import BudgetSpent, ClassifierError, ModelError, RateLimited
from classifier.text.counting import plural

_PATIENCE = 20
"""Failed checks of one batch in a row before giving up: a laptop wakes up before its network."""

_NEW_S = 300.0
"""Seconds after the submit during which the provider may not know the batch yet."""

_ENQUEUED = "token_limit_exceeded"


@dataclass(frozen=True)
class Limits:
    """Limits of one batch and of all batches; `max_cost_usd` is None for no cap."""

    requests: int
    bytes: int
    poll_s: float
    attempts: int
    max_cost_usd: float | None = None


class ProviderQueue:
    """The batches of one ledger.

    Args:
        server: The server for batches; the owner of its transport closes it.
        store: The ledger.
        submitter: Submits batches.
        results: Reads in their results.

    Attributes:
        say: Called with progress messages for a person who waits for hours.
        out: The number of requests at the provider.
        ready: How many of them the provider reports as done.
        is_closed: Whether no request is accepted any more.
    """

    def __init__(
        self,
        server: BatchServer,
        store: LedgerWriter,
        spending: RunSpending,
        submitter: Submitter,
        results: ResultFiles,
        limits: Limits,
    ) -> None:
        self.say: Callable[[str], None] = lambda _: None
        self.out = 0
        self.ready = 0
        self.is_closed = False
        self._server = server
        self._store = store
        self._spending = spending
        self._submitter = submitter
        self._results = results
        self._limits = limits
        self._most = limits.requests
        self._crowded = False
        self._silent: Counter[int] = Counter()
        self._unwritten: Counter[int] = Counter()

    async def open(self) -> None:
        """Continues the batches that an earlier run left there, and deletes its unsent requests.

        Raises:
            ConfigError: It is unknown whether a batch was submitted, and the server cannot list batches.
            ModelError: It does not answer.
        """
        self._submitter.tidy()
        for batch in await self._store.do(lambda ledger: ledger.requests.open_batches()):
            if batch.provider_id is None:
                await self._submitter.settle(batch)
        await self._store.do(lambda ledger: ledger.requests.forget_unsent())
        await self._count()

    async def is_full(self) -> bool:
        """Whether the new requests fill a batch of the largest size."""
        if self.is_closed:
            return False
        load = await self._store.do(lambda ledger: ledger.requests.new_load())
        return load.requests >= self._most or load.bytes >= self._limits.bytes

    async def send(self) -> bool:
        """Submits one batch of the new requests; returns False if there are none, or if none may be sent now.

        Raises:
            BudgetSpent: The cap allows no further request, and no submitted one could cost less than its
            bound. ConfigError: It is unknown whether it was submitted. ModelError: It was rejected.
        """
        if (self._crowded and self.out) or not (
            await self._store.do(lambda ledger: ledger.requests.new_load())
        ).requests:
            return False
        batch = await self._intend()
        if batch is None:
            return False
        provider_id: str | None
        try:
            provider_id = await self._submitter.submit(batch)
        except RateLimited:
            if not self.out:
                raise
            (batch,) = [
                b
                for b in await self._store.do(lambda ledger: ledger.requests.open_batches())
                if b.id == batch.id
            ]
            provider_id = await self._submitter.settle(batch)
            self._crowded = provider_id is None
        if provider_id is not None:
            self.say(f"batch {provider_id} is at {self._server.where}; its answers come within a day")
        await self._count()
        return provider_id is not None

    async def close(self) -> None:
        """Accepts no more requests, and deletes unsent ones."""
        self.is_closed = True
        await self._store.do(lambda ledger: ledger.requests.forget_unsent())

    async def collect(self, ended: asyncio.Event) -> None:
        """Waits until a batch has ended, and reads in its answers; returns early if the event is set.

        Raises:
            Interrupted: A person has cancelled a batch.
            ModelError: A batch was rejected, or the server stopped answering; finished batches were collected
            before.
            StoreError: The disk is full; the results can be imported again.
        """
        while not ended.is_set():
            problem: ClassifierError | None = None
            taken, self.ready = 0, 0
            for batch in await self._store.do(lambda ledger: ledger.requests.open_batches()):
                try:
                    taken += await self._visit(batch)
                except (ModelError, Interrupted) as error:
                    problem = problem or error
                if ended.is_set():
                    break
            await self._count()
            if problem is not None:
                raise problem
            if taken:
                return
            try:
                await asyncio.wait_for(ended.wait(), self._limits.poll_s)
            except TimeoutError:
                continue

    # -- inside --------------------------------------------------------------------------------

    async def _intend(self) -> SentBatch | None:
        """Creates a batch of new requests, as large as limits and cap allow.

        None if submitted batches must end first.

        Raises:
            BudgetSpent: The cap allows no further request.
        """
        cap, allowance = self._limits.max_cost_usd, None
        if cap is not None:
            if not self.out:
                self._spending.check()
            allowance = (
                cap
                - self._spending.cost_usd
                - await self._store.do(lambda ledger: ledger.requests.most_out_usd())
            )
        limits, tag = (self._most, self._limits.bytes, allowance), uuid.uuid4().hex
        batch = await self._store.do(lambda ledger: ledger.requests.intend(tag, *limits))
        if batch is None and not self.out:
            raise BudgetSpent(
                f"--max-cost {cap:g} is reached: ${self._spending.cost_usd:.4f} spent, and the next request "
                "may cost more than the rest; finished papers are saved: rerun with a higher one"
            )
        return batch

    async def _visit(self, batch: SentBatch) -> bool:
        """Checks a batch and, if it has ended, imports its results; returns whether it has ended."""
        state = await self._look(batch)
        if state is None:
            return False
        if state.ended and await self._take(batch, state):
            return True
        self.ready += state.completed + state.failed
        if state.status not in ("validating", "failed"):
            await self._store.do(lambda ledger: ledger.requests.accepted(batch))
        return False

    async def _look(self, batch: SentBatch) -> Batch | None:
        """The state of a batch; None if the server did not answer this time.

        Raises:
            ModelError: The server has not answered for a long time, or does not know the batch.
        """
        try:
            state = await self._server.look(batch.provider_id or "")
        except RejectedRequest as error:
            if error.status != 404 or time.time() - (batch.sent or 0.0) > _NEW_S:
                raise RejectedRequest(
                    f"{error.message}; batch {batch.provider_id} cannot be collected with this key; drop it "
                    "with --drop-batches",
                    error.status,
                ) from error
            return None
        except ModelError as error:
            self._silent[batch.id] += 1
            if not error.retryable or self._silent[batch.id] >= _PATIENCE:
                raise
            return None
        del self._silent[batch.id]
        return state

    async def _take(self, batch: SentBatch, state: Batch) -> bool:
        """Imports the results of an ended batch; returns False if some of its files are missing.

        Raises:
            ModelError: It was rejected, or an error in it concerns every request.
        """
        said_more = state.output_file is None and (state.completed > 0 or not state.results)
        missing = state.status == "completed" and said_more
        for file_id in state.results:
            missing |= not await self._results.take_in(batch, file_id)
        if missing:
            self._unwritten[batch.id] += 1
            if self._unwritten[batch.id] < _PATIENCE:
                return False
            self.say(f"the result files of batch {state.id} have fewer answers than reported")
        stop = self._results.take_stop()
        if state.status == "failed":
            await self._refused(batch, state)
            return True
        # Not caused by the requests: quota, key, or a cancellation.
        counts = stop is None and state.status != "cancelled"
        lost = await self._store.do(lambda ledger: ledger.requests.end(batch, state.status, counts=counts))
        self._crowded = False
        if lost:
            self.say(
                f"batch {state.id} is {state.status}; {lost} of its requests "
                f"{plural(lost, 'is', 'are')} sent again"
            )
        await self._results.remove(state)
        if stop is not None:
            raise stop
        if state.status == "cancelled":
            raise Interrupted(f"batch {state.id} was cancelled at the provider; rerun to resume")
        return True

    async def _refused(self, batch: SentBatch, state: Batch) -> None:
        """Handles a batch that the provider rejected.

        Raises:
            RejectedRequest: It was rejected for another reason than its size.
        """
        requests = await self._store.do(lambda ledger: ledger.requests.release(batch))
        await self._count()
        await self._results.remove(state)
        code, said = next(iter(state.errors), ("", "no reason given"))
        if code == _ENQUEUED and (self.out or requests > 1):
            self._crowded = bool(self.out)
            self._most = self._most if self.out else max(1, requests // 2)
            self.say(f"the provider accepts no more requests for now ({said})")
            return
        raise RejectedRequest(
            f"{self._server.where} refused batch {state.id}: {said}; fix this, then rerun the "
            "same command to resume, or "
            "remove --batch-api"
        )

    async def _count(self) -> None:
        self.out = await self._store.do(lambda ledger: ledger.requests.out_count())
