"""Servers as they are: where each of them puts its answer, what it takes, and what it says instead."""

# ruff: noqa: E501 - what servers say stands on one line each

from __future__ import annotations

import json
from typing import Any

import pytest

from classifier.engines.openai.extraction import extract_object
from classifier.engines.openai.failures import failure
from classifier.engines.openai.messages import put, question_of
from classifier.engines.openai.streams import merged
from classifier.engines.openai.wording import (
    is_overflow,
    is_unknown_model,
    refuses_system_role,
    unexplained,
    wants_stream,
)
from classifier.errors import (
    BudgetSpent,
    ContextOverflow,
    ModelUnavailable,
    RateLimited,
    Refused,
    SchemaMismatch,
)
from tests.engine_kit import PROMPT, SCHEMA, TASK, answer, engine
from tests.llm_server import Behaviour, LlmServer, raw, reply, status, streamed, tool_reply

GOOD = json.dumps(answer())
CALL = {"name": "answer", "arguments": answer()}
HALVES = ({"role": "assistant", "content": GOOD[:80]}, {"content": GOOD[80:]})


def body(*choices: dict[str, Any], **rest: Any) -> Behaviour:
    """A completion with these choices."""
    return raw(json.dumps({"choices": choices, "model": "m", **rest}).encode())


def message(**fields: Any) -> Behaviour:
    """A completion whose message holds these fields."""
    return body({"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **fields}})


ANSWERS = {
    "reasoning_content": message(content="", reasoning_content=GOOD),
    "reasoning": message(content=None, reasoning=f"It rises. So:\n```json\n{GOOD}\n```\n"),
    "reasoning with a draft before": message(content=" ", reasoning=f"{json.dumps(answer(label='rye'))} no. {GOOD}"),
    "reasoning in parts": message(content=[], reasoning_content=[{"type": "text", "text": GOOD}]),
    "reasoning that is a tool call": message(content="", reasoning=f"<tool_call>{json.dumps(CALL)}</tool_call>"),
    "tool call in the content": message(content=f"<tool_call>\n{json.dumps(CALL)}\n</tool_call>"),
    "tool call with parameters": message(content=json.dumps({"name": "answer", "parameters": answer()})),
    "tool call with a string": message(content=json.dumps({"name": "answer", "arguments": GOOD})),
    "tool call as OpenAI has it": message(
        content=json.dumps({"type": "function", "function": {"name": "answer", "arguments": GOOD}})
    ),
    "tool call of Mistral": message(content=f"[TOOL_CALLS]{json.dumps([CALL])}"),
    "tool call of Llama": message(content=f"<function=answer>{GOOD}</function>"),
    "wrapped in the tool's name": message(content=json.dumps({"answer": answer()})),
    "fence": message(content=f"```json\n{GOOD}\n```"),
    "fence after thoughts": message(content=f"<think>{{</think>\n```\n{GOOD}\n```"),
    "parts": message(content=[{"type": "text", "text": GOOD[:9]}, {"type": "text", "text": GOOD[9:]}]),
    "parts with thoughts": message(
        content=[{"type": "thinking", "text": '{"label": "rye"}'}, {"type": "text", "text": GOOD}]
    ),
    "parts that are strings": message(content=[GOOD[:9], GOOD[9:]]),
    "a part that is a tool's input": message(content=[{"type": "tool_use", "name": "answer", "input": answer()}]),
    "content that is an object": message(content=answer()),
    "function call of old": message(content=None, function_call={"name": "answer", "arguments": GOOD}),
    "tool call beside empty arguments": message(
        content=GOOD, tool_calls=[{"function": {"name": "answer", "arguments": "{}"}}]
    ),
    "second choice": body(
        {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": GOOD}, "finish_reason": "stop"},
    ),
    "text instead of a message": body({"index": 0, "text": GOOD, "finish_reason": "stop"}),
    "delta instead of a message": body({"index": 0, "delta": {"content": GOOD}}),
    "no finish reason": body({"message": {"content": GOOD}}),
    "finish reason of another's": body({"message": {"content": GOOD}, "finish_reason": "STOP"}),
    "error that is null": body({"message": {"content": GOOD}, "error": None}, error=None),
    "byte order mark": raw(b"\xef\xbb\xbf" + reply(answer()).body),
    "byte order mark in the content": message(content=f"\ufeff{GOOD}"),
    "stream": streamed(*HALVES),
    "stream with comments": streamed(*HALVES, before=": OPENROUTER PROCESSING\n\n: more\n\n"),
    "stream without an end mark": streamed(*HALVES, end=False),
    "stream without a finish reason": streamed(*HALVES, finish=None, end=False),
    "stream with other line ends": streamed(*HALVES, gap="\r\n\r\n"),
    "stream without blank lines": streamed(*HALVES, gap="\n"),
    "stream after a byte order mark": streamed(*HALVES, before="\ufeff"),
    "stream with names of events": streamed(*HALVES, before="event: start\nid: 1\nretry: 5\n\n"),
    "stream called JSON": Behaviour(body=streamed(*HALVES).body),
    "stream of reasoning": streamed({"reasoning_content": GOOD[:50]}, {"reasoning_content": GOOD[50:]}),
    "stream of a tool call": streamed(
        {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "answer", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": GOOD[:50]}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": GOOD[50:]}}]},
    ),
    "stream in one message": raw(b"data: " + reply(answer()).body + b"\n\ndata: [DONE]\n\n"),
    "JSON lines": raw(
        b"\n".join(json.dumps({"choices": [{"delta": delta}]}).encode() for delta in HALVES) + b"\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
async def test_the_answer_is_found_at_the_first_request(said):
    with LlmServer([said]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.answer.label, got.attempts, len(server.requests)) == ("wheat/pan", 1, 1)


@pytest.mark.parametrize(
    "said",
    [
        message(content="", reasoning_content="Let me think about bread."),
        message(content="", reasoning_content=f"{GOOD} But wait, is it rye?"),
        message(content="", reasoning_content='{"label": "rye"}'),
        message(content=[]),
        message(content=[{"type": "thinking", "text": GOOD}]),
        message(content=None, tool_calls=[]),
        streamed({"role": "assistant", "content": ""}),
    ],
    ids=["thoughts", "a draft", "half an answer", "no parts", "only thoughts", "no tool call", "empty stream"],
)  # fmt: skip
async def test_an_empty_reply_is_put_one_rung_lower(said):
    def act(request: dict[str, Any]) -> Behaviour:
        return reply(answer()) if request["response_format"]["type"] == "json_object" else said

    with LlmServer(act) as server:
        async with engine(server.url, max_attempts=6) as model:
            first, second = await model.answer(TASK), await model.answer(TASK)
    assert server.formats == ["json_schema", "json_object", "json_object"]
    assert (first.attempts, second.attempts) == (2, 1)


async def test_replies_that_stay_empty_are_paid_for_on_each_rung_and_once_more():
    with LlmServer([reply("")]) as server:
        async with engine(server.url, max_attempts=20) as model:
            with pytest.raises(ModelUnavailable, match="empty, with every way of asking") as caught:
                await model.answer(TASK)
    assert server.formats == ["json_schema", "json_object", "tool", "prompt", "prompt"]
    assert not caught.value.retryable


async def test_an_empty_reply_among_others_costs_no_rung():
    with LlmServer([reply(answer()), reply(""), reply(answer())]) as server:
        async with engine(server.url) as model:
            for _ in range(3):
                await model.answer(TASK)
    assert server.formats == ["json_schema", "json_schema", "json_object", "json_schema"]


async def test_a_draft_in_reasoning_that_was_cut_is_not_the_answer():
    cut = body({"message": {"content": "", "reasoning_content": GOOD}, "finish_reason": "length"})
    with LlmServer([cut, reply(answer(label="rye"))]) as server:
        async with engine(server.url, max_output_tokens=300) as model:
            got = await model.answer(TASK)
    assert got.answer.label == "rye"
    assert [request["max_tokens"] for request in server.requests] == [300, 600]


@pytest.mark.parametrize(
    "finish", ["length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens"]
)
async def test_each_spelling_of_the_output_limit_gets_more_room(finish):
    with LlmServer([reply('{"answers"', finish=finish), reply(answer())]) as server:
        async with engine(server.url, max_output_tokens=300) as model:
            assert (await model.answer(TASK)).attempts == 2
    assert [request["max_tokens"] for request in server.requests] == [300, 600]


@pytest.mark.parametrize("finish", ["content_filter", "content-filter", "SAFETY", "refusal", "sensitive"])
async def test_each_spelling_of_a_filter_is_a_refusal(finish):
    with LlmServer([reply("I", finish=finish)]) as server:
        async with engine(server.url) as model:
            with pytest.raises(Refused, match="declined"):
                await model.answer(TASK)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": "1000", "completion_tokens": " 50 "}, (1000, 50)),
        ({"prompt_tokens": 1000.0, "completion_tokens": 50}, (1000, 50)),
        ({"input_tokens": 1000, "output_tokens": 50}, (1000, 50)),
        ({"prompt_tokens": "many", "completion_tokens": -1}, (None, None)),
        ({"prompt_tokens": True, "completion_tokens": 1.5}, (None, None)),
        ({"prompt_tokens": "9" * 30, "completion_tokens": None}, (None, None)),
        ({}, (None, None)),
    ],
)  # fmt: skip
async def test_tokens_are_counted_as_far_as_the_server_counts(usage, expected):
    with LlmServer([reply(answer(), usage=usage)]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.usage.tokens_in, got.usage.tokens_out) == expected


async def test_a_stream_has_its_usage_and_its_model():
    with LlmServer([streamed(*HALVES)]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.usage.tokens_in, got.usage.tokens_out, got.model) == (1000, 100, "fake-2026-01-01")


@pytest.mark.parametrize(
    "broken",
    [
        raw(b'data: {"choices": [{"delta": {"content": "x"}}]}\n\ndata: {"choi\n\n'),
        raw(b"data: 7\n\n"),
        raw(b"data: [DONE]\n\n"),
        raw(b": nothing else\n\n"),
        streamed({"content": GOOD[:90]}, end=False, finish=None),
        raw(streamed(*HALVES).body, cut_at=200),
        raw(b'data: {"choices": [{"delta": {"content": "x"}}]}\n\ndata: {"error": {"message": "gone"}}\n\n'),
        body({"message": {"content": ""}, "error": {"code": 502, "message": "upstream"}, "finish_reason": "error"}),
    ],
    ids=["damaged", "a number", "only an end", "only a comment", "cut", "connection lost", "error", "error in a choice"],
)  # fmt: skip
async def test_an_answer_that_broke_off_is_asked_for_again(broken):
    with LlmServer([broken, reply(answer())]) as server:
        async with engine(server.url) as model:
            assert (await model.answer(TASK)).attempts == 2
    assert len(server.requests) == 2


ROLES = {
    "Gemma": status(400, "System role not supported"),
    "Mistral": status(400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    "Mistral's other": status(400, "Only user and assistant roles are supported!"),
    "o1-mini": status(
        400, "Unsupported value: 'messages[0].role' does not support 'system' with this model.", param="messages[0].role"
    ),
    "Google": status(400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    "Bedrock": status(400, "This model doesn't support system messages. Try again without system messages."),
    "llama.cpp": status(500, "Jinja Exception: System role not supported"),
    "FastAPI": raw(
        b'{"detail": [{"loc": ["body", "messages", 0, "role"], "msg": "Input should be \'user\' or \'assistant\'"}]}', 422
    ),
    "gateway": status(422, "Unexpected role 'system'"),
    "plain text": raw(b"role 'system' is not supported", 400),
    "behind OpenRouter": raw(
        json.dumps(
            {"error": {"message": "Provider returned error", "code": 400,
                       "metadata": {"raw": '{"error": {"message": "System role not supported"}}'}}}
        ).encode(),
        400,
    ),
    "bare 500": raw(b"Internal Server Error", 500),
    "bare 500 in JSON": raw(b'{"error": {"code": 500, "message": "Internal Server Error", "type": "server_error"}}', 500),
    "bare 500 as a page": raw(b"<html>oops</html>", 500),
}  # fmt: skip


@pytest.mark.parametrize("refusal", ROLES.values(), ids=ROLES)
async def test_a_server_without_a_system_role_gets_its_text_in_the_user_message(refusal, tmp_path):
    def act(request: dict[str, Any]) -> Behaviour:
        return refusal if request["messages"][0]["role"] == "system" else reply(answer())

    memory = tmp_path / "servers.json"
    with LlmServer(act) as server:
        for _ in range(2):
            async with engine(server.url, memory=memory) as model:
                await model.answer(TASK)
    assert server.roles == [["system", "user"], ["user"], ["user"]]
    assert set(server.formats) == {"json_schema"}
    assert server.requests[1]["messages"][0]["content"] == f"{PROMPT.system}\n\n---\n\n{PROMPT.user}"
    assert json.loads(memory.read_text())[f"{server.url} fake"]["profile"]["system"] is False


async def test_roles_alternate_in_a_re_ask_without_a_system_role():
    def act(request: dict[str, Any]) -> Behaviour:
        roles = [message["role"] for message in request["messages"]]
        if roles != ["user", "assistant", "user"][: len(roles)]:
            return status(400, "Conversation roles must alternate user/assistant/user/assistant/...")
        return reply(answer(label="toast") if len(roles) == 1 else answer())

    with LlmServer(act) as server:
        async with engine(server.url) as model:
            assert (await model.answer(TASK)).answer.label == "wheat/pan"
    assert server.roles[1:] == [["user"], ["user", "assistant", "user"]]


async def test_a_bare_500_that_is_not_the_system_roles_leaves_it():
    def act(request: dict[str, Any]) -> Behaviour:
        return (
            reply(answer())
            if request.get("response_format", {}).get("type") == "json_object"
            else raw(b"", 500)
        )

    with LlmServer(act) as server:
        async with engine(server.url, max_attempts=6) as model:
            await model.answer(TASK)
    assert [roles[0] for roles in server.roles] == ["system", "user", "system", "system"]


async def test_a_bare_500_of_a_server_that_has_answered_is_an_outage():
    with LlmServer([reply(answer(label="toast")), raw(b"", 500), reply(answer())]) as server:
        async with engine(server.url) as model:
            await model.answer(TASK)
    assert {roles[0] for roles in server.roles} == {"system"}


STREAMS = {
    "DashScope": status(400, "This model only support stream mode, please enable the stream parameter."),
    "thinking": status(400, "parameter.enable_thinking must be set to false for non-streaming calls"),
    "gateway": raw(b'{"detail": "Stream must be set to true"}', 400),
    "other": status(422, "Non-streaming requests are not supported"),
    "required": status(400, "Streaming is required for this model"),
}


@pytest.mark.parametrize("refusal", STREAMS.values(), ids=STREAMS)
async def test_a_server_that_only_streams_is_streamed(refusal, tmp_path):
    def act(request: dict[str, Any]) -> Behaviour:
        return streamed(*HALVES) if request.get("stream") else refusal

    memory = tmp_path / "servers.json"
    with LlmServer(act) as server:
        for _ in range(2):
            async with engine(server.url, memory=memory) as model:
                got = await model.answer(TASK)
    assert [request.get("stream") for request in server.requests] == [None, True, True]
    assert set(server.formats) == {"json_schema"}
    assert got.usage.tokens_in == 1000
    assert json.loads(memory.read_text())[f"{server.url} fake"]["profile"]["stream"] == "counted"


async def test_a_server_that_streams_without_counting_is_not_asked_to_count():
    def act(request: dict[str, Any]) -> Behaviour:
        if "stream_options" in request:
            return status(422, "stream_options: Extra inputs are not permitted")
        return streamed(*HALVES) if request.get("stream") else status(400, "stream must be true")

    with LlmServer(act) as server:
        async with engine(server.url) as model:
            first, second = await model.answer(TASK), await model.answer(TASK)
    assert (first.attempts, second.attempts) == (3, 1)


async def test_a_server_that_no_longer_streams_is_asked_as_others():
    streams = True

    def act(request: dict[str, Any]) -> Behaviour:
        if bool(request.get("stream")) != streams:
            return status(400, f"streaming is {'required' if streams else 'not supported'}")
        return streamed(*HALVES) if streams else reply(answer())

    with LlmServer(act) as server:
        async with engine(server.url) as model:
            await model.answer(TASK)
            streams = False
            got = await model.answer(TASK)
    assert got.attempts == 2


def failed_sample(code: str, generation: str | None = '{"label": "rye"') -> Behaviour:
    """Groq's refusal of what the model wrote."""
    words = "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details."
    return status(400, words, type="invalid_request_error", code=code, failed_generation=generation)


@pytest.mark.parametrize("code", ["json_validate_failed", "tool_use_failed"])
async def test_a_rejected_sample_uses_the_re_ask(code, tmp_path):
    with LlmServer([failed_sample(code), reply(answer())]) as server:
        async with engine(server.url, memory=tmp_path / "servers.json") as model:
            first, second = await model.answer(TASK), await model.answer(TASK)
    assert (first.attempts, second.attempts) == (2, 1)
    assert server.formats == ["json_schema"] * 3
    assert server.roles[1] == ["system", "user", "assistant", "user"]
    assert server.requests[1]["messages"][2]["content"] == '{"label": "rye"'
    assert "does not fit the schema" in server.requests[1]["messages"][3]["content"]


async def test_a_rejected_sample_that_is_not_shown_keeps_the_roles_alternating():
    with LlmServer([failed_sample("json_validate_failed", ""), reply(answer())]) as server:
        async with engine(server.url) as model:
            await model.answer(TASK)
    assert server.roles[1] == ["system", "user"]
    assert server.requests[1] != server.requests[0]


async def test_samples_that_stay_rejected_step_down_the_ladder_after_the_re_ask():
    def act(request: dict[str, Any]) -> Behaviour:
        if "tools" in request:
            return failed_sample("tool_use_failed")
        return failed_sample("json_validate_failed") if "response_format" in request else reply(answer())

    with LlmServer(act) as server:
        async with engine(server.url) as model:
            await model.answer(TASK)
    assert server.formats == ["json_schema", "json_schema", "json_object", "tool", "prompt"]


async def test_a_sample_that_is_rejected_on_every_rung_is_one_papers_error():
    with LlmServer([failed_sample("json_validate_failed")]) as server:
        async with engine(server.url) as model:
            with pytest.raises(SchemaMismatch, match="Failed to generate JSON") as caught:
                await model.answer(TASK)
    assert server.formats == ["json_schema", "json_schema", "json_object", "tool", "prompt"]
    assert caught.value.raw == '{"label": "rye"'


@pytest.mark.parametrize(
    "refusal",
    [
        status(400, "Something about bread"),
        status(400, "Your input was flagged by our moderation", code="content_filter"),
        status(400, "max_tokens is too large: 4000. This model supports at most 2048 completion tokens"),
        status(422, "temperature must be hot"),
        status(404, "The model `fake` does not exist"),
        status(400, "Unsupported parameter: 'user'"),
    ],
)
async def test_no_400_is_repeated_unchanged(refusal):
    with LlmServer([refusal]) as server:
        async with engine(server.url, max_attempts=6) as model:
            with pytest.raises(Refused):
                await model.answer(TASK)
    sent = [json.dumps(request, sort_keys=True) for request in server.requests]
    assert len(sent) == len(set(sent))
    assert len(sent) <= 2


SAYS = [
    (400, {"message": "max_tokens is too large: 40000. This model supports at most 16384 completion tokens"},
     Refused, "lower max_output_tokens"),
    (400, {"message": "max_tokens: 8000 > 4096, which is the maximum allowed number of output tokens"},
     Refused, "lower max_output_tokens"),
    (400, {"message": "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"},
     Refused, "lower max_output_tokens"),
    (400, {"message": "`max_completion_tokens` must be less than or equal to `8192`"}, Refused, "lower max_output_tokens"),
    (400, {"message": "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length "
                      "is 4096 tokens and your request has 3500 input tokens"}, ContextOverflow, "max_output_tokens"),
    (403, {"message": "Your chosen model requires moderation and your input was flagged"}, Refused, "moderation rejected"),
    (403, {"message": "Blocked by our content policy"}, Refused, "moderation rejected"),
    (400, {"code": "content_filter", "message": "The response was filtered due to Azure OpenAI's content management policy"},
     Refused, "moderation rejected"),
    (400, {"code": "data_inspection_failed", "message": "Input data may contain inappropriate content."},
     Refused, "moderation rejected"),
    (403, {"message": "This key may not do that"}, Refused, "OPENAI_API_KEY"),
    (401, {"message": "Access denied due to invalid subscription key"}, Refused, "OPENAI_API_KEY"),
    (402, {"message": "Payment required"}, BudgetSpent, "billing"),
    (429, {"code": "insufficient_quota", "message": "quota"}, BudgetSpent, "billing"),
    (429, {"type": "insufficient_quota", "code": 429, "message": "quota"}, BudgetSpent, "billing"),
    (429, {"type": "exceeded_current_quota_error", "message": "suspended"}, BudgetSpent, "billing"),
    (400, {"message": "Your credit balance is too low to access the Anthropic API"}, BudgetSpent, "billing"),
    (403, {"message": "Sorry, your account balance is insufficient"}, BudgetSpent, "billing"),
    (429, {"message": "Rate limit reached: Limit 3, Used 3, Requested 1. Please try again in 20s."}, RateLimited, "fewer"),
    (429, {"code": "rate_limit_exceeded", "message": "Request too large for gpt-4 on tokens per min (TPM): Limit 10000"},
     ContextOverflow, "budget_tokens"),
    (413, {"message": "Request Entity Too Large"}, ContextOverflow, "budget_tokens"),
    (404, {"message": 'model "fake" not found, try pulling it first'}, Refused, "model's name"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "error", "kind", "words"), SAYS)
def test_what_an_error_response_means(code, error, kind, words):
    found = failure(code, {}, json.dumps({"error": error}), where="http://x")
    assert isinstance(found, kind)
    assert words in found.message
    if "moderation" in words:
        assert "KEY" not in found.message


@pytest.mark.parametrize(
    ("said", "headers", "wait_s"),
    [
        ("Please try again in 20s", {}, 20.0),
        ("Please retry in 36.5s.", {}, 36.5),
        ("try again in 250ms", {}, 0.25),
        ("Please retry after 6 seconds", {}, 6.0),
        ("try again in 2m", {}, 120.0),
        ("try again in 20s", {"retry-after": "3"}, 3.0),
        ("slow", {"x-ms-retry-after-ms": "1500"}, 1.5),
        ("slow", {"retry-after-ms": "20", "retry-after": "9"}, 0.02),
        ("slow", {}, None),
    ],
)
def test_how_long_a_busy_server_asks_to_wait(said, headers, wait_s):
    found = failure(429, headers, json.dumps({"error": {"message": said}}), where="http://x")
    assert isinstance(found, RateLimited)
    assert found.retry_after_s == wait_s


@pytest.mark.parametrize(
    "said",
    [
        "the request exceeds the available context size (4096 tokens), try increasing it",
        "request (5000 tokens) exceeds the available context size",
        "This model's maximum context length is 4096 tokens. However, you requested 8000 tokens",
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096",
        "The prompt (total length 9000) is too long to fit into the model (total length 4096)",
        "prompt too long; exceeded max context length by 100 tokens",
        "input length and `max_tokens` exceed context limit: 9000 + 4000 > 8192",
        "Trying to keep the first 5000 tokens when context the overflows. the model is loaded with context length of 4096",
        "The input (5000 tokens) is longer than the model's context length (4096 tokens)",
        "`inputs` tokens + `max_new_tokens` must be <= 4096",
        "Prompt length 5000 is greater than max_seq_len 4096",
        "The input token count (1200000) exceeds the maximum number of tokens allowed",
    ],
)
def test_each_wording_of_a_prompt_that_does_not_fit(said):
    assert is_overflow(said.lower())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("the model `x` does not exist", True),
        ("model 'x' not found", True),
        ("x is not a valid model id", True),
        ("invalid model: x", True),
        ("model not exist", True),
        ("deploymentnotfound the api deployment for this resource does not exist.", True),
        ("not_found_error model: x", True),
        ("response_format of type json_schema is not supported with this model", False),
        ("this model does not support logprobs.", False),
        ("404 page not found", False),
        ("not found", False),
    ],
)
def test_which_words_mean_that_there_is_no_such_model(words, expected):
    assert is_unknown_model(words) is expected


@pytest.mark.parametrize(
    "said",
    [
        "internal system error: message not delivered",
        "the system is not available",
        "response_format of type json_schema is not supported with this model",
        "this model does not support tools",
        "unsupported value: 'temperature' does not support 0.0 with this model.",
        "unknown parameter: 'response_format.schema'.",
        "logprobs is not supported for models created with logits_all=false",
        "",
    ],
)
def test_words_about_something_else_cost_neither_roles_nor_streams(said):
    assert not refuses_system_role(said)
    assert not wants_stream(said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("500 internal server error (server_error)", True),
        ("invalid_argument request contains an invalid argument.", True),
        ("cuda out of memory", False),
    ],
)
def test_which_words_explain_nothing(said, expected):
    assert unexplained(said) is expected


@pytest.mark.parametrize("schema", [None, SCHEMA])
@pytest.mark.parametrize("system", [True, False])
def test_the_question_is_the_same_however_it_is_put(schema, system):
    asked = [{"role": "system", "content": "File it."}, {"role": "user", "content": "A\n\n---\n\nB"}]
    request = {"model": "m", "max_tokens": 9, "messages": put(asked, schema, system=system)}
    assert question_of(request) == {"model": "m", "messages": asked, "room": 9}


def test_a_schema_that_is_echoed_is_not_taken_for_the_answer():
    echoed = json.dumps({"name": "answer", "parameters": SCHEMA})
    assert extract_object(f"{echoed}\n{GOOD}\n{echoed}", SCHEMA["required"]).text == GOOD


@pytest.mark.parametrize(
    "text", ["", "data", "hello: world", '{"a": 1', '"data: x"', "<html>data: x</html>", "[1]\n"]
)
def test_what_is_no_stream(text):
    assert merged(text) is None


def test_line_separators_inside_a_stream_do_not_end_its_lines():
    text = "data: " + json.dumps({"choices": [{"delta": {"content": "a\u2028b\x85c"}}]}, ensure_ascii=False)
    stream = merged(text)
    assert stream is not None
    assert stream["choices"][0]["message"]["content"] == "a\u2028b\x85c"


async def test_a_tool_reply_in_a_stream_is_asked_for_as_before():
    with LlmServer([status(400, "response_format is not supported")] * 2 + [tool_reply(answer())]) as server:
        async with engine(server.url) as model:
            assert (await model.answer(TASK)).attempts == 3
    assert server.formats == ["json_schema", "json_object", "tool"]
