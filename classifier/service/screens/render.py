"""Templates -> pages. Every value is escaped; titles, quotes, file names and models' texts are untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from classifier.__about__ import __version__
from classifier.export.links import link_to
from classifier.pages import environment
from classifier.service.hub import engines_of, hub_of
from classifier.service.screens.static import asset_address
from classifier.service.visibility import visibility_of
from classifier.text.characters import shown

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent.parent / "templates"

PLACES = (
    ("/", "Paper", "p"),
    ("/lists", "Lists", "l"),
    ("/tree", "Tree", "t"),
    ("/evaluation", "Evaluation", "e"),
)
"""The pages in the navigation: address, name, key."""


def render_page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """A page, or a part of one."""
    return HTMLResponse(render_text(request, template, **context), status, dict(headers or {}))


def render_text(request: Request, template: str, **context: Any) -> str:
    """The page's text."""
    hub = hub_of(request)
    return (
        templates()
        .get_template(template)
        .render(
            here=request.url.path,
            user=request.scope.get("classifier.user"),
            can_log_out=hub.config.needs_login and not hub.config.proxy_header,
            engines=engines_of(hub),
            places=PLACES,
            version=__version__,
            asset=asset_address,
            can_hide=hub.config.needs_login,
            sharing=lambda run_id: visibility_of(hub, request.scope.get("classifier.user"), run_id),
            **context,
        )
    )


def render_problem(request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """The page about an error."""
    return render_page(request, "problem.html.j2", status=problem["status"], headers=headers, problem=problem)


@cache
def templates() -> Environment:
    """The environment of all pages."""
    return environment(
        _TEMPLATES,
        {
            "shown": shown,
            "link": link_to,
            "percent": _percent,
            "dollars": _dollars,
            "many": _many,
            "when": _when,
        },
    )


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.0f} %"


def _dollars(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "$0" if value == 0 else f"${value:.4f}" if value < 1 else f"${value:.2f}"


def _many(value: float) -> str:
    return f"{value:,.0f}"


def _when(text: str) -> str:
    """An ISO 8601 time in a readable form; all are UTC."""
    return text[:16].replace("T", " ") + " UTC" if text else ""
