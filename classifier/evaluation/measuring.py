"""A finished evaluation -> the measurement that makes later labels of the same engine `measured`.

What enters: a report and its predictions. What leaves: a file in the workspace (`verdict.measured`). Not
every
evaluation counts: a cascade, too few items, or items that the engine was trained on say little about new
papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from classifier.evaluation.baselines import MAJORITY, MAJORITY_OF_SUITE
from classifier.evaluation.records import Prediction, Report
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.measured import FEWEST, Measured, maker_sha256, save_measurement


def save_accuracy(
    report: Report,
    predictions: Sequence[Prediction],
    workspace: Workspace,
    settings: Settings,
    *,
    trained: int,
) -> Path | None:
    """Keeps the accuracy of the engine that answered; None if this evaluation does not count.

    Args:
        trained: Items that the engine's weights were trained on.

    Raises:
        ConfigError: The file of earlier measurements is damaged.
        StoreError: The file cannot be written.
    """
    made = [p.result.provenance for p in predictions if p.result.provenance is not None]
    engines = {(item.engine, item.model) for item in made}
    accuracy = next(system for system in report.systems if not system.is_baseline).metrics["accuracy"]
    if len(engines) != 1 or report.run.cascade or trained or report.n < FEWEST:
        return None
    if accuracy.value is None or accuracy.low is None or accuracy.high is None:
        return None
    [(engine, model)] = engines
    measured = Measured(
        suite=report.run.suite,
        text=", ".join(sorted(kind for kind, n in report.text_kinds.items() if n)),
        n=report.n,
        accuracy=accuracy.value,
        low=accuracy.low,
        high=accuracy.high,
        measured_on=datetime.now(UTC).date().isoformat(),
        majority=_majority(report),
        taxonomy_sha256=report.run.taxonomy_sha256,
        prompt_sha256=maker_sha256(workspace, engine, report.run.prompt_sha256 or ""),
    )
    return save_measurement(measured, workspace, settings, engine, model)


def _majority(report: Report) -> float | None:
    """The accuracy of the most frequent label, of the studies or else of the suite, on the same items."""
    names = (MAJORITY, MAJORITY_OF_SUITE)
    found = (s.metrics["accuracy"] for s in report.systems if s.is_baseline and s.name in names)
    return next((accuracy.value for accuracy in found), None)
