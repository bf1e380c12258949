"""Settings -> a run: an engine whose requests pass ledger and throttle, or processes that compute."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from classifier.batch.job import Job, price_of, server_of
from classifier.batch.labellers import Labeller, LocalLabeller, ProcessLabeller
from classifier.batch.ledger import Ledger
from classifier.batch.provider.answers import AnswerReader
from classifier.batch.provider.asked import forget_unsent, out_count
from classifier.batch.provider.deferring import DeferringTransport, MostOf
from classifier.batch.provider.queue import Limits, ProviderQueue
from classifier.batch.provider.run import BatchRun, drop_batches
from classifier.batch.provider.submit import Submitter
from classifier.batch.replies import LedgerTransport, UsageOf
from classifier.batch.run import Run
from classifier.batch.spending import Spending
from classifier.batch.store import LedgerWriter
from classifier.batch.throttle import Throttle
from classifier.errors import ConfigError
from classifier.pipeline import Classifier
from classifier.prompt import PromptBuilder
from classifier.records import Usage
from classifier.settings import Settings, first_stage
from classifier.workspace import Workspace

if TYPE_CHECKING:
    from classifier.engines.base import Engine
    from classifier.engines.openai.retry import Pause
    from classifier.engines.openai.transport import ChatTransport

_WORTH_PROCESSES = 100
"""Waiting items without a file from which it pays to start processes for the offline engine."""

_LEAST_CHARS_A_TOKEN = 3
"""Tokens of ASCII text are longer than this (others have a byte at least): what a request costs at most."""


async def make_run(job: Job, settings: Settings, workspace: Workspace, store: LedgerWriter) -> Run:
    """The run that job and settings ask for.

    Raises:
        ConfigError: No model is named, what is set cannot be used, or answers are to come by batches that the
            job does not want to wait for.
    """
    if settings.chosen_engine == "offline":
        await _refuse_batches(store)
        texts = await store.do(lambda ledger: ledger.counts().waiting - ledger.files_waiting())
        return Run(store, _offline_labeller(job, settings, workspace, texts), Spending())
    return await _asking_run(job, settings, workspace, store)


async def _asking_run(job: Job, settings: Settings, workspace: Workspace, store: LedgerWriter) -> Run:
    """A run of the openai engine, by direct requests or by batches."""
    from classifier.engines.openai.batches import BatchServer
    from classifier.engines.openai.retry import Pause
    from classifier.engines.openai.transport import OpenAITransport

    spending = Spending(await store.do(Ledger.spent), job.max_cost_usd)
    key = settings.api_key.get_secret_value() if settings.api_key else None
    secrets = (key,) if key else ()
    http = OpenAITransport(
        api_key=key,
        base_url=settings.base_url,
        timeout_s=settings.timeout_s,
        connections=job.concurrency,
    )
    server, usage_of, pause = BatchServer(http), _usage_reader(settings), Pause()
    throttle = Throttle(http, job.concurrency, pause=pause, may_send=spending.check)
    basis = {"taxonomy": workspace.taxonomy.sha256, "temperature": settings.temperature}
    basis["logprobs"] = settings.logprobs
    if job.drop_batches:
        await drop_batches(server, store)
    if not job.batch_api:
        await _refuse_batches(store)
        transport = LedgerTransport(throttle, store, usage_of, spending, basis, secrets)
        labeller = _asking_labeller(job, settings, workspace, transport, pause)
        return Run(store, labeller, spending, throttle)
    deferring = DeferringTransport(throttle, store, _cost_bound(settings), _known_models(settings))
    transport = LedgerTransport(deferring, store, usage_of, spending, basis, secrets)
    limits = Limits(
        settings.batch_requests,
        settings.batch_bytes,
        settings.batch_poll_s,
        settings.max_attempts,
        job.max_cost_usd,
    )
    submitter = Submitter(server, store, job.out, attempts=limits.attempts, poll_s=limits.poll_s)
    reader = AnswerReader(secrets, server.where)
    queue = ProviderQueue(server, store, spending, submitter, reader, usage_of, limits)
    labeller = _asking_labeller(job, settings, workspace, transport, pause)
    return BatchRun(store, labeller, spending, throttle, queue)


def _asking_labeller(
    job: Job, settings: Settings, workspace: Workspace, transport: ChatTransport, pause: Pause
) -> Labeller:
    """Labels by an engine, or a cascade, whose requests go through a transport."""
    from classifier.engines.build import build_engine

    repair = PromptBuilder(workspace.taxonomy, workspace.prompt_dir()).repair

    def make(stage: Settings) -> Engine:
        return build_engine(stage, workspace, repair=repair, transport=transport, pause=pause)

    workers, first = _workers(settings), first_stage(settings)
    classifier = Classifier(
        make(settings),
        first=make(first) if first else None,
        workspace=workspace,
        settings=settings.model_copy(update={"workers": workers}),
    )
    # Papers that are being read, and replies that are being saved, hold no request back.
    return LocalLabeller(
        classifier, job.reading, job.concurrency + max(8, job.concurrency // 2) + 2 * workers
    )


def _offline_labeller(job: Job, settings: Settings, workspace: Workspace, texts: int) -> Labeller:
    """Processes for many texts; PDFs are read in processes anyway, and take longer than their labels."""
    workers = _workers(settings)
    if workers > 1 and texts >= _WORTH_PROCESSES:
        return ProcessLabeller(settings, workspace, job.reading, workers)
    settings = settings.model_copy(update={"workers": workers})
    classifier = Classifier("offline", workspace=workspace, settings=settings)
    return LocalLabeller(classifier, job.reading, 2 * workers)


def _usage_reader(settings: Settings) -> UsageOf:
    from classifier.engines.openai.completion import came_by_batch, read_usage

    def usage_of(model: str, body: Mapping[str, Any]) -> Usage:
        usage, reported = read_usage(body), body.get("model")
        names = model, reported if isinstance(reported, str) else None
        cost = price_of(settings, usage, *names, batch=came_by_batch(body))
        return usage.model_copy(update={"cost_usd": cost})

    return usage_of


def _cost_bound(settings: Settings) -> MostOf:
    """What a batch's answer to a request costs at most: all tokens counted high, none cached."""

    def most_usd(request: Mapping[str, Any]) -> float | None:
        room = request.get("max_completion_tokens") or request.get("max_tokens") or 0
        text = json.dumps(request, ensure_ascii=False)
        plain = sum(map(str.isascii, text))
        tokens = plain // _LEAST_CHARS_A_TOKEN + len(text.encode("utf-8", "replace")) - plain
        usage = Usage(tokens_in=tokens, tokens_out=room)
        return price_of(settings, usage, request["model"], batch=True)

    return most_usd


def _known_models(settings: Settings) -> list[str]:
    """Models of which it was found out before what the server accepts with them."""
    from classifier.engines.openai.ladder import Findings, findings_key

    findings, where = Findings(settings.data_dir / "servers.json"), server_of(settings)
    stages = (settings, first_stage(settings))
    names = [stage.model for stage in stages if stage is not None and stage.model]
    return [name for name in names if findings.get(findings_key(where, name)) is not None]


async def _refuse_batches(store: LedgerWriter) -> None:
    """Answers that are to come by batches would be bought twice by asking directly.

    Raises:
        ConfigError: There are some.
    """
    requests = await store.do(out_count)
    if requests:
        raise ConfigError(
            f"{requests} requests of an earlier run are at the provider's Batch API; add --batch-api to "
            "collect their answers, or --drop-batches to give them up"
        )
    await store.do(forget_unsent)


def _workers(settings: Settings) -> int:
    """Processes that read papers: as many as there are cores, unless the settings say otherwise."""
    if "workers" in settings.model_fields_set:
        return settings.workers
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
