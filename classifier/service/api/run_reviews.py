"""`/api/v1/runs/{id}/review`: the queue, decisions, undo, conflicts, agreement, and when to stop."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from classifier.model.decision import ReviewDecision
from classifier.review.agreement import ReviewAgreement
from classifier.review.decide import DecisionWish
from classifier.review.queue import QueueFilter, QueuePlace, Why
from classifier.service.api.common import (
    API,
    Cursor,
    DecidesAs,
    IdempotencyKey,
    Limit,
    page_of,
    problems,
)
from classifier.service.api.models import Paged
from classifier.service.api.review_models import (
    AddedGold,
    AddGoldRequest,
    DecideRequest,
    PlanRequest,
    QueuedPaper,
    ReviewAct,
    ReviewNumbers,
    ReviewState,
    UndoRequest,
)
from classifier.service.exports import download_headers
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader, reviewer
from classifier.service.review_numbers import agreement_of, draw_flow, grow_gold, numbers_of
from classifier.service.reviewing import (
    OpenReview,
    change_plan,
    open_review,
    places_of,
    save,
    undo,
    viewer_of,
    visible_decisions,
)

router = APIRouter(prefix=f"{API}/runs/{{id}}/review", tags=["reviews"])

HubNow = Annotated[Hub, Depends(hub_of)]
Wanted = Annotated[float, Query(gt=0, lt=1, description="Accuracy that labels nobody looks at must reach")]


def _any(
    request: Request,
    run_id: Annotated[str, Path(alias="id", max_length=100, description="The run's id")],
    hub: HubNow,
    name: DecidesAs = None,
) -> OpenReview:
    return open_review(hub, viewer_of(request, hub, name), run_id, must_be_started=False)


def _started(
    request: Request,
    run_id: Annotated[str, Path(alias="id", max_length=100, description="The run's id")],
    hub: HubNow,
    name: DecidesAs = None,
) -> OpenReview:
    return open_review(hub, viewer_of(request, hub, name), run_id)


Started = Annotated[OpenReview, Depends(_started)]
AnyRun = Annotated[OpenReview, Depends(_any)]


@router.get("", summary="How far a review is", dependencies=[Depends(reader)], responses=problems(404))
def get_review(opened: AnyRun) -> ReviewState:
    """The plan, who has decided how much, and what waits for you."""
    return state_of(opened)


@router.post(
    "",
    summary="Start a review, or change its plan",
    dependencies=[Depends(owner)],
    responses=problems(404, 409),
)
def post_review_plan(hub: HubNow, opened: AnyRun, asked: PlanRequest) -> ReviewState:
    """Without a seed, one is drawn and kept: the order stays the same."""
    names = None if asked.reviewers is None else tuple(asked.reviewers)
    change_plan(
        hub, opened, seed=asked.seed, audit=asked.audit, reviewers=names, hide_machine=asked.hide_machine
    )
    return state_of(opened)


@router.get(
    "/queue", summary="The papers in order", dependencies=[Depends(reader)], responses=problems(404, 409)
)
def get_queue(
    hub: HubNow,
    opened: Started,
    why: Annotated[Why | None, Query(description="Asked for this reason")] = None,
    label: Annotated[str | None, Query(max_length=200, description="A leaf, or a branch above it")] = None,
    text: Annotated[str, Query(max_length=200, description="In title, authors or key")] = "",
    below: Annotated[float | None, Query(ge=0, le=1, description="Confidence below this, or unknown")] = None,
    engine: Annotated[str, Query(max_length=200)] = "",
    year: Annotated[int | None, Query(ge=1500, le=2200)] = None,
    decided: Annotated[bool, Query(description="Also papers that wait for nobody")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Paged[QueuedPaper]:
    """The first one is asked first; each says why. The order is the same for the same seed."""
    wanted = QueueFilter(why, label, text, below, engine, year, decided)
    return _page(hub, opened, opened.session.queue(wanted), cursor, limit)


@router.get(
    "/conflicts",
    summary="Papers on which two reviewers disagree",
    dependencies=[Depends(reader)],
    responses=problems(404, 409),
)
def get_conflicts(
    hub: HubNow, opened: Started, limit: Limit = 50, cursor: Cursor = None
) -> Paged[QueuedPaper]:
    """With both decisions and their notes; a decision with `resolve` ends one, or equal labels do."""
    places = [opened.session.place(paper.key) for paper in opened.session.conflicts()]
    return _page(hub, opened, places, cursor, limit)


@router.get(
    "/decisions",
    summary="Decisions that count",
    dependencies=[Depends(reader)],
    responses=problems(404, 409),
)
def get_decisions(opened: Started, limit: Limit = 50, cursor: Cursor = None) -> Paged[ReviewDecision]:
    """In the order in which they were made; of a blind review that is not done only your own."""
    return Paged[ReviewDecision](**page_of(visible_decisions(opened), cursor, limit))


@router.post(
    "/decisions",
    summary="Decide about papers",
    dependencies=[Depends(reviewer)],
    responses=problems(404, 409),
)
def post_decisions(
    hub: HubNow, opened: Started, asked: DecideRequest, key: IdempotencyKey = None
) -> ReviewAct:
    """All or none; the answer is sent when they are on disk. Repeat a request with the same key safely."""
    wish = DecisionWish(asked.label, asked.scope_reason, asked.note, asked.skip, asked.resolve)
    places = places_of(opened, hub, list(dict.fromkeys(asked.papers)))
    return _act(opened, save(hub, opened, places, wish, key))


@router.post(
    "/undo", summary="Take an act back", dependencies=[Depends(reviewer)], responses=problems(404, 409)
)
def post_undo(hub: HubNow, opened: Started, asked: UndoRequest) -> ReviewAct:
    """All decisions of the act; labels are then what they were before. With `act` it can be repeated."""
    return _act(opened, undo(hub, opened, asked.act))


@router.get(
    "/agreement",
    summary="How far blind reviewers agree",
    dependencies=[Depends(reader)],
    responses=problems(404, 409),
)
def get_agreement(opened: Started) -> ReviewAgreement:
    """Kappa, alpha (nominal, and with distances in the tree), by label, and what is confused most."""
    return agreement_of(opened)


@router.get(
    "/stopping",
    summary="When to stop, and the methods paragraph",
    dependencies=[Depends(reader)],
    responses=problems(404, 409),
)
def get_stopping(opened: Started, wanted: Wanted = 0.9) -> ReviewNumbers:
    """From the random sample: the accuracy, and the confidence from which on nobody must look."""
    advice, flow, methods = numbers_of(opened, wanted)
    return ReviewNumbers(stopping=advice, flow=flow, methods=methods)


@router.get(
    "/flow",
    summary="The flow of papers (PRISMA 2020)",
    dependencies=[Depends(reader)],
    response_class=Response,
    responses={
        200: {"description": "The file", "content": {"image/svg+xml": {}, "text/csv": {}}},
        **problems(404, 409),
    },
)
def get_flow(
    opened: Started, form: Annotated[Literal["svg", "csv"], Query(alias="format")] = "csv"
) -> Response:
    """Identified, duplicates, screened, excluded by reason, included."""
    kind = "image/svg+xml" if form == "svg" else "text/csv; charset=utf-8"
    return Response(draw_flow(opened, form), media_type=kind, headers=download_headers(f"flow.{form}"))


@router.post(
    "/gold",
    summary="Add decided papers to the gold studies",
    dependencies=[Depends(owner)],
    responses=problems(404, 409),
)
def post_gold(hub: HubNow, opened: Started, asked: AddGoldRequest) -> AddedGold:
    """As `classifier gold add`: nothing is written if lint finds something new. It may be repeated."""
    places = dict(zip(asked.summaries, places_of(opened, hub, list(asked.summaries)), strict=True))
    written = {places[paper].paper.key: words for paper, words in asked.summaries.items()}
    return AddedGold(**asdict(grow_gold(hub, opened, written, dry_run=asked.dry_run)))


def state_of(opened: OpenReview) -> ReviewState:
    """How far a review is."""
    session, papers = opened.session, opened.session.papers
    made = Counter(name for paper in papers for name in paper.opinions.by_name)
    return ReviewState(
        run=opened.run,
        started=session.started,
        seed=session.plan.seed,
        sample=session.plan.sample_size(len(papers)),
        reviewers=session.plan.reviewers,
        hide_machine=session.plan.hide_machine,
        papers=len(papers),
        decided=sum(paper.decided is not None for paper in papers),
        by_reviewer={name: made[name] for name in session.plan.reviewers},
        conflicts=len(session.conflicts()),
        you=session.name,
        waiting=len(session.queue()) if session.started else 0,
    )


def _page(
    hub: Hub, opened: OpenReview, places: list[QueuePlace], cursor: str | None, limit: int
) -> Paged[QueuedPaper]:
    page = page_of(list(enumerate(places, start=1)), cursor, limit)
    here = [_queued(hub, opened, place, number) for number, place in page["items"]]
    return Paged[QueuedPaper](items=here, next=page["next"])


def _queued(hub: Hub, opened: OpenReview, place: QueuePlace, number: int) -> QueuedPaper:
    paper, session = place.paper, opened.session
    visible = paper.shows_machine(session.plan)
    return QueuedPaper(
        paper=hub.shelf.card_id(opened.run, paper.key),
        key=paper.filed.key,
        title=paper.filed.title,
        authors=paper.filed.short_authors,
        year=paper.filed.year,
        place=number,
        why=place.why.value,
        sentence=place.sentence,
        label=paper.machine if visible else None,
        runner_up=paper.filed.row.label.runner_up if visible else None,
        confidence=paper.confidence if visible else None,
        decisions=paper.seen_by(session.name, session.plan),
    )


def _act(opened: OpenReview, made: list[ReviewDecision]) -> ReviewAct:
    act = made[0].act if made else None
    return ReviewAct(act=act, decisions=tuple(made), waiting=len(opened.session.queue()))
