"""The form on the page of a run that makes it private, or shares it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.service.api.uploads import one_of, read_form
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import reviewer
from classifier.service.store.users import ServiceUser
from classifier.service.visibility import change_visibility

router = APIRouter()

_FIELDS = frozenset(("private", "people"))


@router.post("/runs/{run_id}/visibility")
async def post_visibility(
    request: Request,
    run_id: Annotated[str, Path(max_length=100)],
    hub: Annotated[Hub, Depends(hub_of)],
    user: Annotated[ServiceUser, Depends(reviewer)],
) -> Response:
    """Saves who sees a run, and shows its page again."""
    async with read_form(request, _FIELDS) as form:
        private = one_of("private", form.fields.get("private", ""), ("true", "false")) == "true"
        people = form.fields.get("people", "").replace(",", " ").split() if private else None
    changed = await run_in_threadpool(change_visibility, hub, user, run_id, private, people)
    return RedirectResponse(changed.address, 303)
