"""Hierarchical precision, recall and F1: an error close to the gold label in the tree counts less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.resampling import Array, Statistic, ratio, value_of
from classifier.survey.taxonomy import Taxonomy


class Hierarchical(NamedTuple):
    """The three scores; None without cases."""

    precision: float | None
    recall: float | None
    f1: float | None


class HierarchicalStatistics(NamedTuple):
    """`hierarchical` for resamples."""

    precision: Statistic
    recall: Statistic
    f1: Statistic


def hierarchical(cases: Sequence[Case], taxonomy: Taxonomy) -> Hierarchical:
    """Overlap of the sets of nodes from the root's child to the label, micro-averaged; None without cases.

    hP = sum |P and T| / sum |P|, hR = sum |P and T| / sum |T|, hF = 2 hP hR / (hP + hR), where T is the gold
    label with its ancestors and P the predicted label with its ancestors, both without the root. Source:
    Kiritchenko, Matwin, Nock and Famili 2006, "Learning and evaluation in the presence of class hierarchies"
    (Canadian AI). "out-of-scope" is a separate node. An item without a label counts as a prediction as deep
    as the deepest leaf without a common node.
    """
    return Hierarchical(*(value_of(s, len(cases)) for s in hierarchical_statistics(cases, taxonomy)))


def hierarchical_statistics(cases: Sequence[Case], taxonomy: Taxonomy) -> HierarchicalStatistics:
    """The three as statistics."""
    deepest = max((len(taxonomy.ancestors(leaf)) for leaf in taxonomy.leaves), default=1)
    sizes = np.array([_sizes(case, taxonomy, deepest) for case in cases], dtype=np.float64).reshape(-1, 3)

    def precision(draws: Array) -> Array:
        common, predicted, _ = (draws @ sizes).T
        return ratio(common, predicted)

    def recall(draws: Array) -> Array:
        common, _, gold = (draws @ sizes).T
        return ratio(common, gold)

    def f1(draws: Array) -> Array:
        common, predicted, gold = (draws @ sizes).T
        return ratio(2 * common, predicted + gold)

    return HierarchicalStatistics(precision, recall, f1)


def _sizes(case: Case, taxonomy: Taxonomy, deepest: int) -> tuple[int, int, int]:
    """Nodes in common, predicted, gold."""
    gold = set(taxonomy.ancestors(case.gold))
    if case.predicted is None:
        return 0, deepest, len(gold)
    predicted = set(taxonomy.ancestors(case.predicted))
    return len(gold & predicted), len(predicted), len(gold)
