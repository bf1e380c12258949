"""Waits for busy servers, said on standard error: a program that is silent for long seems to hang."""

from __future__ import annotations

import sys
import time

_QUIET_S = 2.0


class WaitTeller:
    """An `on_wait` that prints one line for a wait of more than two seconds.

    Of waits at the same time, as tasks that share a server have them, the first is told.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def __call__(self, seconds: float, why: str) -> None:
        """Tells of a wait that begins now."""
        now = time.monotonic()
        if seconds <= _QUIET_S or now < self._until:
            return
        self._until = now + seconds
        print(f"classifier: waiting {seconds:.0f} s: {why}", file=sys.stderr, flush=True)
