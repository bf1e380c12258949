"""Limits concurrent requests: starts low, grows, and halves when the server is overloaded.

What enters: requests of many tasks. What leaves: as many at a time as the server can handle, and figures
about them. It works like TCP (Jacobson 1988): it doubles at first, then adds one per round; it halves after a
429, a timeout, or when answers take twice as long and arrive less often. What it does not do: retry.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from classifier.batch.purse import no_holds
from classifier.engines.openai.retry import Pause, Waits
from classifier.engines.openai.transport import ChatTransport
from classifier.errors import BudgetSpent, ModelTimeout, RateLimited

Around = Callable[[Mapping[str, Any]], AbstractAsyncContextManager[None]]
START = 16
"""Concurrent requests in the first round; the very first request is sent alone."""
_MINUTE_S = 60.0
_SLOWER = 2.0
"""If answers take this many times the usual latency, the server is queueing (like TCP Vegas, which measures
delay; chosen, not measured)."""
_FEWER = 0.9
"""Below this share of the usual throughput, slower answers mean overload, not just more requests in flight
(chosen)."""
_MEMORY = 20
"""The usual latency follows the current one more slowly by this factor."""


@dataclass
class _Pace:
    """Moving means of the seconds per answer, and of the requests in flight."""

    latency: float = 0.0
    running: float = 0.0

    def follow(self, latency: float, running: int, weight: float) -> None:
        self.latency += weight * (latency - self.latency)
        self.running += weight * (running - self.running)

    def is_worse_than(self, usual: _Pace) -> bool:
        """Whether answers take longer and arrive less often; slower answers alone are not overload."""
        slower = self.latency > _SLOWER * usual.latency
        return slower and self.running * usual.latency < _FEWER * usual.running * self.latency


class AdaptiveLimit:
    """The limit of requests in flight; pure arithmetic on reported events.

    Args:
        ceiling: The upper limit.
        start: The first limit.
    """

    def __init__(self, ceiling: int, start: int = START) -> None:
        self.ceiling = ceiling
        self._limit = float(min(start, ceiling))
        self._doubling = True
        self._shrunk_at = float("-inf")
        self._recent = _Pace()
        self._usual = _Pace()
        self._answers = 0

    @property
    def value(self) -> int:
        """The current limit, at least 1."""
        return int(self._limit)

    def answered(self, started: float, now: float, running: int) -> None:
        """Reports a successful request.

        Args:
            started, now: Seconds on one clock.
            running: Requests that were in flight at the same time; a limit that is not reached does not grow.
        """
        self._answers += 1
        weight = max(1 / self._answers, 1 / max(10.0, self._limit))
        self._recent.follow(now - started, running, weight)
        self._usual.follow(now - started, running, max(1 / self._answers, weight / _MEMORY))
        if self._answers > 2 * self._limit and self._recent.is_worse_than(self._usual):
            self._recent = _Pace(self._usual.latency, self._usual.running)  # one slow period counts once
            self.overloaded(started, now)
        elif running >= self.value:
            self._limit += 1 if self._doubling else 1 / self._limit
            self._limit = min(self._limit, self.ceiling)

    def overloaded(self, started: float, now: float) -> None:
        """Reports an overload; requests that started before the last halving are ignored."""
        if started < self._shrunk_at:
            return
        self._limit, self._doubling, self._shrunk_at = max(1.0, self._limit / 2), False, now


class Throttle:
    """A `ChatTransport` around another that holds requests back; one for all tasks of a run.

    Args:
        inner: The next transport.
        ceiling: Largest number of concurrent requests.
        pause: The engine's pause; checked again after waiting for a turn.
        may_send: Called before each request with the number in flight; raises if no more may be sent.
        around: A context around each request whose turn has come, such as one that sets money aside.
    """

    def __init__(
        self,
        inner: ChatTransport,
        ceiling: int,
        *,
        pause: Pause | None = None,
        may_send: Callable[[int], None] = lambda _: None,
        around: Around = no_holds,
    ) -> None:
        self.limit = AdaptiveLimit(ceiling)
        self.in_flight: set[asyncio.Task[Any]] = set()
        self.requests = 0
        self.most_at_once = 0
        self._inner = inner
        self._pause = pause or Pause()
        self._may_send = may_send
        self._around = around
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._running = 0
        self._stopped: str | None = None
        self._sent: deque[float] = deque()

    def stop(self, reason: str) -> None:
        """From now on every request raises `BudgetSpent`; those in flight are completed."""
        self._stopped = reason

    @property
    def per_minute(self) -> int:
        """Requests sent in the last minute."""
        self._forget(time.monotonic())
        return len(self._sent)

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange, after waiting for its turn; see `ChatTransport.complete`.

        Raises:
            BudgetSpent: The run is being stopped.
        """
        await self._enter()
        task = asyncio.current_task()
        try:
            await self._pause.wait(Waits.total_s)
            self._check()
            async with self._around(request):
                self._check()
                if task is not None:
                    self.in_flight.add(task)
                return await self._timed(request)
        finally:
            if task is not None:
                self.in_flight.discard(task)
            self._running -= 1
            self._admit()

    async def aclose(self) -> None:
        """Closes the inner transport."""
        await self._inner.aclose()

    def _check(self) -> None:
        if self._stopped is not None:
            raise BudgetSpent(self._stopped)
        self._may_send(len(self.in_flight))

    async def _timed(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        started = time.monotonic()
        self.requests += 1
        self.most_at_once = max(self.most_at_once, self._running)
        self._sent.append(started)
        self._forget(started)
        try:
            body = await self._inner.complete(request)
        except (RateLimited, ModelTimeout):
            self.limit.overloaded(started, time.monotonic())
            raise
        self.limit.answered(started, time.monotonic(), self._running)
        return body

    async def _enter(self) -> None:
        if self._running < self.limit.value and not self._waiting:
            self._running += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn  # `_admit` counts it as running
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._running -= 1
            elif turn in self._waiting:
                self._waiting.remove(turn)
            self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._running < self.limit.value:
            turn = self._waiting.popleft()
            if not turn.done():
                self._running += 1
                turn.set_result(None)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] < now - _MINUTE_S:
            self._sent.popleft()
