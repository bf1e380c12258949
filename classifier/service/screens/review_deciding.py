"""Decide: one paper after the other, undo, and bulks of what a filter leaves. Everything works by forms."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.errors import ClassifierError, InputError
from classifier.model.record import OUT_OF_SCOPE
from classifier.review.decide import ACCEPT, DecisionWish
from classifier.review.queue import QueueFilter, QueuePlace
from classifier.service.api.uploads import read_form
from classifier.service.hub import Hub
from classifier.service.identity import reader, reviewer
from classifier.service.problems import HttpProblem, problem_of
from classifier.service.review_paper import view_decision
from classifier.service.reviewing import (
    OpenReview,
    open_review,
    places_of,
    save,
    saved_before,
    undo,
    viewer_of,
)
from classifier.service.screens.review_common import (
    AnyReview,
    HubNow,
    PaperId,
    RunId,
    base_of,
    filter_of,
    query_of,
    render_review,
)
from classifier.service.store.users import ServiceUser

router = APIRouter()

_FIELDS = frozenset(("do", "leaf", "reason", "note", "token", "resolve"))
_BULK_FIELDS = frozenset(("what", "note", "token", "digest"))
_LISTED = 500
"""Papers that the preview of a bulk lists; of more, the number is given."""
_NOTE_CHARS = 4000
Reader = Annotated[ServiceUser, Depends(reader)]
Reviewer = Annotated[ServiceUser, Depends(reviewer)]
PageNumber = Annotated[int | None, Query(ge=1, le=10_000)]


@router.get("/review/{run_id}/next")
def get_next(
    request: Request, hub: HubNow, opened: AnyReview, _: Reader, page: PageNumber = None
) -> Response:
    """The first paper of the queue; when there is none, the queue says so."""
    wanted = filter_of(request)
    places = opened.session.queue(wanted) if _can_decide(opened) else []
    if not places:
        return RedirectResponse(base_of(opened) + query_of(wanted), 303)
    return _paper(request, hub, opened, places[0], len(places), page)


@router.get("/review/{run_id}/papers/{paper_id}")
def get_paper(
    request: Request, paper_id: PaperId, hub: HubNow, opened: AnyReview, _: Reader, page: PageNumber = None
) -> Response:
    """One paper, whether or not it waits."""
    if not opened.session.started:
        return RedirectResponse(base_of(opened), 303)
    [place] = places_of(opened, hub, [paper_id])
    return _paper(request, hub, opened, place, len(opened.session.queue(filter_of(request))), page)


@router.post("/review/{run_id}/papers/{paper_id}")
async def post_paper(
    request: Request, run_id: RunId, paper_id: PaperId, hub: HubNow, _: Reviewer
) -> Response:
    """Keeps a decision and leads to the next paper."""
    async with read_form(request, _FIELDS) as form:
        fields = form.fields

    def decide() -> Response:
        opened = open_review(hub, viewer_of(request, hub), run_id)
        wanted = filter_of(request)
        [place] = places_of(opened, hub, [paper_id])
        try:
            wish = _wish(fields)
            save(hub, opened, [place], wish, fields.get("token", "")[:100] or None)
        except (ClassifierError, HttpProblem) as error:
            problem = problem_of(error)
            return _paper(request, hub, opened, place, len(opened.session.queue(wanted)), None, problem)
        if wish.label is None and not wish.skip:  # a note: the paper still waits
            return RedirectResponse(f"{base_of(opened)}/papers/{paper_id}{query_of(wanted)}", 303)
        if fields.get("resolve"):
            return RedirectResponse(f"{base_of(opened)}/conflicts", 303)
        return RedirectResponse(f"{base_of(opened)}/next{query_of(wanted)}", 303)

    return await run_in_threadpool(decide)


def _can_decide(opened: OpenReview) -> bool:
    plan, viewer = opened.session.plan, opened.viewer
    if not opened.session.started or not (viewer.is_proved or viewer.has_chosen):
        return False
    return not plan.is_double or viewer.name in plan.reviewers


def _paper(
    request: Request, hub: Hub, opened: OpenReview, place: QueuePlace, left: int, page: int | None,
    problem: HttpProblem | None = None,
) -> Response:  # fmt: skip
    wanted, session = filter_of(request), opened.session
    view = view_decision(hub, opened, place, left, page)
    return render_review(
        request, hub, opened, "review_paper.html.j2",
        status=problem.status_code if problem else 200,
        problem=problem,
        view=view,
        filed=place.paper.filed,
        query=query_of(wanted),
        other_pages=query_of(wanted, page="") or "?",
        here_at=f"{base_of(opened)}/papers/{view.id}",
        token=secrets.token_urlsafe(16),
        can_decide=_can_decide(opened),
        last=session.last_act(),
        titles={paper.key: paper.filed.title for paper in session.papers},
    )  # fmt: skip


def _wish(fields: dict[str, str]) -> DecisionWish:
    """What a button asks for.

    Raises:
        InputError: Nothing that could be decided.
    """
    wanted, note = fields.get("do", ""), fields.get("note", "").strip()[:_NOTE_CHARS]
    resolve = bool(fields.get("resolve"))
    if wanted == "note":
        if not note:
            raise InputError("the note is empty; write something, or choose a label")
        return DecisionWish(note=note)
    if wanted == "skip":
        return DecisionWish(skip=True, note=note)
    if wanted == "leaf" and not fields.get("leaf"):
        raise InputError("no leaf was chosen; choose one in the tree")
    if wanted.startswith("agree:"):
        return DecisionWish(label=wanted.removeprefix("agree:"), note=note)
    value = {"leaf": fields.get("leaf", ""), "scope": f"scope:{fields.get('reason', '')}"}.get(wanted, wanted)
    return labelled(value, note, resolve=resolve)


def labelled(value: str, note: str, *, resolve: bool = False) -> DecisionWish:
    """A label as forms write it: "accept", a label, or "scope:RULE" for out of scope with a reason."""
    if value.startswith("scope:"):
        reason = value.removeprefix("scope:") or None
        return DecisionWish(label=OUT_OF_SCOPE, scope_reason=reason, note=note, resolve=resolve)
    return DecisionWish(label=value or None, note=note, resolve=resolve)


@router.post("/review/{run_id}/undo")
async def post_undo(request: Request, run_id: RunId, hub: HubNow, _: Reviewer) -> Response:
    """Takes an act back and shows its paper again; a bulk leads to the queue."""
    async with read_form(request, frozenset(("act",))) as form:
        act = form.fields.get("act", "")

    def take_back() -> Response:
        opened = open_review(hub, viewer_of(request, hub), run_id)
        number = int(act) if act.isascii() and act.isdecimal() and len(act) < 16 else None
        undone = undo(hub, opened, number)
        query = query_of(filter_of(request))
        if len(undone) > 1:
            return RedirectResponse(base_of(opened) + query, 303)
        paper_id = hub.shelf.card_id(opened.run, opened.session.place(undone[0].key).paper.key)
        return RedirectResponse(f"{base_of(opened)}/papers/{paper_id}{query}", 303)

    return await run_in_threadpool(take_back)


@router.get("/review/{run_id}/bulk")
def get_bulk(request: Request, hub: HubNow, opened: AnyReview, _: Reviewer) -> Response:
    """What would be decided; nothing is saved."""
    what = request.query_params.get("what", "")[:200]
    note = request.query_params.get("note", "")[:_NOTE_CHARS]
    return _bulk(request, hub, opened, what, note)


@router.post("/review/{run_id}/bulk")
async def post_bulk(request: Request, run_id: RunId, hub: HubNow, _: Reviewer) -> Response:
    """Decides on what the preview showed, as one act; if the queue has changed, it is shown again."""
    async with read_form(request, _BULK_FIELDS) as form:
        fields = form.fields

    def decide() -> Response:
        opened = open_review(hub, viewer_of(request, hub), run_id)
        wanted = filter_of(request)
        what, note = fields.get("what", ""), fields.get("note", "").strip()[:_NOTE_CHARS]
        places = opened.session.queue(wanted)
        token = fields.get("token", "")[:100]
        try:
            if saved_before(opened, token):  # its answer was lost
                return RedirectResponse(base_of(opened), 303)
            if fields.get("digest") != digest_of(places):
                raise HttpProblem(
                    409, "queue-changed",
                    "the papers that wait are not those of the preview any more; look at them, then confirm",
                )  # fmt: skip
            save(hub, opened, places, labelled(what, note), token or None)
        except (ClassifierError, HttpProblem) as error:
            return _bulk(request, hub, opened, what, note, problem_of(error))
        return RedirectResponse(base_of(opened) + query_of(QueueFilter()), 303)

    return await run_in_threadpool(decide)


def _bulk(
    request: Request, hub: Hub, opened: OpenReview, what: str, note: str, problem: HttpProblem | None = None
) -> Response:
    if not opened.session.started:
        return RedirectResponse(base_of(opened), 303)
    wanted = filter_of(request)
    places = opened.session.queue(wanted) if _can_decide(opened) else []
    return render_review(
        request, hub, opened, "review_bulk.html.j2",
        status=problem.status_code if problem else 200,
        problem=problem,
        wanted=wanted,
        query=query_of(wanted),
        what=what,
        note=note,
        wish=labelled(what, note),
        accepts=what == ACCEPT,
        found=len(places),
        queued=[(hub.shelf.card_id(opened.run, place.paper.key), place) for place in places[:_LISTED]],
        digest=digest_of(places),
        token=secrets.token_urlsafe(16),
    )  # fmt: skip


def digest_of(places: list[QueuePlace]) -> str:
    """Names the papers of a preview and their labels, so that no others are decided."""
    shown = [f"{place.paper.key}\0{place.paper.machine}" for place in places]
    return hashlib.sha256("\n".join(sorted(shown)).encode("utf-8", "replace")).hexdigest()[:32]
