"""An event loop in a background thread, for callers that have none.

What enters: coroutine functions, from any other thread. What leaves: their results. The thread is a daemon,
so no program waits for it to end. It works only in the process that created it, not in forks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread, get_ident
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """The thread and its loop; both start at once, and end with `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._calls: set[Future[Any]] = set()
        self._thread = Thread(target=_serve, args=(self._loop,), name="classifier", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it accepts calls."""
        return self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        """Whether this is its thread."""
        return get_ident() == self._thread.ident

    @property
    def is_busy(self) -> bool:
        """Whether another thread waits for a result."""
        return bool(self._calls)

    def run(self, call: Callable[[], Coroutine[Any, Any, T]], timeout_s: float | None = None) -> T:
        """Runs a coroutine function and waits for its result; an interrupt cancels it.

        Raises:
            RuntimeError: This is the loop's own thread, which would wait for itself.
            TimeoutError: There is no result in time.
        """
        if self.is_current:
            raise RuntimeError(
                "a synchronous call inside its own event loop would wait for itself; await the "
                "asynchronous method instead"
            )
        future = asyncio.run_coroutine_threadsafe(call(), self._loop)
        self._calls.add(future)
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()  # nobody waits for it any more; no effect if it has already ended
            raise
        finally:
            self._calls.discard(future)

    def close(self, timeout_s: float | None = None) -> None:
        """Cancels running calls and ends the thread; waits for it at most this long."""
        with suppress(RuntimeError):  # already ended
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    # Since Python 3.12 no thread can start at exit, but asyncio needs one to wait for its executor.
    with suppress(RuntimeError), asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.get_loop().run_forever()
