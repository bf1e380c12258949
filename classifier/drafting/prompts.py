"""Sections without texts -> the questions about them.

What enters: tasks and a workspace's templates. What leaves: for each task a prompt and the reader of its
reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from classifier.drafting.asking import ModelQuestion
from classifier.drafting.material import DraftTask, tree_lines
from classifier.drafting.reply import MOST_ITEMS, draft_schema, read_reply
from classifier.model.task import Prompt
from classifier.prompting.templates import TemplateFolder, fence_for
from classifier.survey.drafts import MAX_CHARS, SURVEY, DraftedText
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace, builtin_root

TEMPLATE = "draft.v1.j2"
_MOST_TREE_LINES = 150


def build_questions(
    workspace: Workspace, tasks: Sequence[DraftTask], by: str
) -> list[ModelQuestion[tuple[DraftedText, ...]]]:
    """The question of each task.

    Args:
        by: The model's name, for the drafts.

    Raises:
        ConfigError: The template is wrong.
    """
    templates = templates_with(TEMPLATE, workspace)
    taxonomy = workspace.taxonomy
    shared = _shared(taxonomy)
    system = templates.render(TEMPLATE, shared, block="system")
    return [
        ModelQuestion(
            about=task.path,
            prompt=_prompt(templates, shared, system, task),
            read=partial(read_reply, task, by=by),
        )
        for task in tasks
    ]


def templates_with(name: str, workspace: Workspace) -> TemplateFolder:
    """The workspace's own templates if this one is among them, else the built-in ones."""
    own = workspace.prompt_dir()
    return TemplateFolder(own if (own / name).is_file() else builtin_root() / "prompts")


def plain_prompt(system: str, user: str, schema: dict[str, Any]) -> Prompt:
    """A prompt that is identified by its text alone."""
    return Prompt(
        system=system, user=user, answer_schema=schema, sha256="", tokens=(len(system) + len(user)) // 4
    )


def _prompt(templates: TemplateFolder, shared: dict[str, object], system: str, task: DraftTask) -> Prompt:
    shown = [f"{paper.title}\n{paper.abstract}" for paper in task.papers]
    shown += [title for neighbour in task.neighbours for title in neighbour.papers]
    user = templates.render(
        TEMPLATE,
        shared
        | {
            "path": "the whole survey" if task.path == SURVEY else " > ".join(task.titles),
            "section_text": task.text,
            "children": task.children,
            "neighbours": task.neighbours,
            "papers": task.papers,
            "fence": fence_for("\n".join(shown)),
        },
        block="user",
    )
    return plain_prompt(system, user, draft_schema(task))


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
