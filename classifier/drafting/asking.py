"""Sections without texts -> drafted texts, a few sections at a time.

What enters: tasks, a model, the templates. What leaves: texts, and the sections that got none, with the
reason. After a reply that does not fit the schema, the model is asked one more time; a section that fails is
left for the next run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier.drafting.kept import KeptReplies
from classifier.drafting.material import DraftTask, tree_lines
from classifier.drafting.reply import MOST_ITEMS, draft_schema, read_reply
from classifier.engines.openai.chat import Tally
from classifier.engines.openai.conversation import StructuredModel
from classifier.errors import ClassifierError, Concern, ModelError, ReplyError
from classifier.model.task import Prompt
from classifier.prompting.templates import TemplateFolder, fence_for
from classifier.survey.drafts import MAX_CHARS, SURVEY, DraftedText
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace, builtin_root

TEMPLATE = "draft.v1.j2"
CONCURRENCY = 4
_UNANSWERED = 3
"""Sections in a row without any answer of the server, after which the rest is not tried."""
_MOST_TREE_LINES = 150


@dataclass
class Asked:
    """The results of the questions.

    Attributes:
        texts: In the order of the tasks.
        failed: Path of a section -> why it has no drafts.
        stopped: Why the rest was not asked; None if all were.
    """

    texts: list[DraftedText] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    stopped: ClassifierError | None = None


def build_prompts(workspace: Workspace, tasks: Sequence[DraftTask]) -> list[Prompt]:
    """The prompt of each task.

    Raises:
        ConfigError: The template is wrong.
    """
    templates = TemplateFolder(_template_dir(workspace))
    taxonomy = workspace.taxonomy
    shared = _shared(taxonomy)
    system = templates.render(TEMPLATE, shared, block="system")
    return [_prompt(templates, shared, system, task) for task in tasks]


async def ask_all(
    model: StructuredModel,
    kept: KeptReplies,
    tasks: Sequence[DraftTask],
    prompts: Sequence[Prompt],
    on_done: Callable[[int, int], None],
) -> Asked:
    """Asks about every section.

    Args:
        kept: The replies that the model's transport uses.
        on_done: Called with the number of sections that are done, and of all.

    Raises:
        StoreError: A reply cannot be saved.
    """
    asked, found = Asked(), dict[int, tuple[DraftedText, ...]]()
    waiting = iter(range(len(tasks)))
    silent = 0

    async def work() -> None:
        nonlocal silent
        for number in waiting:
            if asked.stopped is not None:
                return
            task = tasks[number]
            try:
                with kept.conversation():
                    found[number] = await _ask(model, task, prompts[number])
                silent = 0
            except (ModelError, ReplyError) as error:
                silent = silent + 1 if error.is_unanswered() else 0
                if error.concerns is Concern.run or silent >= _UNANSWERED:
                    asked.stopped = asked.stopped or error
                else:
                    asked.failed[task.path] = error.message
            on_done(len(found) + len(asked.failed), len(tasks))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(CONCURRENCY, len(tasks))):
                group.create_task(work())
    except* ClassifierError as several:
        raise several.exceptions[0] from None
    asked.texts = [text for number in sorted(found) for text in found[number]]
    return asked


async def _ask(model: StructuredModel, task: DraftTask, prompt: Prompt) -> tuple[DraftedText, ...]:
    texts, _ = await model.ask(prompt, lambda text: read_reply(task, text, model.model), Tally())
    return texts


def _prompt(templates: TemplateFolder, shared: dict[str, object], system: str, task: DraftTask) -> Prompt:
    papers = "\n".join(f"{paper.title}\n{paper.abstract}" for paper in task.papers)
    user = templates.render(
        TEMPLATE,
        shared
        | {
            "path": "the whole survey" if task.path == SURVEY else " > ".join(task.titles),
            "section_text": task.text,
            "children": task.children,
            "neighbours": task.neighbours,
            "papers": task.papers,
            "fence": fence_for(papers),
        },
        block="user",
    )
    return Prompt(
        system=system,
        user=user,
        answer_schema=draft_schema(task),
        sha256="",
        tokens=(len(system) + len(user)) // 4,
    )


def _shared(taxonomy: Taxonomy) -> dict[str, object]:
    lines = tree_lines(taxonomy)
    more = [f"and {len(lines) - _MOST_TREE_LINES} more"] if len(lines) > _MOST_TREE_LINES else []
    drafted = any(mark.of == "definition" for mark in taxonomy.drafts)
    return {
        "title": taxonomy.title,
        "definition": "" if drafted else taxonomy.definition,
        "tree": [*lines[:_MOST_TREE_LINES], *more],
        "most_chars": MAX_CHARS,
        "most_items": MOST_ITEMS,
    }


def _template_dir(workspace: Workspace) -> Path:
    """The workspace's own templates if this one is among them, else the built-in ones."""
    own = workspace.prompt_dir()
    return own if (own / TEMPLATE).is_file() else builtin_root() / "prompts"
