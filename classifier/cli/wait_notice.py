"""Waits for busy servers, said on standard error: a program that is silent for long seems to hang."""

from __future__ import annotations

import sys
import time

_QUIET_S = 2.0
"""Shorter waits are not reported."""
_REPEAT_S = 60.0
"""The same words are not said again within this."""


class WaitNotice:
    """An `on_wait` that prints one line for a wait of more than two seconds.

    If several tasks wait for one server at the same time, only the first wait is reported.
    """

    def __init__(self) -> None:
        self._until = 0.0
        self._told: tuple[str, float] = ("", 0.0)

    def __call__(self, seconds: float, why: str) -> None:
        """Tells of a wait that begins now."""
        now = time.monotonic()
        words, told_at = self._told
        if seconds <= _QUIET_S or now < self._until or (why == words and now < told_at + _REPEAT_S):
            return
        self._until, self._told = now + seconds, (why, now)
        print(f"classifier: waiting {seconds:.0f} s: {why}", file=sys.stderr, flush=True)
