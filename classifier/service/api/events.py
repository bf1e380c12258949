"""`/api/v1/runs/{id}/events`: what happens in a run, as server-sent events that resume by Last-Event-ID."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from classifier.service.api.common import API, problems
from classifier.service.api.runs import RunId
from classifier.service.desk import get_list
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import reader
from classifier.service.problems import HttpProblem
from classifier.service.store.runs import StoredRun
from classifier.service.store.users import ServiceUser

router = APIRouter(prefix=f"{API}/runs", tags=["runs"])

_LOOK_S = 0.3
_RETRY_MS = 2000


def _run(run_id: RunId, hub: Annotated[Hub, Depends(hub_of)]) -> StoredRun:
    return get_list(hub, run_id)


def _behind(
    last: Annotated[
        str | None,
        Header(alias="Last-Event-ID", max_length=20, description="Events after this one are sent"),
    ] = None,
) -> int:
    if last is None or last == "":
        return 0
    if not (last.isascii() and last.isdecimal() and len(last) < 18):
        raise HttpProblem(422, "invalid-request", f"Last-Event-ID '{last}' is not valid; expected a number")
    return int(last)


@router.get(
    "/{id}/events", summary="Watch a run", response_class=EventSourceResponse, responses=problems(404)
)
async def get_events(
    run: Annotated[StoredRun, Depends(_run)],
    behind: Annotated[int, Depends(_behind)],
    hub: Annotated[Hub, Depends(hub_of)],
    _: Annotated[ServiceUser, Depends(reader)],
) -> AsyncIterator[ServerSentEvent]:
    """`state` when the run's state changes, `progress` while it is running, `end` at the end."""
    yield ServerSentEvent(comment="watching", retry=_RETRY_MS)
    while True:
        # Read the state first: events up to it have been stored by then.
        now = await run_in_threadpool(hub.runs.get, run.id)
        found = await run_in_threadpool(hub.events.after, run.id, behind)
        if now is None or await run_in_threadpool(hub.runs.get, run.id) is None:
            yield ServerSentEvent(data={"state": "gone"}, event="end")  # it has become private to others
            return
        for event in found:
            behind = event.number
            yield ServerSentEvent(data=event.data, event=event.kind, id=str(event.number))
        if not now.state.is_active:
            yield ServerSentEvent(data={"state": now.state}, event="end")
            return
        await asyncio.sleep(_LOOK_S)
