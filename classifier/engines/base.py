"""The protocol that every engine implements: a Task in, a validated Reply out."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from classifier.model.reply import Reply
from classifier.model.task import Task


@runtime_checkable
class Engine(Protocol):
    """Chooses the label of a paper.

    Attributes:
        name: "offline", "openai", "scripted" …; stored as `provenance.engine`.
        model: The model's name, or None if there is none.
        needs_prompt: Whether `Task.prompt` must be rendered before `answer` is called.
    """

    @property
    def name(self) -> str:
        """Stored as `provenance.engine`."""
        ...

    @property
    def model(self) -> str | None:
        """The model's name."""
        ...

    @property
    def needs_prompt(self) -> bool:
        """Whether tasks must contain a prompt."""
        ...

    async def answer(self, task: Task) -> Reply:
        """Answers one task.

        Raises:
            ModelError: There was no reply; after `ContextOverflow`, a smaller prompt may succeed.
            ReplyError: The reply has no usable label, even after one re-ask.
        """
        ...

    async def aclose(self) -> None:
        """Releases connections; the engine is not used afterwards."""
        ...
