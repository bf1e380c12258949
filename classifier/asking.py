"""A document -> a calibrated reply: examples, excerpt and prompt are chosen, then the engines are asked.

    document > examples, excerpt > prompt > engine > calibration

About a tree that is too large for one question, a model is asked in stages. What it does not do: fetch or
read papers, or interpret the reply.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from classifier.connections import Connections
from classifier.engines.base import Engine
from classifier.engines.cascade import ask_in_turn, is_confident
from classifier.engines.descent import descend
from classifier.errors import ContextOverflow
from classifier.model.document import Document
from classifier.model.measurement import Measurement
from classifier.model.paper import PaperFile
from classifier.model.reply import Reply
from classifier.model.task import Prompt, Task
from classifier.prompting.examples import Examples, choose_examples, eligible_studies
from classifier.prompting.excerpt import select_excerpt
from classifier.prompting.staged import StagedPrompts
from classifier.settings import Settings
from classifier.survey.stages import TreeStage
from classifier.survey.workspace import Workspace
from classifier.verdict.calibration import Calibration, apply, load_calibration
from classifier.verdict.measured import load_measurement

_SMALLEST_BUDGET_TOKENS = 300
"""Smallest excerpt: about a title and an abstract. Less is not enough to decide."""


class Subject(NamedTuple):
    """A paper to ask an engine about.

    Attributes:
        leave_out: Ids of studies that must not be examples.
    """

    file: PaperFile
    document: Document
    leave_out: frozenset[str] = frozenset()


class Asking:
    """Asks the engines of one classifier.

    Args:
        connections: Holds the engines.
        prompts: Renders prompts from the workspace's templates.
    """

    def __init__(
        self, settings: Settings, workspace: Workspace, connections: Connections, prompts: StagedPrompts
    ) -> None:
        self._settings = settings
        self._workspace = workspace
        self._connections = connections
        self._prompts = prompts
        self._calibrations: dict[tuple[str, str | None], Calibration | None] = {}
        self._accuracies: dict[tuple[str, str | None], Measurement | None] = {}

    def prompts(self, subject: Subject) -> tuple[Prompt, ...]:
        """The prompts that would be sent for a paper: one, or for a large tree one for each stage.

        Later stages depend on the model's answers; these are about the branches with the most leaves.
        """
        found, stage = [], self._prompts.first
        while True:
            examples = self._examples(subject, stage, self._settings.question_tokens)
            found.append(self._prompt(subject.document, stage, examples, self._settings.budget_tokens))
            largest = self._prompts.largest(stage)
            further = self._prompts.following(stage, *largest) if largest else None
            if further is None:
                return tuple(found)
            stage = further

    async def answer(self, subject: Subject) -> tuple[Task, Reply]:
        """Asks the engine; in a cascade, the first engine is asked before it.

        Raises:
            ModelError, ReplyError: There is no usable answer.
        """
        first = self._connections.first_engine
        if first is None:
            return await self._ask(self._connections.engine, subject)

        async def ask(engine: Engine) -> tuple[Task, Reply]:
            return await self._ask(engine, subject)

        return await ask_in_turn(first, self._connections.engine, ask, self._settings.cascade_below)

    async def escalates(self, subject: Subject) -> bool:
        """Whether the first engine of a cascade is not confident enough; true without a cascade.

        Raises:
            ModelError, ReplyError: It did not answer.
        """
        first = self._connections.first_engine
        if first is None:
            return True
        _, reply = await self._ask(first, subject)
        return not is_confident(reply, self._settings.cascade_below)

    def accuracy(self, reply: Reply) -> Measurement | None:
        """The measured accuracy of the engine and model that answered, with the current prompt."""
        key = (reply.engine, reply.model)
        if key not in self._accuracies:
            self._accuracies[key] = load_measurement(
                self._workspace, self._settings, *key, self._prompts.sha256
            )
        return self._accuracies[key]

    async def _ask(self, engine: Engine, subject: Subject) -> tuple[Task, Reply]:
        """Asks one engine and calibrates its reply."""
        if engine.needs_prompt:

            async def ask(stage: TreeStage) -> tuple[Task, Reply]:
                return await self._ask_with_shrinking_budget(engine, subject, stage)

            task, reply = await descend(self._prompts.first, ask, self._prompts.following)
        else:
            task = self._task(subject, self._examples(subject, TreeStage(self._workspace.taxonomy), None))
            reply = await engine.answer(task)
        if self._settings.calibration:
            reply = apply(self._calibration(reply.engine, reply.model), reply)
        return task, reply

    async def _ask_with_shrinking_budget(
        self, engine: Engine, subject: Subject, stage: TreeStage
    ) -> tuple[Task, Reply]:
        """Asks; if the prompt is too long for the model, asks again with half of the excerpt."""
        examples = self._examples(subject, stage, self._settings.question_tokens)
        task = self._task(subject, examples)
        overflow: ContextOverflow | None = None
        for budget_tokens in _budgets(self._settings.budget_tokens):
            prompt = self._prompt(subject.document, stage, examples, budget_tokens)
            task = task.model_copy(update={"prompt": prompt})
            try:
                return task, await engine.answer(task)
            except ContextOverflow as error:
                overflow = error
        raise overflow or ContextOverflow("the prompt does not fit the model's window")

    def _examples(self, subject: Subject, stage: TreeStage, budget_tokens: int | None) -> Examples:
        studies = [study for study in self._workspace.studies if study.id not in subject.leave_out]
        eligible = eligible_studies(studies, subject.file.paper, subject.document)
        shown = [found for study in eligible if (found := stage.study(study))]
        return choose_examples(self._settings.examples, shown, subject.document, budget_tokens)

    def _task(self, subject: Subject, examples: Examples) -> Task:
        return Task(
            paper=subject.file.paper,
            document=subject.document,
            examples=(*examples.shared, *examples.nearest),
        )

    def _prompt(self, document: Document, stage: TreeStage, examples: Examples, budget_tokens: int) -> Prompt:
        excerpt = select_excerpt(document, stage.taxonomy, budget_tokens)
        return self._prompts.build(
            stage,
            excerpt,
            examples=examples.shared,
            nearest=examples.nearest,
            abstract_only=document.abstract_only,
        )

    def _calibration(self, engine: str, model: str | None) -> Calibration | None:
        """The calibration of the model that answered, by the name that the server reports."""
        if (engine, model) not in self._calibrations:
            found = load_calibration(self._workspace, self._settings, engine, model)
            self._calibrations[engine, model] = found
        return self._calibrations[engine, model]


def _budgets(start: int) -> Iterator[int]:
    budget = start
    while budget > _SMALLEST_BUDGET_TOKENS:
        yield budget
        budget //= 2
    yield _SMALLEST_BUDGET_TOKENS
