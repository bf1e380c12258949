"""How long sources are waited for; light to import, since a local file needs no HTTP client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, in seconds.

    Attributes:
        timeout_s: For a connection, and for each piece of a body.
        total_s: For one whole answer, so that a trickle ends as well.
        attempts: Requests in all before giving up.
        backoff_s: Pause after the first failed attempt; it doubles from one to the next.
        longest_wait_s: Cap of any pause, including what Retry-After asks for.
        max_redirects: Hops followed for one attempt.
    """

    timeout_s: float = 30.0
    total_s: float = 300.0
    attempts: int = 4
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    max_redirects: int = 5
