"""`/api/v1/runs`: upload a list, estimate, start, pause, retry, watch, export."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from classifier.export.render import FORMATS, INTO
from classifier.service.api.common import (
    API,
    Cursor,
    IdempotencyKey,
    Limit,
    as_json,
    conditional,
    decode_cursor,
    encode_cursor,
    problems,
    status_view,
)
from classifier.service.api.models import NewRun, Paged, RunStatus, StartRequest
from classifier.service.api.uploads import ENGINE, YES_NO, form_body, one_of, read_form
from classifier.service.desk import get_list, take_list
from classifier.service.exports import MEDIA_TYPES, export_run, original_of
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader
from classifier.service.problems import HttpProblem
from classifier.service.running import choose, estimate_run, pause, start
from classifier.service.store.runs import StoredRun
from classifier.service.store.users import ServiceUser

router = APIRouter(prefix=f"{API}/runs", tags=["runs"])

_FIELDS = frozenset(("engine", "reading", "max_cost_usd", "start", "private"))
_BODY = form_body(
    "a list of any format",
    {
        "engine": ENGINE,
        "reading": {"type": "string", "enum": ["full", "abstract"]},
        "max_cost_usd": {"type": "number", "minimum": 0, "maximum": 1000000},
        "start": YES_NO,
        "private": YES_NO,
    },
)
RunId = Annotated[str, Path(alias="id", max_length=100, description="The run's id")]
HubNow = Annotated[Hub, Depends(hub_of)]
Reader = Annotated[ServiceUser, Depends(reader)]
Owner = Annotated[ServiceUser, Depends(owner)]


@router.post(
    "",
    summary="Hand a list in",
    status_code=201,
    response_model=NewRun,
    openapi_extra=_BODY,
    responses=problems(409, 415, 507),
)
async def post_run(request: Request, user: Owner, hub: HubNow, key: IdempotencyKey = None) -> Response:
    """Reads a list of any format.

    Nothing is labelled before it is started (`start=true` starts it at once).
    """
    async with read_form(request, _FIELDS) as form:
        upload, fields = form.upload, form.fields
        if upload is None:
            raise HttpProblem(422, "invalid-request", "there is no file in the field 'file'; see /docs")
        reading = one_of("reading", fields.get("reading", "full"), ("full", "abstract"))
        begin = one_of("start", fields.get("start", "false"), ("true", "false")) == "true"
        private = one_of("private", fields.get("private", "false"), ("true", "false")) == "true"
        cap = dollars(fields.get("max_cost_usd", ""))

        def take() -> Response:
            run, listing = take_list(
                hub, user, upload, fields.get("engine"), reading, cap, start=begin, private=private, key=key
            )
            made = NewRun(**status_view(hub, run).model_dump(), listing=listing.model_dump(mode="json"))
            return as_json(made, 201, Location=f"{API}/runs/{run.id}")

        return await run_in_threadpool(take)


@router.get("", summary="List the runs", responses=problems())
def list_runs(hub: HubNow, _: Reader, limit: Limit = 50, cursor: Cursor = None) -> Paged[RunStatus]:
    """The lists that were uploaded here, newest first."""
    runs = hub.runs.page("list", decode_cursor(cursor), limit + 1)
    more = runs[limit - 1].number if len(runs) > limit else None
    return Paged[RunStatus](items=[status_view(hub, run) for run in runs[:limit]], next=encode_cursor(more))


@router.get(
    "/{id}", summary="The state of a run", response_model=RunStatus,
    responses={304: {"description": "Not changed"}, **problems(404)},
)  # fmt: skip
def get_run_status(request: Request, run_id: RunId, hub: HubNow, _: Reader) -> Response:
    """From its ledger, even while the command line uses its folder."""
    return conditional(request, status_view(hub, get_list(hub, run_id)).model_dump_json().encode())


@router.post("/{id}/estimate", summary="What a run would cost", responses=problems(404, 409, 502, 504))
def post_estimate(run_id: RunId, hub: HubNow, _: Owner) -> dict[str, Any]:
    """Estimated from real prompts of a sample; nothing is sent to a model, but papers may be fetched."""
    return estimate_run(hub, get_list(hub, run_id)).as_dict()


@router.post(
    "/{id}/start", summary="Start or resume a run", status_code=202, responses=problems(404, 409, 507)
)
def post_start(
    run_id: RunId, hub: HubNow, user: Owner, wanted: StartRequest | None = None, key: IdempotencyKey = None
) -> RunStatus:
    """Starting a running run changes nothing. Labels are kept, and no reply is paid for twice."""
    run = choose(hub, get_list(hub, run_id), (wanted or StartRequest()).changes)
    return status_view(hub, start(hub, user, run, key=key))


@router.post("/{id}/pause", summary="Pause a run", status_code=202, responses=problems(404))
def post_pause(run_id: RunId, hub: HubNow, _: Owner) -> RunStatus:
    """Waits for replies in flight, since they are paid for."""
    return status_view(hub, pause(hub, get_list(hub, run_id)))


@router.post(
    "/{id}/retry", summary="Try failed entries again", status_code=202, responses=problems(404, 409, 507)
)
def post_retry(run_id: RunId, hub: HubNow, user: Owner, key: IdempotencyKey = None) -> RunStatus:
    """Retries with new replies; other labels are kept."""
    return status_view(hub, start(hub, user, get_list(hub, run_id), retry=True, key=key))


@router.get(
    "/{id}/export",
    summary="Labels in a format",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": {kind: {} for kind in MEDIA_TYPES}},
        **problems(404, 409),
    },
)
def get_export(
    run_id: RunId,
    hub: HubNow,
    _: Reader,
    form: Annotated[str, Query(alias="format", max_length=40, json_schema_extra={"enum": list(FORMATS)})],
    into: Annotated[
        bool, Query(description=f"The uploaded list itself with labels in it ({', '.join(INTO)})")
    ] = False,
) -> Response:
    """A new file, or the uploaded list with labels in it and no other change."""
    if form not in FORMATS:
        known = ", ".join(FORMATS)
        raise HttpProblem(
            422, "invalid-request", f"the format '{form}' is not known; expected one of {known}"
        )
    run = _exportable(hub, run_id)
    return export_run(hub, run, form, into=into)


def _exportable(hub: Hub, run_id: str) -> StoredRun | str:
    """A list of the service, or the name of a folder of the command line."""
    if hub.runs.get(run_id) is None and hub.shelf.volume(run_id) is not None:
        return run_id
    return get_list(hub, run_id)


@router.get(
    "/{id}/list",
    summary="The uploaded list",
    response_class=Response,
    responses={
        200: {"description": "Byte for byte", "content": {"application/octet-stream": {}}},
        **problems(404),
    },
)
def get_original(run_id: RunId, hub: HubNow, _: Reader) -> Response:
    """The uploaded file, unchanged."""
    return original_of(hub, get_list(hub, run_id))


def dollars(text: str) -> float | None:
    """A field with an amount; None if it is empty.

    Raises:
        HttpProblem: It is not an amount.
    """
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1e6:
        raise HttpProblem(
            422,
            "invalid-request",
            f"'{text[:80]}' is not an amount in US dollars; expected a number like 2.50",
        )
    return value
