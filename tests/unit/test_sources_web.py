"""PDFs from any address: redirects, refusals, sizes, encodings. Each test counts the requests."""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import (
    ClassifierError,
    NotAPdf,
    PaperNotFound,
    SourceError,
    SourceUnavailable,
    UnreadablePdf,
)
from classifier.model.paper import PaperFile
from classifier.sources import Sources
from classifier.sources.limits import Patience
from classifier.waiting import parse_retry_after
from tests.arxiv_server import (
    PDF,
    ArxivServer,
    Reply,
    busy,
    gzip_bomb,
    html_reply,
    pdf_reply,
    redirect,
    sources_options,
)

BIG = PDF * 200  # about half a megabyte


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer() as running:
        yield running


async def fetch(tmp_path: Path, url: str, **more: Any) -> tuple[PaperFile, bytes]:
    settings: dict[str, Any] = {
        "allow_private": True,
        "attempts": 3,
        "backoff_s": 0.0,
        "longest_wait_s": 0.05,
        "timeout_s": 60.0,
    }
    async with Sources(
        tmp_path / "cache", "me@example.org", **sources_options(**(settings | more))
    ) as sources:
        file = await sources.fetch(url)
        assert file.path is not None
        return file, file.path.read_bytes()


@pytest.mark.parametrize(
    "reply",
    [
        pdf_reply(),
        pdf_reply(headers={"Content-Type": "text/html"}),
        pdf_reply(headers={}),
        pdf_reply(content_length=-1),
        Reply(body=gzip.compress(PDF), headers={"Content-Encoding": "gzip"}),
        Reply(body=zlib.compress(PDF), headers={"Content-Encoding": "deflate"}),
    ],
    ids=["plain", "html-type", "no-type", "no-length", "gzip", "deflate"],
)
async def test_a_real_pdf_is_taken_however_it_is_labelled(
    reply: Reply, server: ArxivServer, tmp_path: Path
) -> None:
    server.on("/a.pdf", reply)
    file, content = await fetch(tmp_path, f"{server.url}/a.pdf")
    assert content == PDF
    assert (file.source, file.sha256) == ("url", hashlib.sha256(PDF).hexdigest())
    assert server.seen == ["/a.pdf"]


async def test_a_large_compressed_body_comes_out_whole(server: ArxivServer, tmp_path: Path) -> None:
    server.on("/a.pdf", gzip_bomb(3_000_001))
    _, content = await fetch(tmp_path, f"{server.url}/a.pdf")
    assert content == PDF + bytes(3_000_001)


async def test_the_user_agent_names_the_contact_and_no_password_is_sent(
    server: ArxivServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.on("/a.pdf", pdf_reply())
    await fetch(tmp_path, f"{server.url}/a.pdf")
    headers = server.headers[0]
    assert headers["User-Agent"].startswith("survey-classifier/")
    assert "me@example.org" in headers["User-Agent"]
    assert headers["Authorization"] is None
    assert headers["Host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("reply", "options", "error", "said", "requests"),
    [
        (html_reply(), {}, NotAPdf, "is an HTML page", 1),
        (Reply(body=b"{}"), {}, NotAPdf, "is not a PDF", 1),
        (Reply(), {}, NotAPdf, "is empty", 1),
        (Reply(status=404), {}, PaperNotFound, "no such paper", 1),
        (Reply(status=410), {}, PaperNotFound, "no such paper", 1),
        (Reply(status=403), {}, SourceError, "refused with status 403", 1),
        (Reply(status=451), {}, SourceError, "refused with status 451", 1),
        (Reply(status=500), {}, SourceUnavailable, "refused with status 500", 1),
        (busy(503), {}, SourceUnavailable, r"answered 503 \(3 attempts\)", 3),
        (busy(429, "3600"), {}, SourceUnavailable, "answered 429", 3),
        (pdf_reply(BIG), {"max_bytes": 100_000}, UnreadablePdf, "larger than the limit", 1),
        (pdf_reply(BIG, content_length=-1), {"max_bytes": 100_000}, UnreadablePdf, "larger than", 1),
        (gzip_bomb(50_000_000), {"max_bytes": 100_000}, UnreadablePdf, "larger than", 1),
        (pdf_reply(headers={"Content-Encoding": "br"}), {}, SourceError, "encoding 'br'", 1),
        (pdf_reply(headers={"Content-Encoding": "gzip"}), {}, SourceUnavailable, "damaged gzip", 3),
        (pdf_reply(BIG, reset_after=5000), {}, SourceUnavailable, "cannot fetch", 3),
        (pdf_reply(content_length=len(PDF) + 9), {}, SourceUnavailable, "cannot fetch", 3),
        (Reply(status=302), {}, SourceError, "redirects without an address", 1),
        (redirect("http://[::1/a.pdf"), {}, SourceUnavailable, "Invalid URL in location", 3),
        (redirect("http:////a@[8,[-5:"), {}, SourceError, "redirects without an address", 1),
        (redirect("ftp://127.0.0.1/a.pdf"), {}, SourceError, "not http", 1),
        (redirect("file:///etc/passwd"), {}, SourceError, "not http", 1),
        (redirect("http://me:secret@127.0.0.1/a.pdf"), {}, SourceError, "user name or password", 1),
        (redirect("/a.pdf"), {"max_redirects": 2}, SourceError, "redirects more than 2 times", 3),
    ],
)
async def test_a_misbehaving_server_ends_in_one_clear_error(
    reply: Reply,
    options: dict[str, Any],
    error: type[ClassifierError],
    said: str,
    requests: int,
    server: ArxivServer,
    tmp_path: Path,
) -> None:
    server.on("/a.pdf", reply)
    with pytest.raises(error, match=said) as caught:
        await fetch(tmp_path, f"{server.url}/a.pdf", **options)
    assert len(server.seen) == requests
    assert "secret" not in caught.value.message
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("reply", "options"),
    [
        (Reply(pause_s=600), {"timeout_s": 0.1, "attempts": 2}),
        (pdf_reply(drip_s=0.02), {"total_s": 0.2, "attempts": 1}),
    ],
    ids=["silent", "slow"],
)
async def test_a_server_that_takes_too_long_is_given_up(
    reply: Reply, options: dict[str, Any], server: ArxivServer, tmp_path: Path
) -> None:
    server.on("/a.pdf", reply)
    with pytest.raises(SourceUnavailable, match=r"in time") as caught:
        await fetch(tmp_path, f"{server.url}/a.pdf", **options)
    # The server may see a request after it was given up, or never if even the connection took too long.
    assert f"({options['attempts']} attempt" in caught.value.message
    assert len(server.seen) <= options["attempts"]


@pytest.mark.parametrize(
    "trouble",
    [
        busy(429, "0"),
        busy(503, "junk"),
        busy(502),
        pdf_reply(BIG, reset_after=5000),
        pdf_reply(content_length=len(PDF) + 9),
        Reply(body=gzip.compress(PDF)[:-9], headers={"Content-Encoding": "gzip"}),
    ],
    ids=["429", "503", "502", "reset", "cut", "gzip-cut"],
)
async def test_a_passing_trouble_is_tried_again_from_the_start(
    trouble: Reply, server: ArxivServer, tmp_path: Path
) -> None:
    server.on("/a.pdf", trouble, pdf_reply())
    file, content = await fetch(tmp_path, f"{server.url}/a.pdf")
    assert content == PDF
    assert file.sha256 == hashlib.sha256(PDF).hexdigest()
    assert server.seen == ["/a.pdf"] * 2


async def test_an_html_page_is_given_up_before_it_is_downloaded(server: ArxivServer, tmp_path: Path) -> None:
    server.on("/a.pdf", pdf_reply(b"<html>" + b" " * 20_000_000))
    with pytest.raises(NotAPdf, match="HTML"):
        await fetch(tmp_path, f"{server.url}/a.pdf")


async def test_retry_after_is_waited_for_and_capped(server: ArxivServer, tmp_path: Path) -> None:
    server.on("/a.pdf", busy(429, "3600"), busy(503, "0"), pdf_reply())
    await fetch(tmp_path, f"{server.url}/a.pdf", longest_wait_s=0.2, backoff_s=30.0)
    first, second, third = server.starts
    assert second - first >= 0.2
    assert third - first < 30.0  # neither the hour that it asked for nor our own backoff


def test_retry_after_is_seconds_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=100), usegmt=True)
    assert 0 < (parse_retry_after({"retry-after": soon}) or 0) <= 100
    assert parse_retry_after({"retry-after": past}) == 0
    assert parse_retry_after({"retry-after": " 7 "}) == 7
    assert parse_retry_after({"retry-after": "soon"}) is None
    assert parse_retry_after({}) is None


async def test_redirects_are_followed_with_relative_addresses(server: ArxivServer, tmp_path: Path) -> None:
    server.on("/start", redirect("../b/c.pdf?x=1", 301))
    server.on("/b/c.pdf?x=1", redirect(f"{server.url}/end.pdf", 307))
    server.on("/end.pdf", pdf_reply())
    _, content = await fetch(tmp_path, f"{server.url}/start")
    assert content == PDF
    assert server.seen == ["/start", "/b/c.pdf?x=1", "/end.pdf"]


async def test_nobody_listening_is_unavailable(tmp_path: Path) -> None:
    with ArxivServer() as closed:
        url = closed.url
    with pytest.raises(SourceUnavailable, match=r"cannot fetch from 127.0.0.1.*\(2 attempts\)"):
        await fetch(tmp_path, f"{url}/a.pdf", attempts=2)


async def test_a_host_that_is_not_there_is_tried_three_times_and_then_once(tmp_path: Path) -> None:
    told: list[float] = []
    with ArxivServer() as closed:
        url = closed.url
    async with Sources(
        tmp_path,
        "me",
        allow_private=True,
        patience=Patience(attempts=9),
        on_wait=lambda seconds, _: told.append(seconds),
    ) as sources:
        with pytest.raises(SourceUnavailable, match=r"\(3 attempts\)"):
            await sources.fetch(f"{url}/a.pdf")
        with pytest.raises(SourceUnavailable, match=r"\(1 attempt\)"):
            await sources.fetch(f"{url}/b.pdf")
    assert told == [0.5, 0.5]


async def test_waits_for_a_busy_server_are_reported_with_their_reason(
    server: ArxivServer, tmp_path: Path
) -> None:
    told: list[tuple[float, str]] = []
    server.on("/a.pdf", busy(503, "0"), pdf_reply())
    await fetch(tmp_path, f"{server.url}/a.pdf", on_wait=lambda *wait: told.append(wait))
    assert told == [(0.0, "127.0.0.1 answered 503")]


async def test_offline_fetches_no_address(server: ArxivServer, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="offline"):
        await fetch(tmp_path, f"{server.url}/a.pdf", offline=True)
    assert server.seen == []


async def test_several_downloads_run_side_by_side(server: ArxivServer, tmp_path: Path) -> None:
    server.on("/a.pdf", pdf_reply(pause_s=0.2))
    async with Sources(tmp_path, "me", allow_private=True) as sources:
        files = await asyncio.gather(*(sources.fetch(f"{server.url}/a.pdf") for _ in range(4)))
        assert len({file.path for file in files}) == 4
    assert server.most_at_once > 1
