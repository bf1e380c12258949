"""One request at a time, and a pause between two, across all processes that share a directory.

What enters: the wish to send a request. What leaves: the right to send it now. A lock file is held
while the request lasts (one connection), and a time stamp next to it says when the next may start.
The system frees the lock of a process that dies; a damaged stamp costs one pause.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from filelock import FileLock, Timeout

from classifier.errors import StoreError
from classifier.waiting import OnWait

_POLL_S = 0.05
"""Between two looks at a lock that another process holds."""
_LONGEST_S = 600.0
"""No stamp makes anyone wait longer: it may be damaged, or the clock may have moved."""


class Pace:
    """The right to send, given to one caller at a time.

    Args:
        directory: Shared by all who share the pace; made where it is missing.
        name: What is paced; names the files.
        interval_s: Least time from the start of a request to the start of the next.
        on_wait: Told before a wait that is longer than that: somebody was asked to come back later.
    """

    def __init__(self, directory: Path, name: str, interval_s: float, on_wait: OnWait | None = None) -> None:
        self._directory = directory
        self._lock_path = directory / f"{name}.lock"
        self._stamp = directory / f"{name}.next"
        self._interval_s = interval_s
        self._on_wait = on_wait
        self._queue: asyncio.Lock = asyncio.Lock()  # first come, first served within this process

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for the turn, and holds it for the body of the `async with`.

        Raises:
            StoreError: The directory cannot be written.
        """
        async with self._queue:
            lock = await self._acquire()
            try:
                remaining_s = self._remaining_s()
                if self._on_wait is not None and remaining_s > self._interval_s:
                    self._on_wait(remaining_s, "the source asked for a pause")
                await asyncio.sleep(remaining_s)
                self.defer(self._interval_s)
                yield
            finally:
                lock.release()

    def defer(self, seconds: float) -> None:
        """Lets no request of anyone start before `seconds` from now, nor earlier than already set.

        Call it inside a turn.
        """
        pause_s = min(max(seconds, self._remaining_s()), _LONGEST_S)
        try:
            self._stamp.write_text(repr(time.time() + pause_s), encoding="ascii")
        except OSError as error:
            raise self._unwritable(error) from error

    def give_back(self) -> None:
        """Takes back the pause of this turn: the request never left.

        Call it inside a turn.
        """
        self._stamp.unlink(missing_ok=True)

    async def _acquire(self) -> FileLock:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._lock_path)
            while True:
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    await asyncio.sleep(_POLL_S)
                else:
                    return lock
        except OSError as error:
            raise self._unwritable(error) from error

    def _remaining_s(self) -> float:
        try:
            remaining = float(self._stamp.read_text(encoding="ascii")) - time.time()
        except FileNotFoundError:
            return 0.0
        except (OSError, ValueError):
            return self._interval_s
        return min(max(remaining, 0.0), _LONGEST_S)

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(f"cannot write {self._directory}: {error.strerror}; choose another cache directory")
