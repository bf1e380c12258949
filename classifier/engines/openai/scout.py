"""Sends the very first request to a server alone, so that only one request finds out what it accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Scout:
    """Lets one call start; the others wait until it has ended, also if it failed, and then start together.

    Attributes:
        is_back: Whether calls no longer need to wait.
    """

    def __init__(self) -> None:
        self.is_back = False
        self._lock = asyncio.Lock()

    async def send(self, call: Callable[[], Awaitable[T]], after: Callable[[], None] = lambda: None) -> T:
        """Makes a call; the first call runs alone.

        Args:
            after: Called before a call that had to wait for the first one.
        """
        if self.is_back:
            return await call()
        async with self._lock:
            if not self.is_back:
                try:
                    return await call()
                finally:
                    self.is_back = True
        after()
        return await call()
