"""Compares two runs item by item: which is better, by how much, and whether the sample is large enough.

What enters: the folders of two runs. What leaves: a `Comparison`. Items are paired by id; an item is compared
if both runs have it with the same gold label. Nothing is run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from classifier.errors import InputError
from classifier.evaluation.journal import PREDICTIONS_FILE, read_fingerprint, read_predictions
from classifier.evaluation.metrics import need_packages
from classifier.evaluation.records import Estimate, Prediction, Report, Spending
from classifier.model.record import Record
from classifier.runs.fingerprint import differences

ALPHA = 0.05
"""Significance level of the paired test (the usual one)."""
_MOST_NEEDED = 5_000
"""Largest number of needed items that is reported: nobody labels more."""


class Side(Record):
    """One of the two runs; accuracy and kappa are over common items, the rest over the whole run."""

    folder: str
    engine: str
    model: str | None
    suite: str
    suite_sha256: str
    accuracy: Estimate
    kappa: Estimate
    failed: int
    spending: Spending
    latency_median_s: float | None
    seconds: float


class Moved(Record):
    """An item that got different labels; None means unplaced or failed."""

    id: str
    title: str
    label: str
    a: str | None
    b: str | None
    a_correct: bool
    b_correct: bool
    a_reason: str
    b_reason: str


class Comparison(Record):
    """B compared with A on their common items.

    Attributes:
        differences: The settings and files that decide predictions and that differ between the runs.
        same_suite: Whether the two suite files were equal.
        relabelled: Items that are left out because their gold labels differ between the runs.
        only_a_right, only_b_right: Numbers of discordant items.
        p_value: Exact McNemar test, two-sided.
        accuracy_difference, kappa_difference: B minus A, with bootstrap intervals over items.
        can_tell: Whether p is below .05.
        needed_discordant: Number of discordant items at which this split would be significant; None if the
            split is even, or if more than 5,000 would be needed.
        needed_items: Number of items with as many discordant ones, at the observed rate.
    """

    a: Side
    b: Side
    n: int
    differences: tuple[str, ...]
    same_suite: bool
    relabelled: tuple[str, ...]
    only_a_right: int
    only_b_right: int
    p_value: float
    accuracy_difference: Estimate
    kappa_difference: Estimate
    can_tell: bool
    better: Literal["a", "b", "neither"]
    needed_discordant: int | None
    needed_items: int | None
    moved: tuple[Moved, ...]


def compare_runs(folder_a: Path, folder_b: Path, *, seed: int = 0) -> Comparison:
    """Compares two runs' folders.

    Args:
        seed: Seed of the bootstrap.

    Raises:
        InputError: A folder contains no finished run, or the runs have no common item.
        StoreError: Predictions cannot be read.
        ConfigError: The packages of the extra "eval" are missing.
    """
    need_packages()
    (report_a, a), (report_b, b) = _read_run(folder_a), _read_run(folder_b)
    shared = sorted(a.keys() & b.keys())
    relabelled = tuple(i for i in shared if a[i].label != b[i].label)
    ids = [i for i in shared if a[i].label == b[i].label]
    if not ids:
        raise InputError(
            f"{folder_a} ran {report_a.run.suite} and {folder_b} ran {report_b.run.suite}, which share no "
            "item (same id and gold label); compare runs of one suite"
        )
    return _compare((folder_a, report_a, a), (folder_b, report_b, b), ids, relabelled, seed)


def mcnemar_p(only_a_right: int, only_b_right: int) -> float:
    """Two-sided p-value of the exact McNemar test on the discordant items; 1.0 without any.

    Source: McNemar 1947 (Psychometrika 12), the exact form, with `scipy.stats.binomtest`.
    """
    from scipy.stats import binomtest

    n = only_a_right + only_b_right
    return float(binomtest(only_a_right, n, 0.5).pvalue) if n else 1.0


def needed_discordant(only_a_right: int, only_b_right: int) -> int | None:
    """The least number of discordant items at which a split like this one has p < .05.

    None if the split is even or nearly even (more than 5,000 would be needed).
    """
    import numpy as np
    from scipy.stats import binom

    if only_a_right == only_b_right:
        return None
    n = np.arange(1, _MOST_NEEDED + 1)
    lesser = n - np.round(max(only_a_right, only_b_right) / (only_a_right + only_b_right) * n)
    # `mcnemar_p` for all n at once: the distribution is symmetric, so the two-sided value is twice the
    # one-sided.
    found = np.flatnonzero(2 * binom.cdf(lesser, n, 0.5) < ALPHA)
    return int(n[found[0]]) if len(found) else None


ScoredRun = tuple[Path, Report, Mapping[str, Prediction]]


def _compare(
    a: ScoredRun, b: ScoredRun, ids: Sequence[str], relabelled: tuple[str, ...], seed: int
) -> Comparison:
    from classifier.evaluation.metrics.cases import case_of
    from classifier.evaluation.metrics.confusion import mean_of
    from classifier.evaluation.metrics.kappa import kappa_statistic
    from classifier.evaluation.metrics.resampling import bootstrap

    of_a, of_b = ([predictions[i] for i in ids] for _, _, predictions in (a, b))
    pairs = list(zip(of_a, of_b, strict=True))
    only_a = sum(one.correct and not other.correct for one, other in pairs)
    only_b = sum(other.correct and not one.correct for one, other in pairs)
    kappa_a, kappa_b = (kappa_statistic([case_of(p) for p in side]) for side in (of_a, of_b))
    p_value = mcnemar_p(only_a, only_b)
    needed = needed_discordant(only_a, only_b)
    leading: Literal["a", "b"] = "a" if only_a > only_b else "b"
    return Comparison(
        a=_side(a, of_a),
        b=_side(b, of_b),
        n=len(ids),
        differences=differences(read_fingerprint(a[0]), read_fingerprint(b[0])),
        same_suite=a[1].run.suite_sha256 == b[1].run.suite_sha256,
        relabelled=relabelled,
        only_a_right=only_a,
        only_b_right=only_b,
        p_value=p_value,
        accuracy_difference=bootstrap(
            mean_of([float(other.correct) - float(one.correct) for one, other in pairs]), len(ids), seed
        ),
        kappa_difference=bootstrap(lambda draws: kappa_b(draws) - kappa_a(draws), len(ids), seed),
        can_tell=p_value < ALPHA,
        better=leading if p_value < ALPHA else "neither",
        needed_discordant=needed,
        needed_items=-(-needed * len(ids) // (only_a + only_b)) if needed else None,
        moved=tuple(_moved(one, other) for one, other in pairs if _label(one) != _label(other)),
    )


def _side(run: ScoredRun, compared: Sequence[Prediction]) -> Side:
    from classifier.evaluation.metrics.cases import case_of
    from classifier.evaluation.metrics.kappa import cohen_kappa
    from classifier.evaluation.metrics.resampling import wilson

    folder, report, _ = run
    return Side(
        folder=str(folder),
        engine=report.run.engine,
        model=report.run.model,
        suite=report.run.suite,
        suite_sha256=report.run.suite_sha256,
        accuracy=wilson(sum(p.correct for p in compared), len(compared)),
        kappa=Estimate(value=cohen_kappa([case_of(p) for p in compared]), n=len(compared)),
        failed=sum(p.result.status == "failed" for p in compared),
        spending=report.spending,
        latency_median_s=report.times.latency_median_s,
        seconds=report.times.seconds,
    )


def _moved(a: Prediction, b: Prediction) -> Moved:
    return Moved(
        id=a.id,
        title=a.title,
        label=a.label,
        a=a.leaf,
        b=b.leaf,
        a_correct=a.correct,
        b_correct=b.correct,
        a_reason=_reason(a),
        b_reason=_reason(b),
    )


def _reason(prediction: Prediction) -> str:
    error = prediction.result.error
    return f"{error.code}: {error.message}" if error else prediction.result.rationale


def _label(prediction: Prediction) -> tuple[str | None, str]:
    return prediction.leaf, prediction.result.status


def _read_run(folder: Path) -> tuple[Report, dict[str, Prediction]]:
    from classifier.evaluation.report import read_json

    if not (folder / PREDICTIONS_FILE).is_file() or not (folder / "report.json").is_file():
        raise InputError(
            f"{folder}: no finished run found; expected a folder that `classifier eval --out` has written"
        )
    predictions = {p.id: p for p in read_predictions(folder / PREDICTIONS_FILE)}
    return read_json(folder / "report.json"), predictions
