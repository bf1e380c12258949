"""Many tasks that share one supply of items."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


async def work_together(
    worker: Callable[[], Coroutine[Any, Any, None]],
    count: int,
    on_start: Callable[[list[asyncio.Task[None]]], None] = lambda _: None,
) -> None:
    """Runs `count` copies of a worker concurrently, until all have ended.

    Args:
        worker: Takes items until there are none left.
        count: The number of tasks; 0 does nothing.
        on_start: Called with the tasks, so that the caller can cancel single ones.

    Raises:
        Exception: The first exception of a worker, not wrapped in a group; the other workers are cancelled.
    """
    try:
        async with asyncio.TaskGroup() as group:
            on_start([group.create_task(worker()) for _ in range(count)])
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
