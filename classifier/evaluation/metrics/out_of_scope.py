"""Precision, recall and F1 of the decision that a paper is out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.resampling import Array, Statistic, ratio
from classifier.model.record import OUT_OF_SCOPE


class KeptOut(NamedTuple):
    """Counts of the binary decision: correctly out of scope, wrongly out of scope, wrongly in scope."""

    true_positives: int
    false_positives: int
    false_negatives: int


def kept_out(cases: Sequence[Case]) -> KeptOut:
    """Counts with "out-of-scope" as the positive class.

    Source: precision and recall as in scikit-learn's `precision_recall_fscore_support(average="binary")`. An
    item without a label is always wrong: a false negative if it is out of scope, else a false positive (the
    paper is missing in the tree).
    """
    positive = [case.predicted in (OUT_OF_SCOPE, None) for case in cases]
    pairs = list(zip(cases, positive, strict=True))
    return KeptOut(
        true_positives=sum(c.gold == OUT_OF_SCOPE == c.predicted for c in cases),
        false_positives=sum(c.gold != OUT_OF_SCOPE and is_positive for c, is_positive in pairs),
        false_negatives=sum(c.gold == OUT_OF_SCOPE != c.predicted for c in cases),
    )


def out_of_scope_f1_statistic(cases: Sequence[Case]) -> Statistic:
    """F1 = 2 tp / (2 tp + fp + fn); NaN for resamples without an out-of-scope item."""
    each = [kept_out([case]) for case in cases]
    outcomes = np.array(each, dtype=np.float64).reshape(-1, 3)

    def f1(draws: Array) -> Array:
        right, wrongly_out, missed = (draws @ outcomes).T
        exists = right + missed > 0
        return ratio(2 * right, np.where(exists, 2 * right + wrongly_out + missed, 0.0))

    return f1
