"""Questions to a model -> its answers, a few at a time.

What enters: questions, each with its prompt and its reader of replies. What leaves: answers, and the
questions that got none, with the reason. After a reply that does not fit the schema, the model is asked one
more time; a question that fails is left for the next run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from classifier.drafting.kept import KeptReplies
from classifier.engines.openai.chat import Tally
from classifier.engines.openai.conversation import StructuredModel
from classifier.errors import ClassifierError, Concern, ModelError, ReplyError
from classifier.model.task import Prompt

CONCURRENCY = 4
_UNANSWERED = 3
"""Questions in a row without any answer of the server, after which the rest is not tried."""

T = TypeVar("T")


@dataclass(frozen=True)
class ModelQuestion(Generic[T]):
    """What is asked about one section.

    Attributes:
        about: The section, for messages.
        read: Makes the answer of a reply; raises `ReplyError` if it cannot be used.
    """

    about: str
    prompt: Prompt
    read: Callable[[str], T]


@dataclass
class Asked(Generic[T]):
    """The results of the questions.

    Attributes:
        answers: Number of a question -> its answer, in the order of the questions.
        failed: What a question is about -> why it has no answer.
        stopped: Why the rest was not asked; None if all were.
    """

    answers: dict[int, T] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    stopped: ClassifierError | None = None


async def ask_all(
    model: StructuredModel,
    kept: KeptReplies,
    questions: Sequence[ModelQuestion[T]],
    on_done: Callable[[int, int], None],
) -> Asked[T]:
    """Asks every question.

    Args:
        kept: The replies that the model's transport uses.
        on_done: Called with the number of questions that are done, and of all.

    Raises:
        StoreError: A reply cannot be saved.
    """
    asked, found = Asked[T](), dict[int, T]()
    waiting = iter(range(len(questions)))
    silent = 0

    async def work() -> None:
        nonlocal silent
        for number in waiting:
            if asked.stopped is not None:
                return
            question = questions[number]
            try:
                with kept.conversation():
                    found[number], _ = await model.ask(question.prompt, question.read, Tally())
                silent = 0
            except (ModelError, ReplyError) as error:
                silent = silent + 1 if error.is_unanswered() else 0
                if error.concerns is Concern.run or silent >= _UNANSWERED:
                    asked.stopped = asked.stopped or error
                else:
                    asked.failed[question.about] = error.message
            on_done(len(found) + len(asked.failed), len(questions))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(CONCURRENCY, len(questions))):
                group.create_task(work())
    except* ClassifierError as several:
        raise several.exceptions[0] from None
    asked.answers = dict(sorted(found.items()))
    return asked
