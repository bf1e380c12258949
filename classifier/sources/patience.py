"""Retries of requests.

What enters: failures of requests. What leaves: waits, reported through a callback, and finally one
`SourceUnavailable`. What it does not do: send requests.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from classifier.errors import SourceUnavailable
from classifier.sources.limits import Patience
from classifier.waiting import ABSENT_ATTEMPTS, ABSENT_WAIT_S, OnWait

_T = TypeVar("_T")

_ABSENT_FOR_S = 30.0
"""Seconds during which a host without a connection gets only one attempt per request."""


class Transient(SourceUnavailable):
    """A failure that may succeed in another attempt; it does not leave `Retries`."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Absent(Transient):
    """No connection (refused, or an unknown name): waiting rarely helps."""

    def __init__(self, message: str, host: str) -> None:
        super().__init__(message)
        self.host = host


class Retries:
    """The retry policy of one HTTP client.

    Args:
        patience: Timeouts and retries.
        on_wait: Called before each wait with the seconds and the reason.
    """

    def __init__(self, patience: Patience, on_wait: OnWait | None = None) -> None:
        self._patience = patience
        self._on_wait = on_wait
        self._absent_until: dict[str, float] = {}

    async def run(self, attempt: Callable[..., Awaitable[_T]], *arguments: Any) -> _T:
        """Calls `attempt` until it does not raise `Transient`, and returns its result.

        Raises:
            SourceUnavailable: All attempts failed. Other exceptions of an attempt are raised at once.
        """
        retrying = AsyncRetrying(
            stop=self._is_enough,
            wait=self._pause_s,
            retry=retry_if_exception_type(Transient),
            before_sleep=self._report_wait,
            reraise=True,
        )
        try:
            return await retrying(attempt, *arguments)
        except Transient as error:
            tries = retrying.statistics["attempt_number"]
            raise SourceUnavailable(
                f"{error} ({tries} attempt{'s' * (tries > 1)}); check the network, or try again later"
            ) from error.__cause__

    def _is_enough(self, state: RetryCallState) -> bool:
        error = _error(state)
        if not isinstance(error, Absent):
            return state.attempt_number >= self._patience.attempts
        now = time.monotonic()
        enough = (
            state.attempt_number >= min(self._patience.attempts, ABSENT_ATTEMPTS)
            or self._absent_until.get(error.host, now) > now
        )
        if enough:
            self._absent_until[error.host] = now + _ABSENT_FOR_S
        return enough

    def _pause_s(self, state: RetryCallState) -> float:
        error = _error(state)
        if isinstance(error, Absent):
            return min(ABSENT_WAIT_S, self._patience.longest_wait_s)
        asked = error.retry_after_s if isinstance(error, Transient) else None
        if asked is not None:
            return asked
        doubled = self._patience.backoff_s * 2.0 ** (state.attempt_number - 1)
        return min(doubled, self._patience.longest_wait_s)

    def _report_wait(self, state: RetryCallState) -> None:
        if self._on_wait is not None:
            self._on_wait(state.upcoming_sleep, str(_error(state)))


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
