"""An `EvalJob` -> predictions, a report and its files; connects all modules of this package.

What enters: a job and a workspace. What leaves: the folder's files, and an `Evaluated` with their contents.
What it does not do: read a command line, or print.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from classifier.errors import ConfigError
from classifier.evaluation.baselines import run_baselines
from classifier.evaluation.calibration import fit_calibration, threshold_for
from classifier.evaluation.caveats import (
    calibration_note,
    calibrations_of,
    times_of,
    trained_on,
    with_caveats,
)
from classifier.evaluation.fetched import with_cached
from classifier.evaluation.folders import default_out
from classifier.evaluation.job import EvalJob
from classifier.evaluation.measuring import save_accuracy
from classifier.evaluation.metrics import need_packages
from classifier.evaluation.protocol import EvalProtocol
from classifier.evaluation.recorded import (
    UNREVIEWED,
    recording_classifier,
    recording_of,
    recordings_dir,
    replay_classifier,
    replay_settings,
)
from classifier.evaluation.recorded_engines import About, read_about
from classifier.evaluation.records import Prediction, Report, RunFacts, Suite, TextKind
from classifier.evaluation.report import write_html, write_json
from classifier.evaluation.runner import fingerprint, run_facts, run_suite
from classifier.evaluation.scoring import score
from classifier.evaluation.stability import Stability, measure_stability
from classifier.evaluation.suites import GOLD, gold_suite, read_suite
from classifier.evaluation.texts import ItemText, choose_texts
from classifier.files import replace_text
from classifier.pipeline import Classifier
from classifier.settings import Settings, first_stage, load_settings
from classifier.sources import Sources
from classifier.survey.workspace import Workspace
from classifier.verdict.calibration import Calibration, save_calibration

if TYPE_CHECKING:
    from classifier.waiting import OnWait


@dataclass(frozen=True)
class EvalPlan:
    """A job with all its defaults resolved.

    Attributes:
        whole: The suite with all its items.
        suite: The items that are scored.
        texts: The text of each of these items.
    """

    job: EvalJob
    settings: Settings
    workspace: Workspace
    whole: Suite
    suite: Suite
    protocol: EvalProtocol
    text: TextKind | None
    texts: tuple[ItemText, ...]

    @property
    def fetches(self) -> bool:
        """Whether items that have only an id are fetched: not gold studies, which `fetch-gold` downloads."""
        return self.job.suite != GOLD and not self.job.offline

    @property
    def to_fetch(self) -> int:
        """Number of items whose papers are at arXiv; those in the cache included."""
        return sum(text.kind == "arxiv" for text in self.texts)

    @property
    def only_titles(self) -> int:
        """Number of items with an arXiv id that are scored by their titles, though nobody wanted that."""
        return sum(text.kind == "title" and bool(text.item.arxiv) for text in self.texts if not self.text)

    @property
    def total(self) -> int:
        """Number of items to score, over all repetitions."""
        return self.job.repeat * len(self.suite.items)


@dataclass(frozen=True)
class Fitted:
    """A calibration that was fitted.

    Attributes:
        path: Where it was written; None if it does not help and was not written.
        threshold: The lowest review threshold with the wanted accuracy; None if there is none.
    """

    calibration: Calibration
    path: Path | None
    threshold: float | None


@dataclass(frozen=True)
class Evaluated:
    """The result of a plan.

    Attributes:
        predictions: Predictions of the first run.
        folder: The folder of report.json, report.html and predictions.jsonl.
        recordings: The folder of the recorded replies; None if nothing was recorded.
        stability: How much several runs agree; None for a single run.
    """

    report: Report
    predictions: tuple[Prediction, ...]
    folder: Path
    recordings: Path | None = None
    stability: Stability | None = None
    fitted: Fitted | None = None


async def plan_evaluation(job: EvalJob, workspace: Workspace) -> EvalPlan:
    """Resolves the defaults of a job, without calling an engine or writing a file.

    Raises:
        ConfigError: Settings, replay and suite contradict each other, or packages are missing.
        InputError: The suite cannot be read, or items do not have the wanted text.
    """
    need_packages()
    settings, protocol, text = _settings(job)
    first_stage(settings)  # reports contradictory settings of a cascade now
    if settings.cascade and job.calibrate_for is not None:
        raise ConfigError(
            "--calibrate works with one engine; remove --cascade and calibrate each engine separately"
        )
    whole = await _suite(job, text, settings, workspace)
    suite = whole.model_copy(update={"items": whole.items[: job.limit]})
    protocol = protocol or ("loo" if job.suite == GOLD else "holdout")
    if job.offline and text == "arxiv":
        raise ConfigError("--text arxiv needs the network; remove it, or remove --offline")
    plan = EvalPlan(job, settings, workspace, whole, suite, protocol, text, ())
    return replace(plan, texts=choose_texts(suite, text, fetch=plan.fetches))


async def evaluate(
    plan: EvalPlan,
    *,
    on_folder: Callable[[Path], None] = lambda _: None,
    on_prediction: Callable[[Prediction], None] = lambda _: None,
    on_wait: OnWait | None = None,
) -> Evaluated:
    """Runs a plan and writes all files; the same call resumes an interrupted run.

    Args:
        on_folder: Called with the folder before the first item.
        on_prediction: Called with each prediction.
        on_wait: Called before each wait for a busy server with the seconds and the reason.

    Raises:
        ClassifierError: As `run_suite`.
    """
    started_at, started = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    recording = _recording(plan)
    runs: list[list[Prediction]] = []
    folder: Path | None = plan.job.out
    for number in range(1, plan.job.repeat + 1):
        part = f"run-{number}" if number > 1 else ""
        async with _classifier(plan, recording, part, on_wait) as classifier:
            facts = run_facts(classifier, plan.suite, plan.protocol, repeat=plan.job.repeat)
            folder = folder or _default_folder(plan, classifier, facts)
            if number == 1:
                on_folder(folder)
            predictions = await run_suite(
                classifier,
                plan.suite,
                protocol=plan.protocol,
                out=folder / part,
                concurrency=plan.job.concurrency,
                text=plan.text,
                fetch=plan.fetches,
                resume=plan.job.replay is None,
                on_progress=on_prediction,
            )
        runs.append(predictions)
    assert folder is not None  # noqa: S101 - there is at least one run
    seconds = time.monotonic() - started
    trained = trained_on(plan.workspace, runs[0])
    report = _report(plan, facts, runs[0], trained=trained, times=(started_at, seconds))
    write_json(report, folder / "report.json")
    write_html(report, runs[0], folder / "report.html")
    stability = None
    if plan.job.repeat > 1:
        stability = measure_stability(runs)
        replace_text(folder / "stability.json", stability.model_dump_json(indent=1) + "\n")
    save_accuracy(report, runs[0], plan.workspace, plan.settings, trained=trained)
    fitted = _fit(plan, runs[0]) if plan.job.calibrate_for is not None else None
    kept = recording[0] if recording is not None and recording[0].is_dir() else None
    return Evaluated(report, tuple(runs[0]), folder, kept, stability, fitted)


def _settings(job: EvalJob) -> tuple[Settings, EvalProtocol | None, TextKind | None]:
    """The settings, protocol and text; in a replay, the recorded ones unless they are given."""
    if job.replay is None:
        return load_settings(**{**job.settings, **UNREVIEWED}), job.protocol, job.text
    about = read_about(job.replay)
    engine, model = job.settings.get("engine", "openai"), job.settings.get("model", about.model)
    if (engine, model) != ("openai", about.model):
        raise ConfigError(
            f"{job.replay}: recorded with the openai engine and {about.model}; do not name another "
            f"engine or model"
        )
    if job.suite == GOLD != about.suite:
        raise ConfigError(f"{job.replay}: recorded on the suite {about.suite}; pass its file with --suite")
    protocol = job.protocol or cast("EvalProtocol", about.protocol)
    return (
        replay_settings(job.replay, job.settings),
        protocol,
        job.text or cast("TextKind | None", about.text),
    )


async def _suite(job: EvalJob, text: TextKind | None, settings: Settings, workspace: Workspace) -> Suite:
    if job.suite != GOLD:
        return read_suite(Path(job.suite), workspace.taxonomy)
    suite = gold_suite(workspace)
    if text not in (None, "pdf", "abstract"):
        return suite
    async with Sources.from_settings(settings, offline=True) as cache:
        return await with_cached(suite, cache)


def _recording(plan: EvalPlan) -> tuple[Path, About] | None:
    """The folder and description of this run's recording; None if it is not recorded."""
    settings = plan.settings
    records = plan.job.record and plan.job.replay is None
    if not (records and settings.chosen_engine == "openai" and settings.model):
        return None
    about = recording_of(settings, plan.suite, plan.protocol, plan.text)
    return recordings_dir(plan.workspace, about), about


def _classifier(
    plan: EvalPlan, recording: tuple[Path, About] | None, part: str, on_wait: OnWait | None
) -> Classifier:
    """The classifier of one run: replaying, recording, or neither."""
    settings, workspace = plan.settings, plan.workspace
    if plan.job.replay is not None:
        return replay_classifier(settings, workspace, plan.job.replay / part)
    if recording is None:
        return Classifier.from_settings(settings, workspace=workspace, on_wait=on_wait)
    folder, about = recording
    own_words = {text.kind for text in plan.texts} == {"summary"}
    return recording_classifier(
        settings, workspace, folder / part, about, shareable=own_words, on_wait=on_wait
    )


def _default_folder(plan: EvalPlan, classifier: Classifier, facts: RunFacts) -> Path:
    return default_out(facts, fingerprint(classifier, plan.suite, plan.texts, plan.protocol))


def _report(
    plan: EvalPlan,
    facts: RunFacts,
    predictions: list[Prediction],
    *,
    trained: int,
    times: tuple[str, float],
) -> Report:
    workspace = plan.workspace
    baselines = run_baselines(plan.suite, plan.texts, workspace, plan.protocol)
    calibrations = calibrations_of(workspace, plan.settings, predictions)
    facts = facts.model_copy(update={"calibration": calibration_note(calibrations, predictions)})
    scored = score(facts, workspace.taxonomy, predictions, baselines, times_of(predictions, *times))
    return with_caveats(scored, plan.whole, predictions, calibrations, trained)


def _fit(plan: EvalPlan, predictions: list[Prediction]) -> Fitted:
    """Fits a calibration, writes it if it helps, and finds the review threshold with it."""
    made = fit_calibration(
        predictions,
        {plan.suite.name: plan.suite.sha256},
        taxonomy_sha256=plan.workspace.taxonomy.sha256,
    )
    helps = made.brier_after < made.brier_before
    path = save_calibration(made, plan.workspace, plan.settings) if helps else None
    wanted = plan.job.calibrate_for or 1.0
    return Fitted(made, path, threshold_for(predictions, wanted, calibration=made if helps else None))
