"""Review: choose a list and a name, start, and the queue with its order explained."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.batch.ledger.decisions import read_plan
from classifier.errors import ClassifierError
from classifier.review.plan import as_plan
from classifier.review.queue import REASONS
from classifier.service.api.common import decode_cursor, encode_cursor
from classifier.service.api.run_reviews import state_of
from classifier.service.api.uploads import read_form
from classifier.service.hub import Hub
from classifier.service.identity import owner, reader, reviewer
from classifier.service.problems import HttpProblem, problem_of
from classifier.service.reviewing import (
    NAME_COOKIE,
    OpenReview,
    change_plan,
    name_cookie,
    open_review,
    viewer_of,
)
from classifier.service.screens.render import render_page
from classifier.service.screens.review_common import (
    AnyReview,
    HubNow,
    RunId,
    base_of,
    filter_of,
    query_of,
    render_review,
)
from classifier.service.store.users import ServiceUser

router = APIRouter()

PAGE = 50
_NAME_S = 365 * 86_400
_PLAN_FIELDS = frozenset(("seed", "audit", "reviewers", "hide_machine", "start"))
Reader = Annotated[ServiceUser, Depends(reader)]


@router.get("/review")
def get_reviews(request: Request, hub: HubNow, _: Reader) -> Response:
    """The lists that can be reviewed, with how far each is."""
    found = []
    for volume in hub.shelf.volumes():
        if volume.is_paper or not volume.cards:
            continue
        run, cards = hub.runs.get(volume.id), volume.cards.values()
        found.append(
            {
                "id": volume.id,
                "title": run.title if run else volume.id,
                "created": run.created if run else "",
                "papers": len(cards),
                "decided": sum(card.corrected for card in cards),
                "review": sum(card.needs_review for card in cards),
                "plan": as_plan(kept) if (kept := read_plan(volume.folder)) is not None else None,
            }
        )
    found.sort(key=lambda each: str(each["created"]), reverse=True)
    return render_page(request, "review.html.j2", lists=found, viewer=viewer_of(request, hub))


@router.post("/review/{run_id}/name")
async def post_name(request: Request, run_id: RunId, hub: HubNow, _: Reader) -> Response:
    """Chooses the name under which decisions are made without a login."""
    async with read_form(request, frozenset(("name",))) as form:
        name = form.fields.get("name", "")
    opened = await run_in_threadpool(open_review, hub, viewer_of(request, hub), run_id, must_be_started=False)
    answer = RedirectResponse(base_of(opened), 303)
    if not hub.config.needs_login:
        answer.set_cookie(
            NAME_COOKIE, name_cookie(name), max_age=_NAME_S, path="/", httponly=True, samesite="strict"
        )
    return answer


@router.post("/review/{run_id}/plan")
async def post_plan(
    request: Request, run_id: RunId, hub: HubNow, _: Annotated[ServiceUser, Depends(reviewer)]
) -> Response:
    """Starts a review, or changes its plan; only an owner chooses more than to start."""
    async with read_form(request, _PLAN_FIELDS) as form:
        fields = {name: value.strip() for name, value in form.fields.items()}
    if fields.keys() - {"start"}:
        owner(request)

    def change() -> Response:
        opened = open_review(hub, viewer_of(request, hub), run_id, must_be_started=False)
        try:
            change_plan(hub, opened, **_plan(fields))
        except (ClassifierError, HttpProblem) as error:
            return _queue(request, hub, opened, problem_of(error))
        return RedirectResponse(base_of(opened), 303)

    return await run_in_threadpool(change)


def _plan(fields: dict[str, str]) -> dict[str, Any]:
    if not fields.keys() - {"start"}:
        return {}
    names = fields.get("reviewers", "").replace("\n", ",").split(",")
    return {
        "seed": _number("seed", fields.get("seed", "")),
        "audit": _number("sample", fields.get("audit", "")),
        "reviewers": tuple(name.strip() for name in names if name.strip()),
        "hide_machine": fields.get("hide_machine") == "true",
    }


def _number(what: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise HttpProblem(422, "invalid-request", f"the {what} is '{text[:40]}'; expected a number like 50")
    return int(text)


@router.get("/review/{run_id}")
def get_queue(request: Request, hub: HubNow, opened: AnyReview, _: Reader) -> Response:
    """The queue with the reason of each place; before the start, what there is to choose."""
    return _queue(request, hub, opened)


def _queue(request: Request, hub: Hub, opened: OpenReview, problem: HttpProblem | None = None) -> Response:
    status = problem.status_code if problem else 200
    session = opened.session
    if not session.started:
        return render_review(
            request, hub, opened, "review_start.html.j2", status=status, problem=problem,
            sample=session.plan.sample_size(len(session.papers)),
        )  # fmt: skip
    wanted = filter_of(request)
    places = session.queue(wanted)
    cursor = request.query_params.get("cursor", "")[:15]
    start = (decode_cursor(cursor) or 0) if cursor.isascii() and cursor.isdecimal() else 0
    more = start + PAGE < len(places)
    return render_review(
        request, hub, opened, "review_queue.html.j2", status=status, problem=problem,
        state=state_of(opened),
        wanted=wanted,
        query=query_of(wanted),
        is_filtered=bool(query_of(wanted)),
        found=len(places),
        queued=[(n, hub.shelf.card_id(opened.run, place.paper.key), place)
                for n, place in enumerate(places[start : start + PAGE], start + 1)],
        previous=query_of(wanted, cursor=encode_cursor(max(0, start - PAGE))) if start else None,
        next=query_of(wanted, cursor=encode_cursor(start + PAGE)) if more else None,
        reasons=REASONS,
        counts=Counter(place.why for place in session.queue()),
        choices=_choices(opened),
        last=session.last_act(),
    )  # fmt: skip


def _choices(opened: OpenReview) -> dict[str, list[Any]]:
    """What a filter can ask for; of hidden labels nothing."""
    session = opened.session
    papers = session.papers
    visible = [paper for paper in papers if paper.shows_machine(session.plan)]
    return {
        "labels": [label for label in session.taxonomy.labels if label in {p.filed.label for p in visible}],
        "branches": [
            branch for branch in session.taxonomy.branches
            if any(paper.filed.label.startswith(f"{branch}/") for paper in visible)
        ],
        "engines": sorted({paper.engine for paper in papers if paper.engine}),
        "years": sorted({paper.filed.year for paper in papers if paper.filed.year}, reverse=True),
    }  # fmt: skip
