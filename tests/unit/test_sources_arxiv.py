"""Papers from arXiv: metadata, PDFs, the cache, titles. Each test counts the requests."""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import (
    BadReference,
    ClassifierError,
    ConfigError,
    NotAPdf,
    PaperNotFound,
    SourceUnavailable,
    StoreError,
)
from classifier.model.paper import Paper
from classifier.sources import Sources
from tests.arxiv_server import (
    PDF,
    ArxivServer,
    Reply,
    busy,
    entry,
    error_entry,
    feed,
    html_reply,
    pdf_reply,
    redirect,
    sources_options,
)
from tests.waiting import until

ID = "2402.01874"
TITLE = "A Study of Things That Learn"
META, META_V1, META_V2 = (f"/api/query?id_list={ID}{version}" for version in ("", "v1", "v2"))
PDF_V1, PDF_V2 = f"/pdf/{ID}v1", f"/pdf/{ID}v2"


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer() as running:
        yield running


@pytest.fixture
def sources(server: ArxivServer, tmp_path: Path) -> Callable[..., Sources]:
    def make(**more: Any) -> Sources:
        settings = {"min_interval_s": 0, "backoff_s": 0, "longest_wait_s": 0.05, "attempts": 3}
        return Sources(
            tmp_path, "me@example.org", arxiv_base_url=server.url, **sources_options(**(settings | more))
        )

    return make


Make = Callable[..., Sources]


async def test_an_id_brings_metadata_and_the_newest_pdf(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v2", TITLE, authors=("Ada Lovelace", "Karl Gauß"), doi="10.1000/X")
    async with sources() as open_sources:
        file = await open_sources.fetch(f"arXiv:{ID}")
    assert file.path is not None
    assert file.path.read_bytes() == PDF
    assert file.model_dump(exclude={"path"}) == {
        "ref": f"arXiv:{ID}",
        "source": "arxiv",
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "notices": (),
        "paper": {
            "title": TITLE,
            "authors": ("Ada Lovelace", "Karl Gauß"),
            "year": 2024,
            "arxiv_id": f"{ID}v2",
            "doi": "10.1000/X",
            "abstract": "About things.",
        },
    }
    assert server.seen == [META, PDF_V2]
    assert "me@example.org" in server.headers[0]["User-Agent"]


async def test_an_old_id_and_its_subject_class(server: ArxivServer, sources: Make) -> None:
    server.paper("math/0309136v1", TITLE)
    async with sources() as open_sources:
        file = await open_sources.fetch("math.GT/0309136v1")
        assert (await open_sources.fetch("math/0309136")).path == file.path
    assert file.paper.arxiv_id == "math/0309136v1"
    assert server.seen == [
        "/api/query?id_list=math%2F0309136v1",
        "/pdf/math/0309136v1",
        "/api/query?id_list=math%2F0309136",
    ]


# -- the cache -----------------------------------------------------------------------------------


async def test_nothing_is_asked_twice_across_runs_nor_needed_offline(
    server: ArxivServer, sources: Make
) -> None:
    server.paper(f"{ID}v2", TITLE)
    async with sources() as first:
        expected = await first.fetch(ID)
    async with sources() as second, sources(offline=True, max_age_s=0) as offline:
        assert await second.fetch(ID) == expected
        assert (await second.fetch(f"{ID}v2")).path == expected.path
        assert await offline.fetch(ID) == expected
    assert server.seen == [META, PDF_V2]


async def test_the_same_paper_asked_for_at_once_is_fetched_once(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v2", TITLE)
    async with sources() as open_sources:
        one, other = await asyncio.gather(open_sources.fetch(ID), open_sources.fetch(ID))
    assert one == other
    assert server.seen == [META, PDF_V2]


async def test_offline_reports_what_is_missing(server: ArxivServer, sources: Make) -> None:
    async with sources(offline=True) as offline:
        for ref in (ID, f"{ID}v1", "10.1000/x", "A title of words"):
            with pytest.raises(SourceUnavailable, match=r"offline mode: .* is not in the cache"):
                await offline.fetch(ref)
    assert server.seen == []


async def test_only_ids_without_version_grow_old(server: ArxivServer, sources: Make, tmp_path: Path) -> None:
    server.paper(f"{ID}v1", TITLE)
    async with sources() as open_sources:
        await open_sources.fetch(ID)
        old = time.time() - 2 * 86_400
        for path in (tmp_path / "arxiv").rglob("*.*"):
            os.utime(path, (old, old))
        server.paper(f"{ID}v2", TITLE)
        assert (await open_sources.fetch(f"{ID}v1")).paper.arxiv_id == f"{ID}v1"
        assert (await open_sources.fetch(ID)).paper.arxiv_id == f"{ID}v2"
    assert server.seen == [META, PDF_V1, META, PDF_V2]


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-3]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff" * 90),
        lambda path: path.unlink(),
    ],
    ids=["cut", "emptied", "garbled", "gone"],
)
@pytest.mark.parametrize(("pattern", "requests"), [("*.pdf", 1), ("*.sha256", 1), ("*.json", 1)])
async def test_a_damaged_cache_is_fetched_again(
    harm: Callable[[Path], object],
    pattern: str,
    requests: int,
    server: ArxivServer,
    sources: Make,
    tmp_path: Path,
) -> None:
    server.paper(f"{ID}v1", TITLE)
    async with sources() as open_sources:
        expected = await open_sources.fetch(f"{ID}v1")
        (damaged,) = tmp_path.rglob(pattern)
        harm(damaged)
        assert await open_sources.fetch(f"{ID}v1") == expected
        assert await open_sources.fetch(f"{ID}v1") == expected
    assert len(server.seen) == 2 + requests


@pytest.mark.parametrize(
    "trouble",
    [
        pdf_reply(reset_after=1500),
        pdf_reply(content_length=len(PDF) + 1),
        html_reply(),
        Reply(status=404),
        pdf_reply(PDF * 1000),
    ],
    ids=["reset", "cut", "html", "404", "oversize"],
)
async def test_a_failed_download_leaves_nothing_in_the_cache(
    trouble: Reply, server: ArxivServer, sources: Make, tmp_path: Path
) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on(PDF_V1, trouble)
    async with sources(attempts=2, max_bytes=1_000_000) as open_sources:
        with pytest.raises(ClassifierError):
            await open_sources.fetch(f"{ID}v1")
        assert list((tmp_path / "arxiv" / "pdf").iterdir()) == []
        server.on(PDF_V1, pdf_reply())
        assert (await open_sources.fetch(f"{ID}v1")).sha256 == hashlib.sha256(PDF).hexdigest()


async def test_a_cancelled_download_leaves_nothing_in_the_cache(
    server: ArxivServer, sources: Make, tmp_path: Path
) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on(PDF_V1, pdf_reply(drip_s=1.0))
    async with sources() as open_sources:
        download = asyncio.create_task(open_sources.fetch(f"{ID}v1"))
        await until(lambda: PDF_V1 in server.seen or download.done())
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download
    assert list((tmp_path / "arxiv" / "pdf").iterdir()) == []


async def test_what_a_killed_process_left_is_swept(
    server: ArxivServer, sources: Make, tmp_path: Path
) -> None:
    server.paper(f"{ID}v1", TITLE)
    pdfs = tmp_path / "arxiv" / "pdf"
    pdfs.mkdir(parents=True)
    (pdfs / ".old.part").touch()
    (pdfs / ".young.part").touch()
    os.utime(pdfs / ".old.part", (0, 0))
    async with sources() as open_sources:
        await open_sources.fetch(f"{ID}v1")
    assert [path.name for path in pdfs.glob(".*")] == [".young.part"]


async def test_a_cache_that_cannot_be_written_is_a_store_error(server: ArxivServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with Sources(tmp_path / "file", "me", arxiv_base_url=server.url) as open_sources:
        with pytest.raises(StoreError, match="choose another cache directory"):
            await open_sources.fetch(ID)
    assert server.seen == []


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "error", "said", "requests"),
    [
        (feed(error_entry("incorrect id format")), PaperNotFound, "arXiv says 'incorrect id format'", 1),
        (
            Reply(status=400, body=feed(error_entry("incorrect id format")).body),
            PaperNotFound,
            "arXiv says",
            1,
        ),
        (feed(), PaperNotFound, f"arXiv has no {ID}v1", 1),
        (feed("<entry></entry>"), PaperNotFound, f"arXiv has no {ID}v1", 1),
        (feed(entry(f"{ID}v2", TITLE)), PaperNotFound, f"arXiv has no {ID}v1", 1),
        (feed(entry("2402.99999v1", TITLE)), PaperNotFound, f"arXiv has no {ID}v1", 1),
        (Reply(status=404), PaperNotFound, "no such paper", 1),
        (html_reply(), SourceUnavailable, "did not return an Atom feed", 1),
        (Reply(body=b"<rss/>"), SourceUnavailable, "did not return an Atom feed", 1),
        (Reply(), SourceUnavailable, "did not return an Atom feed", 1),
        (
            Reply(body=b'<!DOCTYPE a [<!ENTITY b "c">]><feed>&b;</feed>'),
            SourceUnavailable,
            "did not return",
            1,
        ),
        (Reply(body=b" " * 6_000_000), ClassifierError, "expected a short reply", 1),
        (busy(503, "0"), SourceUnavailable, "answered 503", 3),
        (busy(429), SourceUnavailable, "answered 429", 3),
        (html_reply(403), SourceUnavailable, "refused with status 403", 1),
    ],
)
async def test_a_bad_answer_of_the_api(
    reply: Reply,
    error: type[ClassifierError],
    said: str,
    requests: int,
    server: ArxivServer,
    sources: Make,
    tmp_path: Path,
) -> None:
    server.on_id(f"{ID}v1", reply)
    async with sources() as open_sources:
        with pytest.raises(error, match=said) as caught:
            await open_sources.fetch(f"{ID}v1")
    assert len(server.seen) == requests
    assert type(caught.value).__module__ == "classifier.errors"
    assert not list(tmp_path.rglob("*.json"))


async def test_a_paper_without_pdf_is_not_found(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v2", TITLE)
    server.on(PDF_V2, Reply(status=404))
    async with sources() as open_sources:
        with pytest.raises(PaperNotFound, match=r"no PDF of 2402.01874v2 \(withdrawn\?\)"):
            await open_sources.fetch(ID)
    assert server.seen == [META, PDF_V2]


async def test_an_html_page_instead_of_the_pdf_is_reported(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on(PDF_V1, html_reply())
    async with sources() as open_sources:
        with pytest.raises(NotAPdf, match=r"arXiv's PDF of 2402.01874v1 is an HTML page"):
            await open_sources.fetch(f"{ID}v1")


async def test_passing_troubles_are_tried_again(server: ArxivServer, sources: Make) -> None:
    server.on_id(f"{ID}v1", busy(503, "0"), feed(entry(f"{ID}v1", TITLE)))
    server.on(PDF_V1, busy(429, "0"), pdf_reply(reset_after=1500), redirect("/moved"))
    server.on("/moved", pdf_reply())
    async with sources() as open_sources:
        assert (await open_sources.fetch(f"{ID}v1")).sha256 == hashlib.sha256(PDF).hexdigest()
    assert server.seen == [META_V1, META_V1, PDF_V1, PDF_V1, PDF_V1, "/moved"]


async def test_metadata_alone(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v2", TITLE)
    async with sources() as open_sources:
        assert (await open_sources.metadata(f"arXiv:{ID}")).title == TITLE
        with pytest.raises(BadReference, match="not an arXiv id"):
            await open_sources.metadata("10.1000/x")
    assert server.seen == [META]


@pytest.mark.parametrize("url", ["export.arxiv.org", "ftp://example.org:21", "http://a:b", "http://"])
async def test_a_wrong_base_address_is_a_configuration_error(url: str, tmp_path: Path) -> None:
    async with Sources(tmp_path, "me", arxiv_base_url=url) as open_sources:
        with pytest.raises(ConfigError, match="expected one like https"):
            await open_sources.fetch(ID)


# -- the title that is claimed -------------------------------------------------------------------


@pytest.mark.parametrize("claimed", [TITLE, TITLE.upper(), "A {Study} of Things, that learn."])
async def test_a_title_that_agrees_needs_no_further_request(
    claimed: str, server: ArxivServer, sources: Make
) -> None:
    server.paper(f"{ID}v2", TITLE)
    async with sources() as open_sources:
        file = await open_sources.fetch(ID, claimed=Paper(title=claimed))
    assert file.notices == ()
    assert server.seen == [META, PDF_V2]


async def test_a_wrong_but_valid_id_is_a_notice_with_both_titles(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v1", TITLE)
    claimed = Paper(title="Neutrino Masses in the Early Universe")
    async with sources() as open_sources:
        file = await open_sources.fetch(f"{ID}v1", claimed=claimed)
        notice = await open_sources.check_title(f"{ID}v1", claimed.title or "")
    (found,) = file.notices
    assert found == notice
    assert found.code == "title-mismatch"
    assert TITLE in found.message
    assert claimed.title in found.message
    assert server.seen == [META_V1, META, PDF_V1]


@pytest.mark.parametrize(
    ("ref", "asked"),
    [(ID, [META, META_V1, PDF_V2]), (f"{ID}v2", [META_V2, META_V1, PDF_V2])],
)
async def test_a_paper_that_was_renamed_is_known_by_its_first_title(
    ref: str, asked: list[str], server: ArxivServer, sources: Make
) -> None:
    server.paper(f"{ID}v1", "Thoughts on Machines")
    server.paper(f"{ID}v2", TITLE)
    async with sources() as open_sources:
        file = await open_sources.fetch(ref, claimed=Paper(title="Thoughts on Machines"))
    assert file.notices == ()
    assert server.seen == asked


async def test_an_early_version_is_known_by_the_newest_title(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v1", "Thoughts on Machines")
    server.paper(f"{ID}v2", TITLE)
    async with sources() as open_sources:
        file = await open_sources.fetch(f"{ID}v1", claimed=Paper(title=TITLE))
    assert file.notices == ()
    assert file.paper.title == "Thoughts on Machines"
    assert server.seen == [META_V1, META, PDF_V1]


async def test_an_unavailable_version_does_not_lose_the_paper(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v2", TITLE)
    server.on_id(f"{ID}v1", busy(503, "0"))
    async with sources() as open_sources:
        file = await open_sources.fetch(ID, claimed=Paper(title="Another Thing Entirely"))
    assert [notice.code for notice in file.notices] == ["title-mismatch"]
    assert file.path is not None


# -- DOIs and titles -----------------------------------------------------------------------------


async def test_a_title_is_found_by_its_words(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on_search(feed(entry("2401.00001v1", "A Study of Things That Fly"), entry(f"{ID}v1", TITLE)))
    async with sources() as open_sources:
        file = await open_sources.fetch("a study of things -- that {Learn}")
        again = await open_sources.fetch("a study of things -- that {Learn}")
    assert file == again
    assert file.paper.arxiv_id == f"{ID}v1"
    assert server.searches() == ['ti:"a study of things that Learn"']
    assert len(server.seen) == 2


async def test_a_title_that_no_phrase_finds_is_looked_for_by_its_long_words(
    server: ArxivServer, sources: Make
) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on_search(feed(), feed(entry(f"{ID}v1", TITLE)))
    async with sources() as open_sources:
        assert (await open_sources.fetch(TITLE)).paper.arxiv_id == f"{ID}v1"
    assert server.searches()[1] == "ti:things OR ti:learn OR ti:study OR ti:that OR ti:of OR ti:a"


@pytest.mark.parametrize(
    ("authors", "found"),
    [
        ((), True),
        (("Lovelace, Ada", "others"), True),
        (("A. Lovelace", "K. Gauss et al."), True),
        (("Lovelace, A.", "Noether, E."), True),
        (("Emmy Noether",), False),
        (("Noether", "Hilbert", "Lovelace"), False),
    ],
)
async def test_authors_must_agree_if_they_are_given(
    authors: tuple[str, ...], found: bool, server: ArxivServer, sources: Make
) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on_search(feed(entry(f"{ID}v1", TITLE, authors=("Ada Lovelace", "Karl Gauß"))))
    async with sources() as open_sources:
        if found:
            file = await open_sources.fetch(TITLE, claimed=Paper(authors=authors))
            assert file.paper.arxiv_id == f"{ID}v1"
        else:
            with pytest.raises(PaperNotFound, match=f"'{TITLE}' .* is by Ada Lovelace, Karl Gauß"):
                await open_sources.fetch(TITLE, claimed=Paper(authors=authors))


async def test_a_title_without_match_names_the_nearest(server: ArxivServer, sources: Make) -> None:
    server.on_search(feed(entry("2401.00001v1", "Fish"), entry(f"{ID}v1", TITLE)))
    async with sources() as open_sources:
        with pytest.raises(PaperNotFound, match=rf"the nearest is '{TITLE}' \({ID}v1\)"):
            await open_sources.fetch("A Study of Strings That Learn")
    assert len(server.seen) == 2


async def test_a_title_without_any_candidate(server: ArxivServer, sources: Make) -> None:
    server.on_search(feed())
    async with sources() as open_sources:
        with pytest.raises(PaperNotFound, match="arXiv has no paper titled 'Nothing like this'"):
            await open_sources.fetch("Nothing like this")


async def test_a_doi_is_found_if_the_entry_has_it(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on_search(
        feed(
            entry("2401.00001v1", "Other", doi="10.1000/other"),
            entry(f"{ID}v1", TITLE, doi="10.1000/x 10.1000/ABC(7)"),
        )
    )
    async with sources() as open_sources:
        file = await open_sources.fetch("https://doi.org/10.1000/abc(7)")
    assert file.paper.arxiv_id == f"{ID}v1"
    assert server.searches() == ['doi:"10.1000/abc(7)"']


async def test_a_doi_that_arxiv_does_not_know_falls_back_to_the_claimed_title(
    server: ArxivServer, sources: Make
) -> None:
    server.paper(f"{ID}v1", TITLE)
    server.on_search(feed(), feed(entry(f"{ID}v1", TITLE)))
    async with sources() as open_sources:
        file = await open_sources.fetch("10.1000/abc", claimed=Paper(title=TITLE))
    assert file.paper.arxiv_id == f"{ID}v1"


async def test_a_doi_without_anything_else_is_not_found(server: ArxivServer, sources: Make) -> None:
    server.on_search(feed(entry(f"{ID}v1", TITLE)))
    async with sources() as open_sources:
        with pytest.raises(PaperNotFound, match=r"no paper with the DOI 10.1000/abc"):
            await open_sources.fetch("10.1000/abc")
    assert len(server.seen) == 1


async def test_the_doi_of_an_arxiv_paper_is_its_id(server: ArxivServer, sources: Make) -> None:
    server.paper(f"{ID}v1", TITLE)
    async with sources() as open_sources:
        file = await open_sources.fetch("https://doi.org/10.48550/arXiv.2402.01874")
    assert file.paper.arxiv_id == f"{ID}v1"
    assert server.seen == [META, PDF_V1]
