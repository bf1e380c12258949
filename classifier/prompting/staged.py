"""Prompts for each stage of a tree: one builder per part of it, made when it is first needed.

What enters: a taxonomy, a folder of templates, and the most that one question may contain. What leaves:
stages and their prompts. If the whole tree fits one question, there is one stage, and its prompts are those
of `PromptBuilder`, byte by byte.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier.model.task import Excerpt, Prompt
from classifier.prompting.prompt import PromptBuilder
from classifier.settings import Settings
from classifier.survey import stages
from classifier.survey.room import Room, fits
from classifier.survey.stages import TreeStage
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace

_BUILDERS = 64
"""Parts whose prompts' beginnings are kept: more pairs of branches than most lists need."""


class StagedPrompts:
    """Renders the prompts of every stage of one taxonomy.

    Args:
        template_dir: See `PromptBuilder`.
        room: The most that one question may contain.

    Raises:
        ConfigError: A template is missing or wrong, or the tree cannot be cut (raised by every method).
    """

    def __init__(self, taxonomy: Taxonomy, template_dir: Path, room: Room) -> None:
        self._taxonomy = taxonomy
        self._dir = template_dir
        self._room = room
        self._whole = PromptBuilder(taxonomy, template_dir)
        self._builders: dict[tuple[str, ...], PromptBuilder] = {}

    @classmethod
    def of(cls, settings: Settings, workspace: Workspace) -> StagedPrompts:
        """The prompts of a workspace with these settings."""
        room = Room(settings.question_tokens, settings.question_labels)
        return cls(workspace.taxonomy, workspace.prompt_dir(), room)

    @cached_property
    def sha256(self) -> str:
        """Hash of the templates, of the taxonomy, and of how it is cut, if it is."""
        if fits(self._taxonomy, self._room):
            return self._whole.sha256
        cut = f"{self._whole.sha256} {self._room.tokens} {self._room.labels}"
        return hashlib.sha256(cut.encode()).hexdigest()

    @cached_property
    def first(self) -> TreeStage:
        """The first question's stage."""
        return stages.first_stage(self._taxonomy, self._room)

    def following(self, stage: TreeStage, label: str, runner_up: str | None) -> TreeStage | None:
        """The stage after an answer; None if the answer decides."""
        if stage.decides(label, runner_up):
            return None
        return stages.next_stage(self._taxonomy, stage, label, runner_up, self._room)

    def largest(self, stage: TreeStage) -> tuple[str, str | None] | None:
        """The two unopened branches of a stage with the most leaves; None if it has no such branch."""
        sizes = {
            id_: sum(leaf.startswith(f"{id_}/") for leaf in self._taxonomy.leaves) for id_ in stage.closed
        }
        first, second = [*sorted(sizes, key=lambda id_: (-sizes[id_], id_)), None, None][:2]
        return (first, second) if first else None

    def build(self, stage: TreeStage, excerpt: Excerpt, **more: Any) -> Prompt:
        """One paper's prompt in one stage; see `PromptBuilder.build`."""
        prompt = self._builder(stage).build(excerpt, **more)
        return prompt if prompt.sha256 == self.sha256 else prompt.model_copy(update={"sha256": self.sha256})

    def repair(self, reason: str) -> str:
        """See `PromptBuilder.repair`."""
        return self._whole.repair(reason)

    def _builder(self, stage: TreeStage) -> PromptBuilder:
        if stage.taxonomy is self._taxonomy:
            return self._whole
        labels = tuple(stage.taxonomy.leaves)
        if labels not in self._builders:
            if len(self._builders) >= _BUILDERS:
                del self._builders[next(iter(self._builders))]
            self._builders[labels] = PromptBuilder(stage.taxonomy, self._dir)
        return self._builders[labels]
