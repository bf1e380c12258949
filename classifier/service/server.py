"""Serves an address if that is safe: other machines must log in, and there must be a user who can."""

from __future__ import annotations

import logging
from collections.abc import Callable

from classifier.errors import ConfigError
from classifier.extras import need
from classifier.service import create_app
from classifier.service.config import ServiceConfig
from classifier.text.commands import command_line

_LEAVE_S = 20
"""Seconds to wait for open connections at the end."""
_IDLE_S = 15
"""Seconds that an idle connection stays open."""


def add_user(config: ServiceConfig, name: str, role: str) -> str:
    """Adds a user; returns the token, which is not stored.

    Raises:
        ConfigError: Name or role is wrong.
    """
    from classifier.service.store.schema import ServiceDatabase
    from classifier.service.store.users import UserRole, Users

    return Users(ServiceDatabase(config.folder)).add(name, UserRole(role))


def check_address(config: ServiceConfig) -> None:
    """Rejects an address on which users could not be identified.

    Raises:
        ConfigError: The address requires login, but there is neither a user nor a proxy's header.
    """
    from classifier.service.store.schema import ServiceDatabase
    from classifier.service.store.users import Users

    if not config.needs_login or Users(ServiceDatabase(config.folder)).any():
        return
    raise ConfigError(
        f"at {config.host} other machines can reach the service, but there is no user; add a user first with "
        f"`{command_line('serve', config.folder, add_user='NAME', role='owner')}`, or serve on 127.0.0.1"
    )


def serve(config: ServiceConfig, on_start: Callable[[str], None] = lambda _: None) -> None:
    """Serves until a signal ends it; active runs are resumed at the next start.

    Args:
        on_start: Called with the address when it is served.

    Raises:
        ConfigError: The extra is missing, or the address is not safe.
        StoreError: The folder cannot be used, or the address is taken.
    """
    uvicorn = need("uvicorn", "serve", "classifier serve")
    check_address(config)
    settings = {f: getattr(config, f) for f in config.__dataclass_fields__}
    app = create_app(**settings)
    name = f"[{config.host}]" if ":" in config.host else config.host
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            log_level=logging.WARNING,
            access_log=False,  # addresses contain references and search words
            proxy_headers=False,  # only the guard decides which header is trusted
            server_header=False,
            limit_concurrency=config.connections,
            timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=_LEAVE_S,
        )
    )
    started = server.startup

    async def startup(sockets: object = None) -> None:
        await started(sockets=sockets)
        if server.started:
            port = server.servers[0].sockets[0].getsockname()[1]
            on_start(f"http://{name}:{port}/")

    server.startup = startup
    try:
        server.run()
    except SystemExit as error:  # uvicorn exits this way if the address is in use
        raise ConfigError(
            f"{config.host}:{config.port} cannot be served (it may be taken); choose another --port"
        ) from error
    if not server.started:
        raise ConfigError(f"{config.host}:{config.port} cannot be served; choose another --host or --port")
