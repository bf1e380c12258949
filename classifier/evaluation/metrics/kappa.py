"""Cohen's kappa: agreement beyond the agreement that is expected by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.confusion import ConfusionCounts, Counter
from classifier.evaluation.metrics.resampling import Array, Statistic, ratio, value_of


def cohen_kappa(cases: Sequence[Case]) -> float | None:
    """Unweighted kappa, (observed - chance) / (1 - chance); None if gold has fewer than two labels.

    Source: Cohen 1960, "A coefficient of agreement for nominal scales" (Educational and Psychological
    Measurement 20); equal to scikit-learn's `cohen_kappa_score`. An item without a label counts as the
    most frequent gold label other than its own, which is the wrong answer that raises chance agreement most.
    As a separate label it would lower chance agreement, and a failure would raise kappa.
    """
    return value_of(kappa_statistic(cases), len(cases))


def kappa_statistic(cases: Sequence[Case]) -> Statistic:
    """`cohen_kappa` for resamples; NaN if a resample's gold has fewer than two labels."""
    counter = Counter(cases)
    return lambda draws: _kappa(counter.count(draws))


def _kappa(counts: ConfusionCounts) -> Array:
    gold = counts.gold
    n = gold.sum(axis=1)
    observed = ratio(counts.right.sum(axis=1), n)
    by_chance = gold * counts.predicted + counts.missing * _most_of_others(gold)
    chance = ratio(by_chance.sum(axis=1), n**2)
    several = (gold > 0).sum(axis=1) > 1
    return ratio(observed - chance, np.where(several, 1 - chance, 0.0))


def _most_of_others(gold: Array) -> Array:
    """For each label, the count of the most frequent other label."""
    if gold.shape[1] < 2:
        return np.zeros_like(gold)
    second, first = np.moveaxis(np.sort(gold, axis=1)[:, -2:], 1, 0)
    is_first = np.arange(gold.shape[1]) == gold.argmax(axis=1)[:, None]
    return np.asarray(np.where(is_first, second[:, None], first[:, None]))
