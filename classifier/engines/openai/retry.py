"""The one retry policy for requests to a language model.

What enters: errors of `classifier.errors`; those with `retryable` are tried again. What leaves: a
tenacity loop that waits as the server asks (`Retry-After`) or exponentially with jitter, and a `Pause`
through which tasks that share a server hold back together. What it does not do: decide what an HTTP
status means (`classifier.engines.openai.transport`), or ask again after a reply that was whole but wrong.
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
    """No connection came about: refused, or a name that leads nowhere.

    A busy server comes back in seconds, one that does not run does not: this is tried three times in
    about a second, whatever the policy grants to others.
    """


class Unusable:
    """Marks errors of an exchange that the server counts as done, and may charge, without a reply of any use.

    It is tried three times in all, whatever the policy grants to others: each may cost as much as an answer.
    """


@dataclass(frozen=True)
class Waits:
    """How long to wait between attempts, in seconds.

    Attributes:
        first_s: Upper end of the first random wait; it doubles with each attempt.
        longest_s: Upper end of any random wait.
        total_s: All waits of one question together. A server that asks for more is not waited for.
    """

    first_s: float = 1.0
    longest_s: float = 30.0
    total_s: float = 180.0


class Pause:
    """A point in time before which no task sends, shared by all that ask the same server.

    One 429 holds everybody back, so that the others need not each be refused first.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def extend(self, seconds: float) -> None:
        """Nobody sends for so long from now; a pause that ends later stays."""
        self._until = max(self._until, time.monotonic() + seconds)

    async def wait(self, limit_s: float = math.inf) -> None:
        """Returns when the pause is over, a little apart from the others that waited.

        Raises:
            RateLimited: The pause lasts longer than `limit_s`.
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
    """How one question is tried again.

    Attributes:
        attempts: Requests in all.
        waits: How long to wait between them.
        pause: Share one between engines that ask the same server.
        on_wait: Called before each wait.
    """

    attempts: int = 6
    waits: Waits = Waits()
    pause: Pause = field(default_factory=Pause)
    on_wait: OnWait | None = None


def retrying(max_attempts: int, waits: Waits, on_wait: OnWait | None = None) -> AsyncRetrying:
    """The policy as a tenacity loop, to be used by `async for attempt in …: with attempt: …`.

    RetryPolicy errors whose `retryable` is true, at most `max_attempts` requests in all, and raises the
    last error. Where the error brings `retry_after_s`, that is the wait; `ServerUnreachable` has its own,
    and `Unusable` its own number of attempts.
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
