"""Waits for what happens elsewhere: in a thread, a process or a task, on a machine that may be very slow.

    wait_for(lambda: len(server.requests), lambda count: count >= 2)
    await until(lambda: server.requests)

A test waits for a condition and never for a length of time. `WAIT_S` only ends a test that would hang.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from typing import Any

WAIT_S = 120.0
"""Longest wait for something that takes a second; a busy machine may need many times that."""


def wait_for(look: Callable[[], Any], is_there: Callable[[Any], object] = bool) -> Any:
    """What `look` gives when `is_there` says so."""
    until = time.monotonic() + WAIT_S
    while not is_there(found := look()):
        assert time.monotonic() < until, f"not within {WAIT_S} s: {found}"
        time.sleep(0.02)
    return found


def wait_beside(process: subprocess.Popen[Any], condition: Callable[[], object]) -> None:
    """Waits for a condition, or for the end of the process that should bring it about."""
    wait_for(lambda: process.poll() is not None or condition())


async def until(condition: Callable[[], object]) -> None:
    """The same in an event loop, whose tasks go on meanwhile."""
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.01)


async def settle() -> None:
    """Lets every task of the loop go as far as it can without the world outside: in turns, not in seconds."""
    for _ in range(100):
        await asyncio.sleep(0)
