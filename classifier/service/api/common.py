"""Shared by the resources: cursors, ETags, problems in the OpenAPI document, views of runs and papers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Header, Query, Request
from fastapi.responses import JSONResponse, Response

from classifier.batch.ledger.progress import LedgerProgress, progress_or_problem
from classifier.errors import StoreError
from classifier.service.api.models import ProblemBody, RunStatus
from classifier.service.hub import Hub
from classifier.service.problems import PROBLEM
from classifier.service.store.runs import StoredRun

API = "/api/v1"
_WORDS = {
    400: "The request cannot be read",
    401: "A token is needed",
    402: "The cost limit of today is reached",
    403: "Not allowed, or from another site",
    404: "There is nothing with this id",
    406: "No such form",
    408: "The request was sent too slowly",
    409: "The service is not configured for it",
    413: "Too large",
    415: "Unsupported content type",
    421: "The service is not known under this name",
    422: "The request or the paper cannot be used",
    429: "Too many",
    500: "Own failure",
    502: "A server behind this one failed",
    503: "Temporarily not possible",
    504: "A server behind this one did not answer in time",
    507: "The disk is full",
}
_ALWAYS = (400, 401, 403, 408, 413, 421, 422, 429, 500, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of an operation for the OpenAPI document: the common ones, and these."""
    return {
        status: {
            "description": _WORDS[status],
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        for status in sorted({*_ALWAYS, *statuses})
    }


PROBLEM_SCHEMA = ProblemBody.model_json_schema()

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key and request return the same run, at no further cost",
    ),
]
DecidesAs = Annotated[
    str | None,
    Query(
        alias="as",
        min_length=1,
        max_length=100,
        description="Who decides, without a login; a user with a token decides under their own name",
    ),
]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of a page")]
CURSOR = "^[0-9]{1,15}$"
Cursor = Annotated[str | None, Query(pattern=CURSOR, description="`next` of the page before")]


def encode_cursor(value: int | None) -> str | None:
    """A position in a listing as a cursor."""
    return None if value is None else str(value)


def decode_cursor(cursor: str | None) -> int | None:
    """The position of a cursor; the end of the listing if there is no cursor."""
    return int(cursor) if cursor else None


def conditional(request: Request, body: bytes, media_type: str = "application/json") -> Response:
    """An answer with its ETag; 304 if the client already has it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type=media_type, headers={"ETag": etag})


def as_json(value: Any, status: int = 200, **headers: str) -> JSONResponse:
    """A model as an answer."""
    return JSONResponse(value.model_dump(mode="json"), status, headers)


def status_view(hub: Hub, run: StoredRun) -> RunStatus:
    """The status of a run, from its ledger."""
    return RunStatus(**status_values(run, progress_or_problem(hub.workshop.folder_of(run))))


def status_values(run: StoredRun, found: LedgerProgress) -> dict[str, Any]:
    """The values of a `RunStatus`; a ledger that cannot be read is its message."""
    counts, spent, problem = found
    base = f"{API}/{'runs' if run.kind == 'list' else 'papers'}/{run.id}"
    links = {"self": base}
    if run.kind == "list":
        links |= {
            "events": f"{base}/events",
            "export": f"{base}/export",
            "papers": f"{API}/papers?run={run.id}",
        }
    return {
        "id": run.id,
        "kind": run.kind,
        "title": run.title,
        "state": run.state.value,
        "engine": run.task.engine,
        "user": run.user,
        "created": run.created,
        "changed": run.changed,
        "code": StoreError.code if problem else run.code,
        "message": problem or run.message,
        "total": counts.total - counts.twins,
        "done": counts.done,
        "failed": counts.failed,
        "waiting": counts.waiting,
        "review": counts.review,
        "duplicates": counts.twins,
        "cost_usd": None if spent.unpriced or problem else round(spent.cost_usd, 6),
        "private": run.private,
        "links": links,
    }


def page_of(items: Sequence[Any], cursor: str | None, limit: int) -> dict[str, Any]:
    """One page of items, and the cursor of the next page (None at the end)."""
    start = decode_cursor(cursor) or 0
    more = start + limit if start + limit < len(items) else None
    return {"items": list(items[start : start + limit]), "next": encode_cursor(more)}
