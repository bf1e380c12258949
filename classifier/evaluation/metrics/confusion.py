"""Cases -> counts of (gold, predicted), for one or many resamples at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.resampling import Array, Statistic


class ConfusionCounts(NamedTuple):
    """Counts for a batch of resamples, with L labels: all that are gold or predicted, sorted.

    Attributes:
        placed: (resamples, L, L), with gold labels as rows.
        missing: (resamples, L), items of each gold label without a predicted label.
    """

    placed: Array
    missing: Array

    @property
    def gold(self) -> Array:
        """(resamples, L): items of each gold label."""
        return np.asarray(self.placed.sum(axis=2) + self.missing)

    @property
    def predicted(self) -> Array:
        """(resamples, L): how often each label was predicted."""
        return np.asarray(self.placed.sum(axis=1))

    @property
    def right(self) -> Array:
        """(resamples, L): items of each label that were predicted correctly."""
        return np.diagonal(self.placed, axis1=1, axis2=2)


class Counter:
    """Counts cases for batches of draws."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.labels = tuple(sorted({label for case in cases for label in case[:2] if label is not None}))
        place = {label: index for index, label in enumerate(self.labels)}
        size = len(self.labels)
        cells = [place[c.gold] * (size + 1) + place.get(c.predicted or "", size) for c in cases]
        self._cells = np.zeros((len(cases), size * (size + 1)))
        self._cells[np.arange(len(cases)), cells] = 1.0

    def count(self, draws: Array) -> ConfusionCounts:
        """Counts of each row of draws (resamples, items)."""
        size = len(self.labels)
        counts = (draws @ self._cells).reshape(len(draws), size, size + 1)
        return ConfusionCounts(placed=counts[:, :, :size], missing=counts[:, :, size])


def mean_of(values: Sequence[float]) -> Statistic:
    """The statistic that is the mean of one value per item."""
    column = np.asarray(values, dtype=np.float64)
    return lambda draws: np.asarray(draws @ column / draws.sum(axis=1))
