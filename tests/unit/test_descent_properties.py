"""Whatever labels a model chooses from a question, the descent ends with labels of the whole tree."""

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.engines.descent import descend
from classifier.model.paper import Paper
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.reply import Answer, Reply, Usage
from classifier.model.task import Task
from classifier.pdf.abstracts import document_from_text
from classifier.survey.room import Room, fits
from classifier.survey.stages import TreeStage, first_stage, next_stage
from classifier.survey.taxonomy import Node
from tests.large_tree import taxonomy_of
from tests.unit.test_stages import trees

DOCUMENT = document_from_text(Paper(title="T", abstract="x " * 200))


class Guesser:
    """Answers each question by any of its labels, as `parse_answer` would let it pass."""

    def __init__(self, seed: int) -> None:
        self.asked: list[TreeStage] = []
        self.said: list[Answer] = []
        self._chance = random.Random(seed)

    async def ask(self, stage: TreeStage) -> tuple[Task, Reply]:
        self.asked.append(stage)
        leaves = list(stage.taxonomy.leaves)
        label = self._chance.choice([*stage.taxonomy.labels, *leaves])
        others = [one for one in (*leaves, OUT_OF_SCOPE) if one != label]
        answer = Answer(
            answers=(),
            evidence=(),
            rationale="",
            label=label,
            runner_up=self._chance.choice([None, *others, *others]),
            secondary=tuple(self._chance.sample(leaves, min(2, len(leaves)))),
            confidence=self._chance.choice([None, 0.0, 0.3, 1.0, 0.9]),
        )
        self.said.append(answer)
        usage = Usage(tokens_in=10, tokens_out=1, cost_usd=0.5)
        return Task(paper=Paper(), document=DOCUMENT), Reply(
            answer=answer, engine="guess", attempts=1, usage=usage, probabilities={label: 1.0}
        )


@settings(max_examples=150, deadline=None)
@given(tree=trees(), labels=st.integers(7, 40), seed=st.integers(0, 10**6))
def test_any_answers_end_with_labels_of_the_whole_tree(tree: tuple[Node, ...], labels: int, seed: int):
    taxonomy, room, guesser = taxonomy_of(tree), Room(tokens=2_000, labels=labels), Guesser(seed)

    def following(stage: TreeStage, label: str, runner_up: str | None) -> TreeStage | None:
        if stage.decides(label, runner_up):
            return None
        return next_stage(taxonomy, stage, label, runner_up, room)

    _, reply = asyncio.run(descend(first_stage(taxonomy, room), guesser.ask, following))
    answer, count = reply.answer, len(guesser.asked)
    assert answer.label in taxonomy.labels
    assert answer.runner_up in (None, OUT_OF_SCOPE, *taxonomy.leaves)
    assert {*answer.secondary} <= {*taxonomy.leaves}
    assert {*reply.probabilities} <= {*taxonomy.labels}
    assert all(fits(stage.taxonomy, room) for stage in guesser.asked)
    assert count <= 1 + max(len(leaf.titles) for leaf in taxonomy.leaves.values())
    assert (reply.attempts, reply.usage.cost_usd, len(reply.stages)) == (count, 0.5 * count, count - 1)
    confidences = [said.confidence for said in guesser.said]
    assert answer.confidence is None or answer.confidence <= min(confidences)  # type: ignore[type-var]
