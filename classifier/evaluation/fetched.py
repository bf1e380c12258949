"""Fetches a suite's papers from arXiv into the cache, and finds them there without a network.

What enters: a suite whose items have arXiv ids, and `Sources`, which respect arXiv's rate limit and have a
cache. What leaves: for each item whether its PDF was cached, fetched or failed; and the suite with the PDFs
and abstracts in the cache. An interrupted fetch can be resumed, since cached PDFs are not requested again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from classifier.errors import ClassifierError, Concern, SourceUnavailable
from classifier.evaluation.records import Suite, SuiteItem
from classifier.model.paper import Paper
from classifier.model.record import Record

if TYPE_CHECKING:
    from classifier.sources import Sources

_GIVE_UP = 3
"""After this many papers in a row without a response, no more requests are sent."""


class Fetched(Record):
    """The result for one item's PDF.

    Attributes:
        state: "there" (in the cache already), "fetched", "failed", "no-id" (the item has no arXiv id), or
            "skipped" (arXiv did not respond to earlier items).
        message: Why it failed, or how its title differs from arXiv's.
        code: The code of the error, if it failed.
    """

    id: str
    state: Literal["there", "fetched", "failed", "no-id", "skipped"]
    message: str = ""
    code: str | None = None


async def with_cached(suite: Suite, cache: Sources) -> Suite:
    """The suite with each item's PDF, else abstract, from the cache; the suite's sha256 does not change.

    Args:
        cache: Opened with `offline=True`.
    """
    return suite.model_copy(update={"items": tuple([await _enriched(item, cache) for item in suite.items])})


async def fetch_pdfs(
    suite: Suite, sources: Sources, cache: Sources, on_fetched: Callable[[Fetched], None]
) -> list[Fetched]:
    """Fetches the PDFs of a suite, one after the other.

    Args:
        sources: Sends requests to arXiv, within its rate limit.
        cache: The same cache, opened with `offline=True`.
        on_fetched: Called with each result.

    Raises:
        ConfigError, StoreError: arXiv's address is wrong, or the cache cannot be written.
    """
    outcomes: list[Fetched] = []
    unanswered = 0
    for item in suite.items:
        if unanswered >= _GIVE_UP:
            outcome = Fetched(id=item.id, state="skipped", message="arXiv does not answer; try again later")
        else:
            outcome = await _fetch(item, sources, cache)
        if outcome.state in ("fetched", "failed"):
            unanswered = unanswered + 1 if outcome.code == SourceUnavailable.code else 0
        outcomes.append(outcome)
        on_fetched(outcome)
    return outcomes


async def _fetch(item: SuiteItem, sources: Sources, cache: Sources) -> Fetched:
    if not item.arxiv:
        return Fetched(id=item.id, state="no-id", message="the item has no arXiv id")
    try:
        await cache.fetch(item.arxiv)
        return Fetched(id=item.id, state="there")
    except SourceUnavailable:
        pass
    except ClassifierError as error:
        return Fetched(id=item.id, state="failed", message=error.message, code=error.code)
    try:
        file = await sources.fetch(item.arxiv, claimed=Paper(title=item.title))
    except ClassifierError as error:
        if error.concerns is Concern.run:
            raise
        return Fetched(id=item.id, state="failed", message=error.message, code=error.code)
    return Fetched(id=item.id, state="fetched", message="; ".join(n.message for n in file.notices))


async def _enriched(item: SuiteItem, cache: Sources) -> SuiteItem:
    if not item.arxiv:
        return item
    try:
        file = await cache.fetch(item.arxiv)
        return item.model_copy(update={"pdf": str(file.path)})
    except ClassifierError:
        pass
    try:
        abstract = (await cache.metadata(item.arxiv)).abstract
    except ClassifierError:
        return item
    return item.model_copy(update={"abstract": item.abstract or abstract})
