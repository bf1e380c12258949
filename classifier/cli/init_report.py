"""The output of `classifier init`: its report, its JSON, its progress, its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli import exits
from classifier.cli.draft_report import drafts_facts, drafts_report, say_plan, survey_facts, survey_report
from classifier.cli.wait_notice import WaitNotice
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.drafting.making import InitJob, Made, Watching
    from classifier.scaffold.start import Started

_SHOWN_ROWS = 10
_SHOWN_CHANGES = 5
_EACH = 10
"""Papers or sections between two lines of progress."""


def watching() -> Watching:
    """Progress on standard error."""
    from classifier.drafting.making import Watching

    fetched = progress("abstracts")

    def on_abstract(done: int, total: int) -> None:
        if done:
            fetched(done, total)
        else:
            said = f"arXiv is asked for the abstracts of {count_of(total, 'paper')}"
            print(f"classifier: {said}; --offline fetches nothing", file=sys.stderr, flush=True)

    return Watching(on_abstract, say_plan, progress("drafts"), WaitNotice())


def progress(what: str) -> Callable[[int, int], None]:
    """A line after each ten, and after the last."""

    def show(done: int, total: int) -> None:
        if done % _EACH == 0 or done == total:
            print(f"classifier: {what}: {done} of {total}", file=sys.stderr, flush=True)

    return show


def exit_code_of(made: Made) -> int:
    """6 if arXiv or the model did not answer everything: the workspace is there, and a rerun resumes."""
    asked = made.drafted or made.read
    incomplete = asked is not None and (asked.failed or asked.stopped)
    return exits.PARTIAL if made.no_answer or incomplete else exits.DONE


def facts_of(job: InitJob, made: Made) -> dict[str, object]:
    """For --json."""
    folder, started = job.root, made.started
    filing = started.filing
    leaves = [path for top in filing.tree for path, node in top.walk() if not node.children]
    return {
        "workspace": str(folder),
        "title": filing.source.title,
        "leaves": leaves,
        "studies": len(filing.papers),
        "entries": len(filing.outcomes),
        "outcomes": dict(sorted(filing.counts().items())),
        "broken": [entry.model_dump() for entry in filing.source.broken],
        "notices": [*filing.source.notices, *filing.notices, *started.wrong_ids],
        "items": dict(filing.items),
        "unread": [item.model_dump() for item in filing.source.unread],
        "sections": [row.model_dump() for row in filing.plan.sections],
        "abstracts_added": started.abstracts,
        "abstracts_fetched": started.fetched,
        "arxiv": made.no_answer.message if made.no_answer else None,
        "drafts": drafts_facts(made.drafted) if made.drafted else None,
        "survey_draft": survey_facts(made.read) if made.read else None,
        "fetched": job.fetched.model_dump() if job.fetched else None,
        "changes": started.changes.model_dump() if started.changes else None,
        "written": started.written,
    }


def report_of(job: InitJob, made: Made, kept: Sequence[str] = ()) -> list[str]:
    """What was made of the source, with counts that add up; `kept` are the options of the last time."""
    from classifier.drafting.survey_pdf.draft_list import SURVEY_DRAFT

    folder, started = job.root, made.started
    filing = started.filing
    nodes = [node for top in filing.tree for _, node in top.walk()]
    leaves = sum(not node.children for node in nodes)
    count = filing.counts()
    lines = [
        (
            f"{filing.source.title or 'Untitled survey'}: {count_of(leaves, 'leaf', 'leaves')}, "
            f"{count_of(len(filing.papers), 'labelled paper')}, from "
            f"{count_of(len(filing.outcomes), 'entry', 'entries')} of {filing.source.name or 'your answers'}"
        ),
    ]
    words = {
        "leaf": "first entry of a labelled paper",
        "secondary": "same paper in another leaf (a secondary leaf)",
        "repeated": "same paper again, counted once",
    }
    lines += [f"  {count.pop(name, 0):5}  {text}" for name, text in words.items() if count[name]]
    lines += [f"  {times:5}  {name}" for name, times in sorted(count.items()) if times]
    if filing.items:
        parts = ", ".join(f"{times} {name}" for name, times in filing.items.most_common())
        lines.append(
            f"  {count_of(filing.items.total(), 'bullet or row', 'bullets and rows')} of the list: {parts}"
        )
    lines += [f"  as the last time: {', '.join(kept)}"] if kept else []
    lines += _about_changes(job, started)
    lines += _about_abstracts(job, made)
    lines += _about_texts(folder, made)
    if filing.plan.sections:
        lines.append(f"{folder / 'sections.yaml'} has what each section was taken for: edit it, then rerun.")
    if not started.written:
        lines.append("Nothing changed: everything was there already.")
    if made.read is not None:
        lines += survey_report(folder, made.read)
    elif job.pdf is not None:
        lines.append("With --model NAME, a model reads in the PDF where the survey files its papers.")
    if made.read is not None and made.read.papers:
        lines.append(f"Next: {command_line('init', folder, options={'from': folder / SURVEY_DRAFT})}")
    else:
        lines.append(f"Next: {command_line('lint', workspace=folder)}")
    return lines


def _about_changes(job: InitJob, started: Started) -> list[str]:
    """Where the list was, and what has changed in it since the last time."""
    lines = [f"  fetched from {job.fetched.place}"] if job.fetched else []
    if (changes := started.changes) is None:
        return lines
    words = ((changes.new, "new"), (changes.gone, "no longer listed"), (changes.moved, "filed elsewhere"))
    said = ", ".join(f"{len(titles)} {text}" for titles, text in words if titles)
    lines.append(f"  since the last init: {said or 'no entry has changed'}")
    for titles, text in words:
        lines += [f"    {text}: {title}" for title in titles[:_SHOWN_CHANGES]]
        if len(titles) > _SHOWN_CHANGES:
            lines.append(f"    {text}: and {len(titles) - _SHOWN_CHANGES} more")
    return lines


def _about_abstracts(job: InitJob, made: Made) -> list[str]:
    papers = made.started.filing.papers
    if not papers:
        return []
    with_text = sum(bool(paper.entry.paper.abstract) for paper in papers)
    fetched = f", {made.started.fetched} of them from arXiv" if made.started.fetched else ""
    lines = [
        (
            f"  {with_text} of {count_of(len(papers), 'labelled paper')} "
            f"{plural(1 if len(papers) == 1 else with_text, 'has', 'have')} an abstract{fetched}"
        )
    ]
    if with_text < len(papers) and job.offline:
        lines.append("  nothing was fetched; without --offline, arXiv is asked for the others")
    if made.no_answer is not None:
        lines.append(f"  not all were looked for: {made.no_answer.message}; rerun to resume")
    return lines


def _about_texts(folder: Path, made: Made) -> list[str]:
    nodes = [node for top in made.started.filing.tree for _, node in top.walk()]
    lines = []
    if made.drafted is not None:
        lines += drafts_report(folder, made.drafted)
    if all(node.intro for node in nodes):
        lines.append(f"Definitions are the source's own; check them in {folder / 'taxonomy.yaml'}.")
    elif made.drafted is None and made.read is None and made.waiting:
        lines.append("Definitions that the source does not give are drafts from headings and frequent words.")
        lines.append(
            f"That is little: edit them in {folder / 'taxonomy.yaml'}, or add --model NAME for better ones."
        )
    return lines


def say_unread(started: Started) -> None:
    """Entries that cannot be used, and links that are no papers: on standard error, a few of many."""
    filing = started.filing
    source = filing.source
    rows = [*source.notices, *filing.notices, *started.wrong_ids]
    rows += [f"line {entry.line}: {entry.reason}" for entry in source.broken]
    aside = {row.section for row in filing.plan.sections if row.role in ("front", "facet")}
    listed = [item for item in source.unread if not any(item.section[:n] in aside for n in range(1, 9))]
    rows += [f"line {item.line}: links to no paper: '{item.text[:70]}'" for item in listed]
    for row in rows[:_SHOWN_ROWS]:
        print(f"{source.name}: {row}", file=sys.stderr)
    if len(rows) > _SHOWN_ROWS:
        print(f"{source.name}: and {len(rows) - _SHOWN_ROWS} more; --json lists all", file=sys.stderr)
