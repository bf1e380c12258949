"""The very first exchange with a server goes alone, so that a full house does not find out all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Scout:
    """Lets one call go ahead; the others wait until it has ended, well or not, and then go together.

    Attributes:
        is_back: Whether calls need not wait (any more).
    """

    def __init__(self) -> None:
        self.is_back = False
        self._lock = asyncio.Lock()

    async def send(self, call: Callable[[], Awaitable[T]], after: Callable[[], None] = lambda: None) -> T:
        """Makes a call, alone where it is the first.

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
