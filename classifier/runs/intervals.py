"""The interval of a share, in plain Python: lists need it, and they must not require scipy."""

from __future__ import annotations

import math
from statistics import NormalDist

LEVEL = 0.95


def wilson_interval(hits: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of hits / n (Wilson 1927, JASA 22: 209-212); tested against scipy.

    Args:
        hits: In [0, n].
        n: At least 1.
        level: The share of intervals that contain the true share, in (0, 1).

    Returns:
        (low, high) within [0, 1].
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, width = hits / n, z * z / n
    middle = (share + width / 2) / (1 + width)
    half = z * math.sqrt(share * (1 - share) / n + width / (4 * n)) / (1 + width)
    return max(0.0, middle - half), min(1.0, middle + half)
