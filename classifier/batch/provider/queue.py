"""New requests -> batches at the provider -> replies in the ledger.

A batch goes through three saved steps: its intent (a tag and the requests in it), the submit with the tag in
the provider's metadata, and the provider's id. Whoever dies between the last two finds the batch again by its
tag, in the provider's list of batches. Answers are replies of the ledger once they are read; reading a result
file twice changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from classifier.batch.ledger import Ledger
from classifier.batch.provider import asked
from classifier.batch.provider.answers import Answer, AnswerReader
from classifier.batch.provider.asked import SentBatch
from classifier.batch.spending import Spending
from classifier.batch.store import LedgerWriter
from classifier.engines.openai.batches import ENDPOINT, Batch, BatchServer
from classifier.engines.openai.failures import RejectedRequest
from classifier.engines.openai.retry import Waits, retrying
from classifier.errors import BudgetSpent, ConfigError, ModelError, StoreError

_ROWS = 200
"""Requests and answers in one transaction."""

_PATIENCE = 20
"""Looks at a batch that may fail in a row: a laptop wakes before its network does."""

_ENQUEUED = "token_limit_exceeded"
_SKEW_S = 86_400.0

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Of one batch, and of the whole; `max_cost_usd` is None for no cap."""

    requests: int
    bytes: int
    poll_s: float
    attempts: int
    max_cost_usd: float | None = None


class ProviderQueue:
    """The batches of one ledger.

    Args:
        server: Where batches go; its transport is closed by its owner.
        store: The ledger.
        reader: Reads what comes back.
        folder: For files on their way.

    Attributes:
        say: Told what a person who waits for hours wants to know.
        awaited: Requests that are out.
        answered: How many of them the provider says to have answered.
    """

    def __init__(
        self,
        server: BatchServer,
        store: LedgerWriter,
        spending: Spending,
        reader: AnswerReader,
        limits: Limits,
        folder: Path,
    ) -> None:
        self.say: Callable[[str], None] = lambda _: None
        self.awaited = 0
        self.answered = 0
        self._server = server
        self._store = store
        self._spending = spending
        self._reader = reader
        self._limits = limits
        self._folder = folder
        self._most = limits.requests
        self._crowded = False
        self._silent = 0

    async def open(self) -> None:
        """Takes up what an earlier run has left: intents are found again or submitted.

        Raises:
            ConfigError: The server cannot say whether an intent was submitted.
            ModelError: It does not answer.
        """
        await self._store.do(asked.begin_run)
        for batch in await self._store.do(asked.open_batches):
            if batch.provider_id is None:
                await self._submit(batch, fresh=False)
        await self._count()

    async def is_full(self) -> bool:
        """Whether what is new makes a batch of the largest size."""
        load = await self._store.do(asked.new_load)
        return load.requests >= self._most or load.bytes >= self._limits.bytes

    async def send(self) -> bool:
        """Submits one batch of what is new; false where nothing is, or may be sent for now.

        Raises:
            BudgetSpent: The cap allows no further request, and none is out that could cost less than feared.
            ConfigError, ModelError: As `open`.
        """
        new = (await self._store.do(asked.new_load)).requests
        if not new or (self._crowded and self.awaited):
            return False
        tag, allowance = uuid.uuid4().hex, await self._allowance()
        limits = (self._most, self._limits.bytes, allowance)
        requests = await self._store.do(lambda ledger: asked.intend(ledger, tag, *limits))
        if not requests:
            if not self.awaited:
                raise BudgetSpent(
                    f"--max-cost {self._limits.max_cost_usd:g} is reached: ${self._spending.cost_usd:.4f} "
                    "spent, and the next request may cost more than is left; what is done is saved: repeat "
                    "the command with a higher one to go on"
                )
            return False
        (batch,) = [b for b in await self._store.do(asked.open_batches) if b.tag == tag]
        await self._submit(batch, fresh=True)
        await self._count()
        return True

    async def collect(self, ended: asyncio.Event) -> None:
        """Waits until a batch has ended, and takes in its answers; returns early when the event is set.

        Raises:
            ModelError: A batch was refused, or nobody answers any more.
            StoreError: The disk is full; nothing is lost.
        """
        while not ended.is_set():
            taken, states = False, []
            for batch in await self._store.do(asked.open_batches):
                state = await self._look(batch)
                if state is not None:
                    states.append(state)
                    if state.ended:
                        await self._take(batch, state)
                        taken = True
            self.answered = sum(state.done for state in states)
            if taken:
                await self._count()
                return
            try:
                await asyncio.wait_for(ended.wait(), self._limits.poll_s)
            except TimeoutError:
                continue

    # -- out -----------------------------------------------------------------------------------

    async def _allowance(self) -> float | None:
        if self._limits.max_cost_usd is None:
            return None
        out = await self._store.do(asked.most_out_usd)
        return self._limits.max_cost_usd - self._spending.cost_usd - out

    async def _submit(self, batch: SentBatch, *, fresh: bool) -> None:
        file_id = ""
        async for attempt in retrying(self._limits.attempts, Waits()):
            with attempt:
                # After an error it is open whether the batch came about.
                first = fresh and attempt.retry_state.attempt_number == 1
                made = None if first else await self._find(batch, settled=fresh)
                if made is None:
                    file_id = file_id or await self._upload(batch)
                    made = await self._server.create(file_id, batch.tag)
        if made is None:
            raise AssertionError("tenacity either returns or raises")
        provider_id = made.id
        await self._store.do(lambda ledger: asked.submitted(ledger, batch, provider_id))
        self.say(f"batch {provider_id} is at {self._server.where}; its answers come within a day")

    async def _find(self, batch: SentBatch, *, settled: bool) -> Batch | None:
        since = batch.intended - _SKEW_S
        try:
            found = await self._server.find(batch.tag, since)
            if found is None and not settled and time.time() - batch.intended < 2 * self._limits.poll_s:
                await asyncio.sleep(self._limits.poll_s)  # lists may lag behind
                found = await self._server.find(batch.tag, since)
        except RejectedRequest as error:
            raise ConfigError(
                f"cannot tell whether batch {batch.tag} was submitted: {self._server.where} does not list "
                "its batches; look for that tag there, and give it up with --drop-batches"
            ) from error
        return found

    async def _upload(self, batch: SentBatch) -> str:
        with self._file(batch) as path:
            with path.open("w", encoding="utf-8") as file:
                after = 0
                while rows := await self._store.do(
                    lambda ledger, after=after: asked.requests_of(ledger, batch, after, _ROWS)  # type: ignore[misc]
                ):
                    for custom_id, body in rows:
                        line = {"custom_id": str(custom_id), "method": "POST", "url": ENDPOINT, "body": body}
                        file.write(json.dumps(line) + "\n")
                    after = rows[-1][0]
            return await self._server.upload(path)

    # -- in ------------------------------------------------------------------------------------

    async def _look(self, batch: SentBatch) -> Batch | None:
        """None where nobody answered this time.

        Raises:
            ModelError: Nobody has answered for long, or the server does not know the batch.
        """
        assert batch.provider_id is not None  # noqa: S101 - `open` and `send` have seen to it
        try:
            state = await self._server.look(batch.provider_id)
        except RejectedRequest as error:
            raise RejectedRequest(
                f"{error.message}; batch {batch.provider_id} cannot be collected with this key; give it up "
                "with --drop-batches"
            ) from error
        except ModelError as error:
            self._silent += 1
            if not error.retryable or self._silent >= _PATIENCE:
                raise
            return None
        self._silent = 0
        return state

    async def _take(self, batch: SentBatch, state: Batch) -> None:
        if state.status == "failed":
            await self._refused(batch, state)
            return
        for file_id in state.results:
            with self._file(batch) as path:
                async for attempt in retrying(self._limits.attempts, Waits()):
                    with attempt:
                        await self._server.download(file_id, path)
                answers = self._reader.read(path)
                while rows := list(islice(answers, _ROWS)):
                    await self._keep(batch, rows)
        stop, self._reader.stop = self._reader.stop, None
        counts = stop is None
        lost = await self._store.do(lambda ledger: asked.end(ledger, batch, state.status, counts=counts))
        self._crowded = False
        if lost:
            self.say(
                f"batch {state.id} is {state.status}; {lost} of its requests have no answer and go again"
            )
        for file_id in filter(None, (state.input_file, *state.results)):
            await self._server.remove(file_id)
        if stop is not None:
            raise stop

    async def _keep(self, batch: SentBatch, rows: list[Answer]) -> None:
        def keep(ledger: Ledger) -> list[Answer]:
            now = time.time()
            return [
                row for row in rows if asked.answered(ledger, batch, row.custom_id, row.body, row.usage, now)
            ]

        for answer in await self._store.do(keep):
            self._spending.add(answer.usage)

    async def _refused(self, batch: SentBatch, state: Batch) -> None:
        """A batch that the provider did not take: nothing of it was done.

        Raises:
            RejectedRequest: Not for its size.
        """
        lost = await self._store.do(lambda ledger: asked.end(ledger, batch, state.status, counts=False))
        await self._count()
        code, said = next(iter(state.errors), ("", "no reason given"))
        if code == _ENQUEUED and (self.awaited or lost > 1):
            self._crowded = bool(self.awaited)
            self._most = self._most if self.awaited else max(1, lost // 2)
            self.say(f"the provider takes no more for now ({said})")
            return
        raise RejectedRequest(
            f"{self._server.where} refused batch {state.id}: {said}; mend that and repeat the command, or "
            "leave --batch-api out"
        )

    # -- inside --------------------------------------------------------------------------------

    async def _count(self) -> None:
        self.awaited = await self._store.do(asked.out_count)

    @contextmanager
    def _file(self, batch: SentBatch) -> Iterator[Path]:
        path = self._folder / f".batch-{batch.tag}.jsonl"
        try:
            yield path
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror or error}; nothing that was saved is lost: make room and repeat "
                "the command"
            ) from error
        finally:
            path.unlink(missing_ok=True)
