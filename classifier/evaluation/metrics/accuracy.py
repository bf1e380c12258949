"""Shares of items that are right: by level of the tree, with the runner-up; and that got a label at all."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.evaluation.metrics.cases import Case
from classifier.survey.taxonomy import Taxonomy

CLASS, SUBCLASS = 1, 2
"""Depths below the root."""


def right_at(cases: Sequence[Case], taxonomy: Taxonomy, depth: int | None = None) -> int:
    """Items whose label agrees with gold down to a depth, as plain accuracy counts them.

    Source: scikit-learn's `accuracy_score`, of the paths cut off at the depth.

    Args:
        depth: Nodes below the root that must agree: 1 the class, 2 the subclass; None the whole path. A leaf
            that lies higher must agree wholly. "out-of-scope" is a class, a subclass and a leaf of its own.
    """
    return sum(
        case.predicted is not None
        and taxonomy.ancestors(case.predicted)[:depth] == taxonomy.ancestors(case.gold)[:depth]
        for case in cases
    )


def right_with_runner_up(cases: Sequence[Case]) -> int:
    """Items whose gold label is the prediction or the runner-up; without a prediction, neither counts.

    Source: top-k accuracy with k = 2, scikit-learn's `top_k_accuracy_score`.
    """
    return sum(c.predicted is not None and c.gold in (c.predicted, c.runner_up) for c in cases)


def labelled(cases: Sequence[Case]) -> int:
    """Items that got a label, right or wrong: coverage as El-Yaniv and Wiener 2010 (JMLR 11) define it."""
    return sum(case.predicted is not None for case in cases)


def reviewed(cases: Sequence[Case]) -> int:
    """Items that a person must look at: those sent to review, and those without a label."""
    return sum(case.review or case.predicted is None for case in cases)
