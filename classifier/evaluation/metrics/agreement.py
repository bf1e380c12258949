"""Agreement of several annotators with each other and with the engine."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.kappa import kappa_statistic
from classifier.evaluation.metrics.resampling import Array, Statistic, bootstrap, ratio, value_of
from classifier.evaluation.records import Agreement

Labels = Sequence[str]
"""The labels of one item, one per annotator; the n-th annotator is the same person for every item."""


def measure_agreement(
    labels: Sequence[Labels], predicted: Sequence[str | None], seed: int = 0
) -> Agreement | None:
    """The agreement on all items with at least two annotators; None if there are no such items.

    Args:
        labels: One entry per item; items with fewer than two labels are left out.
        predicted: The engine's labels of the same items; None for items without a label.
    """
    pairs = [(own, label) for own, label in zip(labels, predicted, strict=True) if len(own) > 1]
    if not pairs:
        return None
    rows = [own for own, _ in pairs]
    engine = [label for _, label in pairs]
    n = len(rows)
    return Agreement(
        annotators=max(map(len, rows)),
        cohen_human_human=bootstrap(human_kappa_statistic(rows), n, seed),
        krippendorff_human=bootstrap(alpha_statistic(rows), n, seed),
        cohen_human_engine=bootstrap(engine_kappa_statistic(rows, engine), n, seed),
    )


def krippendorff_alpha(labels: Sequence[Labels]) -> float | None:
    """Alpha for nominal data, 1 - observed / expected disagreement; None if only one label occurs.

    Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability" (University of Pennsylvania),
    section C; the tests are the worked examples in A to C. Items with fewer than two labels do not count.
    """
    return value_of(alpha_statistic(labels), len(labels))


def alpha_statistic(labels: Sequence[Labels]) -> Statistic:
    """`krippendorff_alpha` for resamples."""
    names = sorted({label for item in labels for label in item})
    counts = np.array([[list(item).count(name) for name in names] for item in labels], dtype=np.float64)
    counts = counts.reshape(len(labels), len(names))
    raters = counts.sum(axis=1)
    counts[raters < 2] = 0.0
    differing = (counts * (raters[:, None] - counts)).sum(axis=1)
    disagreement = differing / np.maximum(raters - 1, 1)

    def alpha(draws: Array) -> Array:
        of_label = draws @ counts
        n = of_label.sum(axis=1)
        expected = (of_label * (n[:, None] - of_label)).sum(axis=1)
        return 1 - ratio((n - 1) * (draws @ disagreement), expected)

    return alpha


def human_kappa_statistic(labels: Sequence[Labels]) -> Statistic:
    """Mean Cohen's kappa over the pairs of annotators (Light 1971), each on the items that both labelled."""
    size = max(map(len, labels), default=0)
    return _mean_kappa(
        [
            [(row, Case(item[a], item[b])) for row, item in enumerate(labels) if len(item) > b]
            for a, b in combinations(range(size), 2)
        ]
    )


def engine_kappa_statistic(labels: Sequence[Labels], predicted: Sequence[str | None]) -> Statistic:
    """Mean Cohen's kappa of the engine with each annotator; an item without a label counts as in `kappa`."""
    size = max(map(len, labels), default=0)
    rows = list(enumerate(zip(labels, predicted, strict=True)))
    return _mean_kappa(
        [[(row, Case(item[a], label)) for row, (item, label) in rows if len(item) > a] for a in range(size)]
    )


def _mean_kappa(pairings: Sequence[Sequence[tuple[int, Case]]]) -> Statistic:
    """The mean kappa over pairings, without those for which a resample does not define it."""
    parts = [
        ([row for row, _ in pairing], kappa_statistic([case for _, case in pairing]))
        for pairing in pairings
        if pairing
    ]

    def mean(draws: Array) -> Array:
        kappas = np.array([statistic(draws[:, rows]) for rows, statistic in parts])
        kappas = kappas.reshape(-1, len(draws))
        known = ~np.isnan(kappas)
        return ratio(np.where(known, kappas, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))

    return mean
