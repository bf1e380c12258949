"""Envelopes of answers and errors as servers and gateways send them: what is found in them, and at what cost."""

# ruff: noqa: E501 - what servers say stands on one line each

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from classifier.engines.openai.failures import failure
from classifier.engines.openai.wording import refuses_system_role
from classifier.errors import (
    BudgetSpent,
    ContextOverflow,
    ModelError,
    ModelUnavailable,
    NotJson,
    RateLimited,
    Refused,
    SchemaMismatch,
    Truncated,
)
from tests.engine_kit import TASK, answer, engine
from tests.llm_server import Behaviour, LlmServer, raw, reply, status, streamed

GOOD = json.dumps(answer())
OTHER = json.dumps(answer(label="rye"))


def body(*choices: dict[str, Any], **rest: Any) -> Behaviour:
    """A completion with these choices."""
    return raw(json.dumps({"choices": choices, "model": "m", **rest}).encode())


def message(**fields: Any) -> Behaviour:
    """A completion whose message holds these fields."""
    return body({"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **fields}})


def told(code: int, said: Any, **headers: str) -> Behaviour:
    """A response whose body is this JSON, or this text."""
    text = said if isinstance(said, str) else json.dumps(said)
    return Behaviour(code, text.encode(), {name.replace("_", "-"): value for name, value in headers.items()})


def events(*lines: str) -> Behaviour:
    """A stream of these characters."""
    return Behaviour(body="".join(lines).encode(), headers={"content-type": "text/event-stream"})


def delta(text: str, **layout: Any) -> str:
    """A chunk of a stream."""
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}, **layout)


HALVES = (delta(GOOD[:80]), delta(GOOD[80:]))
LINES = delta(GOOD, indent=1).split("\n")
DETAILS = [{"type": "reasoning.text", "text": GOOD[:50]}, {"type": "reasoning.text", "text": GOOD[50:]}]

ANSWERS = {
    "reasoning_details": message(content="", reasoning_details=DETAILS),
    "reasoning_details with a summary": message(content=None, reasoning_details=[{"type": "reasoning.summary", "summary": GOOD}]),
    "reasoning_details with secrets": message(content=None, reasoning=None, reasoning_details=[*DETAILS, {"type": "reasoning.encrypted", "data": "x"}]),
    "reasoning_text": message(content="", reasoning_text=GOOD),
    "thinking": message(content="", thinking=GOOD),
    "thought": message(content="", thought=GOOD),
    "reasoning that is an object": message(content="", reasoning={"content": GOOD}),
    "tool call beside empty content": message(content="", tool_calls=[{"id": "c", "type": "function", "function": {"name": "answer", "arguments": GOOD}}]),
    "tool call with arguments that are an object": message(content=None, tool_calls=[{"function": {"name": "answer", "arguments": answer()}}]),
    "tool call after another": message(content=None, tool_calls=[{"function": {"name": "think", "arguments": OTHER}}, {"function": {"name": "answer", "arguments": GOOD}}]),
    "tool call after one without arguments": message(content=None, tool_calls=[{"function": {"name": "answer", "arguments": "{}"}}, {"function": {"name": "answer", "arguments": GOOD}}]),
    "tool call that is flat": message(content="", tool_calls=[{"name": "answer", "arguments": GOOD}]),
    "tool call with an input": message(content="", tool_calls=[{"name": "answer", "input": answer()}]),
    "tool calls that are no list": message(content="", tool_calls={"function": {"name": "answer", "arguments": GOOD}}),
    "empty refusal beside the answer": message(content=GOOD, refusal=""),
    "answer in the refusal": message(content=None, refusal=GOOD),
    "parsed": message(content=None, parsed=answer()),
    "parsed beside empty content": message(content="", parsed=answer()),
    "parts of output_text": message(content=[{"type": "output_text", "text": GOOD}]),
    "parts whose text is an object": message(content=[{"type": "text", "text": {"value": GOOD}}]),
    "parts of JSON": message(content=[{"type": "json", "json": answer()}]),
    "parts with content": message(content=[{"type": "text", "content": GOOD}]),
    "parts of reasoning and text": message(content=[{"type": "reasoning", "reasoning": OTHER}, {"type": "text", "text": GOOD}]),
    "content that is one part": message(content={"type": "text", "text": GOOD}),
    "thoughts before": message(content=f"<think>\nIs it {OTHER}?\n</think>\n\n{GOOD}"),
    "thoughts without a beginning": message(content=f"Is it {OTHER}? </think>{GOOD}"),
    "thoughts without an end": message(content=f"<think>So: {GOOD}"),
    "channels": message(content=f"<|channel|>analysis<|message|>{OTHER}?<|end|><|start|>assistant<|channel|>final<|message|>{GOOD}"),
    "fence with a tag in capitals": message(content=f"Here:\n```JSON\n{GOOD}\n```\nHope it helps {{smile}}"),
    "fence of tildes": message(content=f"~~~json\n{GOOD}\n~~~"),
    "one line of code": message(content=f"`{GOOD}`"),
    "end mark of a template": message(content=f"{GOOD}<|im_end|>"),
    "JSON written twice": message(content=json.dumps(GOOD)),
    "JSON in an array": message(content=json.dumps([answer()])),
    "JSON in a result": message(content=json.dumps({"result": answer()})),
    "JSON in JSON": message(content=json.dumps({"json": answer()})),
    "wrapped twice": message(content=json.dumps({"answer": {"answer": answer()}})),
    "error that is empty": body({"message": {"content": GOOD}}, error={}),
    "warning beside the answer": body({"message": {"content": GOOD}}, error={"message": "slow"}, detail="x", msg="y"),
    "status of MiniMax": body({"message": {"content": GOOD}}, base_resp={"status_code": 0, "status_msg": "success"}),
    "stream without a space": events(*(f"data:{part}\n\n" for part in HALVES), "data:[DONE]\n\n"),
    "stream of carriage returns": events(*(f"data: {part}\r\r" for part in HALVES), "data: [DONE]\r\r"),
    "stream with both line ends": events(*(f"data: {part}\r\n\r\n" for part in HALVES), "data: [DONE]\r\n\r\n"),
    "stream with comments between": events(*(f": hi\n\ndata: {part}\n\n:\n\n" for part in HALVES), "data: [DONE]\n\n"),
    "stream with comments in events": events(*(f"data: {part}\n: ping\n\n" for part in HALVES), "data: [DONE]\n\n"),
    "stream with data in many lines": events(*(f"data: {line}\n" for line in LINES), "\ndata: [DONE]\n\n"),
    "stream with data in many lines, both line ends": events(*(f"data: {line}\r\n" for line in LINES), "\r\ndata: [DONE]\r\n\r\n"),
    "stream after blank lines": events("\n\n", f"data: {delta(GOOD)}\n\n"),
    "stream with an empty event": events("event: ping\ndata: {}\n\n", f"data: {delta(GOOD)}\n\n"),
    "stream with an event of text": events("event: ping\ndata: still here\n\n", f"data: {delta(GOOD)}\n\n"),
    "stream with empty data": events("data:\n\n", f"data: {delta(GOOD)}\n\n"),
    "stream with null": events("data: null\n\n", f"data: {delta(GOOD)}\n\n"),
    "stream with another end": events(f"data: {delta(GOOD)}\n\n", "data: [done]\n\n"),
    "stream with an end in quotes": events(f"data: {delta(GOOD)}\n\n", 'data: "[DONE]"\n\n'),
    "stream that goes on after its end": events(f"data: {delta(GOOD)}\n\n", 'data: [DONE]\n\ndata: {"error": "x"}\n\n'),
    "stream of reasoning_details": events(*(f"data: {json.dumps({'choices': [{'delta': {'reasoning_details': [part]}}]})}\n\n" for part in DETAILS)),
}  # fmt: skip


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
async def test_the_answer_is_found_in_its_envelope_at_the_first_request(said):
    with LlmServer([said]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.answer.label, got.attempts, len(server.requests)) == ("wheat/pan", 1, 1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (message(content=None, refusal="I can't help with bread."), "I can't help with bread"),
        (message(content="", refusal="No.", reasoning=GOOD), "No"),
        (message(content=[{"type": "refusal", "refusal": "I won't."}]), "I won't"),
        (message(content=None, refusal=GOOD[:80]), "declined to answer"),
        (streamed({"refusal": "I ca"}, {"refusal": "nnot."}), "I cannot"),
        (streamed({"content": "I"}, finish="content_filter"), "content filter"),
    ],
    ids=["member", "beside reasoning", "part", "half an answer", "stream", "filter in a stream"],
)
async def test_a_refusal_is_not_asked_again(said, words):
    with LlmServer([said]) as server:
        async with engine(server.url, max_attempts=6) as model:
            with pytest.raises(Refused, match=words):
                await model.answer(TASK)
    assert len(server.requests) == 1


UNUSABLE = {
    "no choices": raw(b'{"id": "x", "usage": {"completion_tokens": 900}}'),
    "choices that are an object": raw(json.dumps({"choices": {"message": {"content": GOOD}}}).encode()),
    "another API's body": raw(
        json.dumps({"message": {"role": "assistant", "content": GOOD}, "done": True}).encode()
    ),
    "an array": raw(f"[{GOOD}]".encode()),
    "null": raw(b"null"),
    "nothing": raw(b""),
    "no content": raw(b"", 204),
    "text": raw(b"Ollama is running"),
    "damaged stream": events('data: {"choices": [\n\n'),
    "cut in its JSON": reply(GOOD[:-40]),
    "stream cut in its JSON": events(f"data: {HALVES[0]}\n\n", "data: [DONE]\n\n"),
}


@pytest.mark.parametrize("said", UNUSABLE.values(), ids=UNUSABLE)
async def test_what_may_have_been_paid_for_is_asked_for_three_times_at_most(said):
    with LlmServer([said]) as server:
        async with engine(server.url, max_attempts=6) as model:
            with pytest.raises((ModelUnavailable, Truncated)) as caught:
                await model.answer(TASK)
    assert (len(server.requests), caught.value.attempts, caught.value.retryable) == (3, 3, True)


async def test_outages_between_them_do_not_count_as_paid_for():
    damaged, busy = events("data: {\n\n"), status(503)
    with LlmServer([damaged, busy, damaged, busy, busy, reply(answer())]) as server:
        async with engine(server.url, max_attempts=6) as model:
            assert (await model.answer(TASK)).attempts == 6


@pytest.mark.parametrize("said", [GOOD[:-1] + ",}", json.dumps({"labels": "pan"}), "The label is wheat/pan."])
async def test_a_reply_that_is_no_answer_is_asked_for_once_more(said):
    with LlmServer([reply(said)]) as server:
        async with engine(server.url, max_attempts=6) as model:
            with pytest.raises((NotJson, SchemaMismatch)):
                await model.answer(TASK)
    assert len(server.requests) == 2


PAGE = Behaviour(200, b"<!DOCTYPE html><title>Sign in</title>", {"content-type": "text/html"})


@pytest.mark.parametrize(("script", "label", "requests"), [
    ([reply(answer()), PAGE, reply(answer())], "wheat/pan", 3),
    ([reply(answer()), PAGE, PAGE, reply(answer())], "wheat/pan", 4),
    ([reply(answer()), PAGE], None, 5),
])  # fmt: skip
async def test_a_page_after_an_answer_is_a_gateways_and_passes(script, label, requests):
    with LlmServer(script) as server:
        async with engine(server.url, max_attempts=4) as model:
            await model.answer(TASK)
            if label is None:
                with pytest.raises(ModelUnavailable, match="web page"):
                    await model.answer(TASK)
            else:
                assert (await model.answer(TASK)).answer.label == label
    assert len(server.requests) == requests


async def test_a_page_before_any_answer_is_a_wrong_address():
    with LlmServer([PAGE]) as server:
        async with engine(server.url, max_attempts=6) as model:
            with pytest.raises(Refused, match="set the base URL"):
                await model.answer(TASK)
    assert len(server.requests) == 1


def one(code: int | str, words: str, **rest: Any) -> dict[str, Any]:
    """An error as OpenRouter and LiteLLM put it."""
    return {"error": {"message": words, "code": code, **rest}}


FATAL: dict[str, tuple[Behaviour, type[ModelError], str]] = {
    # under HTTP 200
    "quota in a stream": (events(f'data: {json.dumps(one("insufficient_quota", "You exceeded your current quota"))}\n\n'), BudgetSpent, "billing"),
    "overflow in a stream": (events(f'event: error\ndata: {json.dumps(one(400, "maximum context length is 4096 tokens"))}\n\n'), ContextOverflow, "shorter excerpt"),
    "model as a string": (told(200, {"error": "model fake not found"}), Refused, "model's name"),
    "key under 200": (told(200, one(401, "No auth credentials found")), Refused, "OPENAI_API_KEY"),
    "credits under 200": (told(200, one(402, "This request requires more credits")), BudgetSpent, "billing"),
    "MiniMax without balance": (told(200, {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}), BudgetSpent, "billing"),
    "MiniMax without a key": (told(200, {"base_resp": {"status_code": 1004, "status_msg": "login fail: Please carry the API secret key"}}), Refused, "OPENAI_API_KEY"),
    "vLLM's form under 200": (told(200, {"object": "error", "message": "The model `fake` does not exist", "code": 404}), Refused, "model's name"),
    "Cloudflare's form": (told(200, {"success": False, "errors": [{"code": 7003, "message": "no such model"}]}), Refused, "model's name"),
    # too long
    "413 page": (told(413, "<html><h1>413 Request Entity Too Large</h1></html>"), ContextOverflow, "shorter excerpt"),
    "413 of a minute": (status(413, "Request too large for model on tokens per minute (TPM): Limit 6000, Requested 13000", code="rate_limit_exceeded"), ContextOverflow, "shorter excerpt"),
    "429 too large for a minute": (status(429, "Request too large for gpt-4o on tokens per min (TPM): Limit 10000, Requested 13400.", type="tokens"), ContextOverflow, "shorter excerpt"),
    "429 more than a minute's limit": (status(429, "Rate limit reached for gpt-4o on tokens per min. Limit: 10,000 / min. Current: 0 / min. Requested: 13,400.", type="tokens"), ContextOverflow, "shorter excerpt"),
    "LiteLLM's overflow": (told(400, one("400", "litellm.ContextWindowExceededError: x")), ContextOverflow, "shorter excerpt"),
    "500 overflow": (told(500, {"error": "input is too long: context size exceeded"}), ContextOverflow, "shorter excerpt"),
    # spent
    "429 quota by its code": (status(429, "x", code="insufficient_quota"), BudgetSpent, "billing"),
    "429 quota by its words": (status(429, "You exceeded your current quota, please check your plan and billing details."), BudgetSpent, "billing"),
    "401 quota": (status(401, "insufficient_quota"), BudgetSpent, "billing"),
    "402 empty": (told(402, ""), BudgetSpent, "billing"),
    "402 page": (told(402, "<html>pay</html>"), BudgetSpent, "billing"),
    "402 of OpenRouter": (told(402, one(402, "This request requires more credits, or fewer max_tokens. You requested up to 4000 tokens, but can only afford 200.")), BudgetSpent, "billing"),
    "LiteLLM's budget": (told(400, one("400", "Budget has been exceeded! Current cost: 10.1, Max budget: 10.0", type="budget_exceeded")), BudgetSpent, "billing"),
    "LiteLLM's budget as 429": (told(429, one("429", "Budget has been exceeded! Current cost: 10.1, Max budget: 10.0", type="budget_exceeded")), BudgetSpent, "billing"),
    # key
    "401 empty": (told(401, ""), Refused, "OPENAI_API_KEY"),
    "401 page": (told(401, "<html>x</html>"), Refused, "OPENAI_API_KEY"),
    "401 array": (told(401, []), Refused, "HTTP 401; the API key"),
    "401 number": (told(401, 7), Refused, "HTTP 401; the API key"),
    "401 null": (told(401, "null"), Refused, "HTTP 401; the API key"),
    "401 deep": (told(401, "[" * 5000), Refused, "OPENAI_API_KEY"),
    "401 bytes": (raw(b"\xff\xfe\x00\x01", 401), Refused, "OPENAI_API_KEY"),
    # this paper, this place
    "403 moderation of OpenRouter": (told(403, one(403, 'x requires moderation on Y. Your input was flagged for "violence". No credits were charged.', metadata={"reasons": ["violence"]})), Refused, "moderation rejected"),
    "403 moderation": (told(403, one(403, "Output blocked by content filtering policy")), Refused, "moderation rejected"),
    "400 filter of Azure": (told(400, one("content_filter", "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.", param="prompt", innererror={"code": "ResponsibleAIPolicyViolation"})), Refused, "moderation rejected"),
    "LiteLLM's policy": (told(400, one("400", "litellm.ContentPolicyViolationError: x")), Refused, "moderation rejected"),
    "403 page of a firewall": (told(403, "<!DOCTYPE html><title>Attention Required!</title>"), Refused, "firewall"),
    "403 country": (status(403, "Country, region, or territory not supported"), Refused, "does not serve the country"),
    "400 location": (told(400, {"error": {"code": 400, "message": "User location is not supported for the API use.", "status": "FAILED_PRECONDITION"}}), Refused, "does not serve the country"),
    "301": (told(301, "", location="http://127.0.0.1:1/v1/chat?key=sk-secret-0123456789"), Refused, "redirects to http://127.0.0.1:1/v1/chat:"),
    "302 login": (told(302, "", location="/login"), Refused, "redirects to /login"),
    "405": (told(405, "Method Not Allowed"), Refused, "Method Not Allowed"),
    "410": (status(410, "The model has been retired"), Refused, "retired"),
    "OpenRouter's policy": (told(404, one(404, "No endpoints found matching your data policy.")), Refused, "data policy"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "kind", "words"), FATAL.values(), ids=FATAL)
async def test_what_no_repetition_mends_is_one_request_and_one_clear_line(said, kind, words):
    with LlmServer([said]) as server:
        async with engine(server.url, max_attempts=6) as model:
            with pytest.raises(kind, match=words) as caught:
                await model.answer(TASK)
    assert len(server.requests) == 1
    assert "\n" not in caught.value.message
    assert "sk-secret" not in caught.value.message


PASSING: dict[str, tuple[Behaviour, type[ModelError], str]] = {
    "error event": (events('event: error\ndata: {"error": {"message": "busy here", "type": "overloaded_error"}}\n\n'), ModelUnavailable, "busy here"),
    "error event of Anthropic": (events('event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n'), ModelUnavailable, "Overloaded"),
    "error event that is flat": (events('event: error\ndata: {"message": "boom", "code": 503}\n\n'), ModelUnavailable, "503: boom"),
    "error event of text": (events("event: error\ndata: something broke\n\n"), ModelUnavailable, "something broke"),
    "error line of TGI": (events('error: {"message": "boom"}\n\n'), ModelUnavailable, "boom"),
    "error after a part": (events(f"data: {HALVES[0]}\n\n", 'data: {"error": "gone"}\n\n'), ModelUnavailable, "gone"),
    "busy under 200": (told(200, one(429, "rate limited")), RateLimited, "rate limited"),
    "busy under 200 by a word": (told(200, one("rate_limit_exceeded", "slow down")), RateLimited, "slow down"),
    "words of Baidu under 200": (told(200, {"error_code": 336100, "error_msg": "try again"}), ModelUnavailable, "try again"),
    "424 of TGI": (told(424, {"error": "Request failed during generation: Server error", "error_type": "generation"}), ModelUnavailable, "during generation"),
    "425": (status(425, "too early"), ModelUnavailable, "too early"),
    "429 page": (told(429, "<html>429</html>"), RateLimited, "fewer requests"),
    "429 engine": (status(429, "The engine is currently overloaded, please try again later"), RateLimited, "overloaded"),
    "429 of a minute": (status(429, "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 13400. Please try again in 20ms."), RateLimited, "fewer requests"),
    "429 of Google": (told(429, [{"error": {"code": 429, "message": "Resource has been exhausted (e.g. check quota).", "status": "RESOURCE_EXHAUSTED"}}]), RateLimited, "exhausted"),
    "429 with a past date": (told(429, "x", retry_after=formatdate(time.time() - 60, usegmt=True)), RateLimited, "fewer requests"),
    "429 with a word for a wait": (told(429, "x", retry_after="soon"), RateLimited, "fewer requests"),
    "429 with a negative wait": (told(429, "x", retry_after="-5"), RateLimited, "fewer requests"),
    "429 with an endless wait": (told(429, "x", retry_after="1e400"), RateLimited, "fewer requests"),
    "503 loading": (told(503, one(503, "Loading model", type="unavailable_error")), ModelUnavailable, "Loading model"),
    "520 page": (told(520, "<html>cf</html>"), ModelUnavailable, "HTTP 520"),
    "529": (told(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), ModelUnavailable, "Overloaded"),
    "502 with an object behind": (told(502, one(502, "Provider returned error", metadata={"raw": {"error": {"message": "boom"}}})), ModelUnavailable, "boom"),
    "500 of LiteLLM": (told(500, one("500", "litellm.InternalServerError: x")), ModelUnavailable, "litellm"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "kind", "words"), PASSING.values(), ids=PASSING)
async def test_what_may_pass_is_repeated_and_its_words_are_shown(said, kind, words):
    with LlmServer([said, reply(answer())]) as server:
        async with engine(server.url) as model:
            assert (await model.answer(TASK)).attempts == 2
    with LlmServer([said]) as server:
        async with engine(server.url, max_attempts=2) as model:
            with pytest.raises(kind, match=words):
                await model.answer(TASK)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("Rate limit reached on tokens per day (TPD): Limit 100000, Used 99000, Requested 13000. Please try again in 2h52m1.2s.", 10321.2),
        ("Please try again in 1m26.4s.", 86.4),
        ("Please try again in 6m0s", 360.0),
        ("try again in 1 minute", 60.0),
        ("try again in 2 hours", 7200.0),
        ("retry after 30 sec", 30.0),
        ("try again in 1 day", 86400.0),
        ("try again in 300 milliseconds", 0.3),
        ("You exceeded your current quota, please check your plan and billing details. Please retry in 36.5s.", 36.5),
        ("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day", 3600.0),
        ("Daily request limit reached", 3600.0),
        ("try again in a while", None),
    ],
)  # fmt: skip
def test_how_long_words_ask_to_wait(said, wait_s):
    found = failure(429, {}, json.dumps({"error": {"message": said}}), where="http://x")
    assert isinstance(found, RateLimited)
    assert found.retry_after_s == (wait_s if wait_s is None else pytest.approx(wait_s))


async def test_a_wait_until_a_date_that_is_too_far_is_not_waited_for():
    late = told(429, "x", retry_after=formatdate(time.time() + 9999, usegmt=True))
    with LlmServer([late, reply(answer())]) as server:
        async with engine(server.url) as model:
            with pytest.raises(RateLimited):
                await model.answer(TASK)
    assert len(server.requests) == 1


GIVEN_UP = {
    "max_tokens": ("max_completion_tokens", [
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens is deprecated; use max_completion_tokens",
        "Unrecognized request argument supplied: max_tokens",
        "unknown field: max_tokens",
    ]),
    "temperature": (None, [
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
        "temperature is not supported",
        "`temperature` is deprecated for this model.",
        "temperature must be in (0, 1]",
        "`temperature` must be strictly positive",
        "litellm.UnsupportedParamsError: gpt-5 models don't support temperature=0.0. Only temperature=1 is supported.",
        "invalid temperature: only 1 is allowed for this model",
    ]),
    "logprobs": (None, [
        "litellm.UnsupportedParamsError: x does not support parameters: ['logprobs', 'top_logprobs']. Set `litellm.drop_params=True`",
        'json: unknown field "logprobs"',
        "Unrecognized request argument supplied: top_logprobs",
        "You are not allowed to request logprobs from this model",
    ]),
    "response_format": (None, [
        "This response_format type is unavailable now",
        "Invalid schema for response_format 'answer': In context=(), 'required' is required to be supplied",
        "failed to parse grammar",
        "'response_format.type' must be 'text'",
        "Extra inputs are not permitted, field: 'response_format'",
    ]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("parameter", "instead", "said"),
    [(name, instead, said) for name, (instead, words) in GIVEN_UP.items() for said in words],
)
async def test_a_parameter_that_is_not_taken_is_left_out(parameter, instead, said):
    def act(request: dict[str, Any]) -> Behaviour:
        return status(400, said) if parameter in request else reply(answer())

    with LlmServer(act) as server:
        async with engine(server.url, logprobs=True) as model:
            assert (await model.answer(TASK)).answer.label == "wheat/pan"
            await model.answer(TASK)
    last = server.requests[-1]
    assert parameter not in last
    assert instead is None or instead in last
    sent = [json.dumps(request, sort_keys=True) for request in server.requests[:-1]]
    assert len(set(sent)) == len(sent)
    assert len(sent) <= 4


@pytest.mark.parametrize(
    "refusal",
    [
        told(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "top_logprobs"], "msg": "Extra inputs are not permitted", "input": 5}]}),
        told(422, {"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "logprobs"], "msg": "Extra inputs are not permitted", "input": True}]}}),
        told(400, one(400, "Provider returned error", metadata={"raw": {"error": {"message": "logprobs is not supported"}}})),
        told(404, one(404, "No endpoints found that can handle the requested parameters.")),
    ],
    ids=["FastAPI", "Mistral", "object behind OpenRouter", "OpenRouter's routing"],
)  # fmt: skip
async def test_an_envelope_around_the_words_hides_nothing(refusal):
    def act(request: dict[str, Any]) -> Behaviour:
        return refusal if "logprobs" in request else reply(answer())

    with LlmServer(act) as server:
        async with engine(server.url, logprobs=True) as model:
            assert (await model.answer(TASK)).attempts == 2
    assert server.formats == ["json_schema", "json_schema"]


@pytest.mark.parametrize(
    "said",
    [
        "Conversations must start with a user prompt",
        "Conversation must start with a user message",
        "Only user, assistant and tool roles are supported, got system.",
        "Unsupported role: system",
        "Invalid role: system",
        "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
        "Expected 'user' or 'assistant' but got 'system'",
        "role must be one of: user, assistant",
        "'system' is not one of ['user', 'assistant'] - 'messages.0.role'",
        'messages: Unexpected role "system". The Messages API accepts a top-level parameter',
        "The system role is unsupported",
        "Please use a valid role: user, model.",
        "System instruction is not supported by this model",
        "chat template does not support system messages",
        "Roles must strictly alternate between user and assistant",
        "roles should alternate between 'user' and 'assistant'",
        "developer role is not supported",
        "This model does not support 'system'",
    ],
)
def test_each_wording_of_a_server_without_a_system_role(said):
    assert refuses_system_role(said.lower())


@pytest.mark.parametrize(
    "said",
    [
        "one of the parameters is invalid",
        "the user is not allowed to use the assistant",
        "expected a value, got null",
        "roles of this key do not permit the model",
        "supported values are: 'text' and 'json_object'",
        "the file system is not writable",
    ],
)
def test_words_that_name_roles_of_another_kind(said):
    assert not refuses_system_role(said)
