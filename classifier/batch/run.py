"""The run: labels waiting items and saves each label, until no item waits or the run must stop.

What enters: the ledger and a labeller. What leaves: labels in the ledger; `Run.stopped` contains the reason
for an early end. Only a limited number of items is in memory: memory does not grow with the list.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from classifier.batch.labellers import Labeller
from classifier.batch.ledger.items import Counts, Item, ItemOutcome
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.spending import RunSpending
from classifier.batch.throttle import Throttle
from classifier.errors import BudgetSpent, ClassifierError, Concern, ModelError, error_class
from classifier.runs.streak import FailureStreak, stop_message
from classifier.runs.workers import work_together

_GRACE_S = 15.0
"""Seconds to wait for requests in flight after an interrupt, since they are paid for."""


class Interrupted(ClassifierError):
    """A person ended the run."""

    code = "interrupted"
    concerns = Concern.run


@dataclass
class RunProgress:
    """The progress of a run.

    `done` and `failed` include earlier runs, `here` and `labelled` count this one only.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    review: int = 0
    here: int = 0
    labelled: int = 0
    started: float = 0.0

    @property
    def waiting(self) -> int:
        """Items without a label, including those in progress."""
        return max(0, self.total - self.done - self.failed)

    @property
    def per_second(self) -> float:
        """Items of this run per second."""
        return self.here / max(1e-9, time.monotonic() - self.started)


@dataclass(frozen=True)
class Expected:
    """Answers that will come later: how many requests are submitted, and how many are reported as ready."""

    out: int
    ready: int


class ReplySource(Protocol):
    """The source of a run's replies, used between its passes over the list.

    Attributes:
        say: Called with progress messages for a person who waits for hours.
    """

    say: Callable[[str], None]

    @property
    def expected(self) -> Expected | None:
        """None if replies come at once."""
        ...

    async def open(self) -> None:
        """Prepares the first pass."""
        ...

    async def is_full(self) -> bool:
        """Whether a pass must end before the list does."""
        ...

    def tells(self, outcome: ItemOutcome) -> bool:
        """Whether an outcome shows what other items will cost and that the server answers."""
        ...

    async def more(self) -> bool:
        """Gets replies after a pass that was not stopped; returns whether another pass is worthwhile.

        Raises:
            ModelError, Interrupted: The run must stop.
        """
        ...

    def stop(self) -> None:
        """Ends the waiting in `more`."""
        ...


class DirectReplies:
    """A `ReplySource` for engines that answer at once: one pass is enough."""

    expected: Expected | None = None

    def __init__(self) -> None:
        self.say: Callable[[str], None] = lambda _: None

    async def open(self) -> None:
        """Nothing to prepare."""

    async def is_full(self) -> bool:
        """Never."""
        return False

    def tells(self, outcome: ItemOutcome) -> bool:
        """True unless all replies of the item were stored before."""
        return outcome.requests > 0 or not outcome.item.replies

    async def more(self) -> bool:
        """Never."""
        return False

    def stop(self) -> None:
        """Nothing to stop."""


class Run:
    """One run over a ledger.

    Args:
        throttle: The openai engine's throttle; None for the offline engine.
        replies: The source of replies; None for engines that answer at once.

    Attributes:
        progress: Always up to date.
        replies: As given.
        stopped: Why it ended early; None if it did not.
        interrupted: Whether a person ended it.
        dropped: The number of dropped batches of an earlier run.
    """

    def __init__(
        self,
        store: LedgerWriter,
        labeller: Labeller,
        spending: RunSpending,
        throttle: Throttle | None = None,
        replies: ReplySource | None = None,
    ) -> None:
        self.progress = RunProgress()
        self.replies = replies or DirectReplies()
        self.spending = spending
        self.throttle = throttle
        self.stopped: ClassifierError | None = None
        self.interrupted = False
        self.dropped = 0
        self._store = store
        self._labeller = labeller
        self._buffer: list[Item] = []
        self._after = 0
        self._taking = asyncio.Lock()
        self._main: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._streak = FailureStreak[int]()

    async def go(self) -> None:
        """Labels all waiting items.

        Raises:
            ConfigError, StoreError: It cannot continue; labels that were saved before are kept.
        """
        counts: Counts = await self._store.do(lambda ledger: ledger.counts())
        self.progress = RunProgress(
            total=counts.total - counts.twins,
            done=counts.done,
            failed=counts.failed,
            review=counts.review,
            started=time.monotonic(),
        )
        self._main = asyncio.create_task(self._take_turns())
        try:
            await self._main
        except asyncio.CancelledError:
            if not self.interrupted:
                raise
        except (ModelError, Interrupted) as error:
            self._stop(error)

    async def aclose(self) -> None:
        """Releases the labeller."""
        await self._labeller.aclose()

    def interrupt(self) -> None:
        """Ends the run soon: nothing more is sent, and replies in flight are awaited.

        A second call ends it at once.
        """
        again, self.interrupted = self.interrupted, True
        if again:
            self._end_at_once()
            if self._main is not None:
                self._main.cancel()
            return
        self._stop(Interrupted("interrupted; finished papers are saved; rerun to resume"))
        in_flight = self.throttle.in_flight if self.throttle else set()
        for task in self._tasks:
            if task not in in_flight:
                task.cancel()
        asyncio.get_running_loop().call_later(_GRACE_S, self._end_at_once)

    def _end_at_once(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _take_turns(self) -> None:
        """Alternates passes over the list with getting replies, until neither has anything left to do."""
        await self.replies.open()
        while True:
            await self._label_all()  # labels items with replies, asks for the others
            if self.stopped is not None or not await self.replies.more():
                return

    async def _label_all(self) -> None:
        await self._pass()
        while self.stopped is None and (more := await self._store.do(Ledger.promote_duplicates)):
            self.progress.total += more
            await self._pass()

    async def _pass(self) -> None:
        self._after, self._buffer = 0, []
        await work_together(self._work, self._labeller.at_once, self._watch)

    def _watch(self, tasks: list[asyncio.Task[None]]) -> None:
        self._tasks = tasks

    async def _work(self) -> None:
        while items := await self._take():
            try:
                outcomes = await self._labeller.label(items)
            except BudgetSpent as error:  # these items keep waiting
                self._stop(error)
                return
            await self._store.do(lambda ledger, kept=outcomes: ledger.save(kept))  # type: ignore[misc]
            for outcome in outcomes:
                await self._count(outcome)

    async def _take(self) -> list[Item]:
        """The next items; empty if none waits or the run is being stopped."""
        async with self._taking:
            if self.stopped is not None:
                return []
            if not self._buffer and not await self.replies.is_full():
                after, count = self._after, 2 * self._labeller.chunk * self._labeller.at_once
                self._buffer = await self._store.do(lambda ledger: ledger.waiting(after, count))
                if self._buffer:
                    self._after = self._buffer[-1].place
            taken, self._buffer = self._buffer[: self._labeller.chunk], self._buffer[self._labeller.chunk :]
            return taken

    async def _count(self, outcome: ItemOutcome) -> None:
        label, progress = outcome.label, self.progress
        progress.here += 1
        progress.labelled += label.error is None
        progress.done += label.error is None
        progress.failed += label.error is not None
        progress.review += label.needs_review
        if not self.replies.tells(outcome):
            return
        self.spending.finish(outcome.cost_usd)
        if self._streak.add(outcome.item.id, label.error) and label.error is not None:
            self._stop(error_class(label.error.code)(stop_message(label.error.message)))
        if self.stopped is not None and (ids := self._streak.take()):
            progress.failed -= len(ids)
            await self._store.do(lambda ledger: ledger.requeue(ids))

    def _stop(self, reason: ClassifierError) -> None:
        if self.stopped is None:
            self.stopped = reason
            self.replies.stop()
            if self.throttle is not None:
                self.throttle.stop(reason.message)


OnStart = Callable[[Run], None]
"""Called with the run before it starts, to watch or interrupt it."""
