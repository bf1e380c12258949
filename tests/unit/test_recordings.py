"""Conversations recorded and replayed: equal replies, equal counts, no server, no secrets."""

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.engines.openai import OpenAIEngine
from classifier.engines.openai.canonical import request_sha256
from classifier.engines.openai.conversation import StructuredModel
from classifier.engines.openai.retry import Waits
from classifier.engines.openai.transport import OpenAITransport
from classifier.errors import (
    ConfigError,
    ContextOverflow,
    ModelError,
    NoRecording,
    Refused,
    ReplyError,
    StoreError,
)
from classifier.evaluation.recorded_engines import (
    About,
    RecordingEngine,
    ReplayEngine,
    profile_of,
    read_about,
    task_sha256,
    write_about,
)
from classifier.model.reply import Reply
from classifier.model.task import Task
from tests.engine_kit import PROMPT, SCHEMA, TASK, answer, engine_options
from tests.llm_server import Behaviour, LlmServer, raw, reply, reset, status

KEY = "sk-planted-0123456789"


def maker(**options: Any) -> Any:
    def make(**more: Any) -> OpenAIEngine:
        quick = Waits(first_s=0.01, longest_s=0.02, total_s=2.0)
        given = {"max_attempts": 4, "waits": quick} | options | more
        return OpenAIEngine(StructuredModel(model="fake", **engine_options(**given)))

    return make


def task(words: str) -> Task:
    return TASK.model_copy(update={"prompt": PROMPT.model_copy(update={"user": words})})


async def outcome(engine: RecordingEngine | ReplayEngine, asked: Task) -> Reply | tuple[str, str, int]:
    """The reply except for its latency, or what the error says."""
    try:
        return (await engine.answer(asked)).model_copy(update={"latency_s": 0.0})
    except (ModelError, ReplyError) as error:
        return error.code, error.message, error.attempts


async def record(script: list[Behaviour], folder: Path, tasks: list[Task]) -> list[Any]:
    with LlmServer(script) as server:
        inner = OpenAITransport(api_key=KEY, base_url=server.url, timeout_s=60)
        folder.mkdir(exist_ok=True)
        engine = RecordingEngine(maker(), inner, model="fake", folder=folder, secrets=(KEY,))
        found = [await outcome(engine, asked) for asked in tasks]
        await engine.aclose()
    return found


SCRIPTS = {
    "a plain answer": [reply(answer())],
    "retries": [status(429, headers={"retry-after": "0"}), status(503), reset(), reply(answer())],
    "a broken body": [raw(b"{"), reply(answer())],
    "an empty reply": [reply(""), reply(answer())],
    "a reply cut in transport": [reply('{"answers": {"leaven"'), reply(answer())],
    "a re-ask": [reply(answer(label="stone")), reply(answer(label="rye"))],
    "two wrong replies": [reply(answer(label="stone"))],
    "the way down the ladder": [
        status(400, "response_format json_schema is not supported"),
        status(400, "unknown parameter: response_format"),
        status(400, "logprobs are not supported"),
        reply(answer()),
    ],
    "wordless failures": [status(500, ""), status(500, ""), reply(answer())],
    "a refusal": [reply(None, refusal="I would rather not.")],
    "a rejected request": [status(400, f"flagged by policy 17, {KEY}")],
    "a window too small": [status(400, "maximum context length exceeded", code="context_length_exceeded")],
    "torn characters": [reply(answer(rationale="half a pair: \ud800."))],
    "more room": [reply('{"answers"', finish="length"), reply(answer())],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
async def test_a_replay_gives_what_was_recorded_with_the_same_attempts_and_tokens(tmp_path, script):
    folder = tmp_path / "r"
    recorded = await record(script, folder, [TASK])
    engine = ReplayEngine(maker(), model="fake", folder=folder)
    assert [await outcome(engine, TASK)] == recorded
    assert engine.missing == []
    assert KEY not in "".join(path.read_text() for path in folder.iterdir())


SILENT = {
    "a wrong key": [status(401, f"Incorrect API key provided: {KEY}")],
    "no end of rate limits": [status(429, headers={"retry-after": "0"})],
    "a pause too long": [status(429, headers={"retry-after": "4000"})],
    "down": [status(503, headers={"retry-after": "0"})],
}


@pytest.mark.parametrize("script", SILENT.values(), ids=SILENT.keys())
async def test_without_a_reply_nothing_is_recorded_and_an_old_recording_stays(tmp_path, script):
    (reached,) = await record([reply(answer())], tmp_path, [TASK])
    (silent,) = await record(script, tmp_path, [TASK])
    assert silent[0] in {"refused", "rate-limited", "model-unavailable"}
    assert await outcome(ReplayEngine(maker(), model="fake", folder=tmp_path), TASK) == reached


async def test_what_one_conversation_learnt_serves_the_next_and_the_replay_needs_no_order(tmp_path):
    tasks = [task("one"), task("two"), task("three")]
    script = [status(400, "response_format is not supported"), reply(answer()), reply(answer(label="rye"))]
    with LlmServer(script) as server:
        inner = OpenAITransport(api_key=None, base_url=server.url, timeout_s=60)
        engine = RecordingEngine(maker(), inner, model="fake", folder=tmp_path)
        recorded = [await outcome(engine, asked) for asked in tasks]
        await engine.aclose()
    assert server.formats == ["json_schema", "json_object", "json_object", "json_object"]
    replayed = ReplayEngine(maker(), model="fake", folder=tmp_path)
    assert [await outcome(replayed, asked) for asked in reversed(tasks)] == recorded[::-1]


async def test_another_prompt_fails_with_no_recording(tmp_path):
    await record([reply(answer())], tmp_path, [TASK])
    engine = ReplayEngine(maker(), model="fake", folder=tmp_path)
    with pytest.raises(NoRecording, match="has no recording of request"):
        await engine.answer(task("another"))
    assert engine.missing == [task_sha256(task("another"), "fake")]


async def test_a_re_ask_with_other_words_has_no_recording(tmp_path):
    await record([reply(answer(label="stone")), reply(answer())], tmp_path, [TASK])
    engine = ReplayEngine(maker(repair=lambda _: "Once more."), model="fake", folder=tmp_path)
    with pytest.raises(NoRecording, match="follows recorded ones"):
        await engine.answer(TASK)
    assert len(engine.missing) == 1


async def test_asking_again_replaces_what_was_recorded(tmp_path):
    await record([reply(answer())], tmp_path, [TASK])
    (recorded,) = await record([reply(answer(label="rye"))], tmp_path, [TASK])
    assert await outcome(ReplayEngine(maker(), model="fake", folder=tmp_path), TASK) == recorded
    assert len(list(tmp_path.iterdir())) == 1


async def test_a_key_that_the_server_echoes_in_its_reply_is_cut_out(tmp_path):
    await record([reply(answer(rationale=f"Your key is {KEY}."))], tmp_path, [TASK])
    (kept,) = tmp_path.iterdir()
    assert KEY not in kept.read_text()
    assert "[removed]" in kept.read_text()


async def test_neither_requests_nor_headers_are_kept(tmp_path):
    await record([reply(answer())], tmp_path, [task("A sentence of the paper.")])
    (kept,) = tmp_path.iterdir()
    assert "A sentence of the paper" not in kept.read_text()
    assert "uthorization" not in kept.read_text()


async def test_a_damaged_recording_is_a_store_error(tmp_path):
    await record([reply(answer())], tmp_path, [TASK])
    (kept,) = tmp_path.iterdir()
    kept.write_text(kept.read_text()[:-10])
    with pytest.raises(StoreError, match="record again"):
        await ReplayEngine(maker(), model="fake", folder=tmp_path).answer(TASK)


async def test_the_kind_of_an_error_comes_back(tmp_path):
    await record([status(413)], tmp_path / "a", [TASK])
    await record([status(400, "flagged by policy 17")], tmp_path / "b", [TASK])
    with pytest.raises(ContextOverflow):
        await ReplayEngine(maker(), model="fake", folder=tmp_path / "a").answer(TASK)
    with pytest.raises(Refused):
        await ReplayEngine(maker(), model="fake", folder=tmp_path / "b").answer(TASK)


def test_recordings_that_quote_papers_are_kept_out_of_version_control(tmp_path):
    about = About(
        model="m", suite="s", suite_sha256="0", protocol="loo", text=None, settings={"examples": "all"}
    )
    write_about(tmp_path / "own", about, shareable=True)
    write_about(tmp_path / "papers", about, shareable=False)
    assert read_about(tmp_path / "own") == about
    assert not (tmp_path / "own" / ".gitignore").exists()
    assert (tmp_path / "papers" / ".gitignore").read_text().splitlines()[-1] == "*"


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"recording\.json"):
        read_about(tmp_path)


@pytest.mark.parametrize(
    ("rung", "logprobs"),
    [("json_schema", True), ("json_object", True), ("prompt", True), ("tool", False), ("prompt", False)],
)
def test_a_request_tells_the_profile_that_made_it(rung, logprobs):
    from classifier.engines.openai.ladder import Profile, Wishes

    profile = Profile(rung=rung, limit="max_completion_tokens", temperature=True, logprobs=logprobs)
    body = profile.parameters(SCHEMA, 100, Wishes(temperature=0.0, logprobs=True))
    assert profile_of(body) == profile


def test_the_hash_of_a_request_does_not_depend_on_the_order_of_its_keys():
    one = {"model": "m", "messages": [{"role": "user", "content": "ü\ud800"}]}
    assert request_sha256(one) == request_sha256(dict(reversed(one.items())))
    assert request_sha256(one) != request_sha256(json.loads('{"model": "m", "messages": []}'))
