"""Settings and lists -> a finished run and its summary; connects the parts of this package.

What enters: a `Job`, settings, a workspace. What leaves: the folder's files, and the summary in run.json.
What it does not do: read a command line, or print.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from classifier.batch.assembly import make_run
from classifier.batch.cluster.parts import take_in as take_in_parts
from classifier.batch.cluster.runner import label_on_cluster
from classifier.batch.intake import Found, duplicate_finder, take_in
from classifier.batch.job import Job, fingerprint
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.lock import open_ledger
from classifier.batch.ledger.measurements import Measurements
from classifier.batch.ledger.rows import TITLES
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.purse import Purse
from classifier.batch.results import write_rows, write_summary, writing_results
from classifier.batch.run import OnStart, Run
from classifier.batch.summary import findings, now, outcome_totals, request_settings
from classifier.errors import ConfigError, StoreError
from classifier.model.reply import Usage
from classifier.runs.facts import server_of
from classifier.runs.prices import price_of
from classifier.settings import Settings, embedding_stage, first_stage
from classifier.survey.workspace import Workspace
from classifier.text.counting import count_of, plural


def label_lists(
    job: Job,
    settings: Settings,
    workspace: Workspace,
    *,
    entries: Iterable[Found] | None = None,
    on_start: OnStart = lambda _: None,
    on_fetch: Callable[[int], None] = lambda _: None,
    purse: Purse | None = None,
) -> dict[str, Any]:
    """Labels lists; the same call resumes an interrupted run.

    Args:
        entries: Rows to use instead of reading the job's sources.
        on_start: Called with the run in the event loop before it starts; not with the runner "ray".
        on_fetch: Called before that with the number of papers that have to be fetched if not in the cache.
        purse: Reserves the cost of each request before it is sent; not with the runner "ray" or the Batch
            API.

    Returns:
        The summary in run.json.

    Raises:
        ConfigError: Settings are wrong, another process uses the folder, its ledger was made with other
        settings, or there is a cap but no known price.
        InputError: A list cannot be read.
        StoreError: The disk is full. Finished labels are saved.
    """
    started_at = now()
    _check(job, settings)
    made_from = fingerprint(settings, workspace)
    with open_ledger(job.out, made_from, workspace.taxonomy.labels, relabel=job.relabel) as ledger:
        ledger.keep(TITLES, {name: workspace.taxonomy.titles(name) for name in workspace.taxonomy.leaves})
        take_in_parts(ledger, job.out, made_from)  # of an interrupted run on a cluster
        Measurements(workspace, settings).take_up(job.out)
        find_duplicate = duplicate_finder() if job.dedupe else None
        take_in(ledger, job.entries() if entries is None else entries, find_duplicate)
        _refuse_batches(job, ledger)
        (ledger.retry_failed if job.retry_failed else ledger.retry_unreached)()
        on_fetch(ledger.fetches_waiting(abstract_first=job.reading == "abstract") if settings.fetch else 0)
        summary = request_settings(job, settings) | {"started_at": started_at, "fingerprint": made_from}

        def finish() -> None:
            ledger.bind_corrections()  # the text of a PDF may identify its paper
            with writing_results(job.out):
                summary.update(finished_at=now(), **findings(ledger, write_rows(job.out)))
                write_summary(job.out, summary)

        try:
            if job.runner == "ray":
                went = label_on_cluster(job, settings, workspace, ledger, made_from)
            else:
                went = outcome_totals(asyncio.run(_run(job, settings, workspace, ledger, on_start, purse)))
        except BaseException:
            with suppress(StoreError):  # a full disk was already reported
                finish()
            raise
        summary |= went
        finish()
    return summary


def _check(job: Job, settings: Settings) -> None:
    if job.batch_api or job.drop_batches:
        if settings.chosen_engine == "offline":
            raise ConfigError("--batch-api requires the openai engine; add --engine openai --model NAME")
        if job.runner == "ray":
            raise ConfigError("--batch-api cannot be combined with --runner ray; remove one of them")
    if job.max_cost_usd is None:
        return
    for model in _paid_models(settings):
        if price_of(settings, Usage(tokens_in=1000, tokens_out=1000), model) is None:
            raise ConfigError(
                f"--max-cost needs a price, and none is known for {model} at {server_of(settings)}; set "
                f'CLASSIFIER_PRICES=\'{{"{model}": {{"input": 1.0, "output": 4.0}}}}\' (US dollars per '
                "million tokens), or remove --max-cost"
            )
    if job.runner == "ray" and embedding_stage(settings) is not None:
        raise ConfigError(
            "--max-cost does not limit embeddings by a server with --runner ray; remove one of them"
        )


def _paid_models(settings: Settings) -> Iterator[str]:
    """The models that a run under these settings asks a server for."""
    for stage in (first_stage(settings), settings):
        if stage is not None and stage.chosen_engine == "openai":
            yield stage.model or ""
        elif stage is not None and stage.embedding_model is not None:
            yield stage.embedding_model


def _refuse_batches(job: Job, ledger: Ledger) -> None:
    """Rejects direct requests while batches are submitted: their answers would be paid for twice.

    Raises:
        ConfigError: There are submitted batches, and the job does not use the Batch API.
    """
    if job.batch_api or job.drop_batches:
        return
    requests = ledger.requests.out_count()
    if requests:
        raise ConfigError(
            f"{count_of(requests, 'request')} of an earlier run "
            f"{plural(requests, 'is', 'are')} at the provider's "
            "Batch API; add --batch-api to collect the answers, or --drop-batches to drop them"
        )
    with ledger.transaction():
        ledger.requests.forget_unsent()


async def _run(
    job: Job, settings: Settings, workspace: Workspace, ledger: Ledger, on_start: OnStart, purse: Purse | None
) -> Run:
    async with LedgerWriter(ledger) as store:
        run = await make_run(job, settings, workspace, store, purse)
        usual = gc.get_threshold()
        on_start(run)
        # Existing objects remain, and each reply creates thousands of short-lived ones: scanning all
        # of them repeatedly costs a tenth of the CPU time.
        gc.freeze()
        gc.set_threshold(20_000, *usual[1:])
        try:
            await run.go()
        finally:
            gc.set_threshold(*usual)
            gc.unfreeze()
            await run.aclose()
    return run
