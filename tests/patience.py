"""A limit for work on hostile input: what takes milliseconds must not take hours.

The limit is far above what the work takes on any machine, and far below what a quadratic search takes.
"""

import signal
from contextlib import contextmanager

LIMIT_S = 60


@contextmanager
def not_endless():
    """Fails if the block is still busy after a minute."""

    def stop(*_):
        raise AssertionError(f"still busy after {LIMIT_S} s: the work grows with the square of the input")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
