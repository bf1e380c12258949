"""`classifier review`: the queue in a terminal, and reports about the decisions."""

from __future__ import annotations

import json as json_module
import sys
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.export import FolderArgument, take_up_measurements
from classifier.cli.options import JsonOption, WorkspaceOption
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.review.queue import QueueFilter, Why
    from classifier.review.session import ReviewSession
    from classifier.survey.workspace import Workspace

_CHECKED = 200
"""Rows that are compared with the tree before a review begins."""


def review(
    folder: FolderArgument,
    name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who decides.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Decides the random sample; kept in the run. Default: drawn once."),
    ] = None,
    audit: Annotated[
        int | None,
        typer.Option(min=0, help="Papers in the random sample. Default: a tenth, at least 30, at most 200."),
    ] = None,
    reviewers: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Review blind: each paper is decided by two of these people."),
    ] = None,
    hide_machine: Annotated[
        bool | None,
        typer.Option(
            "--hide-machine/--show-machine",
            help="Blind reviewers see the engine's label only when both have decided, or at once.",
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="WHY",
            help="Only papers asked for this reason: audit, failed, evidence, margin, thin-leaf, unmeasured, "
            "weak-engine, other, rest.",
        ),
    ] = None,
    leaf: Annotated[
        str | None, typer.Option(metavar="LABEL", help="Only papers with this label, or below this branch.")
    ] = None,
    text: Annotated[str, typer.Option(help="Only papers with these words in title, authors or key.")] = "",
    below: Annotated[
        float | None, typer.Option(min=0, max=1, help="Only papers with a lower or unknown confidence.")
    ] = None,
    conflicts: Annotated[
        bool, typer.Option("--conflicts", help="Resolve papers on which two reviewers disagree.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Print the queue, with the reason of each place.")
    ] = False,
    bulk: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL",
            help="Decide all papers that the filter leaves: accept, or a label. Shows them first.",
        ),
    ] = None,
    note: Annotated[str, typer.Option(help="With --bulk: why.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="With --bulk: save; without it nothing is saved.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take your last decision, or bulk of decisions, back.")
    ] = False,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Print how far blind reviewers agree, and what they confuse.")
    ] = False,
    methods: Annotated[
        bool, typer.Option("--methods", help="Print accuracy, when to stop, and a paragraph for your survey.")
    ] = False,
    wanted_accuracy: Annotated[
        float,
        typer.Option(min=0.01, max=0.999, help="With --methods: what labels nobody looks at must reach."),
    ] = 0.9,
    flow: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the counts of a PRISMA 2020 diagram: FILE.svg or FILE.csv."),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> int:
    """Review labels: papers that need it come first, each with the reason."""
    from classifier.cli import review_reports as reports
    from classifier.errors import ConfigError
    from classifier.review.queue import QueueFilter
    from classifier.review.session import ReviewSession
    from classifier.survey.workspace import Workspace

    chosen = [
        text
        for wanted, text in (
            (conflicts, "--conflicts"), (listed, "--list"), (bulk, "--bulk"), (undo, "--undo"),
            (agreement, "--agreement"), (methods, "--methods"), (flow, "--flow"),
        )
        if wanted
    ]  # fmt: skip
    if len(chosen) > 1:
        raise ConfigError(f"{' and '.join(chosen)} exclude one another; run them one after the other")
    if yes and not bulk:
        raise ConfigError("--yes needs --bulk LABEL; see --help")
    from classifier.batch.ledger.rows import read_rows
    from classifier.batch.papers import need_rows
    from classifier.export.filed import file_row

    space = Workspace(workspace)
    taxonomy = space.taxonomy
    names = tuple(part.strip() for part in reviewers.split(",")) if reviewers is not None else None
    given = {"seed": seed, "audit": audit, "reviewers": names, "hide_machine": hide_machine}
    need_rows(folder)
    for row in islice(read_rows(folder), _CHECKED):
        file_row(row, taxonomy)  # raises an error if the run was labelled with another tree
    take_up_measurements(folder, space)
    session = ReviewSession.open(folder, taxonomy, name or "", **given)
    wanted = QueueFilter(why=_why(reason), label=leaf, text=text, below=below)
    again = partial(command_line, "review", folder, workspace=workspace)
    if agreement:
        return reports.show_agreement(session, again, as_json=json)
    if methods:
        return reports.show_methods(session, wanted_accuracy, as_json=json)
    if flow is not None:
        return reports.write_flow(session, flow)
    if listed or (json and not (bulk or undo)):
        return reports.show_queue(session, wanted, as_json=json)
    session.need_name()
    if undo:
        return _undo(session)
    if bulk is not None:
        undoing = again(undo=True, options={"as": session.name})
        return _bulk(session, wanted, bulk, note, undoing if yes else None)
    from classifier.cli.review_keys import keys_of, run_session

    return run_session(session, wanted, keys_of(sys.stdin), again, conflicts=conflicts)


def _why(reason: str | None) -> Why | None:
    from classifier.errors import ConfigError
    from classifier.review.queue import Why

    if reason is None:
        return None
    if reason not in list(Why):
        raise ConfigError(f"--reason is '{reason}'; expected one of {', '.join(Why)}")
    return Why(reason)


def _undo(session: ReviewSession) -> int:
    from classifier.errors import ConfigError

    undone = session.undo()
    if not undone:
        raise ConfigError(f"'{session.name}' has no decision in this run that could be taken back")
    session.close()
    print(f"classifier: taken back: {', '.join(made.key for made in undone)}", file=sys.stderr)
    return exits.DONE


def _bulk(session: ReviewSession, wanted: QueueFilter, label: str, note: str, undoing: str | None) -> int:
    """Shows the papers, and decides them unless `undoing`, the command that takes it back, is None."""
    places = session.queue(wanted)
    for place in places:
        now = place.paper.filed.label if place.paper.shows_machine(session.plan) else "hidden"
        print(f"{place.paper.filed.key}\t{now}\t{label}\t{place.paper.filed.title}")
    if undoing is None:
        print(
            f"classifier: {count_of(len(places), 'paper')} would be decided; add --yes to save",
            file=sys.stderr,
        )
        return exits.DONE
    if places:
        from classifier.review.decide import DecisionWish

        session.decide_all(places, DecisionWish(label=label, note=note))
        session.close()
    back = f"; `{undoing}` takes {plural(len(places), 'it', 'all of them')} back" if places else ""
    print(f"classifier: {count_of(len(places), 'paper')} decided{back}", file=sys.stderr)
    return exits.DONE


def gold(
    action: Annotated[str, typer.Argument(metavar="add", help="What to do.")],
    folder: FolderArgument,
    summaries: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Summaries in your own words: columns key and summary. Others are asked for in a terminal, "
            "else drafted from the title and marked.",
        ),
    ] = None,
    ask: Annotated[
        bool,
        typer.Option("--ask/--no-ask", help="Ask for summaries, in a terminal; an empty line drafts it."),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be added; write nothing.")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> int:
    """Take decided papers of a run into the workspace as studies: examples for prompts, items for `eval`."""
    from classifier.batch.papers import need_rows
    from classifier.cli.review_reports import gold_in_words
    from classifier.errors import ConfigError
    from classifier.review.gold import add_gold
    from classifier.review.session import ReviewSession
    from classifier.review.summaries import read_summaries
    from classifier.survey.workspace import Workspace

    if action != "add":
        raise ConfigError(f"'{action}' is not known; expected `classifier gold add DIR`")
    space = Workspace(workspace)
    need_rows(folder)
    session = ReviewSession.open(folder, space.taxonomy, "")
    written = read_summaries(summaries) if summaries else {}
    if ask and not dry_run and not json and sys.stdin.isatty():
        written = _ask_summaries(session, space, written)
    change = add_gold(space, session.papers, written, dry_run=dry_run)
    if json:
        print(json_module.dumps({name: getattr(change, name) for name in change.__dataclass_fields__}))
    else:
        print(gold_in_words(change, dry_run=dry_run), file=sys.stderr)
    return exits.DONE


def _ask_summaries(session: ReviewSession, space: Workspace, written: dict[str, str]) -> dict[str, str]:
    from classifier.review.gold import add_gold

    change = add_gold(space, session.papers, written, dry_run=True)
    if not change.drafted:
        return written
    asked = dict(written)
    for paper in session.papers:
        if paper.decided is not None and paper.key not in change.skipped and paper.key not in asked:
            print(f"{paper.filed.title}\n  {paper.decided}", file=sys.stderr)
            answer = typer.prompt("  summary in your own words", default="", show_default=False, err=True)
            if answer.strip():
                asked[paper.key] = answer
    return asked
