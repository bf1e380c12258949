"""`classifier mcp [DIR]`: tools for assistants over the Model Context Protocol (MCP)."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from classifier.cli import exits
from classifier.cli.options import EngineName, EngineOption, ModelOption, WorkspaceOption


def mcp(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Folder of runs, as for `classifier serve`. Default: in your data directory.",
        ),
    ] = None,
    papers: Annotated[
        list[Path] | None,
        typer.Option("--papers", metavar="DIR", help="A folder whose PDFs may be read by path. Repeatable."),
    ] = None,
    no_fetch: Annotated[
        bool, typer.Option("--no-fetch", help="Use no network: no arXiv ids, addresses, DOIs or titles.")
    ] = False,
    allow_write: Annotated[
        bool, typer.Option("--allow-write", help="Offer tools that save decisions or spend money.")
    ] = False,
    max_cost: Annotated[
        float | None,
        typer.Option(
            "--max-cost",
            min=0,
            metavar="USD",
            help="With --allow-write: offer the paid model, until assistants have spent this in DIR.",
        ),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Under which name decisions are saved.")
    ] = "assistant",
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
) -> int:
    """Serve an assistant over MCP on standard input and output: read-only unless --allow-write is given."""
    from classifier.assistants import serve_stdio
    from classifier.assistants.config import AssistantConfig
    from classifier.settings import load_settings

    given: dict[str, Any] = {"folder": folder} if folder is not None else {}
    config = AssistantConfig(
        **given,
        papers=tuple(papers or ()),
        settings=load_settings(engine=engine.setting, model=model),
        workspace=workspace,
        fetch=not no_fetch,
        allow_write=allow_write,
        max_cost_usd=max_cost,
        by=by,
    )
    if sys.stdin.isatty():
        print("classifier: waiting for an MCP client on standard input; Ctrl-D ends it", file=sys.stderr)
    signal.signal(signal.SIGINT, _leave)
    serve_stdio(config)
    return exits.DONE


def _leave(*_: object) -> None:
    """Ends at once: a thread of the SDK waits for the next line and cannot be interrupted."""
    print("classifier: interrupted", file=sys.stderr, flush=True)
    os._exit(exits.INTERRUPTED)
