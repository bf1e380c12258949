"""Settings and lists -> a finished run and its summary: where everything of this package meets.

What enters: a `Job`, settings, a workspace. What leaves: the folder's files, and the summary that run.json
holds. What it does not do: read a command line, or print.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.__about__ import __version__
from classifier.batch.intake import Found, first_entries, take_in
from classifier.batch.labellers import Labeller, LocalLabeller, ProcessLabeller
from classifier.batch.ledger import Ledger, open_ledger
from classifier.batch.reading import Reading
from classifier.batch.replies import LedgerTransport
from classifier.batch.results import write_results
from classifier.batch.run import UNREACHED, Run
from classifier.batch.spending import Spending
from classifier.batch.store import LedgerWriter
from classifier.batch.throttle import Throttle
from classifier.calibration import calibration_path
from classifier.entries import ListEntry
from classifier.errors import ConfigError, StoreError
from classifier.fingerprint import sha256_of
from classifier.pipeline import Classifier
from classifier.prompt import PromptBuilder
from classifier.records import Usage
from classifier.settings import Settings
from classifier.workspace import Workspace

if TYPE_CHECKING:
    from classifier.engines.openai import OpenAIEngine

CONCURRENCY = 32
"""The ceiling where none is given; how many requests are really out, the server's answers decide."""

_WORTH_PROCESSES = 100
"""Waiting items without a file from which it pays to start processes for the offline engine."""


@dataclass(frozen=True)
class Job:
    """What is to be labelled, where to, and within which bounds.

    Attributes:
        sources: Lists, as the user names them.
        out: The folder.
        limit: Only the first so many entries.
        max_cost_usd: Cap on what the folder's replies cost together.
    """

    sources: tuple[str, ...]
    out: Path
    reading: Reading = "full"
    concurrency: int = CONCURRENCY
    dedupe: bool = True
    limit: int | None = None
    max_cost_usd: float | None = None
    retry_failed: bool = False
    relabel: bool = False

    def entries(self) -> Iterator[Found]:
        """The rows of the lists, as a stream.

        Raises:
            InputError, ConfigError: A list cannot be read at all.
        """
        from classifier.sources.lists import read_lists

        return first_entries(read_lists(self.sources), self.limit)


def label_lists(
    job: Job,
    settings: Settings,
    workspace: Workspace,
    *,
    entries: Iterable[Found] | None = None,
    on_start: Callable[[Run], None] = lambda _: None,
) -> dict[str, Any]:
    """Labels lists; the same call goes on where an earlier one ended, however it ended.

    Args:
        entries: Rows in place of those that the job's sources hold.
        on_start: Told the run in the event loop before it starts.

    Returns:
        The summary that run.json holds.

    Raises:
        ConfigError: Settings are wrong, another process is at work in the folder, its ledger was made with
            other settings, or a cap is wanted where no price is known.
        InputError: A list cannot be read.
        StoreError: The disk is full. What was done is saved.
    """
    started_at = _now()
    _check(job, settings)
    made_from = fingerprint(job, settings, workspace)
    with open_ledger(job.out, made_from, workspace.taxonomy.labels, relabel=job.relabel) as ledger:
        find_twin = twin_finder() if job.dedupe else None
        take_in(ledger, job.entries() if entries is None else entries, find_twin)
        if job.retry_failed:
            ledger.retry_failed()
        else:
            ledger.wait_again_after(UNREACHED)  # nothing was wrong with these but the network
        summary: dict[str, Any] = {
            "schema_version": 1,
            "classifier_version": __version__,
            "sources": list(job.sources),
            "started_at": started_at,
            "settings": _shown(settings),
            "fingerprint": made_from,
        }

        def finish() -> None:
            summary.update(finished_at=_now(), **_totals(ledger))
            write_results(job.out, summary)

        try:
            run = asyncio.run(_run(job, settings, workspace, ledger, on_start))
        except BaseException:
            with suppress(StoreError):  # a full disk was told already
                finish()
            raise
        summary |= _how_it_went(run)
        finish()
    return summary


def fingerprint(job: Job, settings: Settings, workspace: Workspace) -> dict[str, Any]:
    """Everything that decides the labels, by name: ledgers with equal ones may be gone on with."""
    values: dict[str, Any] = {
        "engine": settings.chosen_engine,
        "reading": job.reading,
        "examples": settings.examples,
        "review_below": settings.review_below,
        "taxonomy_sha256": workspace.taxonomy.sha256,
        "studies_sha256": sha256_of(study.model_dump_json().encode() for study in workspace.studies),
        "calibration_sha256": _calibration_sha256(settings, workspace),
    }
    if settings.chosen_engine == "offline":
        files = sorted(path for path in workspace.offline_dir.glob("*") if path.is_file())
        return values | {"offline_sha256": sha256_of(path.read_bytes() for path in files)}
    names = ("model", "budget_tokens", "temperature", "max_output_tokens", "logprobs")
    prompts = PromptBuilder(workspace.taxonomy, workspace.prompt_dir())
    sent = {name: getattr(settings, name) for name in names}
    return values | sent | {"base_url": server_of(settings), "prompt_sha256": prompts.sha256}


def server_of(settings: Settings) -> str:
    """The server's address without secrets."""
    from classifier.engines.openai.transport import OPENAI_URL, public_url

    return public_url(settings.base_url or OPENAI_URL)


def price_of(settings: Settings, usage: Usage, reported_model: str | None = None) -> float | None:
    """What tokens cost under these settings in US dollars; None where that is not known."""
    from classifier.engines.openai.prices import cost_usd

    return cost_usd(
        usage,
        model=settings.model or "",
        reported_model=reported_model,
        base_url=server_of(settings),
        prices=settings.prices,
    )


def _check(job: Job, settings: Settings) -> None:
    if job.max_cost_usd is None or settings.chosen_engine == "offline":
        return
    if price_of(settings, Usage(tokens_in=1000, tokens_out=1000)) is None:
        raise ConfigError(
            f"--max-cost needs a price, and none is known for {settings.model} at {server_of(settings)}; set "
            f'CLASSIFIER_PRICES=\'{{"{settings.model}": {{"input": 1.0, "output": 4.0}}}}\' (US dollars per '
            "million tokens), or leave --max-cost out"
        )


async def _run(
    job: Job, settings: Settings, workspace: Workspace, ledger: Ledger, on_start: Callable[[Run], None]
) -> Run:
    spending = Spending(ledger.spent(), job.max_cost_usd)
    texts = ledger.counts().waiting - ledger.files_waiting()
    async with LedgerWriter(ledger) as store:
        labeller: Labeller
        throttle: Throttle | None = None
        if settings.chosen_engine == "offline":
            labeller = _offline(job, settings, workspace, texts)
        else:
            engine, throttle = _openai(job, settings, workspace, store, spending)
            workers = _workers(settings)
            classifier = Classifier(
                engine, workspace=workspace, settings=settings.model_copy(update={"workers": workers})
            )
            # Papers that are being read, and replies that are being saved, hold no request back.
            at_once = job.concurrency + max(8, job.concurrency // 2) + 2 * workers
            labeller = LocalLabeller(classifier, job.reading, at_once)
        run, usual = Run(store, labeller, spending, throttle), gc.get_threshold()
        on_start(run)
        # What is there by now stays, and each reply is thousands of objects that soon go again: looking
        # through them all over and over costs a tenth of the CPU.
        gc.freeze()
        gc.set_threshold(20_000, *usual[1:])
        try:
            await run.go()
        finally:
            gc.set_threshold(*usual)
            gc.unfreeze()
            await labeller.aclose()
    return run


def _offline(job: Job, settings: Settings, workspace: Workspace, texts: int) -> Labeller:
    """Processes for many texts; PDFs are read in processes anyway, and take longer than their labels."""
    workers = _workers(settings)
    if workers > 1 and texts >= _WORTH_PROCESSES:
        return ProcessLabeller(settings, workspace, job.reading, workers)
    settings = settings.model_copy(update={"workers": workers})
    classifier = Classifier("offline", workspace=workspace, settings=settings)
    return LocalLabeller(classifier, job.reading, 2 * workers)


def _openai(
    job: Job, settings: Settings, workspace: Workspace, store: LedgerWriter, spending: Spending
) -> tuple[OpenAIEngine, Throttle]:
    """The engine whose requests go through the ledger and the throttle."""
    from classifier.engines.build import build_openai
    from classifier.engines.openai.completion import read_usage
    from classifier.engines.openai.retry import Pause
    from classifier.engines.openai.transport import OpenAITransport

    def usage_of(body: Mapping[str, Any]) -> Usage:
        usage, model = read_usage(body), body.get("model")
        cost = price_of(settings, usage, model if isinstance(model, str) else None)
        return usage.model_copy(update={"cost_usd": cost})

    key = settings.api_key.get_secret_value() if settings.api_key else None
    http = OpenAITransport(
        api_key=key,
        base_url=settings.base_url,
        timeout_s=settings.timeout_s,
        connections=job.concurrency,
    )
    pause = Pause()
    throttle = Throttle(http, job.concurrency, pause=pause, may_send=spending.check)
    engine = build_openai(
        settings,
        workspace,
        repair=PromptBuilder(workspace.taxonomy, workspace.prompt_dir()).repair,
        memory=settings.data_dir / "servers.json",
        transport=LedgerTransport(throttle, store, usage_of, spending, (key,) if key else ()),
        pause=pause,
    )
    return engine, throttle


def _workers(settings: Settings) -> int:
    """Processes that read papers: as many as there are cores, unless the settings say otherwise."""
    if "workers" in settings.model_fields_set:
        return settings.workers
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def twin_finder() -> Callable[[ListEntry], str | None]:
    """Finds the earlier entry of the same paper, in one reading of the lists."""
    from classifier.batch.duplicates import Duplicates

    return Duplicates().find


def _calibration_sha256(settings: Settings, workspace: Workspace) -> str | None:
    """Of all that may be applied: a server may report its model under another name than it was asked by."""
    if not settings.calibration:
        return None
    own = calibration_path(workspace, settings, settings.chosen_engine, settings.model).parent
    folders = dict.fromkeys((own, workspace.root / "calibration"))
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.json"))]
    return sha256_of(file.read_bytes() for file in files) if files else None


def _shown(settings: Settings) -> dict[str, Any]:
    """The settings without secrets and without places on this machine."""
    hidden = {"api_key", "base_url", "cache_dir", "data_dir"}
    server = server_of(settings) if settings.chosen_engine == "openai" else None
    return settings.model_dump(mode="json", exclude=hidden) | {"base_url": server}


def _totals(ledger: Ledger) -> dict[str, Any]:
    counts, spent = ledger.counts(), ledger.spent()
    return {
        "totals": {
            "entries": counts.total,
            "labelled": counts.done,
            "duplicates": counts.twins,
            "failed": counts.failed,
            "waiting": counts.waiting,
            "unusable": counts.broken,
            "review": counts.review,
        },
        "spent": {
            "replies": spent.replies,
            "tokens_in": spent.tokens_in,
            "tokens_out": spent.tokens_out,
            "tokens_cached": spent.tokens_cached,
            "cost_usd": None if spent.unpriced else round(spent.cost_usd, 6),
        },
    }


def _how_it_went(run: Run) -> dict[str, Any]:
    throttle = run.throttle
    return {
        "stopped": None
        if run.stopped is None
        else {"code": run.stopped.code, "message": run.stopped.message},
        "interrupted": run.interrupted,
        "labelled_now": run.progress.here,
        "per_second": round(run.progress.per_second, 3),
        "requests": throttle.requests if throttle else 0,
        "most_at_once": throttle.most_at_once if throttle else 0,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
