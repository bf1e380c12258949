"""All metrics of one system: cases in, estimates by metric id out (`TITLES` names and orders them)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from classifier.evaluation.metrics import COVERAGES, TITLES
from classifier.evaluation.metrics.accuracy import (
    CLASS,
    SUBCLASS,
    labelled,
    reviewed,
    right_at,
    right_with_runner_up,
)
from classifier.evaluation.metrics.calibration_error import expected_calibration_error, squared_errors
from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.confusion import mean_of
from classifier.evaluation.metrics.f1 import macro_f1_statistic
from classifier.evaluation.metrics.hierarchical import hierarchical_statistics
from classifier.evaluation.metrics.kappa import kappa_statistic
from classifier.evaluation.metrics.out_of_scope import kept_out, out_of_scope_f1_statistic
from classifier.evaluation.metrics.resampling import RESAMPLES, Statistic, bootstrap, wilson
from classifier.evaluation.metrics.selective import accuracy_at_statistic, has_confidences
from classifier.evaluation.records import Estimate
from classifier.survey.taxonomy import Taxonomy


def measure(
    cases: Sequence[Case],
    taxonomy: Taxonomy,
    seed: int = 0,
    *,
    reviews: bool = True,
    resamples: int = RESAMPLES,
) -> Mapping[str, Estimate]:
    """All metrics that are defined for the cases, in the order of `TITLES`; without cases, values are None.

    The order of the cases does not change values. It changes intervals slightly, since it changes which items
    a seed draws (`score` sorts by id).

    Args:
        resamples: 0 for no bootstrap intervals.
        reviews: False for systems that never request a review; then the rate is left out.
    """
    found = {**_shares(cases, taxonomy), **_out_of_scope(cases)}
    found |= {
        name: bootstrap(statistic, len(cases), seed, resamples)
        for name, statistic in _statistics(cases, taxonomy)
    }
    if has_confidences(cases):
        found["ece"] = Estimate(value=expected_calibration_error(cases), n=len(cases))
    if not reviews:
        del found["review_rate"]
    return {name: found[name] for name in TITLES if name in found}


def _shares(cases: Sequence[Case], taxonomy: Taxonomy) -> dict[str, Estimate]:
    hits = {
        "accuracy": right_at(cases, taxonomy),
        "class_accuracy": right_at(cases, taxonomy, CLASS),
        "subclass_accuracy": right_at(cases, taxonomy, SUBCLASS),
        "top2": right_with_runner_up(cases),
        "coverage": labelled(cases),
        "review_rate": reviewed(cases),
    }
    return {name: wilson(count, len(cases)) for name, count in hits.items()}


def _out_of_scope(cases: Sequence[Case]) -> dict[str, Estimate]:
    """Precision and recall, which are shares; undefined if no item is out of scope."""
    right, wrongly_out, missed = kept_out(cases)
    exists = right + missed > 0
    return {
        "out_of_scope_precision": wilson(right, right + wrongly_out if exists else 0),
        "out_of_scope_recall": wilson(right, right + missed),
    }


def _statistics(cases: Sequence[Case], taxonomy: Taxonomy) -> Iterator[tuple[str, Statistic]]:
    yield "kappa", kappa_statistic(cases)
    yield "macro_f1", macro_f1_statistic(cases)
    precision, recall, f1 = hierarchical_statistics(cases, taxonomy)
    yield "hierarchical_precision", precision
    yield "hierarchical_recall", recall
    yield "hierarchical_f1", f1
    yield "out_of_scope_f1", out_of_scope_f1_statistic(cases)
    if has_confidences(cases):
        for coverage in COVERAGES:
            yield f"accuracy_at_{round(100 * coverage)}", accuracy_at_statistic(cases, coverage)
        yield "brier", mean_of(squared_errors(cases))
