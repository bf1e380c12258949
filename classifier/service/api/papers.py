"""`/api/v1/papers`: submit a paper, get its Label, list and search labelled papers, page pictures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError

from classifier.model.label import Label
from classifier.service.api.common import (
    API,
    Cursor,
    IdempotencyKey,
    Limit,
    as_json,
    conditional,
    page_of,
    problems,
    status_view,
)
from classifier.service.api.models import Paged, PaperByAbstract, PaperByRef, RunStatus
from classifier.service.api.uploads import ENGINE, YES_NO, form_body, one_of, read_form
from classifier.service.desk import PaperRequest, file_paper, get_run, no_paper, row_of
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader
from classifier.service.pictures import page_png
from classifier.service.problems import HttpProblem, problem_of_code
from classifier.service.search import PaperFilter, find_cards
from classifier.service.shelf import PaperSummary
from classifier.service.store.runs import RunState, StoredRun
from classifier.service.store.users import ServiceUser

router = APIRouter(prefix=f"{API}/papers", tags=["papers"])

WAIT_S = 60
_LOOK_S = 0.1
_FORMS = '{"ref"} or {"title", "abstract"}'
_FIELDS = frozenset(("engine", "private"))
_JSON: TypeAdapter[PaperByRef | PaperByAbstract] = TypeAdapter(PaperByRef | PaperByAbstract)
_BODY = form_body(
    "the paper's PDF", {"engine": ENGINE, "private": YES_NO}, json=("PaperByRef", "PaperByAbstract")
)
PaperId = Annotated[str, Path(alias="id", max_length=100, description="The paper's id")]
Wait = Annotated[float, Query(ge=0, le=WAIT_S, description="Seconds to wait for the Label; 0 for none")]


@router.post(
    "",
    summary="Hand a paper in",
    response_model=Label,
    openapi_extra=_BODY,
    responses={
        200: {"description": "The Label, if it was ready within `wait`"},
        202: {"model": RunStatus, "description": "In progress; the Label will be at `links.self`"},
        **problems(402, 409, 415, 502, 504, 507),
    },
)
async def post_paper(
    request: Request,
    user: Annotated[ServiceUser, Depends(owner)],
    hub: Annotated[Hub, Depends(hub_of)],
    wait: Wait = 0,
    key: IdempotencyKey = None,
) -> Response:
    """Takes a PDF (multipart field `file`), a reference, or a title and an abstract."""

    async def take(asked: PaperRequest) -> StoredRun:
        return await run_in_threadpool(file_paper, hub, user, asked, key)

    run = await _read(request, take)
    if wait:
        run = await _finished(request, hub, run, wait)
    label = await run_in_threadpool(_label_of, hub, run)
    if label is None or run.state.is_active:
        status = await run_in_threadpool(status_view, hub, run)
        return as_json(status, 202, Location=f"{API}/papers/{run.id}")
    if label.error is not None:
        problem = problem_of_code(label.error.code, label.error.message)
        problem.more["paper"] = f"{API}/papers/{run.id}"
        raise problem
    return conditional(request, label.model_dump_json().encode())


async def _read(request: Request, take: Callable[[PaperRequest], Awaitable[StoredRun]]) -> StoredRun:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            given = _JSON.validate_json(await request.body())
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise HttpProblem(
                422, "invalid-request",
                f"{'/'.join(map(str, first['loc']))}: {first['msg']}; expected {_FORMS}",
            ) from error  # fmt: skip
        if isinstance(given, PaperByRef):
            return await take(PaperRequest(ref=given.ref, engine=given.engine, private=given.private))
        return await take(
            PaperRequest(
                title=given.title, abstract=given.abstract, engine=given.engine, private=given.private
            )
        )
    async with read_form(request, _FIELDS) as form:
        if form.upload is None:
            raise HttpProblem(422, "invalid-request", "there is no file in the field 'file'; see /docs")
        fields = form.fields
        private = one_of("private", fields.get("private", "false"), ("true", "false")) == "true"
        return await take(PaperRequest(upload=form.upload, engine=fields.get("engine"), private=private))


async def _finished(request: Request, hub: Hub, run: StoredRun, wait: float) -> StoredRun:
    """The run after it has ended, or its current state if the time is over or the client has disconnected."""
    until = time.monotonic() + wait
    while run.state.is_active and time.monotonic() < until and not await request.is_disconnected():
        await asyncio.sleep(_LOOK_S)
        run = await run_in_threadpool(get_run, hub, run.id)
    return run


def _label_of(hub: Hub, run: StoredRun) -> Label | None:
    row = row_of(hub, run)
    if row is None and run.state is RunState.stopped:
        raise problem_of_code(run.code or "internal-error", run.message or "it was stopped; submit it again")
    return hub.shelf.filed_row(row).ruled if row else None


@router.get("", summary="List and search labelled papers", responses=problems())
def list_papers(
    hub: Annotated[Hub, Depends(hub_of)],
    _: Annotated[ServiceUser, Depends(reader)],
    wanted: Annotated[PaperFilter, Query()],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Paged[PaperSummary]:
    """Papers of all runs, including folders of the command line."""
    return Paged[PaperSummary](**page_of(find_cards(hub, wanted), cursor, limit))


@router.get(
    "/{id}",
    summary="A paper's Label",
    response_model=Label,
    responses={
        202: {"model": RunStatus, "description": "Still in progress"},
        304: {"description": "Not changed since the ETag in If-None-Match"},
        **problems(402, 404, 409, 502, 504),
    },
)
def get_paper(
    request: Request,
    paper_id: PaperId,
    hub: Annotated[Hub, Depends(hub_of)],
    _: Annotated[ServiceUser, Depends(reader)],
) -> Response:
    """The Label with a person's decision applied; if its status is "failed", the error says why."""
    label = find_label(hub, paper_id)
    if isinstance(label, StoredRun):
        return as_json(status_view(hub, label), 202)
    return conditional(request, label.model_dump_json().encode())


def find_label(hub: Hub, paper_id: str) -> Label | StoredRun:
    """A paper's label, or its run if it is not finished.

    Raises:
        HttpProblem: There is no such paper.
    """
    run = hub.runs.get(paper_id)
    if run is not None and run.kind == "paper":
        label = _label_of(hub, run)
        return run if label is None else label
    card = hub.shelf.card(paper_id)
    if card is None:
        raise no_paper(paper_id)
    return hub.shelf.filed(card).ruled


@router.get(
    "/{id}/pages/{number}.png",
    summary="A page's picture",
    response_class=Response,
    responses={
        200: {"description": "The page as a PNG file", "content": {"image/png": {}}},
        304: {"description": "Not changed"},
        **problems(404),
    },
)
def get_picture(
    request: Request,
    paper_id: PaperId,
    number: Annotated[int, Path(ge=1, le=10_000, description="The page, from 1")],
    hub: Annotated[Hub, Depends(hub_of)],
    _: Annotated[ServiceUser, Depends(reader)],
    width: Annotated[int, Query(ge=100, le=2000, description="Pixels")] = 1200,
) -> Response:
    """Rendered in the PDF sandbox; 404 if the service does not have the paper's PDF."""
    return conditional(request, page_png(hub, paper_id, number, width), "image/png")
