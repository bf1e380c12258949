"""Shares of items that are right (by level of the tree, with the runner-up), labelled, or need review."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.evaluation.metrics.cases import Case
from classifier.survey.taxonomy import Taxonomy

CLASS, SUBCLASS = 1, 2
"""Depths below the root."""


def right_at(cases: Sequence[Case], taxonomy: Taxonomy, depth: int | None = None) -> int:
    """The number of items whose label equals gold down to a depth.

    Source: scikit-learn's `accuracy_score`, applied to the paths cut off at the depth.

    Args:
        depth: Number of nodes below the root that must be equal: 1 for the class, 2 for the subclass, None
            for the whole path. A leaf above this depth must be equal. "out-of-scope" is a class, a subclass
            and a leaf.
    """
    return sum(
        case.predicted is not None
        and taxonomy.ancestors(case.predicted)[:depth] == taxonomy.ancestors(case.gold)[:depth]
        for case in cases
    )


def right_with_runner_up(cases: Sequence[Case]) -> int:
    """The number of items whose gold label is the prediction or the runner-up; no label counts as wrong.

    Source: top-k accuracy with k = 2, scikit-learn's `top_k_accuracy_score`.
    """
    return sum(c.predicted is not None and c.gold in (c.predicted, c.runner_up) for c in cases)


def labelled(cases: Sequence[Case]) -> int:
    """The number of items with a label, right or wrong: coverage as in El-Yaniv and Wiener 2010 (JMLR 11)."""
    return sum(case.predicted is not None for case in cases)


def reviewed(cases: Sequence[Case]) -> int:
    """The number of items that a person must review, including those without a label."""
    return sum(case.review or case.predicted is None for case in cases)
