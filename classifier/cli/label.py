"""`classifier label LIST... --out DIR`: a ledger and its labels in a folder, a bar on standard error."""

from __future__ import annotations

import json as json_module
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.fetch_notice import say_fetching
from classifier.cli.options import (
    AcceptUnmeasuredOption,
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

if TYPE_CHECKING:
    from classifier.batch.job import Job
    from classifier.batch.run import Run
    from classifier.settings import Settings
    from classifier.survey.workspace import Workspace


_FETCHING = "--read abstract takes the list's abstracts, --offline fetches nothing"


class RunnerName(StrEnum):
    """Where the labelling runs."""

    local = "local"
    ray = "ray"


class ReadingName(StrEnum):
    """Which text of a paper is read."""

    full = "full"
    full_only = "full-only"
    abstract = "abstract"


def label(
    lists: Annotated[
        list[str],
        typer.Argument(
            metavar="LIST...",
            help="BibTeX, RIS, PubMed, Web of Science, EndNote, Scopus, CSL-JSON, CSL-YAML, JSON, JSONL, "
            "CSV, LaTeX bibliography, Markdown or text files, folders of PDFs, or '-'.",
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
    offline: OfflineOption = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N entries.")] = None,
    examples: ExamplesOption = None,
    budget: BudgetOption = None,
    embeddings: EmbeddingsOption = None,
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
        embeddings=embeddings,
        accept_unmeasured=accept_unmeasured or None,
        fetch=False if offline else None,
    )
    check_options(settings, model=model, cascade_below=cascade_below, offline=offline)
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
    usable = found.papers + found.duplicates + found.done + found.failed + found.at_provider
    if found.unusable and not usable:
        print("classifier: the lists have no usable entry; expected at least one", file=sys.stderr)
        return exits.BAD_INPUT
    return exits.DONE


def _label(job: Job, settings: Settings, workspace: Workspace, *, as_json: bool) -> int:
    from classifier.batch.session import label_lists
    from classifier.cli.label_bar import LabelBar
    from classifier.cli.label_summary import exit_code_of, in_words, say_problems

    if job.runner == "ray" and sys.stderr.isatty():
        print("classifier: Ray starts; the first labels come in 10 to 20 s", file=sys.stderr)
    with LabelBar() as bar:

        def on_start(run: Run) -> None:
            _handle_signals(run)
            bar.watch(run)
            run.replies.say = bar.say

        def on_fetch(papers: int) -> None:
            say_fetching(papers, _FETCHING)

        summary = label_lists(job, settings, workspace, on_start=on_start, on_fetch=on_fetch)
    print(
        json_module.dumps(summary, ensure_ascii=False) if as_json else in_words(summary, job.out, workspace)
    )
    say_problems(summary)
    return exit_code_of(summary)


def _handle_signals(run: Run) -> None:
    """The first signal ends the run cleanly, the second at once."""
    import asyncio

    def interrupt() -> None:
        if not run.interrupted:
            print(
                "classifier: interrupted: finishing the papers in work; press Ctrl-C again to stop at once",
                file=sys.stderr,
            )
        run.interrupt()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, interrupt)
        except (NotImplementedError, RuntimeError):  # Windows; not the main thread: Ctrl-C cancels the loop
            return
