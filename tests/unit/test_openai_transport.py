"""The seam between engine and server: what is sent can be recorded and replayed, and any HTTP client used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from classifier.engines.openai.endpoint import public_url
from classifier.engines.openai.transport import OpenAITransport
from tests.engine_kit import TASK, answer, engine
from tests.llm_server import LlmServer, reply

GOOD = reply(answer())


class Recorder:
    """Passes requests on and keeps both sides."""

    def __init__(self, inner: OpenAITransport) -> None:
        self.inner = inner
        self.kept: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        response = await self.inner.complete(request)
        self.kept.append((request, response))
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


class Replay:
    """Answers from a recording."""

    def __init__(self, kept: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
        self.kept = {json.dumps(request, sort_keys=True): response for request, response in kept}

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.kept[json.dumps(request, sort_keys=True)]

    async def aclose(self) -> None:
        pass


async def test_a_recorded_exchange_replays_to_the_same_reply_without_a_server():
    with LlmServer([reply(answer(label="toast")), GOOD]) as server:
        recorder = Recorder(OpenAITransport(api_key=None, base_url=server.url, timeout_s=60))
        async with engine(server.url, transport=recorder) as model:
            live = await model.answer(TASK)
    async with engine(server.url, transport=Replay(recorder.kept)) as model:
        replayed = await model.answer(TASK)
    assert len(recorder.kept) == 2
    assert replayed.model_copy(update={"latency_s": live.latency_s}) == live


async def test_an_injected_http_client_carries_the_requests_and_is_not_closed():
    seen = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(str(request.url))
        return httpx2.Response(200, content=GOOD.body)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as client:
        async with engine("https://llm.example.org/v1", http_client=client) as model:
            assert (await model.answer(TASK)).answer.label == "wheat/pan"
        assert not client.is_closed
    assert seen == ["https://llm.example.org/v1/chat/completions"]


@pytest.mark.parametrize(
    ("base_url", "limit"),
    [(None, "max_completion_tokens"), ("https://llm.example.org/v1", "max_tokens")],
)
async def test_openais_own_server_gets_the_new_name_of_the_output_limit(base_url, limit):
    bodies = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        bodies.append(json.loads(request.content))
        return httpx2.Response(200, content=GOOD.body)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
    async with client, engine(base_url, http_client=client) as model:
        await model.answer(TASK)
    assert limit in bodies[0]


async def test_the_price_list_is_used_for_openais_own_server():
    priced = reply(answer(), model="gpt-4o-mini-2024-07-18")

    def handle(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=priced.body)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
    async with client, engine(None, http_client=client, model="gpt-4o-mini") as model:
        got = await model.answer(TASK)
    assert got.usage.cost_usd is not None
    assert got.usage.cost_usd > 0
    assert got.notices == ()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@host:8000/v1/?key=abc#x", "https://host:8000/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ],
)
def test_secrets_in_a_base_url_are_not_shown(url, shown):
    assert public_url(url) == shown
