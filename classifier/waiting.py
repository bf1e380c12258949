"""Waiting for servers: the notice before each wait, and how long a server wants its clients to wait."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

ABSENT_ATTEMPTS = 3
"""Attempts without a connection: waiting rarely helps, except while a server restarts (docs/adr/0004,
0005)."""
ABSENT_WAIT_S = 0.5
"""Seconds of the first pause in that case; it doubles, so that three attempts take about a second."""

OnWait = Callable[[float, str], None]
"""Called before each wait, with the seconds and the reason."""


def parse_retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Reads `retry-after-ms`, else `Retry-After` as seconds or as an HTTP date.

    Args:
        headers: Response headers, looked up by lower-case name.
        now: Unix time that a date is compared with; None uses the clock.

    Returns:
        Seconds, never negative; None if there is none or it cannot be read.
    """
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _seconds(text)
    if seconds is not None or text is None:
        return seconds
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None
