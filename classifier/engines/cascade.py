"""Two engines in sequence: a cheap one first; papers with a low confidence are escalated to the second.

What enters: the engines, a function that asks one of them, and a threshold. What leaves: the deciding
engine's task and reply; if the paper was escalated, with the first answer and what it cost. What it does not
do: render prompts or calibrate, which is done for each engine as if it were alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from classifier.engines.base import Engine
from classifier.engines.earlier import Earlier
from classifier.errors import Concern, ModelError, ReplyError
from classifier.model.reply import FirstOpinion, Reply, Usage
from classifier.model.task import Task

Ask = Callable[[Engine], Awaitable[tuple[Task, Reply]]]
"""Asks one engine about the paper; the confidence of the reply is calibrated."""


def confidence_of(reply: Reply) -> float | None:
    """The value that is compared with the threshold: the lower one of `confidence` and `cautious`.

    None if both are unknown.
    """
    known = [value for value in (reply.answer.confidence, reply.cautious) if value is not None]
    return min(known, default=None)


def is_confident(reply: Reply, below: float) -> bool:
    """Whether a cascade keeps a reply: its confidence is known and not below the threshold."""
    confidence = confidence_of(reply)
    return confidence is not None and confidence >= below


async def ask_in_turn(first: Engine, second: Engine, ask: Ask, below: float) -> tuple[Task, Reply]:
    """Asks the first engine, and the second if the first fails or its confidence is below `below`.

    Returns:
        Task and reply of the engine that decided, as `ask` returned them. A reply of the second engine has
        `first_opinion`, and the sums of usage, attempts and latency of both.

    Raises:
        BudgetSpent, ConfigError, StoreError: From either engine; asking the other one would not help.
        ModelError, ReplyError: From the second engine, with the usage of both.
    """
    earlier = Earlier()
    try:
        task, reply = await ask(first)
    except (ModelError, ReplyError) as error:
        if error.concerns is Concern.run:
            raise
        earlier.add_error(error)
        opinion = FirstOpinion(
            engine=first.name,
            model=first.model,
            error=error.code,
            attempts=error.attempts,
            **(error.usage or Usage()).model_dump(),
        )
    else:
        if is_confident(reply, below):
            return task, reply
        earlier.add_reply(reply)
        opinion = FirstOpinion(
            engine=reply.engine,
            model=reply.model,
            label=reply.answer.label,
            confidence=confidence_of(reply),
            attempts=reply.attempts,
            **reply.usage.model_dump(),
        )
    try:
        task, reply = await ask(second)
    except (ModelError, ReplyError) as error:
        earlier.add_to(error)
        raise
    return task, earlier.with_reply(reply).model_copy(update={"first_opinion": opinion})
