"""Many tasks that work through one supply of items."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


async def work_together(
    worker: Callable[[], Coroutine[Any, Any, None]],
    count: int,
    on_start: Callable[[list[asyncio.Task[None]]], None] = lambda _: None,
) -> None:
    """Runs the same worker so many times at once, until all have ended.

    Args:
        worker: Takes items until there are none.
        count: Tasks; 0 does nothing.
        on_start: Given the tasks, to cancel them one by one.

    Raises:
        Exception: The first one that a worker raised, not wrapped in a group; the others are cancelled.
    """
    try:
        async with asyncio.TaskGroup() as group:
            on_start([group.create_task(worker()) for _ in range(count)])
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
