"""What commands say about drafts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classifier.drafting.job import Drafted
    from classifier.drafting.model import DraftPlan
    from classifier.drafting.survey_pdf.job import SurveyDrafted
    from classifier.survey.drafts import DraftedText

_SHOWN = 5
_SHOWN_PAPERS = 6


def say_plan(plan: DraftPlan) -> None:
    """What will be asked and about what it costs, on standard error."""
    if plan.about:
        cost = "unknown" if plan.cost_usd is None else f"${plan.cost_usd:.4f}"
        print(
            f"classifier: asking about {plan.about}: about {plan.tokens_in:,} tokens of prompts, "
            f"estimated cost {cost}",
            file=sys.stderr,
            flush=True,
        )


def drafts_facts(drafted: Drafted) -> dict[str, Any]:
    """For --json."""
    return {
        "new": drafted.new,
        "waiting": drafted.waiting,
        "failed": drafted.failed,
        "without_abstracts": drafted.bare,
        "stopped": drafted.stopped.message if drafted.stopped else None,
        "replies": drafted.replies,
        "spent_usd": drafted.spent_usd,
    }


def drafts_report(folder: Path, drafted: Drafted) -> list[str]:
    """What the model did."""
    what = f"The model drafted {count_of(drafted.new, 'text')}, for ${drafted.spent_usd:.4f} so far"
    lines = [
        (
            f"{what}; {drafted.waiting} {plural(drafted.waiting, 'waits', 'wait')} for you: "
            f"{command_line('draft', folder)}"
        )
    ]
    if drafted.bare:
        lines.append(
            f"  nothing to draft from, since no paper has an abstract: {_few(drafted.bare)}; "
            "there only headings and frequent words are known, which is little"
        )
    for path, why in list(drafted.failed.items())[:_SHOWN]:
        lines.append(f"  no drafts for {path}: {why}")
    if len(drafted.failed) > _SHOWN:
        lines.append(f"  and {count_of(len(drafted.failed) - _SHOWN, 'more section')} without drafts")
    if drafted.stopped is not None:
        lines.append(f"  stopped: {drafted.stopped.message}")
    return lines


def survey_facts(read: SurveyDrafted) -> dict[str, Any]:
    """For --json."""
    from classifier.drafting.survey_pdf.draft_list import SURVEY_DRAFT

    return {
        "file": SURVEY_DRAFT,
        "left_as_edited": read.kept,
        "parts": read.parts,
        "parts_read": read.answered,
        "topics": read.topics,
        "papers": read.papers,
        "references": read.references,
        "rejected": read.rejected,
        "failed": read.failed,
        "stopped": read.stopped.message if read.stopped else None,
        "replies": read.replies,
        "spent_usd": read.spent_usd,
    }


def survey_report(folder: Path, read: SurveyDrafted) -> list[str]:
    """What the model read in a survey's PDF, and what to do next."""
    from classifier.drafting.survey_pdf.draft_list import SURVEY_DRAFT

    path = folder / SURVEY_DRAFT
    if not read.references:
        return ["No reference list was recognised in the PDF, so the model was not asked where papers are."]
    files = f"it files {read.papers} of {count_of(read.references, 'reference')}"
    parts = f"{read.answered} of {count_of(read.parts, 'part')}"
    files += f" under {count_of(read.topics, 'topic')}"
    lines = [f"The model read {parts} of the survey, for ${read.spent_usd:.4f} so far: {files}"]
    if read.rejected:
        lines.append(
            f"  left out, since the PDF does not say so: {count_of(len(read.rejected), 'statement')}"
        )
        lines += [f"    {line}" for line in read.rejected[:_SHOWN]]
    for name, why in list(read.failed.items())[:_SHOWN]:
        lines.append(f"  not read: {name}: {why}")
    if len(read.failed) > _SHOWN:
        lines.append(f"  and {len(read.failed) - _SHOWN} more not read")
    if read.stopped is not None:
        lines.append(f"  stopped: {read.stopped.message}")
    if read.kept:
        lines.append(f"{path} was edited since it was drafted, so it was left as it is")
    if read.answered:
        lines.append(f"Check {path}: a person decides where each paper belongs.")
    return lines


def draft_rows(drafts: Iterable[DraftedText]) -> list[str]:
    """Each draft with what it rests on."""
    lines = []
    for draft in drafts:
        papers = ", ".join(draft.papers[:_SHOWN_PAPERS]) + ", …" * (len(draft.papers) > _SHOWN_PAPERS)
        lines += [
            draft.id,
            f"    {draft.text}",
            f"    by {draft.by}{'; rests on ' if papers else ''}{papers}",
        ]
    return lines


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_SHOWN]) + f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN)
