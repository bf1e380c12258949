"""The gold PDFs: fetched once, found again without a network, and used in place of summaries."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import ConfigError
from classifier.evaluation.fetched import Fetched, fetch_pdfs, with_cached
from classifier.evaluation.records import Suite, SuiteItem
from classifier.evaluation.texts import choose_texts, text_kinds
from classifier.sources import Sources
from tests.arxiv_server import ArxivServer, busy, entry, feed, html_reply, sources_options

Make = Callable[..., Sources]


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer() as running:
        yield running


@pytest.fixture
def sources(server: ArxivServer, tmp_path: Path) -> Make:
    def make(**more: Any) -> Sources:
        quick = {"min_interval_s": 0, "backoff_s": 0, "longest_wait_s": 0.05, "attempts": 1}
        return Sources(
            tmp_path, "me@example.org", arxiv_base_url=server.url, **sources_options(**(quick | more))
        )

    return make


def suite(*arxiv_ids: str | None) -> Suite:
    items = tuple(
        SuiteItem(
            id=f"i{number}", title=f"Study Number {number} of Bridges", label="x", summary="S.", arxiv=arxiv
        )
        for number, arxiv in enumerate(arxiv_ids)
    )
    return Suite(name="gold", sha256="0", items=items)


async def fetch(make: Make, asked: Suite) -> list[Fetched]:
    told: list[Fetched] = []
    async with make() as sources, make(offline=True) as cache:
        outcomes = await fetch_pdfs(asked, sources, cache, told.append)
    assert told == outcomes
    return outcomes


async def cached(make: Make, asked: Suite) -> Suite:
    async with make(offline=True) as cache:
        return await with_cached(asked, cache)


async def test_what_was_fetched_is_not_asked_for_again_and_is_what_is_scored(server, sources):
    server.paper("2401.00001v2", "Study Number 0 of Bridges")
    asked = suite("2401.00001", None)
    assert [one.state for one in await fetch(sources, asked)] == ["fetched", "no-id"]
    seen = len(server.seen)
    assert [one.state for one in await fetch(sources, asked)] == ["there", "no-id"]
    assert len(server.seen) == seen
    questions = choose_texts(await cached(sources, asked))
    assert text_kinds(questions) == {"pdf": 1, "summary": 1}
    assert Path(questions[0].content).read_bytes().startswith(b"%PDF")
    assert len(server.seen) == seen


async def test_an_empty_cache_leaves_the_suite_as_it_is(sources):
    assert await cached(sources, suite("2401.00001")) == suite("2401.00001")


async def test_one_failure_is_reported_and_the_rest_comes(server, sources):
    server.paper("2401.00002v1", "Study Number 1 of Bridges")
    server.on_id("2401.00001", feed())
    outcomes = await fetch(sources, suite("2401.00001", "2401.00002"))
    assert [(one.state, one.code) for one in outcomes] == [("failed", "paper-not-found"), ("fetched", None)]
    assert "2401.00001" in outcomes[0].message


async def test_an_abstract_is_used_if_the_pdf_is_not_cached(server, sources):
    server.on_id("2401.00001", feed(entry("2401.00001v1", "Study Number 0 of Bridges")))
    server.on("/pdf/2401.00001v1", html_reply())
    assert [one.state for one in await fetch(sources, suite("2401.00001"))] == ["failed"]
    (question,) = choose_texts(await cached(sources, suite("2401.00001")))
    assert (question.kind, " ".join(question.content.split())) == ("abstract", "About things.")


async def test_an_id_with_another_title_is_fetched_and_reported(server, sources):
    server.paper("2401.00001v1", "Cooking with Steam at Home")
    (outcome,) = await fetch(sources, suite("2401.00001"))
    assert outcome.state == "fetched"
    assert "Cooking with Steam" in outcome.message


async def test_a_silent_arxiv_is_left_alone_after_three_papers(server, sources):
    ids = [f"2401.0000{number}" for number in range(1, 6)]
    for arxiv_id in ids:
        server.on_id(arxiv_id, busy(503))
    outcomes = await fetch(sources, suite(*ids))
    assert [one.state for one in outcomes] == ["failed"] * 3 + ["skipped"] * 2
    assert len(server.seen) == 3


async def test_what_would_fail_for_each_paper_alike_ends_it(tmp_path):
    def make(**more: Any) -> Sources:
        return Sources(tmp_path, "me@example.org", arxiv_base_url="export.arxiv.org", **more)

    with pytest.raises(ConfigError, match="arXiv's address"):
        await fetch(make, suite("2401.00001", "2401.00002"))
