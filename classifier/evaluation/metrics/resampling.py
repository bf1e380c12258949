"""Intervals: Wilson's for shares, the bootstrap over items for all other metrics.

A bootstrapped metric is a `Statistic`: its input is how often each item was drawn, one row per resample, and
its output is one value per row. The metric itself is the value for a row of ones. So the number and its
interval come from one formula, and 2,000 resamples of all metrics take a few matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.records import Estimate
from classifier.runs.intervals import LEVEL, wilson_interval

Array = NDArray[np.float64]
Statistic = Callable[[Array], Array]
"""Draws (resamples, items) -> values (resamples,); NaN if a resample does not define the value."""

RESAMPLES = 2000
"""Efron and Tibshirani 1993, chapter 13: at least 1,000 for percentile intervals."""

_BATCH = 4_000_000
"""Draws in memory at once (32 MB)."""
_DIGITS = 6
"""Values are rounded, so that reports do not depend on a machine's order of additions."""


def wilson(hits: float, n: int) -> Estimate:
    """A share with Wilson's score interval; without items, the value is None."""
    if n == 0:
        return Estimate(value=None, n=0)
    low, high = wilson_interval(round(hits), n)
    return Estimate(value=rounded(hits / n), low=rounded(low), high=rounded(high), n=n, method="wilson")


def bootstrap(statistic: Statistic, n: int, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """A value with its percentile interval over resampled items (Efron and Tibshirani 1993, chapter 13).

    Resamples that do not define the value (e.g. without any item of a label) are left out of the interval.
    The same `seed` and `n` give the same resamples for every statistic. With 0 resamples there is no
    interval.
    """
    point = value_of(statistic, n)
    if point is None:
        return Estimate(value=None, n=n)
    values = np.array([value for draws in draw(n, seed, resamples) for value in statistic(draws)])
    values = values[~np.isnan(values)]
    if not len(values):
        return Estimate(value=point, n=n)
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value=point, low=rounded(float(low)), high=rounded(float(high)), n=n, method="bootstrap")


def value_of(statistic: Statistic, n: int) -> float | None:
    """The statistic with each item counted once; None if undefined or without items."""
    if n == 0:
        return None
    value = float(statistic(np.ones((1, n)))[0])
    return None if math.isnan(value) else rounded(value)


def draw(n: int, seed: int, resamples: int = RESAMPLES) -> Iterator[Array]:
    """Yields batches (resamples, n) of how often each of n items was drawn; each row sums to n."""
    random = np.random.default_rng(seed)
    rows_left = resamples
    while rows_left:
        rows = min(rows_left, max(1, _BATCH // n))
        drawn = random.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        rows_left -= rows


def ratio(above: Array, below: Array) -> Array:
    """Division that gives NaN, without a warning, if the denominator is 0."""
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def rounded(value: float) -> float:
    """The value with the number of digits in reports."""
    return round(value, _DIGITS) + 0.0  # no negative zero
