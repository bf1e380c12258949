"""A rate limit for all processes that share a directory: one request at a time, with a pause in between.

A caller waits for its turn and then sends its request. A lock file is held during the request (one
connection), and a time stamp next to it contains the time of the next allowed start. The operating system
releases the lock of a process that dies; a damaged time stamp costs one pause.
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
"""Seconds between two attempts to get a lock that another process holds."""
_LONGEST_S = 600.0
"""Longest wait in seconds: a time stamp may be damaged, or the clock may have changed."""


class Pace:
    """Lets one caller at a time send a request.

    Args:
        directory: Shared by all processes with the same limit; created if it does not exist.
        name: Name of the limit, used in file names.
        interval_s: Least time from the start of a request to the start of the next.
        on_wait: Called before a wait that is longer than that, because a server sent Retry-After.
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
        """Waits for its turn, and keeps it during the body of the `async with`.

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
        """Delays the next request of all processes by at least `seconds` from now.

        Call it during a turn.
        """
        pause_s = min(max(seconds, self._remaining_s()), _LONGEST_S)
        try:
            self._stamp.write_text(repr(time.time() + pause_s), encoding="ascii")
        except OSError as error:
            raise self._unwritable(error) from error

    def give_back(self) -> None:
        """Removes the pause after this turn, since the request was not sent.

        Call it during a turn.
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
