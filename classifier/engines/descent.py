"""Question after question down a large tree: the branch first, then the leaves below it.

What enters: the first stage, a function that asks about one stage, and one that chooses the next. What
leaves: the last stage's task and reply, with the sums of all. What it does not do: cut the tree
(`classifier.survey.stages`), or render prompts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import prod

from classifier.engines.earlier import Earlier
from classifier.errors import ModelError, ReplyError
from classifier.model.record import UNPLACED
from classifier.model.reply import Reply, StageChoice
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
        shown. It is unknown if that of one stage is, and if a later stage found no leaf that fits: it has not
        seen the others.

    Raises:
        ModelError, ReplyError: From any stage, with the attempts and the usage of all.
    """
    passed: list[tuple[TreeStage, Reply]] = []
    while True:
        try:
            task, reply = await ask(stage)
        except (ModelError, ReplyError) as error:
            _earlier(passed).add_to(error)
            raise
        answer = reply.answer
        further = following(stage, answer.label, answer.runner_up)
        if further is None:
            return task, _together(passed, _about_whole_tree(passed, reply, stage))
        passed.append((stage, reply))
        stage = further


def _about_whole_tree(passed: list[tuple[TreeStage, Reply]], last: Reply, stage: TreeStage) -> Reply:
    """The last reply with labels of the whole tree only, which branches are not.

    Secondary leaves that an earlier stage named and the last one did not show are kept.
    """
    if not passed and not stage.closed:
        return last
    answer = last.answer
    named = [(asked, leaf) for asked, one in passed for leaf in one.answer.secondary]
    earlier = [x for asked, x in named if x not in asked.closed and x not in stage.taxonomy.leaves]
    own = [leaf for leaf in answer.secondary if leaf not in stage.closed]
    runner_up = None if answer.runner_up in stage.closed else answer.runner_up
    update = {"runner_up": runner_up, "secondary": tuple(dict.fromkeys((*own, *earlier)))}
    return last.model_copy(update={"answer": answer.model_copy(update=update), "probabilities": {}})


def _together(passed: list[tuple[TreeStage, Reply]], last: Reply) -> Reply:
    """The last reply, with what the earlier ones chose and cost."""
    if not passed:
        return last
    replies = [*(one for _, one in passed), last]
    known = [one.answer.confidence for one in replies if one.answer.confidence is not None]
    is_known = len(known) == len(replies) and last.answer.label != UNPLACED
    sources = {one.confidence_source for one in replies}
    answer = last.answer.model_copy(update={"confidence": round(prod(known), 6) if is_known else None})
    return (
        _earlier(passed)
        .with_reply(last)
        .model_copy(
            update={
                "answer": answer,
                "confidence_source": min(sources, key=_WEAKEST.index) if is_known else "unknown",
                "stages": tuple(_choice(one) for _, one in passed),
                "notices": tuple(dict.fromkeys(notice for one in replies for notice in one.notices)),
            }
        )
    )


def _earlier(passed: list[tuple[TreeStage, Reply]]) -> Earlier:
    earlier = Earlier()
    for _, reply in passed:
        earlier.add_reply(reply)
    return earlier


_WEAKEST = ("stated", "logprobs", "probability", "unknown")
"""Where a confidence comes from, the least reliable first: a product is as good as its weakest factor."""


def _choice(reply: Reply) -> StageChoice:
    answer = reply.answer
    return StageChoice(label=answer.label, runner_up=answer.runner_up, confidence=answer.confidence)
