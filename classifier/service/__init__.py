"""The service: a paper or a list in, a checked label out, in a browser and over HTTP.

Reading order: `config` (its settings), `store/` (its own database), `shelf` (the run folders as papers),
`tasks` and `workshop` (background work), `guard` and `identity` (who may do what), `problems`, `api/` (JSON),
`screens/` (pages), `app` (connects them), `server` (serves an address, if that is safe).

It needs the extra "serve"; without it importing this package works, and `create_app` says what to install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["create_app"]


def create_app(**overrides: Any) -> FastAPI:
    """The service as an ASGI application.

    Args:
        overrides: Fields of `classifier.service.config.ServiceConfig` by name, e.g. `folder=Path("runs")`.

    Raises:
        ConfigError: The extra "serve" is missing, or a setting is wrong.
    """
    from classifier.extras import need

    for module in ("fastapi", "uvicorn", "huey", "limits", "prometheus_client", "python_multipart"):
        need(module, "serve", "the service")
    from classifier.service.app import build_app
    from classifier.service.config import ServiceConfig

    return build_app(ServiceConfig(**overrides))
