"""Reading Retry-After, and the policy's waits."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest

from classifier.engines.openai import retry
from classifier.engines.openai.retry import Pause, ServerUnreachable, Waits, retrying
from classifier.errors import ModelUnavailable, RateLimited, Refused
from classifier.waiting import parse_retry_after
from tests.waiting import WAIT_S

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:00 GMT"}, 0.0),
        ({"retry-after": "Tue, 99 Nov 2023 22:13:00 GMT"}, None),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "7"}, 7.0),
    ],
)
def test_retry_after_in_each_form(headers, seconds):
    assert parse_retry_after(headers, NOW) == seconds


async def attempts_of(
    error: Exception, max_attempts: int, waits: Waits, told: list[float] | None = None
) -> int:
    """How often a call that always fails is made."""
    made = 0

    async def fail() -> None:
        nonlocal made
        async for attempt in retrying(max_attempts, waits, lambda seconds, _: waited.append(seconds)):
            with attempt:
                made += 1
                raise error

    waited = [] if told is None else told
    with pytest.raises(type(error)):
        await fail()
    return made


QUICK = Waits(first_s=0.001, longest_s=0.002, total_s=1.0)


async def test_retryable_errors_are_tried_to_the_last_attempt_and_others_once():
    assert await attempts_of(ModelUnavailable("x"), 4, QUICK) == 4
    assert await attempts_of(Refused("x"), 4, QUICK) == 1
    assert await attempts_of(KeyError("a bug"), 4, QUICK) == 1


async def test_a_server_that_is_not_there_is_tried_three_times_at_most_and_soon():
    told: list[float] = []
    assert await attempts_of(ServerUnreachable("x"), 6, Waits(longest_s=0.01), told) == 3
    assert await attempts_of(ServerUnreachable("x"), 2, QUICK) == 2
    assert told == [0.01, 0.01]


async def test_random_waits_stay_under_their_growing_ends():
    told: list[float] = []
    await attempts_of(ModelUnavailable("x"), 6, Waits(first_s=0.001, longest_s=0.004, total_s=1.0), told)
    assert len(told) == 5
    assert all(seconds <= end for seconds, end in zip(told, [0.001, 0.002, 0.004, 0.004, 0.004], strict=True))


async def test_the_servers_wish_is_the_wait_and_all_waits_have_one_cap():
    told: list[float] = []
    made = await attempts_of(RateLimited("x", 0.02), 10, Waits(0.001, 0.001, total_s=0.05), told)
    assert told == [0.02, 0.02]
    assert made == 3


async def test_a_pause_is_waited_for_and_never_shortened():
    pause, started = Pause(), time.monotonic()
    pause.extend(0.1)
    pause.extend(0.01)
    await pause.wait()
    assert time.monotonic() - started >= 0.1
    async with asyncio.timeout(WAIT_S):
        await pause.wait()


async def test_a_pause_beyond_the_limit_is_an_error_with_the_time_left(monkeypatch):
    monkeypatch.setattr(retry, "time", SimpleNamespace(monotonic=lambda: NOW))
    pause = Pause()
    pause.extend(60)
    with pytest.raises(RateLimited, match="pause of 60 s") as caught:
        await pause.wait(limit_s=5)
    assert caught.value.retry_after_s == 60
