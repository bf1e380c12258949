"""Drafting from beginning to end: what `classifier init` and `classifier draft --ask` do with a model.

What enters: a workspace's folder and settings. What leaves: drafts.yaml with the new texts, and what
happened. Killed at any moment, the same call resumes: every reply is on disk before it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from classifier.drafting.asking import ask_all
from classifier.drafting.material import find_material
from classifier.drafting.model import DraftPlan, kept_model, plan_of
from classifier.drafting.prompts import build_questions
from classifier.drafting.settling import apply_drafts
from classifier.errors import ClassifierError
from classifier.files import replace_text
from classifier.settings import Settings
from classifier.survey.drafts import (
    DRAFTS_FILE,
    QUESTIONS,
    SURVEY,
    DraftedText,
    all_nodes,
    drafts_text,
    load_drafts,
)
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace
from classifier.waiting import OnWait

_ADVICE = "make room, or check the folder's permissions, then rerun"


@dataclass(frozen=True)
class Drafted:
    """The result of drafting.

    Attributes:
        new: Drafted texts that were not there before.
        waiting: All texts of drafts.yaml that no person has decided on.
        failed: Path of a section -> why it has no drafts.
        bare: Sections without a single abstract; nothing was asked about them.
        stopped: Why the rest was not asked; None if all were.
        replies: Replies that were paid for now.
        spent_usd: What all replies have cost, earlier runs included.
    """

    new: int
    waiting: int
    failed: dict[str, str]
    bare: tuple[str, ...]
    stopped: ClassifierError | None
    replies: int
    spent_usd: float


async def draft_missing(
    root: Path,
    settings: Settings,
    *,
    max_cost_usd: float | None = None,
    on_plan: Callable[[DraftPlan], None],
    on_done: Callable[[int, int], None],
    on_wait: OnWait | None = None,
) -> Drafted:
    """Lets the model of the settings draft what the workspace's taxonomy lacks.

    Args:
        on_plan: Called before anything is sent.
        on_done: Called after each section with the number of those done, and of all.

    Raises:
        ConfigError: The workspace or the settings are wrong.
        StoreError: A file cannot be written.
    """
    workspace = Workspace(root)
    known = load_drafts(root)
    material = find_material(workspace.taxonomy, workspace.studies, known)
    questions = build_questions(workspace, material.tasks, settings.model or "")
    async with kept_model(root, settings, max_cost_usd=max_cost_usd, on_wait=on_wait) as (model, kept):
        on_plan(plan_of(questions, settings, "section", "sections"))
        asked = await ask_all(model, kept, questions, on_done)
        # A question that is drafted again, since a section was added, keeps the texts that are there.
        there = {row.id for row in known}
        texts = [text for answer in asked.answers.values() for text in answer]
        new = [text for text in texts if text.id not in there]
        rows = [*_present(workspace.taxonomy, known), *new]
        if tuple(rows) != known:
            replace_text(root / DRAFTS_FILE, drafts_text(rows), advice=_ADVICE)
    return Drafted(
        new=len(new),
        waiting=sum(row.state == "draft" for row in rows),
        failed=asked.failed,
        bare=material.bare,
        stopped=asked.stopped,
        replies=kept.new,
        spent_usd=kept.spent_usd,
    )


def settle_taxonomy(root: Path, text: str) -> str:
    """A taxonomy's new text, with all that a person has decided about drafts in this workspace.

    Raises:
        ConfigError: drafts.yaml is wrong.
    """
    rows = load_drafts(root)
    decided = [row for row in rows if row.state != "draft"]
    if not decided:
        return text
    taxonomy = Taxonomy.model_validate(yaml.safe_load(text))
    return apply_drafts(text, taxonomy, decided, rows)[0]


def _present(taxonomy: Taxonomy, rows: tuple[DraftedText, ...]) -> list[DraftedText]:
    """The drafts without undecided ones of nodes that a grown list no longer has."""
    nodes = {SURVEY, QUESTIONS, *all_nodes(taxonomy)}
    return [row for row in rows if row.state != "draft" or row.node in nodes]
