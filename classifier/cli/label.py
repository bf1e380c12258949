"""`classifier label LIST... --out DIR`: a ledger and its labels in a folder, a bar on standard error."""

from __future__ import annotations

import json as json_module
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.cli import exits
from classifier.cli.options import (
    AcceptUnmeasuredOption,
    BudgetOption,
    CascadeBelowOption,
    CascadeOption,
    EngineName,
    EngineOption,
    ExamplesOption,
    JsonOption,
    ModelOption,
    WorkspaceOption,
    check_options,
)

if TYPE_CHECKING:
    from classifier.batch.job import Job
    from classifier.batch.run import Run
    from classifier.settings import Settings
    from classifier.survey.workspace import Workspace


class RunnerName(StrEnum):
    """Where labelling happens."""

    local = "local"
    ray = "ray"


class ReadingName(StrEnum):
    """What of a paper is read."""

    full = "full"
    full_only = "full-only"
    abstract = "abstract"


def label(
    lists: Annotated[
        list[str],
        typer.Argument(
            metavar="LIST...",
            help="BibTeX, RIS, CSL-JSON, CSV, JSONL, Markdown or text files, folders of PDFs, or '-'.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for ledger, labels.jsonl, failed.jsonl, run.json.")
    ],
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    cascade: CascadeOption = None,
    cascade_below: CascadeBelowOption = None,
    read: Annotated[
        ReadingName,
        typer.Option(
            help="full: the paper, else the abstract; full-only: only the paper; abstract: abstract first."
        ),
    ] = ReadingName.full,
    concurrency: Annotated[
        int,
        typer.Option(min=1, max=1024, help="Maximum number of parallel requests; starts lower and adapts."),
    ] = 32,
    runner: Annotated[
        RunnerName,
        typer.Option(help="local: on this machine; ray: on a Ray cluster, or a new one on this machine."),
    ] = RunnerName.local,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate tokens and cost from real prompts; send nothing.")
    ] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="USD", help="Stop before the cost of the run exceeds this.")
    ] = None,
    batch_api: Annotated[
        bool,
        typer.Option(
            "--batch-api", help="Use the provider's Batch API: half the price, results within a day."
        ),
    ] = False,
    drop_batches: Annotated[
        bool, typer.Option("--drop-batches", help="Drop batches that an earlier run left at the provider.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Retry failed entries with new requests.")
    ] = False,
    relabel: Annotated[
        bool, typer.Option("--relabel", help="Label again if the settings differ from the ledger's.")
    ] = False,
    dedupe: Annotated[
        bool,
        typer.Option(
            "--dedupe/--no-dedupe", help="Label each paper once; its other entries get the same label."
        ),
    ] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N entries.")] = None,
    examples: ExamplesOption = None,
    budget: BudgetOption = None,
    accept_unmeasured: AcceptUnmeasuredOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> int:
    """Label reading lists into a folder; rerun the same command to resume."""
    from classifier.batch.job import Job
    from classifier.settings import load_settings
    from classifier.survey.workspace import Workspace

    settings = load_settings(
        engine=engine.setting,
        model=model,
        cascade=cascade,
        cascade_below=cascade_below,
        examples=examples,
        budget_tokens=budget,
        accept_unmeasured=accept_unmeasured or None,
    )
    check_options(settings, model=model, cascade_below=cascade_below)
    job = Job(
        sources=tuple(lists),
        out=out,
        reading=read.value,
        concurrency=concurrency,
        dedupe=dedupe,
        limit=limit,
        max_cost_usd=max_cost,
        batch_api=batch_api,
        drop_batches=drop_batches,
        retry_failed=retry_failed,
        relabel=relabel,
        runner=runner.value,
    )
    if dry_run:
        return _estimate(job, settings, Workspace(workspace), as_json=json)
    return _label(job, settings, Workspace(workspace), as_json=json)


def _estimate(job: Job, settings: Settings, workspace: Workspace, *, as_json: bool) -> int:
    from classifier.batch.estimate import estimate

    found = estimate(job, settings, workspace)
    print(json_module.dumps(found.as_dict()) if as_json else found.in_words())
    return exits.DONE


def _label(job: Job, settings: Settings, workspace: Workspace, *, as_json: bool) -> int:
    from classifier.batch.session import label_lists
    from classifier.cli.label_bar import LabelBar

    if job.runner == "ray" and sys.stderr.isatty():
        print("classifier: Ray starts; the first labels come in 10 to 20 s", file=sys.stderr)
    with LabelBar() as bar:

        def on_start(run: Run) -> None:
            _handle_signals(run)
            bar.watch(run)
            run.replies.say = bar.say

        summary = label_lists(job, settings, workspace, on_start=on_start)
    print(json_module.dumps(summary, ensure_ascii=False) if as_json else in_words(summary, job.out))
    return _exit_code(summary)


def _handle_signals(run: Run) -> None:
    """The first signal ends the run in good order, the second at once."""
    import asyncio

    def interrupt() -> None:
        if not run.interrupted:
            print(
                "classifier: interrupted: waiting for the requests under way; press Ctrl-C again to "
                "stop at once",
                file=sys.stderr,
            )
        run.interrupt()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, interrupt)
        except (NotImplementedError, RuntimeError):  # Windows; not the main thread: Ctrl-C cancels the loop
            return


def in_words(summary: dict[str, Any], out: Path) -> str:
    """The summary in a few lines."""
    totals, spent = summary["totals"], summary["spent"]
    parts = [f"{totals['labelled']} of {totals['entries'] - totals['duplicates']} papers labelled"]
    parts += [
        f"{totals[name]} {word}"
        for name, word in (
            ("duplicates", "duplicates"),
            ("failed", "failed"),
            ("waiting", "waiting"),
            ("at_provider", "requests are at the provider: rerun to collect the answers"),
            ("unusable", "unusable"),
            ("review", "for review"),
        )
        if totals[name]
    ]
    lines = ["; ".join(parts)]
    if spent["replies"]:
        cost = "unknown" if spent["cost_usd"] is None else f"${spent['cost_usd']:.4f}"
        lines.append(
            f"{spent['tokens_in']:,} tokens in ({spent['tokens_cached']:,} cached), "
            f"{spent['tokens_out']:,} out; cost {cost}"
        )
    made = summary["fingerprint"]
    first = f"{made['cascade']}, then " if made.get("cascade") else ""
    if totals["unlisted"]:
        lines.append(
            f"{totals['unlisted']} papers of other lists, or beyond --limit, are in the ledger and not in "
            "these results; name all lists together to have them"
        )
    if summary.get("batches_dropped"):
        lines.append(
            f"dropped {summary['batches_dropped']} batches at the provider, which may still charge for them"
        )
    lines.append(f"engine: {first}{made['engine']}; results in {out}")
    return "\n".join(lines)


def _exit_code(summary: dict[str, Any]) -> int:
    totals, stopped = summary["totals"], summary["stopped"]
    if summary["interrupted"]:
        print("classifier: interrupted; finished papers are saved; rerun to resume", file=sys.stderr)
        return exits.INTERRUPTED
    if stopped is not None:
        print(f"classifier: {stopped['message']}", file=sys.stderr)
    if totals["failed"] or totals["unusable"]:
        print(f"classifier: not labelled: {_reasons(summary['not_labelled'])}", file=sys.stderr)
    unfinished = totals["failed"] or totals["unusable"] or totals["waiting"] or stopped is not None
    return exits.PARTIAL if unfinished else exits.DONE


def _reasons(missing: dict[str, Any]) -> str:
    """How many entries have no label for which reason, and what can be done."""
    from classifier.errors import codes_of

    counted, unreached = missing["reasons"], codes_of(retryable=True)
    told = ", ".join(f"{n} {code}" for code, n in counted.items())
    told += f", {missing['duplicates']} as duplicates of these" * bool(missing["duplicates"])
    if row := missing["only"]:
        names = dict.fromkeys([row["source"], row["key"] or f"line {row['line']}"])
        told = ": ".join(
            [*(name for name in names if not row["message"].startswith(f"{name}: ")), row["message"]]
        )
    told += "; see failed.jsonl"
    told += "; rerun to retry where no server answered" * bool(unreached & counted.keys())
    return told + "; --retry-failed retries all" * bool(counted.keys() - {"broken-entry"} - unreached)
