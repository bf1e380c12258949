"""Estimates what a server's embeddings cost before any is asked for: from the texts that would be sent.

What enters: a sample of entries. What leaves: tokens in for all papers, as a range. Texts whose vectors are
in the cache cost nothing. No server is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from classifier.batch.job import Job
from classifier.batch.ranges import Range
from classifier.batch.reading import read_entry
from classifier.batch.token_estimate import CHARS_A_TOKEN
from classifier.engines.build import build_embedder
from classifier.engines.embeddings.server import MAX_CHARS
from classifier.engines.offline import OfflineEngine
from classifier.errors import ClassifierError, ConfigError
from classifier.model.entries import ListEntry
from classifier.model.reply import Usage
from classifier.model.task import Task
from classifier.pipeline import Classifier
from classifier.runs.prices import price_of
from classifier.settings import Settings
from classifier.survey.workspace import Workspace


class EmbeddingCost(NamedTuple):
    """What the embeddings of a run will cost.

    Attributes:
        cost_usd: In US dollars; None if no price is known.
        read: How many entries of the sample could be read.
        reason: Why the first unreadable one could not be read.
    """

    model: str
    tokens_in: Range
    cost_usd: Range | None
    read: int
    reason: str


async def embedding_cost(
    job: Job, settings: Settings, workspace: Workspace, sample: Iterable[ListEntry], papers: int
) -> EmbeddingCost:
    """Estimates the embeddings of a run whose offline engine asks a server for them.

    Args:
        settings: Of the offline engine.
        papers: How many papers will be labelled.

    Raises:
        ConfigError: The settings are wrong.
    """
    embedder = build_embedder(settings)
    engine = OfflineEngine(workspace.taxonomy, workspace.offline_dir, embedder=embedder)
    own, labels, reason, sampled = list[int](), set[str](), "", 0
    async with Classifier.from_settings(settings, workspace=workspace) as reader:
        for entry in sample:
            sampled += 1
            try:
                file, document = await read_entry(reader, entry, job.reading)
            except ConfigError:
                raise
            except ClassifierError as error:
                reason = reason or error.message
                continue
            paper, *others = engine.texts_to_embed(
                Task(paper=file.paper, document=document, examples=tuple(workspace.studies))
            )
            own.append(0 if embedder and embedder.knows(paper) else len(paper[:MAX_CHARS]))
            labels.update(others)
    shared = sum(len(text[:MAX_CHARS]) for text in labels if not (embedder and embedder.knows(text)))
    chars = shared + sum(own) * papers / max(1, sampled)
    tokens = chars / CHARS_A_TOKEN[0], chars / CHARS_A_TOKEN[1]
    model = settings.embedding_model or ""
    low, high = (price_of(settings, Usage(tokens_in=int(n), tokens_out=0), model) for n in tokens)
    cost = None if low is None or high is None else (low, high)
    return EmbeddingCost(model, tokens, cost, len(own), reason)
