"""Estimates tokens and cost of a run before anything is sent: from real prompts, as a range.

What enters: a job. What leaves: a `CostEstimate`. Entries are read as the run would read them (PDFs that are
fetched stay in the cache), at most `SAMPLE` of them. A token is assumed to have 3 to 6 characters; if the
folder's ledger contains enough replies, their mean is used instead. No model is asked.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from classifier.batch.cascade_estimate import Sample, read_sample
from classifier.batch.embedding_estimate import embedding_cost
from classifier.batch.intake import Found, duplicate_finder
from classifier.batch.job import Job, fingerprint
from classifier.batch.ledger.items import State
from classifier.batch.ledger.view import LedgerView
from classifier.batch.ranges import Range, plus, times
from classifier.batch.token_estimate import shared_share, tokens_of
from classifier.errors import ConfigError
from classifier.model.entries import ListEntry
from classifier.model.reply import Usage
from classifier.model.task import Prompt
from classifier.runs.facts import server_of
from classifier.runs.prices import price_of
from classifier.settings import Settings, embedding_stage, first_stage
from classifier.survey.workspace import Workspace
from classifier.text.counting import count_of, plural

_FREE = "offline engine: nothing is sent to a model, and it is free (papers are fetched without --offline)"
SAMPLE = 24
"""Number of entries whose prompts are rendered; more would hardly improve the estimate."""


@dataclass(frozen=True)
class CostEstimate:
    """What a run would do; ranges are (least, most) over all waiting papers.

    Attributes:
        papers: Papers to be labelled.
        sampled, unreadable: Entries of the sample, and how many of them could not be read.
        unreadable_reason: Why the first unreadable one could not be read; empty if there is none.
        cached_share: The part of the input that is the same from paper to paper.
        cost_usd: In US dollars; None if no price is known.
        failed: Entries that failed before and are not retried.
        at_provider: Entries whose request is in a submitted batch.
        observed: Replies in the ledger that the estimate is based on; 0 if only characters were counted.
        embeddings_from, embedding_model: The server and its model that the offline engine asks for
            embeddings. Their tokens and cost are part of the sums.
        stages: Questions about one paper: more than one if the tree is too large for one. The later ones are
            about the branches with the most leaves, so the estimate is high.
        cascade: The first engine; empty if there is none.
        escalated_share: The share of papers that is escalated to `model`: a 95 % range (Wilson) if the first
        engine is the offline engine, which labels the sample; 0 to 1 if it is a model.
    """

    engine: str
    model: str | None
    papers: int
    duplicates: int
    done: int
    unusable: int
    sampled: int
    unreadable: int
    unreadable_reason: str
    tokens_in: Range
    tokens_out: Range
    cached_share: float
    cost_usd: Range | None
    observed: int
    cascade: str | None = None
    escalated_share: Range = (1.0, 1.0)
    failed: int = 0
    at_provider: int = 0
    stages: int = 1
    embeddings_from: str | None = None
    embedding_model: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The estimate as JSON values."""
        return asdict(self)

    def in_words(self) -> str:
        """The estimate in a few lines of text."""
        also = [
            f"{number} {word}"
            for number, word in (
                (self.duplicates, plural(self.duplicates, "duplicate", "duplicates")),
                (self.done, "labelled already"),
                (self.failed, "failed before (--retry-failed asks again)"),
                (self.at_provider, "at the provider already; not counted here"),
                (self.unusable, plural(self.unusable, "entry unusable", "entries unusable")),
            )
            if number
        ]
        lines = ["; ".join([f"{count_of(self.papers, 'paper')} to label", *also])]
        if self.engine == "offline" and self.embeddings_from is None:
            return "\n".join([*lines, _FREE])
        if self.engine == "offline":
            return "\n".join([*lines, *self._embeddings(), *self._unreadable(), *self._sums()])
        which = "all of them" if self.sampled == self.papers else f"a random sample of {self.sampled}"
        replies = self.observed and f"{count_of(self.observed, 'reply', 'replies')} in the ledger"
        lines.append(f"estimated from {replies or f'real prompts of {which}'}; nothing was sent to a model")
        lines += self._unreadable()
        if self.sampled and self.unreadable == self.sampled:
            return "\n".join([*lines, "tokens and cost cannot be estimated"])
        if self.cascade == "offline":
            low, high = self.escalated_share
            share = f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"
            lines.append(f"cascade     {share} are escalated to {self.model} (low confidence)")
        elif self.cascade:
            lines.append(f"cascade     {self.cascade} first; 0 % to 100 % are escalated to {self.model}")
        if self.stages > 1:
            lines.append(f"questions   up to {self.stages} about each paper: branches first, then leaves")
        same = f"up to {self.cached_share:.0%} of them equal for all papers (cached if the provider does so)"
        return "\n".join([*lines, *self._embeddings(), *self._sums(f", {same}")])

    def _unreadable(self) -> Iterator[str]:
        if self.unreadable:
            yield f"{self.unreadable} of {self.sampled} could not be read: {self.unreadable_reason}"

    def _embeddings(self) -> Iterator[str]:
        if self.embeddings_from is not None:
            yield (
                f"embeddings  titles and abstracts are sent to {self.embeddings_from} for embeddings by "
                f"{self.embedding_model}"
            )

    def _sums(self, same: str = "") -> Iterator[str]:
        yield f"tokens in   {_many(self.tokens_in)}{same}"
        yield f"tokens out  {_many(self.tokens_out)}"
        yield f"cost        {self._cost()}"

    def _cost(self) -> str:
        if self.cost_usd is None:
            models = " or ".join(filter(None, (self.model, self.embedding_model)))
            return f"unknown: no price is known for {models}; set CLASSIFIER_PRICES"
        return f"${self.cost_usd[0]:.4f} to ${self.cost_usd[1]:.4f}"


@dataclass
class _Listed:
    """The result of reading the lists: sums, and a sample of the waiting entries."""

    papers: int = 0
    duplicates: int = 0
    done: int = 0
    failed: int = 0
    at_provider: int = 0
    unusable: int = 0


def estimate(
    job: Job, settings: Settings, workspace: Workspace, *, entries: Iterable[Found] | None = None
) -> CostEstimate:
    """Estimates a run; writes nothing to the job's folder.

    Args:
        entries: As in `label_lists`.

    Raises:
        ConfigError: Settings are wrong, or the folder's ledger was made with others.
        InputError: A list cannot be read.
    """
    if settings.chosen_engine == "openai" and not settings.model:
        raise ConfigError("the openai engine needs a model; give --model NAME or set CLASSIFIER_MODEL")
    first = first_stage(settings)
    before = first if first and first.chosen_engine == "openai" else None
    made_from = fingerprint(settings, workspace)
    view = LedgerView(job.out, made_from, relabel=job.relabel, retry_failed=job.retry_failed)
    with closing(view) as known:
        listed, sample = _look_through(job, job.entries() if entries is None else entries, known)
        observed = known.usage()
    read = Sample()
    if settings.chosen_engine == "openai":
        read = asyncio.run(read_sample(job, settings, workspace, sample))
    escalated_share = read.escalated_share(settings.cascade, whole=len(sample) == listed.papers)
    embeds = embedding_stage(settings)
    if before is not None or embeds is not None:
        observed = None  # the mean would mix replies of both models
    asked = listed.papers * len(read.prompts) / max(1, len(sample))
    sums = _model_sums(settings, before, read.prompts, observed, asked, escalated_share, batch=job.batch_api)
    unreadable, reason = len(sample) - len(read.prompts), read.reason
    if embeds is not None:
        spent = asyncio.run(embedding_cost(job, embeds, workspace, sample, listed.papers))
        sums = sums.plus(spent.tokens_in, spent.cost_usd)
        unreadable, reason = len(sample) - spent.read, spent.reason
    elif settings.chosen_engine == "offline":
        unreadable = 0
    return CostEstimate(
        engine=settings.chosen_engine,
        model=settings.model if settings.chosen_engine == "openai" else None,
        papers=listed.papers,
        duplicates=listed.duplicates,
        done=listed.done,
        failed=listed.failed,
        at_provider=listed.at_provider,
        unusable=listed.unusable,
        sampled=len(sample),
        unreadable=unreadable,
        unreadable_reason=reason,
        tokens_in=sums.tokens_in,
        tokens_out=sums.tokens_out,
        cached_share=shared_share(read.prompts),
        cost_usd=sums.cost_usd,
        observed=observed[0] if observed else 0,
        cascade=settings.cascade,
        escalated_share=escalated_share,
        stages=max(map(len, read.prompts), default=1),
        embeddings_from=server_of(settings) if embeds else None,
        embedding_model=embeds.embedding_model if embeds else None,
    )


class _Sums(NamedTuple):
    """Tokens and cost of all papers."""

    tokens_in: Range
    tokens_out: Range
    cost_usd: Range | None

    def plus(self, tokens_in: Range, cost_usd: Range | None) -> _Sums:
        """With the tokens and the cost of other requests."""
        cost = self.cost_usd and cost_usd and plus(self.cost_usd, cost_usd)
        return _Sums(plus(self.tokens_in, tokens_in), self.tokens_out, cost)


def _model_sums(
    settings: Settings,
    before: Settings | None,
    prompts: list[tuple[Prompt, ...]],
    observed: tuple[int, float, float] | None,
    papers: float,
    escalated_share: Range,
    *,
    batch: bool,
) -> _Sums:
    """The requests to a model, and to the model that a cascade asks before it."""
    last = requests = times(escalated_share, (papers, papers))
    if before is not None:
        requests = plus(last, (papers, papers))
    tokens_in, tokens_out = tokens_of(prompts, settings, observed)
    share = shared_share(prompts)
    cost = _cost(settings, tokens_in, tokens_out, share, batch=batch)
    cost = cost and times(cost, last)
    if before is not None:
        more = _cost(before, tokens_in, tokens_out, share, batch=batch)
        cost = cost and more and plus(cost, times(more, (papers, papers)))
    return _Sums(times(tokens_in, requests), times(tokens_out, requests), cost)


def _look_through(job: Job, entries: Iterable[Found], known: LedgerView) -> tuple[_Listed, list[ListEntry]]:
    """Sums, and a sample in which each waiting entry is equally likely (reservoir sampling)."""
    find_duplicate: Callable[[ListEntry], str | None] = duplicate_finder() if job.dedupe else lambda _: None
    listed, chance = _Listed(), random.Random(0)  # noqa: S311 - the same sample each time
    sample: list[ListEntry] = []
    for found in entries:
        if not isinstance(found, ListEntry):
            listed.unusable += 1
        elif find_duplicate(row := known.amended(found)) is not None:
            listed.duplicates += 1
        elif (state := known.state_of(row)) == State.done:
            listed.done += 1
        elif state == State.failed:
            listed.failed += 1
        elif state == State.asked:
            listed.at_provider += 1
        else:
            listed.papers += 1
            if len(sample) < SAMPLE:
                sample.append(row)
            elif (at := chance.randrange(listed.papers)) < SAMPLE:
                sample[at] = row
    return listed, sample


def _cost(
    settings: Settings, tokens_in: Range, tokens_out: Range, share: float, *, batch: bool
) -> Range | None:
    """The cost of one paper, since prices may depend on a request's length.

    For the lowest value, everything that can be cached is cached.
    """
    if settings.chosen_engine == "offline":
        return 0.0, 0.0
    least = Usage(
        tokens_in=int(tokens_in[0]), tokens_out=int(tokens_out[0]), tokens_cached=int(tokens_in[0] * share)
    )
    most = Usage(tokens_in=int(tokens_in[1]), tokens_out=int(tokens_out[1]), tokens_cached=0)
    low, high = price_of(settings, least, batch=batch), price_of(settings, most, batch=batch)
    return None if low is None or high is None else (min(low, high), high)


def _many(tokens: Range) -> str:
    return f"{tokens[0]:,.0f} to {tokens[1]:,.0f}"
