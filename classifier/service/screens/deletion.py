"""The page that says what a deletion takes away, and its button."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.service.api.uploads import read_form
from classifier.service.deleting import delete_run, what_goes
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader
from classifier.service.problems import HttpProblem
from classifier.service.screens.render import render_page
from classifier.service.store.users import ServiceUser

router = APIRouter()

RunId = Annotated[str, Path(max_length=100)]
HubNow = Annotated[Hub, Depends(hub_of)]
Owner = Annotated[ServiceUser, Depends(owner)]


@router.get("/runs/{run_id}/delete")
def get_delete(
    request: Request, run_id: RunId, hub: HubNow, _: Annotated[ServiceUser, Depends(reader)]
) -> Response:
    """What would be deleted."""
    return _page(request, hub, run_id)


@router.post("/runs/{run_id}/delete")
async def post_delete(request: Request, run_id: RunId, hub: HubNow, user: Owner) -> Response:
    """Deletes it, and shows the lists."""
    async with read_form(request, frozenset()):
        pass

    def answer() -> Response:
        try:
            run = delete_run(hub, user, run_id)
        except HttpProblem as problem:
            if problem.status_code != 409:
                raise
            return _page(request, hub, run_id, problem)
        return RedirectResponse("/lists" if run.kind == "list" else "/", 303)

    return await run_in_threadpool(answer)


def _page(request: Request, hub: Hub, run_id: str, problem: HttpProblem | None = None) -> Response:
    return render_page(
        request,
        "delete.html.j2",
        status=problem.status_code if problem else 200,
        goes=what_goes(hub, run_id),
        problem=problem,
    )
