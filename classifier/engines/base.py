"""The one protocol that every engine speaks: a Task in, a validated Reply out."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from classifier.model.reply import Reply
from classifier.model.task import Task


@runtime_checkable
class Engine(Protocol):
    """Answers which label a paper gets.

    Attributes:
        name: "offline", "openai", "scripted" …; stands in `provenance.engine`.
        model: The model's name, or None if there is none.
        needs_prompt: Whether `Task.prompt` must be rendered before `answer` is called.
    """

    @property
    def name(self) -> str:
        """Stands in `provenance.engine`."""
        ...

    @property
    def model(self) -> str | None:
        """The model's name."""
        ...

    @property
    def needs_prompt(self) -> bool:
        """Whether tasks must bring a prompt."""
        ...

    async def answer(self, task: Task) -> Reply:
        """Answers one task.

        Raises:
            ModelError: The model could not be asked; `ContextOverflow` asks for a smaller prompt.
            ReplyError: It answered, but not with a usable label, also after one re-ask.
        """
        ...

    async def aclose(self) -> None:
        """Releases connections; the engine is not used afterwards."""
        ...
