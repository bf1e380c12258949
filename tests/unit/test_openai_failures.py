"""What the user gets, and how many requests were made, when the server or the way to it fails."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import time
import traceback
from email.utils import formatdate

import pytest

from classifier.engines.openai.chat import CutInTransport
from classifier.engines.openai.failures import RejectedRequest, ServerError
from classifier.engines.openai.retry import Pause, Waits
from classifier.errors import (
    BudgetSpent,
    ContextOverflow,
    ModelTimeout,
    ModelUnavailable,
    RateLimited,
    Refused,
    Truncated,
)
from tests.engine_kit import TASK, answer, engine
from tests.llm_server import LlmServer, hang, raw, reply, reset, status
from tests.waiting import until

KEY = "sk-secret-0123456-tqzx"  # no digits at its end: ports and addresses are made of them
GOOD = reply(answer())
CUT = reply(json.dumps(answer())[:-40])


@pytest.mark.parametrize(
    ("trouble", "requests"),
    [
        ([status(429, headers={"retry-after": "0"})], 2),
        ([status(429, headers={"retry-after-ms": "20"})], 2),
        ([status(429, headers={"retry-after": formatdate(time.time() - 5, usegmt=True)})], 2),
        ([status(429)], 2),
        ([status(408)], 2),
        ([status(409)], 2),
        ([status(500)], 2),
        ([status(502), status(503), status(529)], 4),
        ([raw(b"<html>Bad gateway</html>", 502)], 2),
        ([reset()], 2),
        ([raw(b'{"choices": [{"mess')], 2),
        ([raw(b'{"choices": []}' + b" " * 50, cut_at=9)], 2),
        ([raw(b"[]")], 2),
        ([raw(b'{"choices": []}')], 2),
        ([raw(b'{"error": {"message": "upstream", "code": 502}}')], 2),
        ([reply("")], 2),
        ([reply(None)], 2),
        ([CUT], 2),
        ([reply("```json\n{\"answers\": {\"leaven\": {\"answer\": \"yea")], 2),
        ([CUT, status(500), reset()], 4),
    ],
)  # fmt: skip
async def test_what_may_pass_is_tried_again(trouble, requests):
    with LlmServer([*trouble, GOOD]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert got.answer.label == "wheat/pan"
    assert got.attempts == len(server.requests) == requests
    assert {len(body["messages"]) for body in server.requests} == {2}


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        (status(429, "slow down"), RateLimited, "slow down"),
        (status(500, "out of memory"), ModelUnavailable, "HTTP 500: out of memory"),
        (reset(), ModelUnavailable, "could not reach http://127.0.0.1"),
        (raw(b"not json"), ModelUnavailable, "not JSON"),
        (raw(b"{}"), ModelUnavailable, r"choices\[0\]"),
        (reply(" \n"), ModelUnavailable, "empty"),
        (CUT, Truncated, "ends inside its JSON"),
    ],
)
async def test_what_does_not_pass_is_an_error_after_the_last_attempt(trouble, error, words):
    with LlmServer([trouble]) as server:
        async with engine(server.url, max_attempts=3) as model:
            with pytest.raises(error, match=words) as caught:
                await model.answer(TASK)
    assert caught.value.attempts == len(server.requests) == 3
    assert caught.value.retryable


async def test_a_server_that_hangs_is_left_after_the_timeout():
    with LlmServer([hang(30)]) as server:
        async with engine(server.url, timeout_s=1.0, max_attempts=2) as model:
            with pytest.raises(ModelTimeout, match=r"within 1(\.0)? s") as caught:
                await model.answer(TASK)
    assert caught.value.attempts == 2


async def test_a_server_that_hangs_once_is_asked_again():
    with LlmServer([hang(30), GOOD]) as server:
        async with engine(server.url, timeout_s=2.0, max_attempts=20) as model:
            assert (await model.answer(TASK)).attempts >= 2  # on a busy machine, more may take too long


async def test_no_server_at_all():
    with LlmServer([GOOD]) as server:
        url = server.url
    async with engine(url, max_attempts=2) as model:
        with pytest.raises(ModelUnavailable, match="check the base URL") as caught:
            await model.answer(TASK)
    assert caught.value.attempts == 2


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        (status(400, "model 'fake' is not a chat model"), Refused, "HTTP 400: model .fake. is not"),
        (status(401, "no"), Refused, "OPENAI_API_KEY"),
        (status(403, "no"), Refused, "OPENAI_API_KEY"),
        (status(404, "The model `fake` does not exist"), Refused, "model's name"),
        (status(307, "elsewhere", headers={"location": "http://127.0.0.1:9/"}), Refused, "HTTP 307"),
        (status(402, "Insufficient balance"), BudgetSpent, "billing"),
        (status(429, "You exceeded your quota", code="insufficient_quota"), BudgetSpent, "quota is used up"),
        (status(400, "too long", code="context_length_exceeded"), ContextOverflow, "shorter excerpt"),
        (status(400, "the request exceeds the available context size"), ContextOverflow, "excerpt"),
        (status(400, "This model's maximum context length is 4096 tokens."), ContextOverflow, "excerpt"),
        (status(500, "Requested tokens (9000) exceed context window of 4096"), ContextOverflow, "excerpt"),
        (raw(b'{"error": "input length exceeds the context length"}', 400), ContextOverflow, "excerpt"),
        (raw(b"", 413), ContextOverflow, "excerpt"),
    ],
)  # fmt: skip
async def test_what_cannot_pass_is_asked_once(trouble, error, words):
    with LlmServer([trouble]) as server:
        async with engine(server.url) as model:
            with pytest.raises(error, match=words) as caught:
                await model.answer(TASK)
    assert caught.value.attempts == len(server.requests) == 1
    assert not caught.value.retryable


async def test_more_room_than_the_window_has_ends_as_truncated():
    script = [reply('{"answers"', finish="length"), status(400, "maximum context length is 4096 tokens")]
    with LlmServer(script) as server:
        async with engine(server.url, max_output_tokens=300) as model:
            with pytest.raises(Truncated, match="300 tokens") as caught:
                await model.answer(TASK)
    assert len(server.requests) == 2
    assert caught.value.raw == '{"answers"'


@pytest.mark.parametrize(
    "echo",
    [
        f"Incorrect API key provided: {KEY}.",
        "Incorrect API key provided: sk-secre*******tqzx.",
        f"header was 'Authorization: Bearer {KEY}'",
        f"key {KEY[:7]}\u200b{KEY[7:]}",
    ],
)
@pytest.mark.parametrize("code", [400, 401, 500])
async def test_a_key_that_the_server_echoes_is_shown_nowhere(echo, code, caplog):
    caplog.set_level(logging.DEBUG)
    with LlmServer([status(code, echo)]) as server:
        async with engine(server.url, api_key=KEY, max_attempts=2) as model:
            with pytest.raises((Refused, ModelUnavailable)) as caught:
                await model.answer(TASK)
            shown = repr(model) + repr(vars(vars(model)["_asked"])["_transport"])
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    shown += "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert "secre" not in shown
    assert "tqzx" not in shown


async def test_a_servers_words_are_cut_to_one_harmless_line():
    hostile = "\x1b[31mIgnore\r\nall\u202e\u200b this\x00 " + "x" * 5000
    with LlmServer([status(400, hostile)]) as server:
        async with engine(server.url) as model:
            with pytest.raises(Refused, match=r"HTTP 400: \[31mIgnore all this x+…; ") as caught:
                await model.answer(TASK)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()


async def test_the_environment_decides_nothing(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "from-environment")
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with LlmServer([GOOD]) as server:
        async with engine(server.url, api_key=None) as model:
            await model.answer(TASK)
    assert "from-environment" not in json.dumps(server.headers)
    assert server.headers[0]["authorization"] == "Bearer none"


async def test_retry_after_holds_back_every_task_of_the_engine():
    def act(body):
        return status(429, headers={"retry-after-ms": "400"}) if len(server.requests) == 2 else GOOD

    waited: list[float] = []
    with LlmServer(act) as server:
        async with engine(server.url, on_wait=lambda seconds, _: waited.append(seconds)) as model:
            await model.answer(TASK)
            limited = asyncio.create_task(model.answer(TASK))
            await until(lambda: waited)
            await asyncio.gather(limited, *(model.answer(TASK) for _ in range(4)))
    refused_at, *later = server.times[1:]
    assert len(later) == 5
    assert min(later) - refused_at >= 0.39


async def test_a_pause_longer_than_allowed_is_told_and_neither_waited_for_nor_tried_again():
    waited = []
    with LlmServer([status(429, headers={"retry-after": "3600"})]) as server:
        async with engine(server.url, on_wait=lambda *told: waited.append(told)) as model:
            with pytest.raises(RateLimited) as caught:
                await model.answer(TASK)
            with pytest.raises(RateLimited, match="more than the 2 s allowed") as later:
                await model.answer(TASK)
    assert len(server.requests) == 1
    assert (caught.value.attempts, later.value.attempts) == (1, 0)
    assert caught.value.retry_after_s == 3600.0
    assert waited == []


async def test_tasks_that_would_have_to_wait_too_long_fail_without_a_request():
    pause = Pause()
    pause.extend(3600)
    with LlmServer([GOOD]) as server:
        async with engine(server.url, pause=pause) as model:
            with pytest.raises(RateLimited, match="pause of 3600 s, more than the 2 s allowed"):
                await model.answer(TASK)
    assert server.requests == []


async def test_waits_are_told_with_their_reason():
    waited = []
    with LlmServer([status(503, "busy"), GOOD]) as server:
        async with engine(
            server.url, on_wait=lambda *told: waited.append(told), waits=Waits(0.01, 0.02, 2.0)
        ) as model:
            await model.answer(TASK)
    [(seconds, reason)] = waited
    assert 0 <= seconds <= 0.02
    assert "HTTP 503: busy" in reason


async def test_cancelling_a_task_leaves_the_engine_usable():
    with LlmServer([hang(600), GOOD]) as server:
        async with engine(server.url) as model:
            task = asyncio.create_task(model.answer(TASK))
            await until(lambda: server.requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await model.answer(TASK)).answer.label == "wheat/pan"


def test_errors_survive_a_process_boundary():
    for error in (
        RejectedRequest("no", 404, "said"),
        ServerError("no", 503, "said", 2.0),
        CutInTransport("cut", "raw"),
    ):
        error.attempts = 3
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
