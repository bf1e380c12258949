"""`classifier eval`: scores an engine on labelled papers, writes the report and prints it."""

from __future__ import annotations

import asyncio
import shlex
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from classifier.cli import exits
from classifier.cli.fetch_notice import say_fetching
from classifier.cli.options import (
    BudgetOption,
    CascadeBelowOption,
    CascadeOption,
    EmbeddingsOption,
    EngineName,
    EngineOption,
    ExamplesOption,
    JsonOption,
    ModelOption,
    OfflineOption,
    WorkspaceOption,
    check_options,
)
from classifier.cli.scores import show_calibration, show_report, verdict
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.evaluation.job import EvalJob
    from classifier.evaluation.records import Prediction
    from classifier.evaluation.session import Evaluated


class ProtocolName(StrEnum):
    """Which studies are left out of the examples."""

    loo = "loo"
    holdout = "holdout"


TextName = Literal["pdf", "text", "abstract", "summary", "arxiv", "title"]
"""The kinds of text that an item may have."""


def evaluate(
    suite: Annotated[str, typer.Option(metavar="FILE|gold", help="Labelled papers as JSON Lines.")] = "gold",
    protocol: Annotated[
        ProtocolName | None,
        typer.Option(
            help="loo (default for gold): an item is never its own example; holdout: no item is an example."
        ),
    ] = None,
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    cascade: CascadeOption = None,
    cascade_below: CascadeBelowOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for predictions and reports. Default: a new one in eval-runs/."
        ),
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Replay recorded replies; needs no key and no network.")
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record/--no-record", help="Record replies for --replay, in the workspace's eval/recordings."
        ),
    ] = True,
    concurrency: Annotated[
        int, typer.Option(min=1, max=256, help="Number of items classified in parallel.")
    ] = 8,
    text: Annotated[
        TextName | None, typer.Option(help="Text to classify. Default: each item's fullest text.")
    ] = None,
    offline: OfflineOption = False,
    examples: ExamplesOption = None,
    budget: BudgetOption = None,
    embeddings: EmbeddingsOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Score the first N items only.")] = None,
    repeat: Annotated[
        int, typer.Option(min=1, max=100, help="Repeat N times and report how stable labels and quotes are.")
    ] = 1,
    calibrate: Annotated[
        bool,
        typer.Option("--calibrate", help="Fit a calibration of the engine's confidence to these results."),
    ] = False,
    wanted_accuracy: Annotated[
        float,
        typer.Option(
            min=0.01, max=1, help="With --calibrate: print the review threshold that reaches this accuracy."
        ),
    ] = 0.9,
    min_kappa: Annotated[
        float | None, typer.Option(help="Exit with code 7 if Cohen's kappa is lower.")
    ] = None,
    min_macro_f1: Annotated[float | None, typer.Option(help="Exit with code 7 if macro-F1 is lower.")] = None,
    min_accuracy: Annotated[
        float | None, typer.Option(help="Exit with code 7 if the accuracy is lower.")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> int:
    """Score an engine against labelled papers: metrics with intervals, baselines, an HTML report."""
    from classifier.evaluation.job import EvalJob
    from classifier.evaluation.suites import GOLD

    given: dict[str, Any] = {
        "engine": engine.setting,
        "model": model,
        "cascade": cascade,
        "cascade_below": cascade_below,
        "examples": examples,
        "budget_tokens": budget,
        "embeddings": embeddings,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if offline:
        given["fetch"] = False
    if calibrate:
        given["calibration"] = False  # fitted to uncalibrated confidences
    job = EvalJob(
        suite=suite,
        settings=given,
        protocol=protocol.value if protocol else None,
        out=out,
        replay=replay,
        record=record,
        concurrency=concurrency,
        text=text,
        limit=limit,
        repeat=repeat,
        offline=offline,
        calibrate_for=wanted_accuracy if calibrate else None,
    )
    seen = _Seen()
    try:
        done = asyncio.run(_evaluate(job, workspace, seen))
    except KeyboardInterrupt:
        print(f"classifier: interrupted; {seen.how_to_resume()}", file=sys.stderr)
        return exits.INTERRUPTED
    show_report(done.report, done.folder, as_json=json, stability=done.stability)
    if done.recordings is not None:
        again = command_line(
            "eval",
            replay=done.recordings,
            suite=None if suite == GOLD else suite,
            limit=limit,
            repeat=repeat if repeat > 1 else None,
            workspace=workspace,
        )
        print(
            f"classifier: replies are recorded; `{again}` scores them again without a server", file=sys.stderr
        )
    if done.fitted is not None:
        show_calibration(done.fitted, wanted_accuracy)
    gates = {"kappa": min_kappa, "macro_f1": min_macro_f1, "accuracy": min_accuracy}
    return verdict(done.report, done.predictions, gates)


@dataclass
class _Seen:
    """The progress of a run, for the message after an interrupt."""

    total: int = 0
    done: int = 0
    folder: Path | None = None

    def how_to_resume(self) -> str:
        if self.folder is None:
            return "no item was started"
        command = shlex.join(["classifier", *sys.argv[1:]])
        saved = (
            f"{self.done} of {count_of(self.total, 'item')} "
            f"{plural(self.done, 'is', 'are')} saved in {self.folder}"
        )
        return f"{saved}; rerun to resume: {command}"


async def _evaluate(job: EvalJob, workspace: Path | None, seen: _Seen) -> Evaluated:
    from classifier.cli.progress import Progress
    from classifier.cli.wait_notice import WaitNotice
    from classifier.evaluation.metrics import need_packages

    need_packages()  # reports missing packages before slow imports
    from classifier.evaluation.session import evaluate, plan_evaluation
    from classifier.survey.workspace import Workspace

    plan = await plan_evaluation(job, Workspace(workspace))
    check_options(
        plan.settings,
        model=job.settings.get("model"),
        cascade_below=job.settings.get("cascade_below"),
        offline=job.offline and job.replay is None,
    )
    say_fetching(plan.to_fetch, "--offline scores such items by their titles, --text names another text")
    if plan.only_titles and not job.offline:
        fetching = command_line("fetch-gold", workspace=workspace)
        print(
            f"classifier: {count_of(plan.only_titles, 'item')} of {len(plan.texts)} "
            f"{plural(plan.only_titles, 'is scored by its title and has', 'are scored by title and have')} "
            f"an arXiv id; `{fetching}` downloads {plural(plan.only_titles, 'this paper', 'these papers')}",
            file=sys.stderr,
        )
    seen.total = plan.total
    with Progress(plan.total) as progress:

        def on_prediction(prediction: Prediction) -> None:
            seen.done += 1
            progress.starts(prediction.id)
            progress.ends()

        def on_folder(folder: Path) -> None:
            seen.folder = folder

        return await evaluate(plan, on_folder=on_folder, on_prediction=on_prediction, on_wait=WaitNotice())
