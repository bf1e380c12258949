"""How the engine finds out what a server accepts, how many requests that takes, and that it remembers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engines.openai.ladder import RUNGS, Findings, Profile, fits, unexplained
from classifier.errors import ModelUnavailable, Refused
from tests.engine_kit import SCHEMA, TASK, answer, engine
from tests.llm_server import Behaviour, LlmServer, raw, reply, status, tool_reply
from tests.waiting import WAIT_S

NO_SCHEMA = status(400, "response_format of type json_schema is not supported with this model")
LLAMACPP = status(
    500, "[{'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\"}]"
)
NO_SUCH_KEY = status(400, "Unknown parameter: 'response_format.schema'.", param="response_format.schema")
NO_TOOLS = status(422, "this model does not support tools")


def knows(*rungs: str, refusal: Behaviour = NO_SCHEMA) -> Any:
    """A server that accepts only these rungs."""

    def act(body: dict[str, Any]) -> Behaviour:
        rung = "tool" if "tools" in body else body.get("response_format", {}).get("type", "prompt")
        if rung not in rungs:
            return NO_TOOLS if rung == "tool" else refusal
        return tool_reply(answer()) if rung == "tool" else reply(answer())

    return act


@pytest.mark.parametrize(
    ("script", "formats"),
    [
        (knows("json_schema"), ["json_schema"]),
        (knows("json_object"), ["json_schema", "json_object"]),
        (knows("json_object", refusal=LLAMACPP), ["json_schema", "json_object"]),
        (knows("tool", refusal=NO_SUCH_KEY), ["json_schema", "json_object", "tool"]),
        (knows("prompt"), ["json_schema", "json_object", "tool", "prompt"]),
    ],
    ids=["json_schema", "json_object", "json_object after HTTP 500", "tool", "prompt only"],
)
async def test_the_ladder_is_climbed_down_one_request_a_rung_and_only_once(script, formats):
    with LlmServer(script) as server:
        async with engine(server.url) as model:
            first, second = await model.answer(TASK), await model.answer(TASK)
    assert server.formats == [*formats, formats[-1]]
    assert (first.answer.label, first.attempts, second.attempts) == ("wheat/pan", len(formats), 1)


async def test_the_schema_stands_in_the_prompt_where_the_server_may_not_enforce_it():
    with LlmServer(knows("prompt")) as server:
        async with engine(server.url) as model:
            await model.answer(TASK)
    shown = ['"runner_up"' in body["messages"][0]["content"] for body in server.requests]
    assert shown == [False, True, False, True]
    assert server.requests[1]["response_format"] == {"type": "json_object", "schema": SCHEMA}
    assert server.requests[2]["tool_choice"] == {"type": "function", "function": {"name": "answer"}}


async def test_findings_outlive_the_process(tmp_path):
    memory = tmp_path / "deep" / "servers.json"
    with LlmServer(knows("tool")) as server:
        for _ in range(2):
            async with engine(server.url, memory=memory) as model:
                await model.answer(TASK)
        async with engine(server.url, memory=memory, model="other") as model:
            await model.answer(TASK)
    assert server.formats == [
        "json_schema",
        "json_object",
        "tool",
        "tool",
        "json_schema",
        "json_object",
        "tool",
    ]
    assert "sk-secret" not in memory.read_text()


async def test_a_damaged_memory_is_replaced(tmp_path):
    memory = tmp_path / "servers.json"
    memory.write_bytes(b'{"http://x": {"profile": \xff')
    with LlmServer(knows("json_object")) as server:
        async with engine(server.url, memory=memory) as model:
            assert (await model.answer(TASK)).attempts == 2
    assert json.loads(memory.read_text())[f"{server.url} fake"]["profile"]["rung"] == "json_object"


async def test_a_memory_that_cannot_be_written_costs_nothing_but_itself(tmp_path):
    (tmp_path / "file").write_text("")
    with LlmServer(knows("json_schema")) as server:
        async with engine(server.url, memory=tmp_path / "file" / "servers.json") as model:
            assert (await model.answer(TASK)).attempts == 1


def test_findings_expire_and_what_was_inferred_expires_sooner(tmp_path, monkeypatch):
    findings = Findings(tmp_path / "servers.json")
    findings.keep("told", Profile(rung="tool"), spoken=True)
    findings.keep("guessed", Profile(rung="tool"), spoken=False)
    now = time.time()
    monkeypatch.setattr("classifier.engines.openai.ladder.time.time", lambda: now + 2 * 86_400)
    assert findings.get("told") == Profile(rung="tool")
    assert findings.get("guessed") is None
    monkeypatch.setattr("classifier.engines.openai.ladder.time.time", lambda: now + 31 * 86_400)
    assert findings.get("told") is None


def test_writers_at_the_same_time_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("classifier.engines.openai.ladder._LOCK_S", WAIT_S)
    path = tmp_path / "servers.json"
    threads = [
        threading.Thread(
            target=lambda n=n: Findings(path).keep(f"server {n}", Profile(rung="tool"), spoken=True)
        )
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(Findings(path).get(f"server {n}") for n in range(12))
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".servers")] == []


async def test_a_wordless_500_that_stays_is_taken_for_the_rung_and_not_for_ever():
    with LlmServer(knows("json_object", refusal=raw(b"Internal Server Error", 500))) as server:
        async with engine(server.url, max_attempts=6) as model:
            got = await model.answer(TASK)
            again = await model.answer(TASK)
    # twice as it was, once without logprobs, then the next rung
    assert server.formats == ["json_schema", "json_schema", "json_schema", "json_object", "json_object"]
    assert ["logprobs" in body for body in server.requests] == [True, True, False, False, False]
    assert (got.attempts, again.attempts) == (4, 1)


async def test_after_a_first_success_a_500_is_an_outage_and_changes_nothing():
    script = [reply(answer()), *[status(500)] * 3, reply(answer())]
    with LlmServer(script) as server:
        async with engine(server.url, max_attempts=4) as model:
            await model.answer(TASK)
            got = await model.answer(TASK)
    assert set(server.formats) == {"json_schema"}
    assert got.attempts == 4


async def test_an_outage_at_first_is_not_remembered(tmp_path):
    memory = tmp_path / "servers.json"
    with LlmServer([status(500)]) as server:
        async with engine(server.url, memory=memory, max_attempts=5) as model:
            with pytest.raises(ModelUnavailable):
                await model.answer(TASK)
    assert len(server.requests) == 5
    assert not memory.exists()


async def test_a_400_without_a_reason_is_taken_for_the_request_and_stepped_down_from():
    with LlmServer(knows("tool", refusal=raw(b"", 400))) as server:
        async with engine(server.url) as model:
            got = await model.answer(TASK)
    assert got.attempts == len(server.requests) == 4
    assert server.formats == ["json_schema", "json_schema", "json_object", "tool"]


async def test_a_server_that_ignores_the_schema_is_re_asked_a_rung_lower_and_known_from_then_on():
    def act(body: dict[str, Any]) -> Behaviour:
        return reply(answer() if body["response_format"]["type"] == "json_object" else {"leaf": "rye"})

    with LlmServer(act) as server:
        async with engine(server.url) as model:
            first, second = await model.answer(TASK), await model.answer(TASK)
    assert server.formats == ["json_schema", "json_object", "json_object"]
    assert (first.attempts, second.attempts) == (2, 1)


async def test_a_limit_that_only_the_validator_knows_does_not_cost_a_rung():
    with LlmServer([reply(answer(rationale="x" * 2000)), reply(answer())]) as server:
        async with engine(server.url) as model:
            await model.answer(TASK)
    assert server.formats == ["json_schema", "json_schema"]


async def test_a_suspicion_is_dropped_where_the_lower_rung_gives_no_reply(tmp_path):
    memory = tmp_path / "servers.json"
    script = [reply({"leaf": "rye"}), status(503), status(503), reply(answer())]
    with LlmServer(script) as server:
        async with engine(server.url, max_attempts=2, memory=memory) as model:
            with pytest.raises(ModelUnavailable):
                await model.answer(TASK)
            await model.answer(TASK)
    assert server.formats == ["json_schema", "json_object", "json_object", "json_schema"]


@pytest.mark.parametrize(
    ("refusal", "gone", "kept"),
    [
        (
            status(400, "Unsupported value: 'temperature' does not support 0.0 with this model."),
            "temperature",
            "logprobs",
        ),
        (status(400, "This model does not support logprobs.", param="logprobs"), "logprobs", "temperature"),
        (
            status(500, "logprobs is not supported for models created with logits_all=False"),
            "logprobs",
            "temperature",
        ),
        (status(422, "temperature: Extra inputs are not permitted"), "temperature", "logprobs"),
    ],
)
async def test_a_parameter_that_the_server_names_is_left_out_from_then_on(refusal, gone, kept):
    with LlmServer(lambda body: refusal if gone in body else reply(answer())) as server:
        async with engine(server.url) as model:
            first, second = await model.answer(TASK), await model.answer(TASK)
    assert [gone in body for body in server.requests] == [True, False, False]
    assert all(kept in body for body in server.requests)
    assert set(server.formats) == {"json_schema"}
    assert (first.attempts, second.attempts) == (2, 1)


async def test_the_output_limit_takes_the_name_that_the_server_wants():
    refusal = status(
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
    )
    with LlmServer(lambda body: refusal if "max_tokens" in body else reply(answer())) as server:
        async with engine(server.url, max_output_tokens=500) as model:
            assert (await model.answer(TASK)).attempts == 2
    assert server.requests[1]["max_completion_tokens"] == 500


async def test_a_server_that_contradicts_itself_is_given_up_on():
    def act(body: dict[str, Any]) -> Behaviour:
        limit = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        return status(400, f"Unsupported parameter: {limit}")

    with LlmServer(act) as server:
        async with engine(server.url) as model:
            with pytest.raises(Refused, match="Unsupported parameter"):
                await model.answer(TASK)
    assert len(server.requests) == 2


async def test_a_full_house_finds_out_once():
    with LlmServer(knows("tool")) as server:
        async with engine(server.url) as model:
            await asyncio.gather(*(model.answer(TASK) for _ in range(10)))
    assert server.formats == ["json_schema", "json_object", "tool", *["tool"] * 9]


async def test_validation_errors_that_quote_the_prompt_do_not_pass_for_the_servers_words():
    detail = [{"loc": ["body", "user"], "msg": "Field required", "input": "response_format tools logprobs"}]
    with LlmServer([raw(json.dumps({"detail": detail}).encode(), 422)]) as server:
        async with engine(server.url) as model:
            with pytest.raises(Refused, match=r"body\.user: Field required"):
                await model.answer(TASK)
    assert len(server.requests) == 1


def test_fits_tells_what_a_strict_server_could_not_have_let_through():
    assert fits(answer(), SCHEMA)
    assert fits(answer(confidence=15, runner_up=None), SCHEMA)
    for broken in (
        answer(label="toast"),
        answer(confidence="high"),
        answer(confidence=True),
        answer(extra=1),
        answer(secondary="rye"),
        answer(runner_up=3),
        {},
        [],
        None,
    ):
        assert not fits(broken, SCHEMA), broken


@pytest.mark.parametrize(
    ("said", "expected"),
    [(" ", True), ("bad request", True), ("invalid_request_error ", True), ("model 'x' not found", False)],
)
def test_unexplained(said, expected):
    assert unexplained(said) is expected


profiles = st.builds(
    Profile,
    rung=st.sampled_from(RUNGS),
    limit=st.sampled_from(["max_tokens", "max_completion_tokens"]),
    temperature=st.booleans(),
    logprobs=st.booleans(),
)


@given(profiles, st.text(max_size=60))
def test_no_words_of_a_server_make_a_profile_climb_up(profile, said):
    after = profile.after(said.lower())
    if after is not None:
        assert RUNGS.index(after.rung) >= RUNGS.index(profile.rung)
        assert after.temperature <= profile.temperature
        assert after.logprobs <= profile.logprobs


@given(profiles)
def test_giving_things_up_ends(profile):
    steps = 0
    while (weaker := profile.weaker()) is not None:
        profile, steps = weaker, steps + 1
    assert (profile.rung, profile.logprobs) == ("prompt", False)
    assert steps <= len(RUNGS)


@given(profiles, profiles)
def test_two_findings_meet_at_what_both_leave(one, other):
    met = one.merge(other)
    assert met == met.merge(met)
    assert RUNGS.index(met.rung) == max(RUNGS.index(one.rung), RUNGS.index(other.rung))


@given(profiles)
def test_a_profile_is_read_as_an_earlier_version_stored_it(profile):
    assert Profile.stored(asdict(profile) | {"seed": False}) == profile


@given(profiles)
def test_profiles_survive_the_disk(tmp_path_factory, profile):
    path: Path = tmp_path_factory.mktemp("findings") / "servers.json"
    Findings(path).keep("here", profile, spoken=True)
    assert Findings(path).get("here") == profile
