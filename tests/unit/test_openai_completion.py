"""Reading response bodies, finding the JSON object in a reply, and the label's probability in its tokens."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engines.openai.completion import TokenAlternatives, extract_object, read_completion
from classifier.engines.openai.logprobs import label_probability
from classifier.errors import ModelUnavailable
from classifier.settings import Price
from tests.engine_kit import SCHEMA, TASK, TAXONOMY, answer, engine
from tests.llm_server import LlmServer, reply, status

KEYS = SCHEMA["required"]
GOOD = json.dumps(answer())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, GOOD),
        (f"```json\n{GOOD}\n```", GOOD),
        (f"```\n{GOOD}```", GOOD),
        (f"<think>{{ a brace, and {GOOD[:50]}</think>{GOOD}", GOOD),
        (f"Use {{ to open. {GOOD}", GOOD),
        (f"{{not json}} {GOOD} {{}}", GOOD),
        (f'{{"label": "rye"}} is my first thought. {GOOD}', GOOD),
        (f'{GOOD} and {{"x": 1}}', GOOD),
        ('{"label": "r}y{e\\""}', '{"label": "r}y{e\\""}'),
        ('{"label": "rye",}', '{"label": "rye",}'),
    ],
)
def test_the_object_is_found(text, expected):
    found = extract_object(text, KEYS)
    assert (found.state, found.text) == ("whole", expected)


@pytest.mark.parametrize("text", ["", "rye", "[1, 2]", "no brace } here"])
def test_a_reply_without_an_object_is_left_as_it_is(text):
    found = extract_object(text, KEYS)
    assert (found.state, found.text) == ("none", text)


@given(st.integers(min_value=1, max_value=len(GOOD) - 1), st.sampled_from(["", "```json\n", "Well: "]))
def test_an_object_cut_anywhere_is_known_as_cut(length, before):
    assert extract_object(before + GOOD[:length], KEYS).state == "cut"


@given(st.text(max_size=200))
def test_any_text_is_survived(text):
    assert extract_object(text, KEYS).state in ("whole", "cut", "none")


def test_hostile_nesting_is_survived():
    for text in ("{" * 200_000, '{"a":' * 50_000 + "}" * 50_000, '{"' * 100_000):
        assert extract_object(text, KEYS).state in ("whole", "cut")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{}]},
        {"choices": ["x"]},
        {"choices": [{"message": None}]},
    ],
)
def test_a_body_without_a_message_is_a_server_error(body):
    with pytest.raises(ModelUnavailable, match=r"choices\[0\]\.message"):
        read_completion(body)


def test_odd_bodies_are_read_as_far_as_they_go():
    message: dict[str, Any] = {
        "content": [{"type": "text", "text": "a"}, {"text": "b"}, 7],
        "refusal": 3,
        "tool_calls": [None],
    }
    body = {
        "choices": [{"message": message, "finish_reason": 9, "logprobs": []}],
        "usage": {"prompt_tokens": "many"},
    }
    read = read_completion(body)
    assert (read.text, read.finish, read.refusal, read.model, read.tokens) == ("ab", None, None, None, ())
    assert read.usage.tokens_in is None


def test_arguments_of_a_tool_may_come_as_an_object():
    call = {"function": {"name": "answer", "arguments": {"label": "rye"}}}
    read = read_completion({"choices": [{"message": {"content": "x", "tool_calls": [call]}}]})
    assert read.text == '{"label": "rye"}'


def test_cached_tokens_are_read_under_either_name():
    choices = [{"message": {"content": "x"}}]
    one = read_completion({"choices": choices, "usage": {"prompt_tokens_details": {"cached_tokens": 5}}})
    other = read_completion({"choices": choices, "usage": {"prompt_cache_hit_tokens": 6}})
    assert (one.usage.tokens_cached, other.usage.tokens_cached) == (5, 6)


def tokens_of(*pieces: str | tuple[str, dict[str, float]]) -> list[TokenAlternatives]:
    """Tokens with probability 1, or with the probabilities given (the first is the one written)."""
    made = []
    for piece in pieces:
        text, top = piece if isinstance(piece, tuple) else (piece, {piece: 1.0})
        logs = [(name.encode(), math.log(p)) for name, p in top.items()]
        made.append(TokenAlternatives(text.encode(), math.log(top[text]), tuple(logs)))
    return made


def written(tokens: list[TokenAlternatives]) -> str:
    return b"".join(token.data for token in tokens).decode()


def test_the_labels_probability_is_the_product_over_its_tokens():
    tokens = tokens_of(
        '{"x": ["label", {"label": "rye"}], "label',
        '": "',
        ("wheat", {"wheat": 0.8, "rye": 0.15, "zzz": 0.05}),
        "/",
        ("pan", {"pan": 0.75, "hearth": 0.25}),
        '"}',
    )
    found = label_probability(written(tokens), tokens, "label", TAXONOMY.labels)
    assert found is not None
    assert found.p == pytest.approx(0.6)
    assert found.distribution == {}  # .05 of the mass is nobody's


def test_alternatives_become_a_distribution_where_they_cover_the_mass():
    tokens = tokens_of(
        '```json\n{"label": ',
        ('"w', {'"w': 0.8, '"r': 0.1, '"o': 0.09, "'": 0.01}),
        "heat/",
        ("pan", {"pan": 0.75, "hearth": 0.25}),
        '", "confidence": 0.2}',
        "\n```",
    )
    text = written(tokens).removeprefix("```json\n").removesuffix("\n```")
    found = label_probability(text, tokens, "label", TAXONOMY.labels)
    assert found is not None
    assert found.p == pytest.approx(0.6)
    assert sum(found.distribution.values()) == pytest.approx(1)
    assert found.distribution["wheat/hearth"] == pytest.approx(0.2 / 0.99)
    assert found.distribution["out-of-scope"] == pytest.approx(0.09 / 0.99)
    assert found.distribution["unplaced"] == 0


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        tokens_of("something else"),
        tokens_of('{"label": "rye"}', '{"label": "rye"}'),
        tokens_of('{"label": "', ("rye", {"rye": 0.01, "}": 0.99}), '"}'),
    ],
    ids=["none", "other text", "object twice", "less likely than a blind draw"],
)
def test_no_probability_rather_than_a_guess(tokens):
    assert label_probability('{"label": "rye"}', tokens, "label", TAXONOMY.labels) is None


def test_tokens_that_split_a_character_are_joined_by_their_bytes():
    euro = "€".encode()
    tokens = [
        *tokens_of('{"rationale": "'),
        TokenAlternatives(euro[:1], 0.0),
        TokenAlternatives(euro[1:], 0.0),
        *tokens_of('", "label": "', ("rye", {"rye": 0.9}), '"}'),
    ]
    found = label_probability('{"rationale": "€", "label": "rye"}', tokens, "label", TAXONOMY.labels)
    assert found is not None
    assert found.p == pytest.approx(0.9)


def as_logprobs(text: str, label: str, p: float) -> list[dict[str, Any]]:
    """What a server would send for a reply whose label is one token."""
    before, after = text.split(f'"label": "{label}"')
    pieces = [(before + '"label": "', 1.0), (label, p), ('"' + after, 1.0)]
    return [
        {"token": t, "bytes": list(t.encode()), "logprob": math.log(x), "top_logprobs": []} for t, x in pieces
    ]


async def test_confidence_comes_from_the_tokens_where_the_server_gives_them():
    with LlmServer([reply(GOOD, logprobs=as_logprobs(GOOD, "wheat/pan", 0.9))]) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (server.requests[0]["logprobs"], server.requests[0]["top_logprobs"]) == (True, 5)
    assert (got.confidence_source, got.answer.confidence) == ("logprobs", pytest.approx(0.9))
    assert json.loads(got.raw)["confidence"] == 0.7


async def test_token_probabilities_take_the_place_of_a_stated_confidence_that_is_none():
    wrong = GOOD.replace("0.7", "85")
    with LlmServer([reply(wrong, logprobs=as_logprobs(wrong, "wheat/pan", 0.9))]) as server:
        async with engine(server.url, prices={"fake": Price(input=1, output=1)}) as model:
            got = await model.answer(TASK)
    assert (got.confidence_source, got.answer.confidence) == ("logprobs", pytest.approx(0.9))
    assert (len(server.requests), got.notices) == (1, ())


async def test_log_probabilities_are_not_asked_for_when_switched_off():
    with LlmServer([reply(GOOD, logprobs=as_logprobs(GOOD, "wheat/pan", 0.9))]) as server:
        async with engine(server.url, logprobs=False) as model:
            got = await model.answer(TASK)
    assert "logprobs" not in server.requests[0]
    assert (got.confidence_source, got.answer.confidence) == ("stated", 0.7)


async def test_a_model_that_refuses_them_falls_back_to_the_stated_confidence():
    refusal = status(403, "You are not allowed to request logprobs from this model")
    with LlmServer(lambda body: refusal if "logprobs" in body else reply(GOOD)) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert (got.confidence_source, got.answer.confidence, got.attempts) == ("stated", 0.7, 2)


@pytest.mark.parametrize("broken", [[{"token": "x"}], [{"token": "x", "logprob": "low"}], [None], "x"])
async def test_broken_log_probabilities_are_passed_over(broken):
    with LlmServer([reply(GOOD, logprobs=broken)]) as server:
        async with engine(server.url) as model:
            assert (await model.answer(TASK)).confidence_source == "stated"
