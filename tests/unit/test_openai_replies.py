"""What the user gets, and how many requests it took, for each kind of reply a model can give."""

from __future__ import annotations

import json

import pytest

from classifier.errors import (
    ConfigError,
    NotJson,
    Refused,
    SchemaMismatch,
    Truncated,
    UnknownLabel,
)
from classifier.model.reply import Answer
from classifier.settings import Price
from tests.engine_kit import PROMPT, SCHEMA, TASK, answer, engine
from tests.llm_server import LlmServer, reply, tool_reply


async def test_a_good_reply_becomes_a_reply_with_answer_usage_and_raw_text():
    usage = {"prompt_tokens": 900, "completion_tokens": 80, "prompt_tokens_details": {"cached_tokens": 700}}
    prices = {"fake": Price(input=1.0, cached_input=0.1, output=10.0)}
    with LlmServer([reply(answer(), usage=usage)]) as server:
        async with engine(server.url, prices=prices) as model:
            got = await model.answer(TASK)
    assert isinstance(got.answer, Answer)
    assert (got.answer.label, got.answer.confidence, got.confidence_source) == ("wheat/pan", 0.7, "stated")
    assert (got.engine, got.model, got.attempts, len(server.requests)) == ("openai", "fake-2026-01-01", 1, 1)
    assert (got.usage.tokens_in, got.usage.tokens_out, got.usage.tokens_cached) == (900, 80, 700)
    assert got.usage.cost_usd == pytest.approx((200 * 1.0 + 700 * 0.1 + 80 * 10.0) / 1e6)
    assert json.loads(got.raw) == answer()
    assert got.latency_s > 0
    assert got.notices == ()
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert [m["content"] for m in server.requests[0]["messages"]] == [PROMPT.system, PROMPT.user]


async def test_an_unknown_price_is_said_and_is_not_zero():
    with LlmServer([reply(answer())]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert got.usage.cost_usd is None
    assert [notice.code for notice in got.notices] == ["unknown-price"]


async def test_a_server_that_counts_far_too_few_prompt_tokens_is_reported_as_cutting():
    with LlmServer([reply(answer(), usage={"prompt_tokens": 20, "completion_tokens": 9})]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert "prompt-cut" in [notice.code for notice in got.notices]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (answer(label="wheat/toast"), "wheat/toast"),
        (answer(secondary=["toast"]), "secondary"),
        (answer(answers={"leaven": {"answer": "magic", "quote": None}}), "magic"),
        ({"label": "rye"}, "rationale"),
        ("I would say rye.", "not valid JSON"),
        ('{"label": "rye",}', "not valid JSON"),
    ],
)
async def test_a_whole_but_wrong_reply_is_asked_again_once_with_the_reason(wrong, words):
    with LlmServer([reply(wrong), reply(answer(label="rye", runner_up=None))]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.answer.label, got.attempts, len(server.requests)) == ("rye", 2, 2)
    assert got.usage.tokens_in == 2000
    *_, said, reason = server.requests[1]["messages"]
    assert said == {"role": "assistant", "content": wrong if isinstance(wrong, str) else json.dumps(wrong)}
    assert reason["role"] == "user"
    assert words in reason["content"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (answer(label="wheat/toast"), UnknownLabel),
        (answer(runner_up=7), SchemaMismatch),
        ("Rye, surely.", NotJson),
    ],
)
async def test_a_reply_that_stays_wrong_is_an_error_after_two_requests(wrong, error):
    with LlmServer([reply(wrong)]) as server:
        async with engine(server.url) as model:
            with pytest.raises(error) as caught:
                await model.answer(TASK)
    assert len(server.requests) == 2
    assert caught.value.attempts == 2
    assert caught.value.usage.tokens_in == 2000
    assert caught.value.raw == (wrong if isinstance(wrong, str) else json.dumps(wrong))


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        (5, "5"),
        (85, "85"),
        (-1, "-1"),
        ("high", '"high"'),
        (None, "null"),
        (True, "true"),
        (float("nan"), "NaN"),
    ],
)
async def test_a_label_is_kept_where_its_stated_confidence_is_no_probability(stated, shown):
    with LlmServer([reply(answer(confidence=stated))]) as server:
        async with engine(server.url, prices={"fake": Price(input=1, output=1)}) as model:
            got = await model.answer(TASK)
    assert len(server.requests) == 1
    assert (got.answer.label, got.answer.confidence, got.confidence_source) == ("wheat/pan", None, "unknown")
    [notice] = got.notices
    assert notice.code == "unusable-confidence"
    assert f"stated the confidence {shown}, expected a number from 0 to 1" in notice.message


async def test_the_re_ask_uses_the_callers_template():
    with LlmServer([reply(answer(label="toast")), reply(answer())]) as server:
        async with engine(server.url, repair=lambda reason: f"<<{reason}>>") as model:
            await model.answer(TASK)
    assert server.requests[1]["messages"][-1]["content"].startswith("<<label is 'toast'; expected one of")


async def test_an_answer_that_contradicts_its_label_passes_here():
    contradictory = answer(label="rye", answers={"leaven": {"answer": "yeast", "quote": None}})
    with LlmServer([reply(contradictory)]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.answer.label, got.answer.answers[0].answer, len(server.requests)) == ("rye", "yeast", 1)


async def test_a_runner_up_equal_to_the_label_is_dropped():
    with LlmServer([reply(answer(runner_up="wheat/pan"))]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert got.answer.runner_up is None


@pytest.mark.parametrize(
    "text",
    [
        "```json\n{}\n```",
        '<think>Is it {{rye}}? {{"label": 1}} no.</think>\n{}',
        "Here you are: {}\nBest wishes {{x}}",
    ],
    ids=["fenced", "reasoning first", "prose around"],
)
async def test_the_json_object_is_found_inside_the_reply(text):
    with LlmServer(
        [
            reply(
                text.format(json.dumps(answer()))
                if "{{" in text
                else text.replace("{}", json.dumps(answer()))
            )
        ]
    ) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.answer.label, len(server.requests)) == ("wheat/pan", 1)


async def test_a_reply_cut_by_the_output_limit_is_asked_again_with_more_room():
    with LlmServer([reply('{"answers": {"leaven"', finish="length"), reply(answer())]) as server:
        async with engine(server.url, max_output_tokens=300) as model:
            got = await model.answer(TASK)
    assert [body["max_tokens"] for body in server.requests] == [300, 600]
    assert (got.answer.label, got.attempts) == ("wheat/pan", 2)
    assert len(server.requests[1]["messages"]) == 2


async def test_a_reply_that_is_cut_whatever_the_room_is_truncated_after_three_requests():
    with LlmServer([reply('{"answers": {', finish="length")]) as server:
        async with engine(server.url, max_output_tokens=300) as model:
            with pytest.raises(Truncated, match=r"1200 tokens.*max_output_tokens") as caught:
                await model.answer(TASK)
    assert [body["max_tokens"] for body in server.requests] == [300, 600, 1200]
    assert caught.value.raw == '{"answers": {'


async def test_reasoning_that_eats_all_the_room_gets_more():
    with LlmServer([reply("", finish="length", reasoning_content="hm"), reply(answer())]) as server:
        async with engine(server.url) as model:
            assert (await model.answer(TASK)).attempts == 2


async def test_a_whole_object_is_taken_even_where_the_limit_came_right_after_it():
    with LlmServer([reply(answer(), finish="length")]) as server:
        async with engine(server.url) as model:
            assert (await model.answer(TASK)).attempts == 1


@pytest.mark.parametrize(
    "declined",
    [reply(None, refusal="I cannot\nhelp with that."), reply("I", finish="content_filter")],
    ids=["refusal", "content filter"],
)
async def test_a_refusal_is_not_asked_again(declined):
    with LlmServer([declined]) as server:
        async with engine(server.url) as model:
            with pytest.raises(Refused, match="declined") as caught:
                await model.answer(TASK)
    assert len(server.requests) == 1
    assert not caught.value.retryable
    assert caught.value.usage.tokens_in == 1000


async def test_a_forced_tools_arguments_are_the_reply():
    with LlmServer([tool_reply(answer())]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert got.answer.label == "wheat/pan"
    assert json.loads(got.raw) == answer()


async def test_an_engine_without_a_prompt_is_a_programming_error():
    async with engine("http://127.0.0.1:9/v1") as model:
        with pytest.raises(ValueError, match=r"Task\.prompt"):
            await model.answer(TASK.model_copy(update={"prompt": None}))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": None}, "CLASSIFIER_MODEL"),
        ({"api_key": None, "base_url": None}, "OPENAI_API_KEY"),
        ({"base_url": "localhost:8000"}, "base URL"),
        ({"base_url": "http://[::1"}, "base URL"),
        ({"api_key": "sk-top secret"}, "API key"),
    ],
)
async def test_settings_that_cannot_work_are_refused_without_showing_the_key(options, words):
    with pytest.raises(ConfigError, match=words) as caught:
        async with engine(options.pop("base_url", "http://127.0.0.1:9/v1"), **options):
            pass
    assert "top" not in str(caught.value)


async def test_half_a_character_in_the_paper_or_the_reply_breaks_nothing():
    torn = TASK.model_copy(update={"prompt": PROMPT.model_copy(update={"user": "We bake \ud83c."})})
    with LlmServer([reply("rye \ud800"), reply(answer())]) as server:
        async with engine(server.url) as model:
            got = await model.answer(torn)
    assert got.attempts == len(server.requests) == 2
    assert server.requests[0]["messages"][1]["content"] == "We bake ?."
    assert server.requests[1]["messages"][2]["content"] == "rye ?"
