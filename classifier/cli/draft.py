"""`classifier draft`: texts that a program has drafted, and a person's decisions about them."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.draft_report import draft_rows, drafts_facts, drafts_report, say_plan
from classifier.cli.options import EngineName, EngineOption, JsonOption, ModelOption, check_options
from classifier.cli.wait_notice import WaitNotice
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.drafting.decide import Change
    from classifier.survey.workspace import Workspace


def draft(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Drafts, or paths of nodes for all their drafts; or all."),
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Put these texts into taxonomy.yaml.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Do not use these texts.")] = False,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="With --accept: your text instead.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Carry out the decisions that you noted in drafts.yaml.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference; write nothing.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Let the model draft what the taxonomy lacks.")] = False,
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, metavar="USD", help="With --ask: ask for no more than this may cost."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """List the drafts of a workspace, and accept, edit or reject them. Nothing uses a draft before that.

    Without options, list what waits. Each change of taxonomy.yaml is shown as a diff.
    """
    from classifier.drafting.decide import propose, propose_file
    from classifier.errors import ConfigError
    from classifier.survey.drafts import load_drafts, pending_drafts
    from classifier.survey.workspace import Workspace

    if accept + reject + apply + ask > 1:
        raise ConfigError("--accept, --reject, --apply and --ask exclude one another; see --help")
    if text is not None and not accept:
        raise ConfigError("--text needs --accept and one id")
    if (accept or reject) and not ids:
        listing = command_line("draft", folder)
        raise ConfigError(f"name the drafts: ids, paths of nodes, or all (`{listing}` lists them)")
    workspace = Workspace(folder)
    if ask:
        return _ask(workspace, engine, model, max_cost, as_json=json)
    if accept or reject:
        change = propose(workspace, ids or [], "accepted" if accept else "rejected", text=text)
        return _carry_out(change, dry_run=dry_run, as_json=json)
    if apply:
        return _carry_out(propose_file(workspace), dry_run=dry_run, as_json=json)
    waiting = pending_drafts(workspace.taxonomy, load_drafts(folder))
    shown = [row for row in waiting if not ids or row.id in ids or row.node in ids]
    if json:
        print(json_module.dumps([row.model_dump(mode="json") for row in shown], ensure_ascii=False))
        return exits.DONE
    print("\n".join([*draft_rows(shown), f"{len(shown)} of {count_of(len(waiting), 'waiting draft')} shown"]))
    if shown:
        accepting = command_line("draft", folder, shown[0].id, accept=True)
        print(f"Next: {accepting} (or another ID; or --reject; or --accept --text TEXT)")
    return exits.DONE


def _carry_out(change: Change, *, dry_run: bool, as_json: bool) -> int:
    from classifier.drafting.decide import save

    if not dry_run:
        save(change)
    if as_json:
        rows = [row.model_dump(mode="json") for row in change.decided]
        print(json_module.dumps({"decided": rows, "difference": change.difference}, ensure_ascii=False))
        return exits.DONE
    if change.difference:
        print(change.difference)
    verb = "would be decided" if dry_run else "decided"
    count = len(change.decided)
    effect = "changes" if change.difference else "stays"
    print(f"{count_of(count, 'draft')} {verb}; taxonomy.yaml {effect}")
    if change.waiting:
        print(
            f"The decision questions are used when {change.waiting} more of their texts "
            f"{plural(change.waiting, 'is', 'are')} accepted."
        )
    return exits.DONE


def _ask(
    workspace: Workspace, engine: EngineName, model: str | None, max_cost: float | None, *, as_json: bool
) -> int:
    import asyncio

    from classifier.cli.init_report import progress
    from classifier.drafting.job import draft_missing
    from classifier.errors import ConfigError
    from classifier.settings import load_settings

    settings = load_settings(engine=engine.setting, model=model)
    check_options(settings, model=model, cascade_below=None)
    if settings.chosen_engine == "offline":
        raise ConfigError(
            "--ask needs a language model; set OPENAI_API_KEY or OPENAI_BASE_URL, and give --model NAME"
        )
    try:
        drafted = asyncio.run(
            draft_missing(
                workspace.root,
                settings,
                max_cost_usd=max_cost,
                on_plan=say_plan,
                on_done=progress("drafts"),
                on_wait=WaitNotice(),
            )
        )
    except KeyboardInterrupt:
        print("classifier: interrupted; what was paid for is kept; rerun to resume", file=sys.stderr)
        return exits.INTERRUPTED
    print(
        json_module.dumps(drafts_facts(drafted))
        if as_json
        else "\n".join(drafts_report(workspace.root, drafted))
    )
    return exits.PARTIAL if drafted.failed or drafted.stopped else exits.DONE
