"""Shares the ledger among many tasks, which write in common transactions.

A commit waits for the disk in a separate thread. Meanwhile the next writes are collected, and then committed
together, so the number of commits depends on the disk, not on the number of tasks. Statements run in the
event loop, since they are short, and a thread would compete for Python's lock at each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

from classifier.batch.ledger.items import Item, ReplyKey
from classifier.batch.ledger.ledger import Ledger
from classifier.model.reply import Usage

T = TypeVar("T")
_Job = tuple[Callable[[Ledger], Any], "asyncio.Future[Any]"]


class LedgerWriter:
    """Runs functions on a ledger; use it as an async context manager.

    Args:
        ledger: It must not be used elsewhere at the same time.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._jobs: list[_Job] = []
        self._disk = ThreadPoolExecutor(1, "ledger")
        self._busy: asyncio.Task[None] | None = None

    async def do(self, job: Callable[[Ledger], T]) -> T:
        """Runs a function on the ledger; its changes are on disk when this returns.

        Cancelling the caller does not undo it. If one function of a transaction fails, all of them fail.

        Raises:
            StoreError: It could not be written.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, done))
        if self._busy is None:
            self._busy = asyncio.create_task(self._work())
        return await done

    async def save_reply(self, item: Item, key: ReplyKey, body: bytes, usage: Usage) -> None:
        """See `Ledger.save_reply`."""
        await self.do(lambda ledger: ledger.save_reply(item, key, body, usage))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._busy is not None:
            await self._busy
        self._disk.shutdown()

    async def _work(self) -> None:
        while self._jobs:
            jobs, self._jobs = self._jobs, []
            try:
                with self._ledger.writing():
                    results = [job(self._ledger) for job, _ in jobs]
                    await asyncio.get_running_loop().run_in_executor(self._disk, self._ledger.commit)
            except BaseException as error:  # noqa: BLE001 - it is raised where the job came from
                _fail(jobs, error)
            else:
                for (_, future), result in zip(jobs, results, strict=True):
                    if not future.done():  # its task was cancelled
                        future.set_result(result)
        self._busy = None


def _fail(jobs: list[_Job], error: BaseException) -> None:
    for _, future in jobs:
        if not future.done():
            future.set_exception(error)
