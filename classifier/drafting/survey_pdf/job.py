"""A survey's PDF -> survey-draft.yaml, by a model; killed at any moment, the same call resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from classifier.drafting.asking import ModelQuestion, ask_all
from classifier.drafting.model import DraftPlan, kept_model, plan_of
from classifier.drafting.prompts import plain_prompt, templates_with
from classifier.drafting.survey_pdf.draft_list import (
    build_draft_list,
    draft_list_text,
    write_draft_list,
)
from classifier.drafting.survey_pdf.parts import SurveyPart, SurveyTopic, find_parts, find_topics
from classifier.drafting.survey_pdf.reply import MOST_NAMES, PartAnswer, part_schema, read_part
from classifier.errors import ClassifierError
from classifier.prompting.templates import fence_for
from classifier.scaffold.survey_text import read_survey
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.waiting import OnWait

TEMPLATE = "survey_pdf.v1.j2"


@dataclass(frozen=True)
class SurveyDrafted:
    """What was read out of the PDF.

    Attributes:
        parts: Sections and pages of tables that cite papers.
        answered: Those that the model has read.
        topics: Topics of the drafted tree.
        papers: References that are filed in it.
        references: All references of the survey.
        rejected: One line for each statement of the model that the PDF does not confirm.
        failed: Part -> why it was not read.
        stopped: Why the rest was not asked; None if all were.
        kept: A person has changed the file of an earlier call, so it was not replaced.
    """

    parts: int
    answered: int
    topics: int
    papers: int
    references: int
    rejected: tuple[str, ...]
    failed: dict[str, str]
    stopped: ClassifierError | None
    replies: int
    spent_usd: float
    kept: bool


async def draft_from_pdf(
    root: Path,
    pdf: str,
    settings: Settings,
    *,
    max_cost_usd: float | None = None,
    on_plan: Callable[[DraftPlan], None],
    on_done: Callable[[int, int], None],
    on_wait: OnWait | None = None,
) -> SurveyDrafted:
    """Lets the model of the settings read where the survey files its papers.

    Args:
        root: A workspace; the replies are kept there.
        on_plan: Called before anything is sent.
        on_done: Called after each part with the number of those done, and of all.

    Raises:
        InputError: The PDF cannot be read.
        ConfigError: The workspace or the settings are wrong.
        StoreError: A file cannot be written.
    """
    survey = read_survey(pdf)
    topics, parts = find_topics(survey), find_parts(survey)
    questions = build_questions(Workspace(root), survey.document.title or "", topics, parts)
    by = settings.model or ""
    async with kept_model(root, settings, max_cost_usd=max_cost_usd, on_wait=on_wait) as (model, kept):
        on_plan(plan_of(questions, settings, "part of the survey", "parts of the survey"))
        asked = await ask_all(model, kept, questions, on_done)
        answers = list(asked.answers.values())
        drafted = build_draft_list(survey, topics, answers)
        written = not answers or write_draft_list(root, draft_list_text(survey, drafted, by=by, folder=root))
    return SurveyDrafted(
        parts=len(parts),
        answered=len(answers),
        topics=sum(1 for _ in drafted.top.walk()) - 1,
        papers=len(drafted.placed),
        references=len(survey.bibliography.entries),
        rejected=tuple(line for answer in answers for line in answer.rejected),
        failed=asked.failed,
        stopped=asked.stopped,
        replies=kept.new,
        spent_usd=kept.spent_usd,
        kept=not written,
    )


def build_questions(
    workspace: Workspace, title: str, topics: Sequence[SurveyTopic], parts: Sequence[SurveyPart]
) -> list[ModelQuestion[PartAnswer]]:
    """The question about each part.

    Raises:
        ConfigError: The template is wrong.
    """
    templates = templates_with(TEMPLATE, workspace)
    shared: dict[str, Any] = {"title": title, "topics": topics, "most_names": MOST_NAMES}
    system = templates.render(TEMPLATE, shared, block="system")
    questions = []
    for part in parts:
        references = "\n".join(reference.text for reference in part.references)
        values = shared | {"part": part, "fence": fence_for(f"{part.text}\n{references}")}
        user = templates.render(TEMPLATE, values, block="user")
        questions.append(
            ModelQuestion(
                about=part.name,
                prompt=plain_prompt(system, user, part_schema(part, topics)),
                read=partial(read_part, part, topics),
            )
        )
    return questions
