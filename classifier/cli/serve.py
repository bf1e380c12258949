"""`classifier serve [DIR]`: the service in a browser and over HTTP."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from classifier.cli import exits
from classifier.cli.options import EngineName, EngineOption, ModelOption, WorkspaceOption


class RoleName(StrEnum):
    """What a user may do."""

    reader = "reader"
    reviewer = "reviewer"
    owner = "owner"


def serve(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Folder of runs and of the service's database. Default: in your data directory.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(help="Address to serve at; addresses other than loopback require users (--add-user)."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 chooses a free one.")] = 8017,
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="Another host name of this service, such as that of a proxy."
        ),
    ] = None,
    proxy_header: Annotated[
        str | None,
        typer.Option(
            "--proxy-header", metavar="HEADER", help="Header in which a proxy names the logged-in user."
        ),
    ] = None,
    proxy_peer: Annotated[
        list[str] | None,
        typer.Option(
            "--proxy-peer", metavar="ADDRESS", help="Address of a proxy whose --proxy-header is trusted."
        ),
    ] = None,
    require_login: Annotated[
        bool, typer.Option("--require-login", help="Require a token on loopback too.")
    ] = False,
    budget: Annotated[
        float,
        typer.Option("--usd-per-day", min=0, metavar="USD", help="Cost limit per user and day (UTC)."),
    ] = 10.0,
    no_budget: Annotated[
        bool,
        typer.Option(
            "--no-daily-limit", help="No daily cost limit; needed for models without a known price."
        ),
    ] = False,
    requests: Annotated[
        int,
        typer.Option("--requests-per-minute", min=1, help="Maximum number of requests per user and minute."),
    ] = 1200,
    add_user: Annotated[
        str | None,
        typer.Option(
            "--add-user", metavar="NAME", help="Add a user (or renew their token), print the token, and exit."
        ),
    ] = None,
    role: Annotated[
        RoleName, typer.Option(help="With --add-user: look, decide about labels, or file papers.")
    ] = RoleName.reader,
) -> int:
    """Serve pages and an HTTP API for papers, lists, the tree and evaluations, on this machine."""
    from classifier.errors import ConfigError
    from classifier.service.config import ServiceConfig
    from classifier.service.server import add_user as add
    from classifier.service.server import serve as run
    from classifier.settings import load_settings

    settings = load_settings(engine=engine.setting, model=model)
    given: dict[str, Any] = {"folder": folder} if folder is not None else {}
    config = ServiceConfig(
        **given,
        settings=settings,
        workspace=workspace,
        host=host,
        port=port,
        allow_hosts=tuple(allow_host or ()),
        proxy_header=proxy_header,
        peers=tuple(proxy_peer or ()),
        require_login=require_login,
        requests_per_minute=requests,
        usd_per_day=None if no_budget else budget,
    )
    if add_user is not None:
        token = add(config, add_user, role.value)
        print(token)
        print(
            f"classifier: '{add_user}' is a {role.value} now; the token above is shown this once; keep it "
            "like a password",
            file=sys.stderr,
        )
        return exits.DONE
    if config.folder.is_file():
        raise ConfigError(f"{config.folder}: is a file; expected a folder")

    def told(address: str) -> None:
        print(
            f"classifier: serving {config.folder} at {address} (Ctrl-C stops it; running lists "
            "resume at the next start)",
            file=sys.stderr,
            flush=True,
        )

    run(config, told)
    return exits.DONE
