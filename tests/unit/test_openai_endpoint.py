"""Base URLs as users have them: queries, Azure, passwords, wrong roots; and nothing secret is ever shown."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import httpx2
import pytest

from classifier.engines.build import build_openai
from classifier.engines.openai.batches import BatchServer
from classifier.engines.openai.endpoint import endpoint, public_url
from classifier.engines.openai.transport import OpenAITransport
from classifier.errors import ClassifierError, ConfigError, ModelUnavailable, Refused
from classifier.settings import load_settings
from tests.engine_kit import TASK, answer, engine
from tests.llm_server import LlmServer, raw, reply, status

KEY = "sk-secret-0123456-tqzx"
SECRET = "query+secret/0123456789=="
GOOD = reply(answer())


def seen_by(handled: list[httpx2.Request], said: bytes = GOOD.body) -> httpx2.AsyncClient:
    """A client that keeps requests and answers them."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        handled.append(request)
        return httpx2.Response(200, content=said)

    return httpx2.AsyncClient(transport=httpx2.MockTransport(handle))


@pytest.mark.parametrize(
    ("base_url", "options", "url", "header"),
    [
        (
            "https://x.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
            {},
            "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
            "api-key",
        ),
        (
            "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
            {},
            "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
            "api-key",
        ),
        (
            "https://X.COGNITIVESERVICES.azure.com/openai/v1/",
            {},
            "https://x.cognitiveservices.azure.com/openai/v1/chat/completions",
            "api-key",
        ),
        (
            "https://x.services.ai.azure.com/models?api-version=2024-05-01-preview&x=",
            {},
            "https://x.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview&x=",
            "api-key",
        ),
        ("https://openai.azure.com.example.org/v1", {}, None, "authorization"),
        ("https://notopenai.azure.com/v1", {}, None, "authorization"),
        ("https://x.openai.azure.com/openai/v1", {"api_key_header": "Authorization"}, None, "authorization"),
        ("https://gateway.example.org/v1", {"api_key_header": "X-API-Key"}, None, "x-api-key"),
        ("https://api.openai.com/v1", {}, None, "authorization"),
    ],
)
async def test_where_requests_go_and_which_header_has_the_key(base_url, options, url, header):
    handled: list[httpx2.Request] = []
    async with (
        seen_by(handled) as client,
        engine(base_url, http_client=client, api_key=KEY, **options) as model,
    ):
        await model.answer(TASK)
    headers = handled[0].headers
    assert str(handled[0].url) == (url or f"{base_url}/chat/completions")
    assert headers[header] == (f"Bearer {KEY}" if header == "authorization" else KEY)
    assert [name for name, value in headers.items() if KEY in value] == [header]
    assert "bearer none" not in str(headers).lower()


async def test_a_query_goes_along_with_every_request():
    with LlmServer([status(400, "json_schema is not supported"), GOOD], models=["fake"]) as server:
        async with engine(f"{server.url}?api-version=1&key={SECRET.replace('+', '%2B')}") as model:
            await model.answer(TASK)
    sent = "/v1/chat/completions?api-version=1&key=query%2Bsecret%2F0123456789%3D%3D"
    assert server.paths == [sent, sent]


async def test_a_query_goes_along_with_requests_that_have_one_of_their_own():
    with LlmServer([GOOD]) as server:
        transport = OpenAITransport(api_key=None, base_url=f"{server.url}?api-version=1", timeout_s=60)
        with pytest.raises(ClassifierError):
            await BatchServer(transport).find("tag", None)
        await transport.aclose()
    assert server.looked == ["/v1/batches?limit=100&api-version=1"]


@pytest.mark.parametrize("code", [200, 400, 401, 404, 500])
async def test_no_secret_of_a_base_url_is_shown(code, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    echo = f"no access with {KEY}, {SECRET} or {SECRET.replace('+', '%2B')} or pass-word-0123456"
    memory = tmp_path / "servers.json"
    with LlmServer([GOOD if code == 200 else status(code, echo)]) as server:
        host = server.url.removeprefix("http://")
        url = f"http://user:pass-word-0123456@{host}?key={SECRET.replace('+', '%2B')}"
        async with engine(url, api_key=KEY, max_attempts=2, memory=memory) as model:
            shown = repr(model) + repr(vars(vars(model)["_asked"])["_transport"])
            try:
                await model.answer(TASK)
            except ClassifierError as error:
                shown += "".join(traceback.format_exception(error)) + repr(error)
    shown += caplog.text + (memory.read_text() if memory.exists() else "")
    assert [part for part in ("tqzx", "0123456789", "pass-word") if part in shown] == []
    assert server.headers[0]["authorization"].startswith("Basic ")


async def test_a_password_in_the_base_url_leaves_room_for_the_key_in_its_own_header():
    with LlmServer([GOOD]) as server:
        url = server.url.replace("http://", "http://me:pw@")
        async with engine(url, api_key=KEY, api_key_header="x-api-key") as model:
            await model.answer(TASK)
    assert (server.headers[0]["authorization"], server.headers[0]["x-api-key"]) == ("Basic bWU6cHc=", KEY)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/v1/?key=1#x", "https://host/v1"),
        ("https://host/v1/chat/completions/", "https://host/v1"),
        ("https://me:pw@host:8/v1", "https://host:8/v1"),
        (" https://host/v1 ", "https://host/v1"),
    ],
)
def test_the_public_form_of_a_base_url(url, shown):
    assert endpoint(url).url == public_url(url) == shown


@pytest.mark.parametrize(
    "url", ["host/v1", "ftp://host/v1", "https://", "https://host:x/v1", "https://ho st/v1"]
)
def test_a_base_url_that_cannot_be_used(url):
    with pytest.raises(ConfigError, match="base URL"):
        endpoint(url)


@pytest.mark.parametrize("name", ["api key", "api-key:", "x\r\ny", "ключ"])
def test_a_header_that_cannot_be_used(name):
    with pytest.raises(ConfigError, match="api_key_header"):
        endpoint("https://host/v1", KEY, name)
    with pytest.raises(ConfigError, match="api_key_header"):
        load_settings(api_key_header=name)


async def test_the_settings_name_the_header(tmp_path, monkeypatch):
    monkeypatch.setenv("CLASSIFIER_API_KEY_HEADER", "x-api-key")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with LlmServer([GOOD]) as server:
        settings = load_settings(base_url=server.url, model="fake", data_dir=tmp_path)
        made = build_openai(settings, repair=str)
        reply = await made.answer(TASK)
        await made.aclose()
    assert reply.answer.label == "wheat/pan"
    assert server.headers[0]["x-api-key"] == KEY


@pytest.mark.parametrize(
    "said",
    [
        status(404, "The model `fake` does not exist", code="model_not_found"),
        status(404, 'model "fake" not found, try pulling it first'),
        status(400, "fake is not a valid model ID"),
        status(400, "Invalid model name passed in model=fake. Call `/v1/models`"),
        raw(b'{"error": {"message": "model \'fake\' not found", "type": "invalid_request_error"}}'),
    ],
)
async def test_an_unknown_model_names_those_of_the_server_once(said):
    with LlmServer([said], models=["llama-3", "fake-8b", "\x1b[31mevil\nname"]) as server:
        async with engine(server.url) as model:
            for _ in range(2):
                with pytest.raises(Refused, match=r"the server has fake-8b, llama-3, \[31mevil name$"):
                    await model.answer(TASK)
    assert (len(server.requests), server.looked) == (2, ["/v1/models"])


async def test_a_long_list_of_models_begins_with_the_likeliest():
    names = [f"other-{n}" for n in range(300)] + ["fake-model"]
    with LlmServer([status(404, "The model `fake` does not exist")], models=names) as server:
        async with engine(server.url) as model:
            with pytest.raises(Refused, match=r"has fake-model, other-0, .* and 293 more$"):
                await model.answer(TASK)


@pytest.mark.parametrize(
    ("path", "said", "words"),
    [
        ("", raw(b"404 page not found", 404), "/v1: try http://127.0.0.1:[0-9]+/v1$"),
        ("", raw(b"<html>Not Found</html>", 404), "/v1: try http://127.0.0.1:[0-9]+/v1$"),
        ("/api", raw(b'{"detail":"Not Found"}', 404), "/v1: try http://127.0.0.1:[0-9]+/api/v1$"),
        ("", raw(b'{"error": "Unexpected endpoint or method. (POST /chat/completions)"}'), "try http://.*/v1$"),
        ("/v1", raw(b"404 page not found", 404), "the base URL$"),
        ("", raw(b"<!DOCTYPE html><html>Open WebUI</html>"), "web page instead of JSON; set the base URL"),
        ("/v1", raw(b"\n <html>captive portal</html>"), "web page instead of JSON; set the base URL"),
    ],
)  # fmt: skip
async def test_a_wrong_root_is_named_after_one_request(path, said, words):
    with LlmServer([said]) as server:
        async with engine(server.url.removesuffix("/v1") + path) as model:
            with pytest.raises(Refused, match=words):
                await model.answer(TASK)
    assert len(server.requests) == 1


async def test_a_page_with_an_error_status_is_tried_again():
    with LlmServer([raw(b"<html>Bad gateway</html>", 502)]) as server:
        async with engine(server.url, max_attempts=2) as model:
            with pytest.raises(ModelUnavailable):
                await model.answer(TASK)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "listed", [b"", b"{", b"[]", b'{"data": 7}', b'{"models": [{"name": "a"}]}', b'["a"]']
)
async def test_lists_of_models_of_any_shape(listed: bytes):
    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, content=listed)
        return httpx2.Response(404, json={"error": {"message": "model 'fake' not found"}})

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
    async with client, engine("https://llm.example.org/v1", http_client=client) as model:
        with pytest.raises(
            Refused, match="the server has a$" if b"a" in listed[2:] and b"7" not in listed else "name$"
        ):
            await model.answer(TASK)


def test_public_settings_hold_no_secret(tmp_path: Any):
    from classifier.batch.summary import shown_settings

    settings = load_settings(
        base_url=f"https://me:password-0123@host/v1?key={KEY}",
        model="m",
        sources_proxy="http://me:password-0123@proxy:1",
    )
    shown = json.dumps(shown_settings(settings)) + repr(settings)
    assert "password" not in shown
    assert KEY not in shown
