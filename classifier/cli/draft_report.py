"""What commands say about drafts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classifier.drafting.job import Drafted, DraftPlan
    from classifier.survey.drafts import DraftedText

_SHOWN = 5
_SHOWN_PAPERS = 6


def say_plan(plan: DraftPlan) -> None:
    """What will be asked and about what it costs, on standard error."""
    if plan.sections:
        cost = "unknown" if plan.cost_usd is None else f"${plan.cost_usd:.4f}"
        print(
            f"classifier: drafts for {plan.sections} sections: about {plan.tokens_in:,} tokens of prompts, "
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
    what = f"The model drafted {drafted.new} texts, for ${drafted.spent_usd:.4f} so far"
    lines = [f"{what}; {drafted.waiting} wait for you: classifier draft {folder}"]
    if drafted.bare:
        lines.append(
            f"  nothing to draft from, since no paper has an abstract: {_few(drafted.bare)}; "
            "there only headings and frequent words are known, which is little"
        )
    for path, why in list(drafted.failed.items())[:_SHOWN]:
        lines.append(f"  no drafts for {path}: {why}")
    if len(drafted.failed) > _SHOWN:
        lines.append(f"  and {len(drafted.failed) - _SHOWN} more sections without drafts")
    if drafted.stopped is not None:
        lines.append(f"  stopped: {drafted.stopped.message}")
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
