"""What a review has brought: conflicts, agreement, decisions, when to stop, the flow of papers, gold."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from classifier.errors import ClassifierError
from classifier.model.decision import ReviewDecision
from classifier.review.flow import FlowCounts
from classifier.review.gold import GoldChange
from classifier.review.methods import MethodsText
from classifier.service.api.uploads import read_form
from classifier.service.exports import download_headers
from classifier.service.hub import Hub
from classifier.service.identity import owner, reader
from classifier.service.problems import HttpProblem, problem_of
from classifier.service.review_numbers import FLOW_FORMS, agreement_of, draw_flow, grow_gold, numbers_of
from classifier.service.reviewing import OpenReview, open_review, viewer_of, visible_decisions
from classifier.service.screens.review_common import AnyReview, HubNow, RunId, base_of, render_review
from classifier.service.store.users import ServiceUser

router = APIRouter()

_LISTED = 500
_ASKED = 50
"""Summaries that one page asks for."""
_SUMMARY_CHARS = 2000
Reader = Annotated[ServiceUser, Depends(reader)]
Owner = Annotated[ServiceUser, Depends(owner)]


def _started(opened: AnyReview) -> OpenReview:
    if not opened.session.started:
        raise HttpProblem(
            409,
            "review-not-started",
            f"nobody has started the review of this list; {base_of(opened)} starts it",
        )
    return opened


Started = Annotated[OpenReview, Depends(_started)]


@router.get("/review/{run_id}/conflicts")
def get_conflicts(request: Request, hub: HubNow, opened: Started, _: Reader) -> Response:
    """The papers on which the reviewers disagree, with both labels and reasons."""
    found = [(hub.shelf.card_id(opened.run, paper.key), paper) for paper in opened.session.conflicts()]
    was = [
        (hub.shelf.card_id(opened.run, paper.key), paper)
        for paper in opened.session.papers
        if paper.opinions.was_conflict and not paper.opinions.is_conflict
    ]
    return render_review(request, hub, opened, "review_conflicts.html.j2", conflicts=found, resolved=was)


@router.get("/review/{run_id}/agreement")
def get_agreement(request: Request, hub: HubNow, opened: Started, _: Reader) -> Response:
    """Kappa, alpha, by label, and the pairs that are confused most with the sentences that cause it."""
    found = agreement_of(opened)
    ids = {paper.filed.key: hub.shelf.card_id(opened.run, paper.key) for paper in opened.session.papers}
    return render_review(request, hub, opened, "review_agreement.html.j2", found=found, ids=ids)


@router.get("/review/{run_id}/decisions")
def get_decisions(request: Request, hub: HubNow, opened: Started, _: Reader, which: str = "") -> Response:
    """Decisions that count, newest first: where numbers of the methods paragraph come from."""
    session = opened.session
    papers = {key: paper for paper in session.papers for key in paper.keys}
    found = [made for made in reversed(visible_decisions(opened)) if _is_wanted(made, which)]
    return render_review(
        request, hub, opened, "review_decisions.html.j2",
        found=len(found),
        which=which,
        decisions=[
            (made, papers.get(made.key), hub.shelf.card_id(opened.run, papers[made.key].key))
            for made in found[:_LISTED]
            if made.key in papers
        ],
    )  # fmt: skip


@router.get("/review/{run_id}/stop")
def get_stop(request: Request, hub: HubNow, opened: Started, _: Reader, wanted: str = "0.9") -> Response:
    """When to stop, the methods paragraph with the source of each number, and the flow of papers."""
    accuracy = _share(wanted)
    advice, flow, methods = numbers_of(opened, accuracy)
    return render_review(
        request, hub, opened, "review_stop.html.j2",
        advice=advice,
        flow=flow,
        flow_rows=_flow_rows(flow, opened),
        pieces=list(_pieces(methods, base_of(opened))),
        numbers=[(number, _source_address(number.source, base_of(opened))) for number in methods.numbers],
        sample=sorted((p for p in opened.session.papers if p.is_audit), key=lambda paper: paper.draw),
        ids={p.key: hub.shelf.card_id(opened.run, p.key) for p in opened.session.papers if p.is_audit},
    )  # fmt: skip


@router.get("/review/{run_id}/flow.{form}")
def get_flow(
    opened: Started, _: Reader, form: Annotated[str, Path(max_length=10)], inline: bool = False
) -> Response:
    """The flow diagram as a file, or as the picture on the page."""
    if form not in FLOW_FORMS:
        raise HttpProblem(404, "not-found", "the flow is there as flow.svg and flow.csv")
    kind = "image/svg+xml" if form == "svg" else "text/csv; charset=utf-8"
    headers = download_headers(f"flow.{form}")
    if inline:
        headers.pop("Content-Disposition", None)
    return Response(draw_flow(opened, form), media_type=kind, headers=headers)


@router.get("/review/{run_id}/gold")
def get_gold(request: Request, hub: HubNow, opened: Started, _: Reader) -> Response:
    """What would be added to the gold studies; summaries can be written."""
    return _gold(request, hub, opened)


@router.post("/review/{run_id}/gold")
async def post_gold(request: Request, run_id: RunId, hub: HubNow, _: Owner) -> Response:
    """Adds decided papers to the workspace's studies, as `classifier gold add` does."""
    names = frozenset(f"summary-{number}" for number in range(_ASKED)) | {
        f"key-{number}" for number in range(_ASKED)
    }
    async with read_form(request, names, most=2 * _ASKED) as form:
        fields = form.fields

    def add() -> Response:
        opened = open_review(hub, viewer_of(request, hub), run_id)
        written = {
            fields[f"key-{number}"]: words[:_SUMMARY_CHARS]
            for number in range(_ASKED)
            if (words := fields.get(f"summary-{number}", "").strip()) and f"key-{number}" in fields
        }
        try:
            change = grow_gold(hub, opened, written, dry_run=False)
        except (ClassifierError, HttpProblem) as error:
            return _gold(request, hub, opened, problem=problem_of(error))
        return _gold(request, hub, opened, done=change)

    return await run_in_threadpool(add)


def _gold(
    request: Request, hub: Hub, opened: OpenReview, *, done: GoldChange | None = None,
    problem: HttpProblem | None = None,
) -> Response:  # fmt: skip
    change: GoldChange | None = None
    try:
        change = done or grow_gold(hub, opened, {}, dry_run=True)
    except ClassifierError as error:
        problem = problem or problem_of(error)
    skipped = change.skipped if change else {}
    papers = {paper.key: paper for paper in opened.session.papers if paper.decided is not None}
    asked = [paper for key, paper in papers.items() if key not in skipped][:_ASKED]
    return render_review(
        request, hub, opened, "review_gold.html.j2",
        status=problem.status_code if problem else 200,
        problem=problem, change=change, done=done, asked=asked, decided=papers,
        workspace=hub.workspace.root.name, studies=len(hub.workspace.studies),
    )  # fmt: skip


def _is_wanted(made: ReviewDecision, which: str) -> bool:
    match which:
        case "changed":
            return made.rules and made.machine not in ("", made.label)
        case "resolved":
            return made.kind == "resolve"
        case "labels":
            return made.rules
        case _:
            return True


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if value > 1:
        value /= 100  # 90 means 90 %
    if not 0 < value < 1:
        raise HttpProblem(
            422, "invalid-request", f"the wanted accuracy is '{text[:40]}'; expected a number like 0.9"
        )
    return value


def _pieces(methods: MethodsText, base: str) -> Any:
    """The paragraph in pieces: text, and None or the number's source and address."""
    at = 0
    for number in methods.numbers:
        yield methods.text[at : number.start], None
        yield number.value, (number.source, _source_address(number.source, base))
        at = number.start + len(number.value)
    yield methods.text[at:], None


def _source_address(source: str, base: str) -> str:
    """Where on these pages a number can be seen."""
    place = next((address for begins, address in _PLACES if source.startswith(begins)), "/stop#numbers")
    return place if place.startswith("/docs") else base + place


_PLACES = (
    ("classifier --version", "/docs"),
    ("labels:", "?decided=true#queue"),
    ("flow:", "/stop#flow"),
    ("audit sample", "/stop#sample"),
    ("right / decided", "/stop#sample"),
    ("Clopper", "/stop#sample"),
    ("stopping", "/stop#thresholds"),
    ("papers above", "/stop#thresholds"),
    ("agreement", "/agreement"),
    ("ledger: decisions that resolve", "/decisions?which=resolved"),
    ("ledger: of these", "/decisions?which=changed"),
    ("ledger", "/decisions?which=labels"),
    ("plan", "#plan"),
)


def _flow_rows(flow: FlowCounts, opened: OpenReview) -> list[tuple[str, int]]:
    rules = opened.session.taxonomy.rules
    rows = [
        ("Records identified", flow.identified),
        ("Duplicates removed", flow.duplicates),
        ("Unusable entries", flow.unusable),
        ("Not labelled yet", flow.waiting),
        ("Papers screened", flow.screened),
        ("Not assessed: no text or no label", flow.not_assessed),
    ]
    rows += [
        (f"Excluded: {rules[reason].title if reason in rules else reason}", count)
        for reason, count in flow.excluded.items()
    ]
    return [*rows, ("In scope, but no leaf fits", flow.unplaced), ("Papers included", flow.included)]
