"""Macro-F1: the mean over labels of F1, so that rare leaves count as much as common ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.confusion import ConfusionCounts, Counter
from classifier.evaluation.metrics.resampling import Array, Statistic, ratio, value_of
from classifier.evaluation.records import LabelScore


def macro_f1(cases: Sequence[Case]) -> float | None:
    """Mean F1 over the labels that occur in gold; None without cases.

    Source: van Rijsbergen 1979, chapter 7, averaged as by scikit-learn's `f1_score(average="macro",
    labels=<those of gold>, zero_division=0)`, to which it is equal if every item has a label (Opitz and Burst
    2019 distinguish this mean of F1s from the F1 of means). An item without a label lowers the recall of its
    own label, and the precision of the other label for which the mean drops most (see `_spread_missing`). If
    it lowered recall only, a failure would be better than a wrong answer.
    """
    return value_of(macro_f1_statistic(cases), len(cases))


def macro_f1_statistic(cases: Sequence[Case]) -> Statistic:
    """`macro_f1` for resamples; each averages over the labels in its own gold."""
    counter = Counter(cases)
    return lambda draws: _macro_f1(counter.count(draws))


def label_scores(cases: Sequence[Case], labels: Sequence[str]) -> tuple[LabelScore, ...]:
    """Precision, recall and F1 of each given label that gold or predictions use, in the given order.

    They describe the predictions: an item without a label lowers recall only. A value is None if it is
    undefined (precision of a label that is never predicted, recall of one that is not in gold). Source:
    scikit-learn's `precision_recall_fscore_support`.
    """
    if not cases:
        return ()
    counter = Counter(cases)
    counts = counter.count(np.ones((1, len(cases))))
    right, gold, predicted = counts.right, counts.gold, counts.predicted
    columns = (ratio(right, predicted), ratio(right, gold), ratio(2 * right, gold + predicted), gold)
    by_label = dict(zip(counter.labels, np.concatenate(columns).T.tolist(), strict=True))
    return tuple(
        LabelScore(
            label=label,
            precision=_known(by_label[label][0]),
            recall=_known(by_label[label][1]),
            f1=_known(by_label[label][2]),
            support=int(by_label[label][3]),
        )
        for label in labels
        if label in by_label
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 6)


def _macro_f1(counts: ConfusionCounts) -> Array:
    gold = counts.gold
    total = gold + counts.predicted + _spread_missing(counts)
    f1 = np.divide(2 * counts.right, total, out=np.zeros_like(gold), where=total > 0)
    return ratio(f1.sum(axis=1), (gold > 0).sum(axis=1).astype(np.float64))


def _spread_missing(counts: ConfusionCounts) -> Array:
    """(resamples, L): the false positives that items without a label count as.

    Each one is added to the label whose F1, 2r / total, falls most. This greedy choice gives the lowest sum,
    since each term is convex in its own count. A label gets at most as many as there are missing items of
    other labels.
    """
    total, right = counts.gold + counts.predicted, counts.right
    missing = counts.missing.sum(axis=1)
    room = missing[:, None] - counts.missing
    extra = np.zeros_like(total)
    rows = np.arange(len(total))
    for spread in range(int(missing.max(initial=0))):
        now = total + extra
        fall = np.divide(right, now * (now + 1), out=np.zeros_like(now), where=(now > 0) & (extra < room))
        best = fall.argmax(axis=1)
        falls = (fall[rows, best] > 0) & (spread < missing)
        if not falls.any():
            break
        extra[rows, best] += falls
    return extra
