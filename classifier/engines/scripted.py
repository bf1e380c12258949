"""An engine that returns scripted replies: a test double for everything that uses an engine.

    engine = ScriptedEngine(taxonomy, [raw_reply, Answer(...), RateLimited("later")])
    engine = ScriptedEngine(taxonomy, lambda task: json_for(task.paper.title))

Raw replies go through the same validation as a model's, without a re-ask.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from classifier.errors import ModelUnavailable
from classifier.model.reply import Answer, Reply
from classifier.model.task import Task
from classifier.survey.answer_schema import answer_schema, parse_answer
from classifier.survey.taxonomy import Taxonomy

ScriptedLine = Reply | Answer | str | Exception


class ScriptedEngine:
    """Returns the scripted replies in order, or the result of a function for each task.

    Args:
        taxonomy: The taxonomy that raw replies to tasks without a prompt are validated against.
        script: A `Reply`, an `Answer`, a raw reply or an exception for each task, or a function
            from the task to one of these.
        needs_prompt: Whether tasks must come with a rendered prompt, as for a real model.

    Attributes:
        tasks: Every task that `answer` received, in order.
        closed: Whether `aclose` was called.
    """

    name = "scripted"

    def __init__(
        self,
        taxonomy: Taxonomy,
        script: Iterable[ScriptedLine] | Callable[[Task], ScriptedLine],
        *,
        needs_prompt: bool = True,
    ) -> None:
        self.model: str | None = None
        self.needs_prompt = needs_prompt
        self.tasks: list[Task] = []
        self.closed = False
        self._taxonomy = taxonomy
        self._say = script if callable(script) else _in_order(script)

    async def answer(self, task: Task) -> Reply:
        """Returns the next reply of the script, or raises it if it is an exception.

        Raises:
            ModelUnavailable: The script has no more replies.
            ReplyError: A raw reply is not valid under the schema.
            Exception: Any exception in the script.
        """
        self.tasks.append(task)
        line = self._say(task)
        if isinstance(line, Exception):
            raise line
        if isinstance(line, Reply):
            return line
        raw = line if isinstance(line, str) else ""
        schema = task.prompt.answer_schema if task.prompt else answer_schema(self._taxonomy)
        answer = parse_answer(schema, line) if isinstance(line, str) else line
        source = "unknown" if answer.confidence is None else "stated"
        return Reply(answer=answer, engine=self.name, attempts=1, raw=raw, confidence_source=source)

    async def aclose(self) -> None:
        """Does nothing except set `closed`: there are no open resources."""
        self.closed = True


def _in_order(lines: Iterable[ScriptedLine]) -> Callable[[Task], ScriptedLine]:
    queue = deque(lines)

    def say(_: Task) -> ScriptedLine:
        return queue.popleft() if queue else ModelUnavailable("the script has no more lines")

    return say
