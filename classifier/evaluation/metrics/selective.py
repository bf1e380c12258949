"""Selective classification: accuracy of the most confident answers (accuracy against coverage)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.resampling import Array, Statistic, rounded, value_of
from classifier.evaluation.records import CoveragePoint

_FAILED_FIRST = 2.0
"""Sort key of failed items: above any confidence."""

_UNKNOWN_LAST = -1.0
"""Sort key of labels without a confidence: below any confidence."""


def has_confidences(cases: Sequence[Case]) -> bool:
    """Whether the system gives confidences: at least one label has one."""
    return any(case.confidence is not None for case in cases if case.predicted is not None)


def accuracy_at(cases: Sequence[Case], coverage: float) -> float | None:
    """Accuracy of the most confident ceil(coverage * n) items; None if the system gives no confidences.

    Source: the risk-coverage curve of El-Yaniv and Wiener 2010, "On the foundations of noise-free selective
    classification" (JMLR 11), as 1 - risk. For items with equal confidence it is the mean over their orders.
    Failed items are ranked first, so that they are in the denominator at every coverage. Labels of unknown
    confidence are ranked last.
    """
    return value_of(accuracy_at_statistic(cases, coverage), len(cases)) if has_confidences(cases) else None


def accuracy_at_statistic(cases: Sequence[Case], coverage: float) -> Statistic:
    """`accuracy_at` for resamples."""
    order = sorted(range(len(cases)), key=lambda index: -_confidence(cases[index]))
    confidences = [_confidence(cases[index]) for index in order]
    starts = [i for i, level in enumerate(confidences) if i == 0 or level != confidences[i - 1]]
    correct = np.array([cases[index].correct for index in order], dtype=np.float64)
    wanted = math.ceil(round(coverage * len(cases), 9))  # .8 * 35 is 28.000000000000004

    def accuracy(draws: Array) -> Array:
        ranked = draws[:, order]
        items = np.add.reduceat(ranked, starts, axis=1)
        right = np.add.reduceat(ranked * correct, starts, axis=1)
        before = items.cumsum(axis=1) - items
        taken = np.clip(wanted - before, 0, items)
        share = np.divide(right, items, out=np.zeros_like(items), where=items > 0)
        return np.asarray((taken * share).sum(axis=1) / wanted)

    return accuracy


def coverage_curve(cases: Sequence[Case]) -> tuple[CoveragePoint, ...]:
    """The curve with one point per distinct confidence, most confident first, at most one point per percent.

    Empty if the system gives no confidences. `threshold` is the lowest confidence among the included items.
    """
    if not has_confidences(cases):
        return ()
    points: list[CoveragePoint] = []
    taken = right = 0
    for level, group in groupby(sorted(cases, key=_confidence, reverse=True), key=_confidence):
        items = list(group)
        taken += len(items)
        right += sum(case.correct for case in items)
        if level == _FAILED_FIRST:
            continue
        percent = math.ceil(100 * taken / len(cases))
        if points and math.ceil(100 * points[-1].n / len(cases)) == percent:
            points.pop()
        points.append(
            CoveragePoint(
                coverage=rounded(taken / len(cases)),
                n=taken,
                accuracy=rounded(right / taken),
                threshold=rounded(max(level, 0.0)),
            )
        )
    return tuple(points)


def _confidence(case: Case) -> float:
    if case.confidence is not None:
        return case.confidence
    return _FAILED_FIRST if case.predicted is None else _UNKNOWN_LAST
