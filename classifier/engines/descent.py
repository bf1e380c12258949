"""Question after question down a large tree: the branch first, then the leaves below it.

What enters: the first stage, a function that asks about one stage, and one that chooses the next. What
leaves: the last stage's task and reply, with the sums of all. What it does not do: cut the tree
(`classifier.survey.stages`), or render prompts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import reduce
from math import prod

from classifier.errors import ModelError, ReplyError
from classifier.model.reply import Reply, StageChoice, Usage
from classifier.model.task import Task
from classifier.survey.stages import TreeStage

Ask = Callable[[TreeStage], Awaitable[tuple[Task, Reply]]]
Following = Callable[[TreeStage, str, str | None], TreeStage | None]
"""TreeStage, label and runner-up -> the next stage; None if they decide."""


async def descend(stage: TreeStage, ask: Ask, following: Following) -> tuple[Task, Reply]:
    """Asks about one stage after the other, until an answer is about the whole tree's labels.

    Returns:
        The last stage's task and reply. If there were several stages, the reply has the earlier ones in
        `stages`; its confidence is the product of all, since a leaf can only be right if its branch was
        shown. It is unknown if that of one stage is.

    Raises:
        ModelError, ReplyError: From any stage, with the attempts and the usage of all.
    """
    passed: list[Reply] = []
    while True:
        try:
            task, reply = await ask(stage)
        except (ModelError, ReplyError) as error:
            error.attempts += sum(one.attempts for one in passed)
            error.usage = _usage([one.usage for one in passed], error.usage)
            raise
        answer = reply.answer
        further = following(stage, answer.label, answer.runner_up)
        if further is None:
            return task, _together(passed, reply, stage)
        passed.append(reply)
        stage = further


def _together(passed: list[Reply], last: Reply, stage: TreeStage) -> Reply:
    """The last reply, with what the earlier ones chose and cost."""
    answer = last.answer
    if answer.runner_up in stage.closed:  # a branch is no label of the whole tree
        answer = answer.model_copy(update={"runner_up": None})
    secondary = tuple(leaf for leaf in answer.secondary if leaf not in stage.closed)
    answer = answer.model_copy(update={"secondary": secondary})
    if not passed:
        return last.model_copy(update={"answer": answer})
    confidences = [answer.confidence, *(one.answer.confidence for one in passed)]
    known = [value for value in confidences if value is not None]
    confidence = prod(known) if len(known) == len(confidences) else None
    sources = {one.confidence_source for one in (*passed, last)}
    return last.model_copy(
        update={
            "answer": answer.model_copy(update={"confidence": confidence}),
            "confidence_source": "unknown" if confidence is None else min(sources, key=_WEAKEST.index),
            "probabilities": {},
            "stages": tuple(_choice(one) for one in passed),
            "usage": _usage([one.usage for one in passed], last.usage),
            "attempts": last.attempts + sum(one.attempts for one in passed),
            "latency_s": last.latency_s + sum(one.latency_s for one in passed),
            "notices": tuple(dict.fromkeys(notice for one in (*passed, last) for notice in one.notices)),
        }
    )


_WEAKEST = ("stated", "logprobs", "probability", "unknown")
"""Where a confidence comes from, the least reliable first: a product is as good as its weakest factor."""


def _choice(reply: Reply) -> StageChoice:
    answer = reply.answer
    return StageChoice(label=answer.label, runner_up=answer.runner_up, confidence=answer.confidence)


def _usage(passed: list[Usage], last: Usage | None) -> Usage | None:
    return reduce(Usage.plus, [*passed, *([last] if last else [])]) if passed else last
