"""`classifier init` from beginning to end: a source -> a workspace, its abstracts, its drafts.

What enters: a source, choices, settings. What leaves: the folder, and what happened. The workspace is
complete before anything is fetched or asked, and again after it; so whatever fails or is killed later, it can
be used, and the same command resumes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.drafting.job import Drafted, draft_missing, settle_taxonomy
from classifier.drafting.model import DraftPlan
from classifier.drafting.survey_pdf.job import SurveyDrafted, draft_from_pdf
from classifier.errors import SourceUnavailable
from classifier.scaffold.abstracts import find_abstracts
from classifier.scaffold.filed import Choices
from classifier.scaffold.remote import ListOrigin
from classifier.scaffold.source import Source
from classifier.scaffold.start import Started, start_workspace
from classifier.settings import Settings
from classifier.sources import Sources
from classifier.survey.drafts import load_drafts, pending_drafts
from classifier.survey.workspace import Workspace
from classifier.waiting import OnWait


@dataclass(frozen=True)
class InitJob:
    """What an author wants.

    Attributes:
        abstracts: A list whose abstracts are given to papers that have none.
        offline: Fetch nothing.
        drafts: Let the model of the settings draft what the list does not say.
        max_cost_usd: Limit on what the drafts may cost together.
        force: Replace files that were changed by hand.
        fetched: Where the source came from, if it was fetched.
        pdf: The file, if the source is a survey's PDF.
    """

    root: Path
    source: Source
    choices: Choices
    settings: Settings
    abstracts: str | None = None
    offline: bool = False
    drafts: bool = False
    max_cost_usd: float | None = None
    force: bool = False
    fetched: ListOrigin | None = None
    pdf: Path | None = None


@dataclass(frozen=True)
class Made:
    """What was made.

    Attributes:
        missing: Labelled papers without an abstract that were looked for.
        no_answer: Why not all were looked for.
        drafted: What the model did; None if none was asked.
        read: What the model read in the survey's PDF; None if it was not asked, or the source is no PDF.
        waiting: Texts that no person has accepted.
    """

    started: Started
    missing: int = 0
    no_answer: SourceUnavailable | None = None
    drafted: Drafted | None = None
    read: SurveyDrafted | None = None
    waiting: int = 0


@dataclass(frozen=True)
class Watching:
    """What is called while it works; see `find_abstracts` and `draft_missing`."""

    on_abstract: Callable[[int, int], None]
    on_plan: Callable[[DraftPlan], None]
    on_draft: Callable[[int, int], None]
    on_wait: OnWait | None = None


async def make_workspace(job: InitJob, watching: Watching) -> Made:
    """Makes the workspace; running it again resumes, and then changes nothing.

    Raises:
        ConfigError, InputError, StoreError: As `start_workspace` and `draft_missing`.
    """
    started = _start(job, force=job.force)
    missing, no_answer = 0, None
    bare = [p.entry.paper for p in started.filing.papers if not p.entry.paper.abstract]
    if bare and not job.offline:
        missing = len(bare)
        async with Sources.from_settings(job.settings, on_wait=watching.on_wait) as sources:
            no_answer = (await find_abstracts(job.root, bare, sources, watching.on_abstract)).stopped
        again = _start(job)
        written = tuple(dict.fromkeys((*started.written, *again.written)))
        started = replace(again, written=written, changes=started.changes)
    drafted, read = await _ask(job, watching) if job.drafts else (None, None)
    waiting = len(pending_drafts(Workspace(job.root).taxonomy, load_drafts(job.root)))
    return Made(started, missing, no_answer, drafted, read, waiting)


async def _ask(job: InitJob, watching: Watching) -> tuple[Drafted | None, SurveyDrafted | None]:
    """A PDF has no papers yet, so nothing is drafted from them: the model reads where they are."""
    if job.pdf is not None:
        read = await draft_from_pdf(
            job.root,
            str(job.pdf),
            job.settings,
            max_cost_usd=job.max_cost_usd,
            on_plan=watching.on_plan,
            on_done=watching.on_draft,
            on_wait=watching.on_wait,
        )
        return None, read
    drafted = await draft_missing(
        job.root,
        job.settings,
        max_cost_usd=job.max_cost_usd,
        on_plan=watching.on_plan,
        on_done=watching.on_draft,
        on_wait=watching.on_wait,
    )
    return drafted, None


def _start(job: InitJob, *, force: bool = False) -> Started:
    return start_workspace(
        job.root,
        job.source,
        job.choices,
        abstracts=job.abstracts,
        force=force,
        settle=lambda text: settle_taxonomy(job.root, text),
        fetched=job.fetched,
    )
