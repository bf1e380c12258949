"""How a report was made: times, and warnings about calibrations, training data and recordings."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence

from classifier.errors import NoRecording
from classifier.evaluation.records import Prediction, Report, Suite, Times
from classifier.model.identity import title_words
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.text.counting import count_of, plural
from classifier.verdict.calibration import CALIBRATED, Calibration, load_calibration

TRAINED = "calibrated"
"""Source of a confidence that an engine calibrated itself when it was trained (`Reply.confidence_source`)."""


def calibrations_of(
    workspace: Workspace, settings: Settings, predictions: Sequence[Prediction]
) -> tuple[Calibration, ...]:
    """The calibrations that were applied to the confidences of a run, one per engine and model."""
    origins = [p.result.provenance for p in predictions if p.result.provenance is not None]
    models = {(o.engine, o.model) for o in origins if o.confidence.startswith(CALIBRATED)}
    found = (load_calibration(workspace, settings, *of) for of in sorted(models, key=str))
    return tuple(calibration for calibration in found if calibration is not None)


def calibration_note(
    calibrations: Sequence[Calibration], predictions: Sequence[Prediction] = ()
) -> str | None:
    """The report's sentence about them; None if all confidences are as received from the engine."""
    notes = [
        f"{made.method}, fitted to {count_of(made.n, 'answer')} of {', '.join(made.suites)}"
        for made in calibrations
    ]
    sources = {p.result.provenance.confidence for p in predictions if p.result.provenance is not None}
    if TRAINED in sources:
        notes.insert(0, "temperature, fitted when the offline engine was trained (cross-validated)")
    return "; ".join(notes) or None


def trained_on(workspace: Workspace, predictions: Sequence[Prediction]) -> int:
    """The number of items that the engine's weights were trained on, by the titles in the manifest.

    0 for engines without weights in the workspace.
    """
    manifest = workspace.offline_dir / "manifest.jsonl"
    if not manifest.is_file() or not any(_answered_by(p) == "offline" for p in predictions):
        return 0
    lines = manifest.read_text(encoding="utf-8").splitlines()
    seen = {tuple(title_words(json.loads(line)["title"])) for line in lines}
    return sum(tuple(title_words(p.title)) in seen for p in predictions)


def _answered_by(prediction: Prediction) -> str | None:
    made = prediction.result.provenance
    return made.engine if made else None


def with_caveats(
    report: Report,
    whole: Suite,
    predictions: Sequence[Prediction],
    calibrations: Sequence[Calibration] = (),
    trained: int = 0,
) -> Report:
    """The report with warnings about how it was made.

    Args:
        whole: The suite with all its items, even if only the first ones were scored.
        calibrations: The calibrations that were applied.
        trained: The number of items that the engine's weights were trained on (`trained_on`).
    """
    found: list[str] = []
    if trained:
        found.append(
            f"{trained} of {count_of(len(predictions), 'item')} "
            f"{plural(trained, 'was', 'were')} among the papers that this engine's weights were "
            "trained on: these numbers say nothing about new papers"
        )
    if any(whole.sha256 in made.suites.values() for made in calibrations):
        found.append(
            "the confidences were calibrated on this suite, so Brier score and calibration error are "
            "optimistic; the calibration file has the out-of-sample values"
        )
    if len(whole.items) > len(predictions):
        found.append(
            f"only the first {len(predictions)} of {len(whole.items)} items "
            f"{plural(len(predictions), 'was', 'were')} scored"
        )
    missing = sum(bool(p.result.error and p.result.error.code == NoRecording.code) for p in predictions)
    if missing:
        found.append(
            f"{missing} of {count_of(len(predictions), 'item')} "
            f"{plural(missing, 'has no recording and counts', 'have no recording and count')} as wrong"
        )
    return report.model_copy(update={"warnings": (*found, *report.warnings)})


def times_of(predictions: Sequence[Prediction], started_at: str, seconds: float) -> Times:
    """Start and duration of a run, and the latencies of its answers."""
    latencies = sorted(p.result.provenance.latency_s for p in predictions if p.result.provenance)
    return Times(
        started_at=started_at,
        seconds=round(seconds, 3),
        latency_median_s=statistics.median(latencies) if latencies else None,
        latency_p95_s=latencies[int(0.95 * (len(latencies) - 1))] if latencies else None,
    )


def gate_misses(report: Report, wanted: Mapping[str, float | None]) -> list[str]:
    """One line for each metric of the engine that is undefined or below its wanted value."""
    engine = next(system for system in report.systems if not system.is_baseline)
    missed = []
    for metric, least in wanted.items():
        value = engine.metrics[metric].value if metric in engine.metrics else None
        if least is not None and (value is None or value < least):
            shown = "undefined" if value is None else f"{value:.3f}"
            missed.append(f"{metric} is {shown}, wanted at least {least:g}")
    return missed
