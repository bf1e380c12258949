"""Which requests go through a proxy: the model's by the environment, papers' by a setting; and what is refused."""

# ruff: noqa: E501 - one case stands on one line

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from classifier.engines.openai.transport import OpenAITransport
from classifier.errors import ConfigError, ModelUnavailable, Refused, SourceError, SourceUnavailable
from classifier.proxies import checked_proxy, environment_proxy, proxy_choice, unused_hint
from classifier.sources import Sources
from classifier.sources.addresses import CheckedTransport
from classifier.sources.limits import Patience
from tests.arxiv_server import ArxivServer, pdf_reply, redirect
from tests.engine_kit import TASK, answer, engine
from tests.llm_server import LlmServer, reply, status
from tests.proxy_server import ProxyServer

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def papers() -> Iterator[ArxivServer]:
    with ArxivServer() as running:
        running.on("/a.pdf", pdf_reply())
        yield running


def port_of(url: str) -> int:
    return int(url.removesuffix("/v1").rpartition(":")[2])


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("https://api.example.org/v1", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://api.example.org/v1", {"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "http://p:1"),
        ("http://api.example.org/v1", {"HTTP_PROXY": "p:1"}, "http://p:1"),
        ("https://api.example.org/v1", {"HTTPS_PROXY": "https://me:pw@p:1"}, "https://me:pw@p:1"),
        ("https://api.example.org/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://api.example.org/v1", {"HTTPS_PROXY": ""}, None),
        ("https://api.example.org/v1", {"ALL_PROXY": "socks5://p:1"}, None),
        ("http://localhost:11434/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://llm.localhost/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://127.8.0.1:8080/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://[::1]:8080/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://0.0.0.0:8080/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://192.168.1.9:8080/v1", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("http://192.168.1.9:8080/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "192.168.0.0/16"}, None),
        ("http://[fd00::1]/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "fd00::/8"}, None),
        ("http://[fd00::1]/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "[fd00::1]"}, None),
        ("http://llm.corp.example/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "corp.example"}, None),
        ("http://llm.corp.example/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": ".corp.example"}, None),
        ("http://llm.corp.example/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "*.corp.example"}, None),
        ("http://LLM.corp.example/v1", {"HTTP_PROXY": "http://p:1", "no_proxy": "other, CORP.example "}, None),
        ("http://llm.corp.example:8080/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "corp.example:8080"}, None),
        ("http://llm.corp.example/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "corp.example:8080"}, "http://p:1"),
        ("http://notcorp.example/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "corp.example"}, "http://p:1"),
        ("http://llm.example/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("http://llm.example/v1", {"HTTP_PROXY": "http://p:1", "NO_PROXY": ", ,x:y,10.0.0.0/99"}, "http://p:1"),
    ],
)  # fmt: skip
def test_the_proxy_that_the_environment_means(url, environment, expected, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = environment_proxy(url)
    assert (found and found.url) == expected


@pytest.mark.parametrize("value", ["socks5://p:1", "http://", "http://p:x", "http://p q:1", "ftp://p:1"])
def test_what_is_no_http_proxy_is_refused_without_showing_it(value, monkeypatch):
    with pytest.raises(ConfigError, match="sources_proxy names no HTTP proxy") as caught:
        proxy_choice(value)
    assert value.removeprefix("http://") not in str(caught.value) or value == "http://"
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ConfigError, match="HTTPS_PROXY names no HTTP proxy"):
        OpenAITransport(api_key=None, base_url=None, timeout_s=1)


def test_a_proxy_is_shown_without_its_password():
    shown = str(checked_proxy("http://me:pw@proxy.example.org:3128/", "HTTPS_PROXY"))
    assert shown == "http://proxy.example.org:3128 of HTTPS_PROXY"


async def test_the_model_is_asked_through_the_proxy_of_the_environment(monkeypatch):
    with LlmServer([reply(answer())]) as server, ProxyServer(("127.0.0.1", port_of(server.url))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address.replace("http://", "http://me:pw@"))
        async with engine("http://llm.example.invalid/v1?api-version=1") as model:
            assert (await model.answer(TASK)).answer.label == "wheat/pan"
    assert proxy.seen == ["http://llm.example.invalid/v1/chat/completions?api-version=1"]
    assert proxy.credentials == ["Basic bWU6cHc="]


async def test_a_server_on_this_machine_is_asked_directly(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    with LlmServer([reply(answer())]) as server:
        async with engine(server.url) as model:
            await model.answer(TASK)
    assert len(server.requests) == 1


async def test_a_proxy_that_is_not_there_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:pass-word@127.0.0.1:9")
    async with engine("https://llm.example.invalid/v1", max_attempts=1) as model:
        with pytest.raises(ModelUnavailable, match=r"proxy http://127\.0\.0\.1:9 of HTTPS_PROXY") as caught:
            await model.answer(TASK)
    assert "NO_PROXY" in str(caught.value)
    assert "pass-word" not in str(caught.value)


@pytest.mark.parametrize(("scheme", "error"), [("http", Refused), ("https", ModelUnavailable)])
async def test_a_proxy_that_wants_a_password_is_understood(scheme, error, monkeypatch):
    with ProxyServer(("127.0.0.1", 9), password=True) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.address)
        async with engine(f"{scheme}://llm.example.invalid/v1", max_attempts=1) as model:
            with pytest.raises(error, match="407"):
                await model.answer(TASK)


async def test_a_busy_server_behind_a_proxy_is_named_with_it(monkeypatch):
    with LlmServer([status(503)]) as server, ProxyServer(("127.0.0.1", port_of(server.url))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        async with engine("http://llm.example.invalid/v1", max_attempts=1) as model:
            with pytest.raises(
                ModelUnavailable, match=r"through the proxy .* of HTTP_PROXY\) answered HTTP 503"
            ):
                await model.answer(TASK)


@pytest.mark.parametrize(
    ("url", "environment", "hint"),
    [
        ("https://llm.example/v1", {"HTTP_PROXY": "http://p:1"}, "; HTTP_PROXY is set, but this address needs HTTPS_PROXY"),
        ("https://llm.example/v1", {"ALL_PROXY": "http://p:1"}, "; ALL_PROXY is set, but this address needs HTTPS_PROXY"),
        (
            "https://llm.example/v1",
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "llm.example"},
            "; HTTPS_PROXY is set, but NO_PROXY exempts this host",
        ),
        ("http://127.0.0.1:8080/v1", {"HTTP_PROXY": "http://p:1"}, ""),
        ("https://llm.example/v1", {}, ""),
    ],
)  # fmt: skip
def test_what_is_said_of_a_proxy_that_is_not_used(url, environment, hint, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert unused_hint(url) == hint


@pytest.mark.parametrize("setting", ["address", "environment", " Environment "])
async def test_papers_are_fetched_through_a_proxy_that_is_set(setting, papers, tmp_path, monkeypatch):
    with ProxyServer(("127.0.0.1", papers.port)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        chosen = proxy.address if setting == "address" else setting
        async with Sources(tmp_path, "me", proxy=chosen, patience=Patience(attempts=1)) as sources:
            file = await sources.fetch("http://papers.example.invalid/a.pdf")
    assert file.sha256
    assert proxy.seen == ["http://papers.example.invalid/a.pdf"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "10.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "localhost"]
)  # fmt: skip
async def test_a_private_address_is_refused_with_a_proxy_too(host, papers, tmp_path):
    with ProxyServer(("127.0.0.1", papers.port)) as proxy:
        async with Sources(tmp_path, "me", proxy=proxy.address, patience=Patience(attempts=1)) as sources:
            with pytest.raises(SourceError, match="private address"):
                await sources.fetch(f"http://{host}:{papers.port}/a.pdf")
    assert proxy.seen == papers.seen == []


async def test_a_name_that_this_machine_knows_as_private_is_refused_with_a_proxy_too(papers):
    async def resolve(host: str, port: int) -> list[str]:
        if host == "unknown.test":
            raise socket.gaierror("no such name")
        return ["10.1.2.3"] if host == "intranet.test" else ["8.8.8.8"]

    with ProxyServer(("127.0.0.1", papers.port)) as proxy:
        transport = CheckedTransport(resolve=resolve, proxy_for=proxy_choice(proxy.address))
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises(SourceError, match="private address 10"):
                await client.get("http://intranet.test/a.pdf")
            for host in ("public.test", "unknown.test"):
                assert (await client.get(f"http://{host}/a.pdf")).status_code == 200
    assert proxy.seen == ["http://public.test/a.pdf", "http://unknown.test/a.pdf"]


async def test_a_redirect_to_a_private_address_is_refused_with_a_proxy_too(papers, tmp_path):
    papers.on("/b.pdf", redirect("http://10.0.0.1/a.pdf"))
    with ProxyServer(("127.0.0.1", papers.port)) as proxy:
        async with Sources(tmp_path, "me", proxy=proxy.address, patience=Patience(attempts=1)) as sources:
            with pytest.raises(SourceError, match=r"10\.0\.0\.1"):
                await sources.fetch("http://papers.example.invalid/b.pdf")
    assert len(proxy.seen) == 1


async def test_hosts_that_no_proxy_names_are_fetched_directly(papers, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    async with Sources(tmp_path, "me", proxy=NOWHERE, allow_private=True) as sources:
        assert (await sources.fetch(f"{papers.url}/a.pdf")).sha256


async def test_a_proxy_that_is_set_and_not_used_is_named_after_a_network_error(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://me:pass-word@127.0.0.1:9")
    async with Sources(tmp_path, "me", patience=Patience(attempts=1)) as sources:
        with pytest.raises(
            SourceUnavailable, match=r"HTTP_PROXY is set, .*CLASSIFIER_SOURCES_PROXY"
        ) as caught:
            await sources.fetch("http://papers.example.invalid/a.pdf")
    assert "pass-word" not in str(caught.value)


async def test_a_papers_proxy_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    proxy = "http://me:pass-word@127.0.0.1:9"
    async with Sources(tmp_path, "me", proxy=proxy, patience=Patience(attempts=1)) as sources:
        with pytest.raises(
            SourceUnavailable, match=r"proxy http://127\.0\.0\.1:9 of sources_proxy"
        ) as caught:
            await sources.fetch("http://papers.example.invalid/a.pdf")
    assert "pass-word" not in str(caught.value)
    assert "CLASSIFIER_SOURCES_PROXY" not in str(caught.value)
