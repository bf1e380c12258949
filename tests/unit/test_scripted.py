"""The test double returns its script, validates raw replies, and records its tasks."""

from __future__ import annotations

import json

import pytest

from classifier.engines.base import Engine
from classifier.engines.openai import OpenAIEngine
from classifier.engines.openai.conversation import StructuredModel
from classifier.engines.openai.transport import Server
from classifier.engines.scripted import ScriptedEngine
from classifier.errors import ModelUnavailable, RateLimited, UnknownLabel
from classifier.model.reply import Reply
from classifier.survey.answer_schema import answer_schema, parse_answer
from tests.engine_kit import TASK, TAXONOMY, answer

RAW = json.dumps(answer())
ANSWER = parse_answer(answer_schema(TAXONOMY), RAW)


async def test_lines_of_each_kind_come_in_order():
    ready = Reply(answer=ANSWER, engine="other", attempts=3)
    engine = ScriptedEngine(
        TAXONOMY, [RAW, ANSWER, ready, RateLimited("later"), json.dumps(answer(label="toast"))]
    )
    first = await engine.answer(TASK)
    assert (first.answer, first.raw, first.engine, first.attempts) == (ANSWER, RAW, "scripted", 1)
    assert (await engine.answer(TASK)).raw == ""
    assert await engine.answer(TASK) is ready
    with pytest.raises(RateLimited):
        await engine.answer(TASK)
    with pytest.raises(UnknownLabel):
        await engine.answer(TASK)
    with pytest.raises(ModelUnavailable, match="no more lines"):
        await engine.answer(TASK)
    assert engine.tasks == [TASK] * 6


async def test_a_line_without_a_usable_confidence_has_an_unknown_one():
    engine = ScriptedEngine(TAXONOMY, [RAW, json.dumps(answer(confidence=85))])
    assert (await engine.answer(TASK)).confidence_source == "stated"
    assert (await engine.answer(TASK)).confidence_source == "unknown"


async def test_a_function_answers_by_the_task():
    engine = ScriptedEngine(TAXONOMY, lambda task: json.dumps(answer(rationale=task.paper.title)))
    assert (await engine.answer(TASK)).answer.rationale == "On bread"


async def test_closing_is_recorded():
    engine = ScriptedEngine(TAXONOMY, [], needs_prompt=False)
    await engine.aclose()
    assert engine.closed
    assert not engine.needs_prompt


def test_both_engines_keep_to_the_protocol():
    assert isinstance(ScriptedEngine(TAXONOMY, []), Engine)
    assert isinstance(OpenAIEngine(StructuredModel(model="m", server=Server(api_key="k"))), Engine)
