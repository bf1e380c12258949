"""A document -> a calibrated reply: examples, excerpt and prompt are chosen, then the engines are asked.

    document > examples, excerpt > prompt > engine > calibration

About a tree that is too large for one question, a model is asked in stages. What it does not do: fetch or
read papers, or interpret the reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from classifier.connections import Connections
from classifier.engines.base import Engine
from classifier.engines.cascade import ask_in_turn, is_confident
from classifier.engines.descent import descend
from classifier.engines.earlier import Earlier
from classifier.errors import ContextOverflow, ModelError, ReplyError, UnknownLabel
from classifier.model.document import Document
from classifier.model.measurement import Measurement, ReadKind
from classifier.model.paper import PaperFile
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.model.reply import Reply
from classifier.model.study import Study
from classifier.model.task import Prompt, Task
from classifier.prompting.examples import Examples, choose_examples, eligible_studies
from classifier.prompting.excerpt import select_excerpt
from classifier.prompting.staged import StagedPrompts
from classifier.settings import Settings
from classifier.survey.stages import TreeStage
from classifier.survey.taxonomy import Taxonomy
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
        self._accuracies: dict[tuple[str, str | None, ReadKind], Measurement | None] = {}

    def prompts(self, subject: Subject) -> tuple[Prompt, ...]:
        """The prompts that would be sent for a paper: one, or for a large tree one for each stage.

        Later stages depend on the model's answers; these are about the branches with the most leaves.
        """
        found, stage, eligible = [], self._prompts.first, self._eligible(subject)
        while True:
            examples = self._examples(subject, stage, eligible)
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

    def accuracy(self, reply: Reply, read: ReadKind) -> Measurement | None:
        """The measured accuracy of the engine and model that answered, with the current prompt.

        Args:
            read: What was read; measurements on the same kind of text have priority.
        """
        engine, model = reply.engine, reply.model
        if (engine, model, read) not in self._accuracies:
            self._accuracies[engine, model, read] = load_measurement(
                self._workspace, self._settings, engine, model, self._prompts.sha256, read
            )
        return self._accuracies[engine, model, read]

    async def _ask(self, engine: Engine, subject: Subject) -> tuple[Task, Reply]:
        """Asks one engine and calibrates its reply."""
        eligible = self._eligible(subject)
        if engine.needs_prompt:

            async def ask(stage: TreeStage) -> tuple[Task, Reply]:
                return await self._ask_with_shrinking_budget(engine, subject, stage, eligible)

            task, reply = await descend(self._prompts.first, ask, self._prompts.following)
        else:
            whole = TreeStage(self._workspace.taxonomy)
            shown = [study for study in eligible if whole.study(study)]
            task = self._task(subject, choose_examples(self._settings.examples, shown, subject.document))
            reply = await engine.answer(task)
        _check_labels(reply, self._workspace.taxonomy)
        if self._settings.calibration:
            reply = apply(self._calibration(reply.engine, reply.model), reply)
        return task, reply

    async def _ask_with_shrinking_budget(
        self, engine: Engine, subject: Subject, stage: TreeStage, eligible: Sequence[Study]
    ) -> tuple[Task, Reply]:
        """Asks; if the prompt is too long for the model, asks again with half of the excerpt."""
        examples = self._examples(subject, stage, eligible)
        task, earlier = self._task(subject, examples), Earlier()
        failed: ContextOverflow | None = None
        for prompt in self._shorter_and_shorter(subject.document, stage, examples):
            if failed is not None:
                earlier.add_error(failed)
            task = task.model_copy(update={"prompt": prompt})
            try:
                return task, earlier.with_reply(await engine.answer(task))
            except ContextOverflow as error:
                failed = error
            except (ModelError, ReplyError) as error:
                earlier.add_to(error)
                raise
        failed = failed or ContextOverflow("the prompt does not fit the model's window")
        earlier.add_to(failed)
        raise failed

    def _shorter_and_shorter(
        self, document: Document, stage: TreeStage, examples: Examples
    ) -> Iterator[Prompt]:
        """The prompt, then prompts with half of the excerpt before; none twice, as of a short abstract."""
        last, budget_tokens = None, max(self._settings.budget_tokens, _SMALLEST_BUDGET_TOKENS)
        while True:
            prompt = self._prompt(document, stage, examples, budget_tokens)
            if prompt != last:
                yield prompt
            if budget_tokens == _SMALLEST_BUDGET_TOKENS:
                return
            last, budget_tokens = prompt, max(budget_tokens // 2, _SMALLEST_BUDGET_TOKENS)

    def _eligible(self, subject: Subject) -> tuple[Study, ...]:
        studies = [study for study in self._workspace.studies if study.id not in subject.leave_out]
        return eligible_studies(studies, subject.file.paper, subject.document)

    def _examples(self, subject: Subject, stage: TreeStage, eligible: Sequence[Study]) -> Examples:
        """The examples in a prompt about one stage."""
        shown = [found for study in eligible if (found := stage.study(study))]
        budget_tokens = self._settings.question_tokens
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


def _check_labels(reply: Reply, taxonomy: Taxonomy) -> None:
    """Checks that a reply names only labels of the whole tree: an engine of the caller may name anything.

    Raises:
        UnknownLabel: It does not.
    """
    answer = reply.answer
    runner_up = () if answer.runner_up in (None, OUT_OF_SCOPE) else (answer.runner_up,)
    label = () if answer.label in (OUT_OF_SCOPE, UNPLACED) else (answer.label,)
    for name in (*label, *runner_up, *answer.secondary):
        if name not in taxonomy.leaves:
            error = UnknownLabel(
                f"the engine '{reply.engine}' named '{str(name)[:120]}', which is no leaf of the tree",
                reply.raw,
            )
            error.attempts, error.usage = reply.attempts, reply.usage
            raise error
