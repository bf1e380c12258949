"""Templates -> pages. Every value is escaped; titles, quotes, file names and models' texts are untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from classifier.__about__ import __version__
from classifier.export.links import link_to
from classifier.pages import environment
from classifier.service.hub import Hub, engines_of, hub_of
from classifier.service.screens.example import has_example
from classifier.service.screens.static import asset_address
from classifier.service.store.users import UserRole
from classifier.service.visibility import visibility_of
from classifier.service.words import in_service_words
from classifier.text.characters import shown

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent.parent / "templates"

PLACES = (
    ("/", "Paper", "p"),
    ("/lists", "Lists", "l"),
    ("/tree", "Tree", "t"),
    ("/review", "Review", "w"),
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
    user = request.scope.get("classifier.user")
    return (
        templates()
        .get_template(template)
        .render(
            here=request.url.path,
            user=user,
            may_file=user is not None and user.role.includes(UserRole.owner),
            may_decide=user is not None and user.role.includes(UserRole.reviewer),
            can_log_out=hub.config.needs_login and not hub.config.proxy_header,
            engines=engines_of(hub),
            places=PLACES,
            version=__version__,
            asset=asset_address,
            can_hide=hub.config.needs_login,
            has_example=has_example(hub.workspace),
            sharing=lambda run_id: visibility_of(hub, request.scope.get("classifier.user"), run_id),
            **context,
        )
    )


class SpentToday(NamedTuple):
    """What the user's replies have cost today (UTC), requests on their way included, and the limit."""

    usd: float
    limit: float


def spent_today(request: Request, hub: Hub) -> SpentToday | None:
    """The user's money of today; None if no engine costs anything, or there is no limit."""
    user, limit = request.scope.get("classifier.user"), hub.config.usd_per_day
    if user is None or limit is None or "openai" not in engines_of(hub):
        return None
    today = hub.money.today(user.name)
    return SpentToday(today.spent + today.held, limit)


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
            "here": in_service_words,
            "duration": _duration,
            "ticked": _ticked,
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


def _ticked(text: str) -> Markup:
    """A description with its `code` as code; everything else is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )


def _duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "3 min", "2 h 5 min"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _when(text: str) -> str:
    """An ISO 8601 time in a readable form; all are UTC."""
    return text[:16].replace("T", " ") + " UTC" if text else ""
