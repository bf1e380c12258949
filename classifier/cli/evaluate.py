"""`classifier eval`: an engine against labelled papers, scored, written and shown."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from classifier.cli import exits
from classifier.cli.options import (
    BudgetOption,
    CascadeBelowOption,
    CascadeOption,
    EngineName,
    EngineOption,
    ExamplesOption,
    JsonOption,
    ModelOption,
    WorkspaceOption,
    check_cascade,
)
from classifier.cli.scores import show_report, verdict, write_calibration

if TYPE_CHECKING:
    from classifier.evaluation.protocol import Protocol
    from classifier.evaluation.records import Prediction, Report, RunFacts, Suite, TextKind
    from classifier.evaluation.stability import Stability
    from classifier.pipeline import Classifier
    from classifier.settings import Settings
    from classifier.survey.workspace import Workspace


class ProtocolName(StrEnum):
    """How answers are kept out of the examples."""

    loo = "loo"
    holdout = "holdout"


class TextName(StrEnum):
    """The kinds of text that an item may bring."""

    pdf = "pdf"
    text = "text"
    abstract = "abstract"
    summary = "summary"
    arxiv = "arxiv"


@dataclass
class _Run:
    """What the command line asks for, and how far it has come."""

    suite: str
    protocol: Protocol | None
    out: Path | None
    replay: Path | None
    record: bool
    concurrency: int
    text: TextKind | None
    limit: int | None
    repeat: int
    wanted_accuracy: float | None
    gates: dict[str, float | None]
    workspace: Path | None
    json: bool
    settings: dict[str, Any]
    started_at: str
    done: int = 0
    total: int = 0
    folder: Path | None = None
    recordings: Path | None = None
    started: float = field(default_factory=time.monotonic)


def evaluate(
    suite: Annotated[
        str, typer.Option(metavar="FILE|gold", help="Labelled papers, one JSON object a line.")
    ] = "gold",
    protocol: Annotated[
        ProtocolName | None,
        typer.Option(help="loo (gold's default): no item is its own example; holdout: none is anybody's."),
    ] = None,
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    cascade: CascadeOption = None,
    cascade_below: CascadeBelowOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for predictions and reports; a new one below eval-runs/."),
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Answer from these recordings, without key or network.")
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record/--no-record", help="Keep each reply for --replay, in eval/recordings of the workspace."
        ),
    ] = True,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Items in work at the same time.")] = 8,
    text: Annotated[
        TextName | None, typer.Option(help="Judge every item by this; else by the fullest text it has.")
    ] = None,
    examples: ExamplesOption = None,
    budget: BudgetOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Score the first N items only.")] = None,
    repeat: Annotated[
        int, typer.Option(min=1, max=100, help="Run N times and say how stable labels and quotes are.")
    ] = 1,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Fit the engine's confidences to how often it was right here.")
    ] = False,
    wanted_accuracy: Annotated[
        float, typer.Option(min=0.01, max=1, help="With --calibrate: tell the review threshold for this.")
    ] = 0.9,
    min_kappa: Annotated[float | None, typer.Option(help="End with exit code 7 below this kappa.")] = None,
    min_macro_f1: Annotated[
        float | None, typer.Option(help="End with exit code 7 below this macro-F1.")
    ] = None,
    min_accuracy: Annotated[
        float | None, typer.Option(help="End with exit code 7 below this accuracy.")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> int:
    """Score an engine against labelled papers: metrics with intervals, baselines, an HTML report."""
    given = {
        "engine": engine.setting,
        "model": model,
        "cascade": cascade,
        "cascade_below": cascade_below,
        "examples": examples,
        "budget_tokens": budget,
    }
    run = _Run(
        suite=suite,
        protocol=protocol.value if protocol else None,
        out=out,
        replay=replay,
        record=record,
        concurrency=concurrency,
        text=text.value if text else None,
        limit=limit,
        repeat=repeat,
        wanted_accuracy=wanted_accuracy if calibrate else None,
        gates={"kappa": min_kappa, "macro_f1": min_macro_f1, "accuracy": min_accuracy},
        workspace=workspace,
        json=json,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        settings={name: value for name, value in given.items() if value is not None}
        | ({"calibration": False} if calibrate else {}),  # fitted to confidences as they come
    )
    try:
        return asyncio.run(_evaluate(run))
    except KeyboardInterrupt:
        print(f"classifier: interrupted; {_how_to_go_on(run)}", file=sys.stderr)
        return exits.INTERRUPTED


async def _evaluate(run: _Run) -> int:
    from classifier.errors import ConfigError
    from classifier.evaluation.metrics import need_packages

    need_packages()  # said before anything is paid for
    from classifier.survey.workspace import Workspace

    settings = _settings(run)
    check_cascade(settings, run.settings.get("cascade_below"))
    if settings.cascade and run.wanted_accuracy is not None:
        raise ConfigError("--calibrate is for one engine; leave --cascade out, and calibrate each by itself")
    workspace = Workspace(run.workspace)
    whole = await _suite(run, settings, workspace)
    run.protocol = run.protocol or ("loo" if run.suite == "gold" else "holdout")
    suite = whole.model_copy(update={"items": whole.items[: run.limit]})
    facts, runs = await _run_all(run, suite, settings, workspace)
    report, stability = _reports(run, facts, whole, suite, settings, workspace, runs)
    show_report(report, run.folder or Path(), as_json=run.json, stability=stability)
    if run.recordings is not None and run.recordings.is_dir():
        again = f"--replay {shlex.quote(str(run.recordings))}"
        print(f"classifier: replies are kept; {again} scores them again without a server", file=sys.stderr)
    if run.wanted_accuracy is not None:
        write_calibration(run.wanted_accuracy, settings, workspace, suite, runs[0])
    return verdict(report, runs[0], run.gates)


def _settings(run: _Run) -> Settings:
    """The settings; in a replay the recorded ones, with their protocol and text where none is given."""
    from classifier.errors import ConfigError
    from classifier.settings import load_settings

    if run.replay is None:
        return load_settings(**run.settings)
    from classifier.evaluation.recorded_engines import read_about
    from classifier.evaluation.session import replay_settings

    about = read_about(run.replay)
    if (
        run.settings.get("engine", "openai") != "openai"
        or run.settings.get("model", about.model) != about.model
    ):
        raise ConfigError(f"{run.replay}: recorded with the openai engine and {about.model}; name no other")
    if run.suite == "gold" != about.suite:
        raise ConfigError(f"{run.replay}: recorded on the suite {about.suite}; name its file with --suite")
    run.protocol = run.protocol or cast("Protocol", about.protocol)
    run.text = run.text or cast("TextKind | None", about.text)
    return replay_settings(run.replay, run.settings)


async def _suite(run: _Run, settings: Settings, workspace: Workspace) -> Suite:
    from classifier.evaluation.suites import GOLD, gold_suite, read_suite

    if run.suite != GOLD:
        return read_suite(Path(run.suite), workspace.taxonomy)
    suite = gold_suite(workspace)
    if run.text not in (None, "pdf", "abstract"):
        return suite
    from classifier.cli.fetch_gold import open_sources
    from classifier.evaluation.fetched import with_cached

    async with open_sources(settings, offline=True) as cache:
        return await with_cached(suite, cache)


def _classifier(run: _Run, number: int, suite: Suite, settings: Settings, workspace: Workspace) -> Classifier:
    """The classifier of the n-th run (from 1): recording, replaying, or neither."""
    from classifier.cli.waiting import WaitTeller
    from classifier.evaluation.session import (
        recording_classifier,
        recording_of,
        recordings_dir,
        replay_classifier,
    )
    from classifier.evaluation.texts import choose_texts
    from classifier.pipeline import Classifier

    part = f"run-{number}" if number > 1 else ""
    if run.replay is not None:
        return replay_classifier(settings, workspace, run.replay / part)
    if run.record and settings.chosen_engine == "openai" and settings.model:
        about = recording_of(settings, suite, run.protocol or "loo", run.text)
        run.recordings = run.recordings or recordings_dir(workspace, about)
        own_words = {question.kind for question in choose_texts(suite, run.text)} == {"summary"}
        folder = run.recordings / part
        return recording_classifier(
            settings, workspace, folder, about, shareable=own_words, on_wait=WaitTeller()
        )
    return Classifier.from_settings(settings, workspace=workspace, on_wait=WaitTeller())


async def _run_all(
    run: _Run, suite: Suite, settings: Settings, workspace: Workspace
) -> tuple[RunFacts, list[list[Prediction]]]:
    from classifier.cli.progress import Progress
    from classifier.evaluation.runner import run_facts, run_suite

    run.total = run.repeat * len(suite.items)
    protocol = run.protocol or "loo"
    runs: list[list[Prediction]] = []
    with Progress(run.total) as progress:

        def on_progress(prediction: Prediction) -> None:
            run.done += 1
            progress.starts(prediction.id)
            progress.ends()

        for number in range(1, run.repeat + 1):
            async with _classifier(run, number, suite, settings, workspace) as classifier:
                facts = run_facts(classifier, suite, protocol, repeat=run.repeat)
                run.folder = run.folder or _folder(run, classifier, suite, facts)
                predictions = await run_suite(
                    classifier,
                    suite,
                    protocol=protocol,
                    out=run.folder / f"run-{number}" if number > 1 else run.folder,
                    concurrency=run.concurrency,
                    text=run.text,
                    resume=run.replay is None,
                    on_progress=on_progress,
                )
            runs.append(predictions)
    return facts, runs


def _folder(run: _Run, classifier: Classifier, suite: Suite, facts: RunFacts) -> Path:
    """Where the run is written; folders that this command names itself are kept out of version control."""
    from classifier.evaluation.runner import fingerprint
    from classifier.evaluation.session import default_out
    from classifier.evaluation.texts import choose_texts

    if run.out is not None:
        return run.out
    made = fingerprint(classifier, suite, choose_texts(suite, run.text), facts.protocol)
    return default_out(facts, made)


def _reports(
    run: _Run,
    facts: RunFacts,
    whole: Suite,
    suite: Suite,
    settings: Settings,
    workspace: Workspace,
    runs: list[list[Prediction]],
) -> tuple[Report, Stability | None]:
    """Scores the first run, compares it with its repetitions, and writes everything."""
    from classifier.evaluation.baselines import run_baselines
    from classifier.evaluation.report import write_html, write_json
    from classifier.evaluation.scoring import score
    from classifier.evaluation.session import (
        calibration_note,
        calibrations_of,
        times_of,
        trained_on,
        with_caveats,
    )
    from classifier.evaluation.stability import measure_stability
    from classifier.evaluation.texts import choose_texts
    from classifier.files import replace_text

    folder = run.folder or Path()
    baselines = run_baselines(suite, choose_texts(suite, run.text), workspace, facts.protocol)
    times = times_of(runs[0], run.started_at, time.monotonic() - run.started)
    calibrations = calibrations_of(workspace, settings, runs[0])
    facts = facts.model_copy(update={"calibration": calibration_note(calibrations)})
    scored = score(facts, workspace.taxonomy, runs[0], baselines, times)
    report = with_caveats(scored, whole, runs[0], calibrations, trained_on(workspace, runs[0]))
    write_json(report, folder / "report.json")
    write_html(report, runs[0], folder / "report.html")
    if run.repeat == 1:
        return report, None
    stability = measure_stability(runs)
    replace_text(folder / "stability.json", stability.model_dump_json(indent=1) + "\n")
    return report, stability


def _how_to_go_on(run: _Run) -> str:
    if run.folder is None:
        return "nothing was asked yet"
    command = shlex.join(["classifier", *sys.argv[1:]])
    return f"{run.done} of {run.total} items are saved in {run.folder}; the same command goes on: {command}"
