"""`--retry-failed` asks again only what failed: replies to the questions before it are used again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from classifier import Workspace
from classifier.batch.job import Job
from classifier.batch.ledger.answers import read_answers
from classifier.batch.session import label_lists
from classifier.model.entries import ListEntry
from classifier.model.paper import Paper
from tests import batch_kit as kit
from tests.large_tree import Oracle, paper, schema_of, tree_of, write_workspace
from tests.llm_server import Behaviour, LlmServer, reply, status

LEAF = "kitchen-2/oven-7"
WRONG = reply("no JSON")
LOST = status(429, "slow down", headers={"retry-after": "0"})
TOO_LONG = status(400, "maximum context length is 8192 tokens", code="context_length_exceeded")
ENTRY = ListEntry(key="p", source="list.jsonl", line=1, paper=Paper(**paper(LEAF)))
FIRST, SECOND = "first", "second"


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Workspace:
    return write_workspace(tmp_path_factory.mktemp("large"), tree_of((3, 100)), papers=2)


class Script:
    """An oracle that misbehaves before it answers.

    Args:
        faults: "first", "second" or a model's name -> behaviours to such questions, in order.
    """

    def __init__(self, faults: dict[str, Sequence[Behaviour]], **more: Any) -> None:
        self._faults = {name: list(given) for name, given in faults.items()}
        self._oracle = Oracle(**more)
        self.asked: list[str] = []

    def __call__(self, body: dict[str, Any]) -> Behaviour:
        labels = schema_of(body)["properties"]["label"]["enum"]
        stage = SECOND if LEAF in labels else FIRST
        self.asked.append(stage)
        for name in (stage, body["model"]):
            if self._faults.get(name):
                return self._faults[name].pop(0)
        return self._oracle(body)


def label(out: Path, workspace: Workspace, server: LlmServer, *, job: dict[str, Any], **more: Any) -> dict:
    """One run of the list of one paper."""
    made = Job(sources=("list.jsonl",), out=out, **job)
    settings = kit.settings(server.url, **{"max_attempts": 1} | more)
    return label_lists(made, settings, workspace, entries=[ENTRY])


@pytest.mark.parametrize(
    ("faults", "again", "runs"),
    [
        # The first question was answered: only the second is asked again.
        ({SECOND: [WRONG] * 2}, {}, [[FIRST, SECOND, SECOND], [SECOND]]),
        ({SECOND: [WRONG] * 4}, {}, [[FIRST, SECOND, SECOND], [SECOND, SECOND], [SECOND]]),
        ({FIRST: [WRONG], SECOND: [WRONG] * 2}, {}, [[FIRST, FIRST, SECOND, SECOND], [SECOND]]),
        ({SECOND: [TOO_LONG]}, {}, [[FIRST, SECOND], [SECOND]]),
        # A server that does not answer is asked again in any case, in the same round.
        ({SECOND: [LOST]}, {}, [[FIRST, SECOND], [SECOND]]),
        ({SECOND: [LOST, WRONG, WRONG]}, {}, [[FIRST, SECOND], [SECOND, SECOND], [SECOND]]),
        ({SECOND: [WRONG, WRONG, LOST]}, {}, [[FIRST, SECOND, SECOND], [SECOND], [SECOND]]),
        # The first question failed: both are asked.
        ({FIRST: [WRONG] * 2}, {}, [[FIRST, FIRST], [FIRST, SECOND]]),
        # Another prompt is another question.
        ({SECOND: [WRONG] * 2}, {"examples": "all"}, [[FIRST, SECOND, SECOND], [FIRST, SECOND]]),
    ],
)
def test_a_retry_asks_only_the_question_that_failed(tmp_path, large, faults, again, runs):
    script = Script(faults)
    with LlmServer(script) as server:
        for number, expected in enumerate(runs):
            more = again if number else {}
            job = {"retry_failed": number > 0, "relabel": bool(more)}
            script.asked.clear()
            summary = label(tmp_path / "out", large, server, job=job, **more)
            assert script.asked == expected
            assert summary["totals"]["failed"] == (number < len(runs) - 1)
    assert summary["labels"] == {LEAF: 1}
    assert summary["spent"]["replies"] == len(read_answers(tmp_path / "out", "p"))


def test_the_first_engine_of_a_cascade_is_not_paid_again(tmp_path, bridges_workspace):
    asked: list[str] = []
    wrong = 2

    def answer(body: dict[str, Any]) -> Behaviour:
        nonlocal wrong
        asked.append(body["model"])
        if body["model"] == kit.MODEL and wrong:
            wrong -= 1
            return WRONG
        return reply(kit.answer(bridges_workspace, 0, confidence=0.1 if body["model"] == "cheap" else 0.9))

    with LlmServer(answer) as server:
        for retry in (False, True):
            job = Job(sources=("list.jsonl",), out=tmp_path / "out", retry_failed=retry)
            settings = kit.settings(server.url, cascade="cheap", cascade_below=0.5)
            summary = label_lists(job, settings, bridges_workspace, entries=kit.entries(1))
    assert asked == ["cheap", kit.MODEL, kit.MODEL, kit.MODEL]
    assert summary["totals"]["labelled"] == 1
    label = json.loads((tmp_path / "out" / "labels.jsonl").read_text())
    assert label["provenance"]["first_opinion"]["confidence"] == 0.1
