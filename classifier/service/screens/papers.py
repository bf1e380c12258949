"""Pages about a paper: the form, its progress, and the label beside the page's picture."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.errors import ClassifierError
from classifier.review.veil import HIDDEN
from classifier.service.api.common import status_view
from classifier.service.api.uploads import read_form
from classifier.service.desk import PaperRequest, file_paper, no_paper
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader, reviewer
from classifier.service.papers import PaperView, view_paper
from classifier.service.problems import HttpProblem, problem_of
from classifier.service.reviewing import decide_paper, viewer_of
from classifier.service.running import start
from classifier.service.screens.example import example_paper, has_example
from classifier.service.screens.render import render_page, spent_today
from classifier.service.store.runs import StoredRun
from classifier.service.store.users import ServiceUser

router = APIRouter()

_FIELDS = frozenset(("ref", "title", "abstract", "engine", "private"))
_RECENT = 8
HubNow = Annotated[Hub, Depends(hub_of)]
Reader = Annotated[ServiceUser, Depends(reader)]
PaperId = Annotated[str, Path(max_length=100)]


@router.get("/")
def get_home(request: Request, hub: HubNow, _: Reader, example: bool = False) -> Response:
    """The form; with `example` it is filled with an invented abstract, in the built-in survey."""
    return _home(request, hub, example_paper() if example and has_example(hub.workspace) else {})


def _home(
    request: Request, hub: Hub, given: dict[str, str], status: int = 200, problem: HttpProblem | None = None
) -> Response:
    recent = [(run, status_view(hub, run)) for run in hub.runs.page("paper", None, _RECENT)]
    cards = {run.id: hub.shelf.card(run.id) for run, view in recent if view.done or view.failed}
    return render_page(
        request, "home.html.j2", status=status, given=given, problem=problem, recent=recent, cards=cards,
        leaf_titles=leaf_titles(hub), survey=hub.workspace.taxonomy.title, day=spent_today(request, hub),
    )  # fmt: skip


@router.post("/papers")
async def post_paper(request: Request, hub: HubNow, user: Annotated[ServiceUser, Depends(owner)]) -> Response:
    """Accepts a paper and redirects to its page."""
    async with read_form(request, _FIELDS) as form:
        given = {name: value.strip() for name, value in form.fields.items()}
        private = bool(given.pop("private", ""))
        asked = PaperRequest(upload=form.upload, private=private, **given)
        try:
            run = await run_in_threadpool(file_paper, hub, user, asked, None)
        except (ClassifierError, HttpProblem, OSError) as error:
            problem = problem_of(error)
            return await run_in_threadpool(_home, request, hub, given, problem.status_code, problem)
    return RedirectResponse(f"/papers/{run.id}", 303)


@router.get("/papers/{paper_id}")
def get_paper(
    request: Request, paper_id: PaperId, hub: HubNow, _: Reader,
    page: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> Response:  # fmt: skip
    """The label with its evidence, or the progress."""
    found = view_paper(hub, viewer_of(request, hub), paper_id, page)
    if isinstance(found, StoredRun):
        return render_page(request, "paper_waits.html.j2", run=found, tail=not found.state.is_active)
    return render_page(request, "paper.html.j2", **_context(hub, found))


@router.get("/papers/{paper_id}/progress")
def get_progress(request: Request, paper_id: PaperId, hub: HubNow, _: Reader) -> Response:
    """The part of the page that changes during labelling; when it ends, the page is reloaded."""
    found = view_paper(hub, viewer_of(request, hub), paper_id, None)
    if isinstance(found, StoredRun) and found.state.is_active:
        return render_page(request, "paper_progress.html.j2", run=found)
    return Response(status_code=200, headers={"HX-Refresh": "true"})


@router.post("/papers/{paper_id}/retry")
def post_retry(paper_id: PaperId, hub: HubNow, user: Annotated[ServiceUser, Depends(owner)]) -> Response:
    """Labels a single paper again that failed, with new replies."""
    run = hub.runs.get(paper_id)
    if run is None or run.kind != "paper":
        raise no_paper(paper_id)
    start(hub, user, run, retry=True)
    return RedirectResponse(f"/papers/{paper_id}", 303)


@router.post("/papers/{paper_id}/decision")
async def post_decision(
    request: Request, paper_id: PaperId, hub: HubNow, _: Annotated[ServiceUser, Depends(reviewer)]
) -> Response:
    """Saves a person's decision; an empty label removes it."""
    async with read_form(request, frozenset(("label", "note", "token"))) as form:
        label, note = form.fields.get("label", ""), form.fields.get("note", "").strip()[:2000]
        token = form.fields.get("token", "")[:100] or None

    def keep() -> None:
        card = hub.shelf.card(paper_id)
        if card is None:
            raise no_paper(paper_id)
        decide_paper(hub, viewer_of(request, hub), card, label or None, note, token)

    await run_in_threadpool(keep)
    return RedirectResponse(f"/papers/{paper_id}", 303)


def leaf_titles(hub: Hub) -> dict[str, str]:
    """Label -> its display name: the path of a leaf or of a branch, or words for other labels.

    Branches are answers to the first questions about a large tree.
    """
    titles = {
        id_: " › ".join(leaf.titles[:depth])
        for leaf in hub.workspace.taxonomy.leaves.values()
        for depth, id_ in enumerate((*leaf.ancestors, leaf.id), start=1)
    }
    return titles | {
        "out-of-scope": "Out of scope",
        "unplaced": "Unplaced",
        "failed": "Not labelled",
        HIDDEN: "Hidden until both reviewers have decided",
    }


def _context(hub: Hub, view: PaperView) -> dict[str, Any]:
    taxonomy = hub.workspace.taxonomy
    return {
        "view": view,
        "token": secrets.token_urlsafe(16),
        "filed": view.filed,
        "label": view.filed.ruled,
        "own": view.filed.row.label,
        "leaf_titles": leaf_titles(hub),
        "labels": taxonomy.labels,
        "questions": {question.id: question.ask for question in taxonomy.questions},
        "chosen": {answer.question: answer.answer for answer in view.filed.row.label.answers},
        "rules": {rule.id: rule.title for rule in taxonomy.rules.values()},
        "field_titles": {each.id: each.title for leaf in taxonomy.leaves.values() for each in leaf.fields},
    }
