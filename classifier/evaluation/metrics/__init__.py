"""Metrics: cases (gold label and prediction) in, numbers out; one metric per file.

Reading order: `cases`, `resampling` (weights, intervals), `confusion`, then `accuracy`, `kappa`, `f1`,
`hierarchical`, `out_of_scope`, `selective`, `calibration_error`, `agreement`, and `measure` (all of them).

All metrics follow one rule: an item without a label (failed, unplaced) is wrong, and counts as the wrong
answer that lowers the score most. So a failure is never better than any answer, not even a random one; see
ADR 7. The modules need numpy and scipy and are imported when a run is scored; this file needs neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from classifier.errors import ConfigError

COVERAGES = (0.5, 0.8)
"""Shares of the items, the most confident first, at which accuracy is reported (`accuracy_at_50`,
`accuracy_at_80`)."""

TITLES: Mapping[str, str] = {
    "accuracy": "Accuracy (leaf or out of scope)",
    "subclass_accuracy": "Accuracy (subclass)",
    "class_accuracy": "Accuracy (class)",
    "kappa": "Cohen's kappa",
    "macro_f1": "Macro-F1",
    "hierarchical_precision": "Hierarchical precision",
    "hierarchical_recall": "Hierarchical recall",
    "hierarchical_f1": "Hierarchical F1",
    "out_of_scope_precision": "Out-of-scope precision",
    "out_of_scope_recall": "Out-of-scope recall",
    "out_of_scope_f1": "Out-of-scope F1",
    "top2": "Right with the runner-up",
    "coverage": "Coverage (got a label)",
    "accuracy_at_50": "Accuracy of the most confident 50 %",
    "accuracy_at_80": "Accuracy of the most confident 80 %",
    "brier": "Brier score",
    "ece": "Expected calibration error",
    "review_rate": "Sent to review",
}
"""Metric id -> title, in the order of tables."""

LOWER_IS_BETTER = frozenset({"brier", "ece", "review_rate"})


def need_packages() -> None:
    """Checks that the packages for the metrics are installed, without importing them.

    Raises:
        ConfigError: A package is missing; the message says what to install.
    """
    for package in ("numpy", "scipy", "sklearn"):
        if find_spec(package) is None:
            raise ConfigError(
                f"scoring needs the package '{package}'; run: pip install 'survey-classifier[eval]'"
            )
