"""Pages about a person's changes to a paper's data: the form, the history, and asking the engine again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.batch.estimate import CostEstimate
from classifier.errors import ClassifierError
from classifier.model.amendment import AMENDABLE, FIELD_WORDS
from classifier.service.amending import (
    amend_paper,
    amendments_of,
    ask_again,
    changed_fields,
    estimate_again,
    find_paper,
    undo_amendment,
)
from classifier.service.api.uploads import read_form
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader, reviewer
from classifier.service.problems import HttpProblem, problem_of
from classifier.service.screens.papers import PaperId
from classifier.service.screens.render import render_page
from classifier.service.store.users import ServiceUser

router = APIRouter()

HubNow = Annotated[Hub, Depends(hub_of)]
Owner = Annotated[ServiceUser, Depends(owner)]
_FIELDS = frozenset((*AMENDABLE, "note", "undo"))


@router.get("/papers/{paper_id}/amend")
def get_amend(
    request: Request, paper_id: PaperId, hub: HubNow, _: Annotated[ServiceUser, Depends(reader)]
) -> Response:
    """The form with what the paper has now, and who changed what."""
    return _page(request, hub, paper_id)


@router.post("/papers/{paper_id}/amend")
async def post_amend(
    request: Request, paper_id: PaperId, hub: HubNow, user: Annotated[ServiceUser, Depends(reviewer)]
) -> Response:
    """Saves what differs from the paper's data, or takes the last change back."""
    async with read_form(request, _FIELDS) as form:
        fields = form.fields

    def answer() -> Response:
        card = find_paper(hub, paper_id)
        try:
            if fields.get("undo"):
                undo_amendment(hub, user, paper_id)
            elif typed := changed_fields(card.row.entry.paper, fields):
                amend_paper(hub, user, paper_id, typed, fields.get("note", "").strip()[:2000])
        except (ClassifierError, HttpProblem) as error:
            return _page(request, hub, paper_id, given=fields, problem=problem_of(error))
        if hub.shelf.card(paper_id) is None:  # no duplicate any more: it waits for its own label
            return RedirectResponse(f"/lists/{card.run}", 303)
        return RedirectResponse(f"/papers/{paper_id}/amend", 303)

    return await run_in_threadpool(answer)


@router.post("/papers/{paper_id}/ask")
async def post_ask(request: Request, paper_id: PaperId, hub: HubNow, user: Owner) -> Response:
    """Shows the cost; with `confirmed`, asks."""
    async with read_form(request, frozenset(("confirmed",))) as form:
        is_confirmed = bool(form.fields.get("confirmed"))

    def answer() -> Response:
        card = find_paper(hub, paper_id)
        try:
            if not is_confirmed:
                return _page(request, hub, paper_id, estimate=estimate_again(hub, card))
            run = ask_again(hub, user, card)
        except (ClassifierError, HttpProblem) as error:
            return _page(request, hub, paper_id, problem=problem_of(error))
        return RedirectResponse(f"/lists/{run.id}" if run.kind == "list" else f"/papers/{run.id}", 303)

    return await run_in_threadpool(answer)


def _page(
    request: Request,
    hub: Hub,
    paper_id: str,
    *,
    given: dict[str, str] | None = None,
    problem: HttpProblem | None = None,
    estimate: CostEstimate | None = None,
) -> Response:
    card = find_paper(hub, paper_id)
    paper = card.row.entry.paper
    values = {name: str(getattr(paper, name) or "") for name in AMENDABLE}
    made = amendments_of(hub, card)
    return render_page(
        request,
        "amend.html.j2",
        status=problem.status_code if problem else 200,
        card=card,
        values=values | {name: text for name, text in (given or {}).items() if name in values},
        note=(given or {}).get("note", ""),
        words=FIELD_WORDS,
        listed=card.row.listed,
        label=card.row.label,
        made=made,
        can_undo=any(stored.undone_at is None for stored in made),
        can_ask=hub.runs.get(card.run) is not None,
        estimate=estimate,
        problem=problem,
    )
