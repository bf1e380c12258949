"""Settings -> a run: engines behind ledger and throttle, or processes for the offline engine."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.batch.job import Job
from classifier.batch.labellers import Labeller, LocalLabeller, ProcessLabeller
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.writer import LedgerWriter
from classifier.batch.provider.answers import AnswerReader
from classifier.batch.provider.deferring import DeferringTransport, MostOf
from classifier.batch.provider.queue import Limits, ProviderQueue
from classifier.batch.provider.replies import BatchReplies, drop_batches
from classifier.batch.provider.result_files import ResultFiles
from classifier.batch.provider.submit import Submitter
from classifier.batch.purse import Holds, Purse, no_holds
from classifier.batch.replies import EmbeddingRequests, ReplyStore, StoredReplies, StoringTransport, UsageOf
from classifier.batch.run import Run
from classifier.batch.spending import RunSpending
from classifier.batch.throttle import Throttle
from classifier.engines.openai.batches import BatchServer
from classifier.model.reply import Usage
from classifier.pipeline import Classifier
from classifier.prompting.prompt import PromptBuilder
from classifier.runs.facts import server_of
from classifier.runs.prices import price_of
from classifier.settings import Settings, first_stage
from classifier.survey.workspace import Workspace

if TYPE_CHECKING:
    from classifier.engines.base import Engine
    from classifier.engines.openai.retry import Pause
    from classifier.engines.openai.transport import ChatTransport, OpenAITransport

_WORTH_PROCESSES = 100
"""From this many waiting items without a file on, processes for the offline engine are worth their start."""

_LEAST_CHARS_A_TOKEN = 3
"""Tokens of ASCII text have more characters than this (others at least a byte); bounds a request's cost."""


async def make_run(
    job: Job, settings: Settings, workspace: Workspace, store: LedgerWriter, purse: Purse | None = None
) -> Run:
    """Creates the run for a job and settings.

    Args:
        purse: Reserves the cost of each request before it is sent; not used for batches.

    Raises:
        ConfigError: No model is named, or what is set cannot be used.
    """
    if settings.chosen_engine == "offline" and settings.embedding_model is None:
        texts = await store.do(lambda ledger: ledger.counts().waiting - ledger.files_waiting())
        return Run(store, _offline_labeller(job, settings, workspace, texts), RunSpending())
    spending = RunSpending(await store.do(Ledger.spent), job.max_cost_usd)
    holds = None if purse is None or job.batch_api else Holds(purse, _cost_bound(settings, batch=False))
    line = open_line(settings, job.concurrency, spending, store, holds)
    dropped = await drop_batches(BatchServer(line.http), store) if job.drop_batches else 0
    if job.batch_api:
        run = _batch_run(job, settings, workspace, store, line)
    else:
        labeller = _asking_labeller(job, settings, workspace, line, line.throttle)
        run = Run(store, labeller, spending, line.throttle)
    run.dropped = dropped
    return run


@dataclass(frozen=True)
class ServerLine:
    """The parts that a run's requests pass through on their way to the server.

    Attributes:
        http: The server.
        throttle: Limits concurrent requests; returns a reply only after it is saved.
        pause: The shared pause: all tasks wait while it lasts.
        spending: Counts the cost of each reply.
        usage_of: Reads the usage of a response.
        secrets: Strings that must not be written.
    """

    http: OpenAITransport
    throttle: Throttle
    pause: Pause
    spending: RunSpending
    usage_of: UsageOf
    secrets: tuple[str, ...]


def open_line(
    settings: Settings,
    concurrency: int,
    spending: RunSpending,
    store: ReplyStore,
    holds: Holds | None = None,
) -> ServerLine:
    """Makes the line that settings ask for; nothing is sent yet.

    Args:
        concurrency: Most requests at a time, including those whose replies are being saved.
        store: Where replies are kept.
        holds: Sets money aside for each request.
    """
    from classifier.engines.build import server_from
    from classifier.engines.openai.retry import Pause
    from classifier.engines.openai.secrets import secrets_of
    from classifier.engines.openai.transport import OpenAITransport

    server = server_from(settings)
    http = OpenAITransport.of(server, connections=concurrency)
    pause, usage_of = Pause(), _usage_reader(settings)
    secrets = secrets_of(server.api_key, server.base_url)
    keeping = StoringTransport(http, store, usage_of, spending, secrets)
    throttle = Throttle(keeping, concurrency, pause=pause, may_send=spending.check, around=holds or no_holds)
    return ServerLine(http, throttle, pause, spending, usage_of, secrets)


def asking_classifier(
    settings: Settings, workspace: Workspace, line: ServerLine, transport: ChatTransport
) -> Classifier:
    """A pipeline whose engine (or cascade) uses stored replies first, then a transport.

    Args:
        transport: The throttle of `open_line`, or a replacement for it.

    Raises:
        ConfigError: No model is named, or what is set cannot be used.
    """
    from classifier.engines.build import build_engine

    repair = PromptBuilder(workspace.taxonomy, workspace.prompt_dir()).repair
    basis = {"taxonomy": workspace.taxonomy.sha256}
    basis |= {name: getattr(settings, name) for name in ("temperature", "logprobs")}
    basis["server"] = server_of(settings)
    kept = StoredReplies(transport, basis)

    def make(stage: Settings) -> Engine:
        return build_engine(
            stage,
            workspace,
            repair=repair,
            transport=kept,
            pause=line.pause,
            embedding_transport=EmbeddingRequests(line.throttle),
        )

    first = first_stage(settings)
    return Classifier.from_settings(
        settings, engine=make(settings), first=make(first) if first else None, workspace=workspace
    )


def _asking_labeller(
    job: Job, settings: Settings, workspace: Workspace, line: ServerLine, transport: ChatTransport
) -> Labeller:
    workers = _workers(settings)
    settings = settings.model_copy(update={"workers": workers})
    # More tasks than requests: reading papers and saving replies must not delay requests.
    at_once = job.concurrency + max(8, job.concurrency // 2) + 2 * workers
    return LocalLabeller(asking_classifier(settings, workspace, line, transport), job.reading, at_once)


def _batch_run(
    job: Job, settings: Settings, workspace: Workspace, store: LedgerWriter, line: ServerLine
) -> Run:
    """A run by the provider's Batch API."""
    server = BatchServer(line.http)
    limits = Limits(
        settings.batch_requests,
        settings.batch_bytes,
        settings.batch_poll_s,
        settings.max_attempts,
        job.max_cost_usd,
    )
    submitter = Submitter(server, store, job.out, attempts=limits.attempts, poll_s=limits.poll_s)
    reader = AnswerReader(line.secrets, server.where)
    results = ResultFiles(server, store, line.spending, submitter, reader, line.usage_of, limits.attempts)
    queue = ProviderQueue(server, store, line.spending, submitter, results, limits)
    deferring = DeferringTransport(
        line.throttle,
        store,
        _cost_bound(settings, batch=True),
        _known_models(settings),
        lambda: queue.is_closed,
    )
    labeller = _asking_labeller(job, settings, workspace, line, deferring)
    return Run(store, labeller, line.spending, line.throttle, BatchReplies(queue))


def _offline_labeller(job: Job, settings: Settings, workspace: Workspace, texts: int) -> Labeller:
    """Uses processes if there are many texts.

    PDFs are read in processes anyway, which takes longer than labelling.
    """
    workers = _workers(settings)
    if workers > 1 and texts >= _WORTH_PROCESSES:
        return ProcessLabeller(settings, workspace, job.reading, workers)
    settings = settings.model_copy(update={"workers": workers})
    classifier = Classifier.from_settings(settings, workspace=workspace)
    return LocalLabeller(classifier, job.reading, 2 * workers)


def _usage_reader(settings: Settings) -> UsageOf:
    from classifier.engines.embeddings.server import embedding_usage
    from classifier.engines.openai.completion import came_by_batch, read_usage

    def usage_of(model: str, body: Mapping[str, Any]) -> Usage:
        reported = body.get("model")
        usage = embedding_usage(body) if isinstance(body.get("data"), list) else read_usage(body)
        names = model, reported if isinstance(reported, str) else None
        cost = price_of(settings, usage, *names, batch=came_by_batch(body))
        return usage.model_copy(update={"cost_usd": cost})

    return usage_of


def _cost_bound(settings: Settings, *, batch: bool) -> MostOf:
    """An upper bound of a request's cost: a high estimate of all tokens, none cached."""

    def most_usd(request: Mapping[str, Any]) -> float | None:
        room = request.get("max_completion_tokens") or request.get("max_tokens") or 0
        text = json.dumps(request, ensure_ascii=False)
        size = len(text.encode("utf-8", "replace"))
        others = sum(not char.isascii() for char in text)
        plain = len(text) - others
        usage = Usage(tokens_in=plain // _LEAST_CHARS_A_TOKEN + size - plain, tokens_out=room)
        return price_of(settings, usage, request["model"], batch=batch)

    return most_usd


def _known_models(settings: Settings) -> list[str]:
    """Models for which the server's abilities are known from an earlier run."""
    from classifier.engines.openai.ladder import Findings, findings_key

    findings, where = Findings(settings.data_dir / "servers.json"), server_of(settings)
    stages = (settings, first_stage(settings))
    names = [stage.model for stage in stages if stage is not None and stage.model]
    return [name for name in names if findings.get(findings_key(where, name)) is not None]


def _workers(settings: Settings) -> int:
    """The number of processes that read papers: one per core, unless the settings give another number."""
    if "workers" in settings.model_fields_set:
        return settings.workers
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
