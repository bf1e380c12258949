"""Timeouts and retries of sources. Quick to import, since a local file needs no HTTP client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Timeouts and retries; times are in seconds.

    Attributes:
        timeout_s: Timeout for a connection, and for each piece of a body.
        total_s: Timeout for a whole response, so that a very slow one ends too.
        attempts: Number of attempts before giving up.
        backoff_s: Pause after the first failed attempt; it doubles after each further one.
        longest_wait_s: Longest pause, also if Retry-After asks for more.
        max_redirects: Redirects that one attempt follows.
    """

    timeout_s: float = 30.0
    total_s: float = 300.0
    attempts: int = 4
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    max_redirects: int = 5
