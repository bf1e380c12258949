"""A suite's papers from arXiv: fetched once, politely, and found again without a network.

What enters: a suite whose items have arXiv ids, and `Sources`, which keep arXiv's pace and a cache. What
leaves: for each item what is there, what came and what failed; and the suite with the PDFs and abstracts
that the cache holds. An interrupted fetch resumes, since what is cached is not
asked for again.
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
"""So many unanswered papers in a row, and arXiv is left alone."""


class Fetched(Record):
    """What became of one item's PDF.

    Attributes:
        state: "there" (was cached), "fetched", "failed", "no-id" (the item has no arXiv id), or "skipped"
            (arXiv stopped answering before its turn).
        message: Why it failed, or in what its title differs from arXiv's.
        code: The error's code where it failed.
    """

    id: str
    state: Literal["there", "fetched", "failed", "no-id", "skipped"]
    message: str = ""
    code: str | None = None


async def with_cached(suite: Suite, cache: Sources) -> Suite:
    """The suite with the PDF, else the abstract, that the cache has of an item; its sha256 stays.

    Args:
        cache: Opened with `offline=True`.
    """
    return suite.model_copy(update={"items": tuple([await _enriched(item, cache) for item in suite.items])})


async def fetch_pdfs(
    suite: Suite, sources: Sources, cache: Sources, on_fetched: Callable[[Fetched], None]
) -> list[Fetched]:
    """Fetches the PDFs of a suite, one after the other.

    Args:
        sources: Asks arXiv, at its pace.
        cache: The same cache, opened with `offline=True`.
        on_fetched: Told each outcome.

    Raises:
        ConfigError, StoreError: arXiv's address is wrong, or the cache cannot be written: no paper's fault.
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
