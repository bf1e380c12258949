"""Reports waits for busy servers on standard error, so that the program does not seem to hang."""

from __future__ import annotations

import sys
import time

_QUIET_S = 2.0
"""Shorter waits are not reported."""
_REPEAT_S = 60.0
"""The same reason is not reported again within this time."""


class WaitNotice:
    """An `on_wait` that prints one line for a wait of more than two seconds.

    If several tasks wait for one server at the same time, only the first wait is reported.
    """

    def __init__(self) -> None:
        self._until = 0.0
        self._last: tuple[str, float] = ("", 0.0)

    def __call__(self, seconds: float, why: str) -> None:
        """Reports a wait that begins now."""
        now = time.monotonic()
        last_why, last_at = self._last
        if seconds <= _QUIET_S or now < self._until or (why == last_why and now < last_at + _REPEAT_S):
            return
        self._until, self._last = now + seconds, (why, now)
        print(f"classifier: waiting {seconds:.0f} s: {why}", file=sys.stderr, flush=True)
