"""Shared by the pages of a review: who opens it, the filter in the address, and the tabs above each page."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Depends, Path, Request
from fastapi.responses import Response

from classifier.review.queue import QueueFilter, Why
from classifier.service.hub import Hub, hub_of
from classifier.service.problems import HttpProblem
from classifier.service.reviewing import OpenReview, open_review, viewer_of
from classifier.service.screens.papers import leaf_titles
from classifier.service.screens.render import render_page
from classifier.service.search import share_in
from classifier.service.store.users import UserRole

RunId = Annotated[str, Path(max_length=200)]
PaperId = Annotated[str, Path(max_length=100)]
HubNow = Annotated[Hub, Depends(hub_of)]
_FIELDS = ("why", "label", "text", "below", "engine", "year", "decided")
_FIELD_CHARS = 200


class ReviewTab(NamedTuple):
    """A page of a review: its address, its name, and a number beside it."""

    address: str
    name: str
    number: int | None = None


def opened_by(request: Request, run_id: RunId, hub: HubNow) -> OpenReview:
    """The review of a run for who asks; it need not be started."""
    return open_review(hub, viewer_of(request, hub), run_id, must_be_started=False)


AnyReview = Annotated[OpenReview, Depends(opened_by)]


def filter_of(request: Request) -> QueueFilter:
    """The filter of an address; what cannot be read asks for nothing."""
    given = {name: request.query_params.get(name, "")[:_FIELD_CHARS] for name in _FIELDS}
    below, year = share_in(given["below"]), given["year"]
    return QueueFilter(
        why=Why(given["why"]) if given["why"] in list(Why) else None,
        label=given["label"] or None,
        text=given["text"],
        below=below,
        engine=given["engine"],
        year=int(year) if year.isascii() and year.isdecimal() else None,
        decided=given["decided"] == "true",
    )


def query_of(wanted: QueueFilter, **more: object) -> str:
    """A filter as the end of an address, with the question mark; empty for none."""
    values: dict[str, object] = {
        "why": wanted.why and wanted.why.value,
        "label": wanted.label,
        "text": wanted.text,
        "below": wanted.below,
        "engine": wanted.engine,
        "year": wanted.year,
        "decided": "true" if wanted.decided else "",
        **more,
    }
    kept = {name: str(value) for name, value in values.items() if value not in (None, "")}
    return f"?{urlencode(kept)}" if kept else ""


def base_of(opened: OpenReview) -> str:
    """Where the pages of a review begin."""
    return f"/review/{quote(opened.run, safe='')}"


def render_review(
    request: Request,
    hub: Hub,
    opened: OpenReview,
    template: str,
    *,
    status: int = 200,
    problem: HttpProblem | None = None,
    **context: Any,
) -> Response:
    """A page of a review."""
    run, session, base = hub.runs.get(opened.run), opened.session, base_of(opened)
    tabs = [
        ReviewTab(base, "Queue"),
        ReviewTab(f"{base}/decisions", "Decisions"),
        ReviewTab(f"{base}/stop", "When to stop"),
    ]
    if session.plan.is_double:
        tabs[1:1] = [
            ReviewTab(f"{base}/conflicts", "Conflicts", len(session.conflicts())),
            ReviewTab(f"{base}/agreement", "Agreement"),
        ]
    tabs.append(ReviewTab(f"{base}/gold", "Gold"))
    return render_page(
        request,
        template,
        status=status,
        problem=problem,
        opened=opened,
        session=session,
        plan=session.plan,
        viewer=opened.viewer,
        taxonomy=session.taxonomy,
        list_title=run.title if run else opened.run,
        base=base,
        tabs=tabs if session.started else [],
        leaf_titles=leaf_titles(hub),
        rules={rule.id: rule.title for rule in session.taxonomy.rules.values()},
        may_plan=opened.viewer.role.includes(UserRole.owner),
        **context,
    )
