"""What servers and models do to the questions about a large tree, above all to the second one."""

import asyncio
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier import Classifier, Paper, ScriptedEngine, Workspace
from classifier.engines.descent import descend
from classifier.errors import ContextOverflow, ModelUnavailable, RateLimited, UnknownLabel
from classifier.model.label import Label
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.model.reply import Answer, Reply, Usage
from classifier.model.task import Task
from classifier.pdf.abstracts import document_from_text
from classifier.survey.room import USUAL_ROOM
from classifier.survey.stages import TreeStage, first_stage
from classifier.survey.taxonomy import Node
from tests import batch_kit as kit
from tests.large_tree import SIX_LEVELS, Oracle, paper, schema_of, tree_of, write_workspace
from tests.llm_server import Behaviour, LlmServer, reply, reset, status

LEAF = "kitchen-2/oven-3/bread-1/grain-2/field-1/season-3"
OTHER = "kitchen-2/oven-3/bread-1/grain-1/field-1/season-1"
BRANCH = "kitchen-2/oven-3/bread-1"
ELSEWHERE = "kitchen-4/oven-1/bread-2"
FIRST, SECOND = 32, 26
"""Labels of the two questions."""


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Workspace:
    return write_workspace(tmp_path_factory.mktemp("large"), tree_of(SIX_LEVELS), papers=8)


class Changed:
    """An oracle with changes to its answers, or other behaviours, for questions with so many labels.

    Args:
        change: Number of labels -> for the n-th such question (from 0): changes of the answer, a behaviour,
            or None for the oracle's own answer.
    """

    def __init__(self, change: dict[int, Callable[[int, dict[str, Any]], Any]], **more: Any) -> None:
        self.oracle = Oracle(**more)
        self.seen: dict[int, int] = {}
        self._change = change

    def __call__(self, body: dict[str, Any]) -> Behaviour:
        count = len(schema_of(body)["properties"]["label"]["enum"])
        number = self.seen.get(count, 0)
        self.seen[count] = number + 1
        made = self._change[count](number, body) if count in self._change else None
        if isinstance(made, Behaviour):
            return made
        usual = self.oracle(body)
        if not made:
            return usual
        said = json.loads(json.loads(usual.body)["choices"][0]["message"]["content"])
        return reply(said | made, usage={"prompt_tokens": 1000, "completion_tokens": 100})


def always(made: Any) -> Callable[[int, dict[str, Any]], Any]:
    return lambda number, body: made


def once(made: Any) -> Callable[[int, dict[str, Any]], Any]:
    return lambda number, body: made if number == 0 else None


def chars(body: dict[str, Any]) -> int:
    return sum(len(message["content"]) for message in body["messages"])


def ask(workspace: Workspace, script: Any, text: str = "", **more: Any) -> tuple[Label, LlmServer]:
    with LlmServer(script) as server:
        settings = kit.settings(server.url, **more)
        with Classifier.from_settings(settings, workspace=workspace) as classifier:
            made = paper(LEAF, 99)
            return classifier.classify_text(Paper(**made), text or None), server


BUSY = status(429, "slow down", headers={"retry-after": "0"})
OVERFLOW = status(400, "maximum context length is 8192 tokens", code="context_length_exceeded")
LONG = ("We measure one thing for a year. " * 40 + "\n\n") * 12 + f"LEAF={LEAF} here."


@pytest.mark.parametrize(
    ("change", "requests"),
    [
        ({}, 2),
        ({SECOND: once(BUSY)}, 3),
        ({FIRST: once(BUSY), SECOND: once(BUSY)}, 4),
        ({SECOND: once(reply("no JSON"))}, 3),
        # Names of the other question are refused, and asked for again.
        ({SECOND: once({"label": BRANCH})}, 3),
        ({SECOND: once({"runner_up": BRANCH})}, 3),
        ({SECOND: once({"secondary": [BRANCH]})}, 3),
        ({FIRST: once({"label": LEAF})}, 3),
        ({FIRST: once({"secondary": [LEAF]})}, 3),
        # In the first question, branches are names like others.
        ({FIRST: always({"secondary": [ELSEWHERE]})}, 2),
        ({FIRST: always({"runner_up": BRANCH})}, 2),  # the label again
        ({FIRST: always({"runner_up": None})}, 2),
        ({SECOND: always({"runner_up": LEAF})}, 2),
    ],
)
def test_the_leaf_is_found_whatever_happens_between_the_questions(large, change, requests):
    label, server = ask(large, Changed(change))
    assert (label.leaf, label.provenance.attempts) == (LEAF, requests)
    assert len(server.requests) == requests
    assert label.secondary == ()
    assert label.runner_up in (None, *large.taxonomy.leaves)


def test_a_window_too_small_for_the_second_question_only_shortens_that_one(large):
    def answer(number: int, body: dict[str, Any]) -> Behaviour | None:
        return OVERFLOW if chars(body) > 15_000 else None

    label, server = ask(large, Changed({SECOND: answer}), LONG)
    first, *others = map(chars, server.requests)
    assert (label.leaf, label.provenance.attempts) == (LEAF, len(others) + 1)
    assert others == sorted(others, reverse=True)
    assert first > 15_000 > others[-1]
    assert len(others) > 1


@pytest.mark.parametrize(
    ("behaviour", "expected", "attempts"),
    [(OVERFLOW, ContextOverflow, 2), (BUSY, RateLimited, 2), (reset(), ModelUnavailable, 2)],
)
def test_a_second_question_without_an_answer_keeps_the_cost_of_the_first(
    large, behaviour, expected, attempts
):
    with pytest.raises(expected) as raised:
        ask(large, Changed({SECOND: always(behaviour)}), max_attempts=1)
    assert raised.value.attempts == attempts
    assert raised.value.usage == Usage(tokens_in=1000, tokens_out=100, cost_usd=0.002)


@pytest.mark.parametrize(
    ("label", "status", "confidence", "reasons"),
    [
        # The second question shows two branches: it cannot know that no leaf of the tree fits.
        (UNPLACED, "unplaced", None, ("low-confidence",)),
        (OUT_OF_SCOPE, "out_of_scope", 0.81, ()),
        (OTHER, "placed", 0.81, ()),
    ],
)
def test_the_confidence_in_what_the_second_question_found(large, label, status, confidence, reasons):
    found, _ = ask(large, Changed({SECOND: always({"label": label})}), accept_unmeasured=True, audit_share=0)
    assert (found.status, found.confidence, found.review_reasons) == (status, confidence, reasons)


def test_token_probabilities_of_both_questions_are_multiplied(large):
    def answer(number: int, body: dict[str, Any]) -> Behaviour:
        text = json.loads(Oracle()(body).body)["choices"][0]["message"]["content"]
        before, _, rest = text.partition('"label": "')
        label, _, after = rest.partition('"')
        parts = ((f'{before}"label": "', 1.0), (label, 0.8), (f'"{after}', 1.0))
        tokens = [{"token": part, "logprob": math.log(p), "top_logprobs": []} for part, p in parts]
        return reply(text, logprobs=tokens)

    label, _ = ask(large, Changed({FIRST: answer, SECOND: answer}))
    assert (label.confidence, label.provenance.confidence) == (0.64, "logprobs")
    label, _ = ask(large, Changed({FIRST: answer}))
    assert (label.confidence, label.provenance.confidence) == (0.72, "stated")


# -- what is left of the first question ----------------------------------------------------------------


def beside(root: Path) -> Workspace:
    """Two leaves beside three branches of a hundred: the leaves are choices of the first question."""
    single = tuple(Node(id=name, title=name.title()) for name in ("one", "two"))
    return write_workspace(root, (*single, *tree_of((3, 100))))


@pytest.mark.parametrize(
    ("first", "second", "label", "secondary", "requests"),
    [
        ({"secondary": ["one"]}, {}, "kitchen-2/oven-7", ("one",), 2),
        ({"secondary": ["one", "kitchen-3"]}, {}, "kitchen-2/oven-7", ("one",), 2),
        ({"secondary": ["two"]}, {"secondary": ["kitchen-2/oven-8"]}, "kitchen-2/oven-7",
         ("kitchen-2/oven-8", "two"), 2),
        # Shown again as the runner-up: the last answer counts.
        ({"secondary": ["one"], "runner_up": "one"}, {}, "kitchen-2/oven-7", (), 2),
        ({"label": "one", "runner_up": "two", "secondary": ["two", "kitchen-3"]}, {}, "one", ("two",), 1),
        ({"label": "one", "runner_up": "kitchen-2"}, {"label": "one", "runner_up": None}, "one", (), 2),
    ],
)  # fmt: skip
def test_leaves_that_only_the_first_question_named(tmp_path, first, second, label, secondary, requests):
    def change(number: int, body: dict[str, Any]) -> dict[str, Any]:
        is_first = "kitchen-3" in schema_of(body)["properties"]["label"]["enum"]
        return {"runner_up": None} | first if is_first else second

    changed = Changed(dict.fromkeys(range(300), change))
    found, server = ask(beside(tmp_path / "ws"), changed, f"LEAF=kitchen-2/oven-7 {'x ' * 900}")
    assert (found.leaf, found.secondary, len(server.requests)) == (label, secondary, requests)


def test_probabilities_never_contain_branches(tmp_path):
    taxonomy = beside(tmp_path / "ws").taxonomy
    stage = first_stage(taxonomy, USUAL_ROOM)
    chances = dict.fromkeys(stage.taxonomy.labels, 1 / len(stage.taxonomy.labels))
    answer = Answer(answers=(), evidence=(), rationale="", label="one", confidence=0.5)
    reply = Reply(answer=answer, engine="own", probabilities=chances)

    async def ask(_: TreeStage) -> tuple[Task, Reply]:
        return Task(paper=Paper(), document=document_from_text(Paper(abstract="x " * 200))), reply

    _, found = asyncio.run(descend(stage, ask, lambda *_: None))
    assert found == reply.model_copy(update={"probabilities": {}})


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ([("kitchen-9", None)], "kitchen-9"),
        ([("kitchen-1", None), ("kitchen-1", None)], "kitchen-1"),  # a branch, again
        ([("kitchen-1", None), ("kitchen-2", None)], "kitchen-2"),
        ([("kitchen-1", None), ("kitchen-1/oven-3", "nowhere")], "nowhere"),
        ([("kitchen-1", None), ("kitchen-1/oven-3", None)], None),
        ([("kitchen-1/oven-3", None)], None),  # a leaf that was not shown
        ([("kitchen-1", "nowhere"), (UNPLACED, OUT_OF_SCOPE)], None),
    ],
)
def test_an_own_engine_that_names_no_leaf_has_failed(tmp_path, script, named):
    workspace = write_workspace(tmp_path / "ws", tree_of((3, 100)))
    replies = [
        Reply(
            answer=Answer(
                answers=(), evidence=(), rationale="", label=label, runner_up=runner_up, confidence=0.9
            ),
            engine="own",
            attempts=1,
        )
        for label, runner_up in script
    ]
    engine = ScriptedEngine(workspace.taxonomy, replies)
    with Classifier(engine, workspace=workspace) as classifier:
        if named is None:
            assert classifier.classify_text(Paper(**paper(LEAF))).status in ("placed", "unplaced")
            return
        with pytest.raises(UnknownLabel, match=f"'own' named '{named}', which is no leaf") as raised:
            classifier.classify_text(Paper(**paper(LEAF)))
    assert raised.value.attempts == len(script)
