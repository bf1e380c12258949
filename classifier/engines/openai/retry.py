"""The retry policy for all requests to a language model.

What enters: errors of `classifier.errors`; those with `retryable` are retried. What leaves: a tenacity loop
that waits as the server asks (`Retry-After`) or exponentially with jitter, and a `Pause` that delays all
tasks that share a server. It does not interpret HTTP statuses (`classifier.engines.openai.transport`), and
does not ask again after a complete but invalid reply.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from dataclasses import dataclass, field

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    wait_random_exponential,
)

from classifier.errors import ClassifierError, ModelUnavailable, RateLimited
from classifier.waiting import ABSENT_ATTEMPTS, ABSENT_WAIT_S, OnWait

_UNUSABLE_ATTEMPTS = 3


class ServerUnreachable(ModelUnavailable):
    """There was no connection: it was refused, or the host name is unknown.

    A restarting server is back in seconds, a stopped one is not. So there are only three attempts, within
    about a second, whatever the policy allows for other errors.
    """


class Unusable:
    """Marks errors of exchanges that the server completed, and may charge for, without a usable reply.

    There are at most three attempts, whatever the policy allows: each may cost as much as an answer.
    """


@dataclass(frozen=True)
class Waits:
    """Waits between attempts, in seconds.

    Attributes:
        first_s: Upper limit of the first random wait; it doubles with each attempt.
        longest_s: Upper limit of every random wait.
        total_s: Upper limit for the sum of all waits of one question. If a server asks for more, the question
            fails.
    """

    first_s: float = 1.0
    longest_s: float = 30.0
    total_s: float = 180.0


class Pause:
    """A time before which no task sends a request; shared by all tasks that ask the same server.

    One 429 delays all of them, so that the others are not rejected too.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def extend(self, seconds: float) -> None:
        """Sets a pause of this length from now, unless the current pause ends later."""
        self._until = max(self._until, time.monotonic() + seconds)

    async def wait(self, limit_s: float = math.inf) -> None:
        """Returns after the pause, with a small random delay between the tasks that waited.

        Raises:
            RateLimited: The pause is longer than `limit_s`.
        """
        while (left := self._until - time.monotonic()) > 0:
            if left > limit_s:
                raise RateLimited(
                    f"the server asked for a pause of {left:.0f} s, more than the {limit_s:.0f} s allowed; "
                    "try again later or with fewer requests at a time",
                    retry_after_s=left,
                )
            await asyncio.sleep(left + random.uniform(0, min(1.0, left / 10)))  # noqa: S311 - no secret


@dataclass(frozen=True)
class RetryPolicy:
    """How one question is retried.

    Attributes:
        attempts: Maximum number of requests.
        waits: The waits between them.
        pause: Share it between engines that ask the same server.
        on_wait: Called before each wait.
    """

    attempts: int = 6
    waits: Waits = Waits()
    pause: Pause = field(default_factory=Pause)
    on_wait: OnWait | None = None


def retrying(max_attempts: int, waits: Waits, on_wait: OnWait | None = None) -> AsyncRetrying:
    """The policy as a tenacity loop, to be used by `async for attempt in …: with attempt: …`.

    It retries errors whose `retryable` is true, up to `max_attempts` requests, and then raises the last
    error. If the error has `retry_after_s`, it waits that long; `ServerUnreachable` has its own wait, and
    `Unusable` its own number of attempts.
    """
    unusable = 0
    jitter = wait_random_exponential(multiplier=waits.first_s, max=waits.longest_s)

    def wait(state: RetryCallState) -> float:
        if isinstance(_error(state), ServerUnreachable):
            return min(ABSENT_WAIT_S, waits.longest_s)
        asked = retry_after_of(_error(state))
        return jitter(state) if asked is None else asked

    def stop(state: RetryCallState) -> bool:
        nonlocal unusable
        unusable += isinstance(_error(state), Unusable)
        if unusable >= _UNUSABLE_ATTEMPTS:
            return True
        absent = isinstance(_error(state), ServerUnreachable)
        attempts = min(max_attempts, ABSENT_ATTEMPTS) if absent else max_attempts
        return state.idle_for + state.upcoming_sleep > waits.total_s or state.attempt_number >= attempts

    def before_sleep(state: RetryCallState) -> None:
        if on_wait is not None:
            on_wait(state.upcoming_sleep, str(_error(state)))

    return AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, ClassifierError) and error.retryable),
        wait=wait,
        stop=stop,
        before_sleep=before_sleep,
        sleep=asyncio.sleep,
        reraise=True,
    )


def retry_after_of(error: BaseException | None) -> float | None:
    """The wait in seconds that the server asked for with this error, if any."""
    seconds = getattr(error, "retry_after_s", None)
    return seconds if isinstance(seconds, float) else None


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
