"""Settings -> who labels: an engine whose requests pass ledger and throttle, or processes that compute."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from classifier.batch.job import Job, price_of
from classifier.batch.labellers import Labeller, LocalLabeller, ProcessLabeller
from classifier.batch.replies import LedgerTransport, ReplyStore
from classifier.batch.spending import Spending
from classifier.batch.store import LedgerWriter
from classifier.batch.throttle import Throttle
from classifier.pipeline import Classifier
from classifier.prompt import PromptBuilder
from classifier.records import Usage
from classifier.settings import Settings
from classifier.workspace import Workspace

if TYPE_CHECKING:
    from classifier.engines.openai import OpenAIEngine

_WORTH_PROCESSES = 100
"""Waiting items without a file from which it pays to start processes for the offline engine."""


def openai_labeller(
    job: Job, settings: Settings, workspace: Workspace, store: LedgerWriter, spending: Spending
) -> tuple[Labeller, Throttle]:
    """The labeller whose requests are counted and kept, and what holds them back.

    Raises:
        ConfigError: No model is named, or what is set cannot be used.
    """
    engine, throttle = openai_engine(settings, workspace, job.concurrency, store, spending)
    workers = _workers(settings)
    classifier = Classifier(
        engine, workspace=workspace, settings=settings.model_copy(update={"workers": workers})
    )
    # Papers that are being read, and replies that are being saved, hold no request back.
    at_once = job.concurrency + max(8, job.concurrency // 2) + 2 * workers
    return LocalLabeller(classifier, job.reading, at_once), throttle


def offline_labeller(job: Job, settings: Settings, workspace: Workspace, texts: int) -> Labeller:
    """Processes for many texts; PDFs are read in processes anyway, and take longer than their labels."""
    workers = _workers(settings)
    if workers > 1 and texts >= _WORTH_PROCESSES:
        return ProcessLabeller(settings, workspace, job.reading, workers)
    settings = settings.model_copy(update={"workers": workers})
    classifier = Classifier("offline", workspace=workspace, settings=settings)
    return LocalLabeller(classifier, job.reading, 2 * workers)


def openai_engine(
    settings: Settings, workspace: Workspace, concurrency: int, store: ReplyStore, spending: Spending
) -> tuple[OpenAIEngine, Throttle]:
    """The engine whose requests are kept in the store, and the throttle that they go through.

    Raises:
        ConfigError: As `openai_labeller`.
    """
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
        connections=concurrency,
    )
    pause = Pause()
    throttle = Throttle(http, concurrency, pause=pause, may_send=spending.check)
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
