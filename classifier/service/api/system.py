"""Health, metrics, the taxonomy and the schema."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from classifier.__about__ import __version__
from classifier.model.label import Label
from classifier.service.api.common import API, conditional, problems
from classifier.service.api.models import Health
from classifier.service.hub import Hub, engines_of, hub_of
from classifier.service.identity import reader
from classifier.service.meters import CONTENT_TYPE
from classifier.service.store.users import ServiceUser

router = APIRouter(tags=["service"])
HubNow = Annotated[Hub, Depends(hub_of)]
Reader = Annotated[ServiceUser, Depends(reader)]


@router.get("/healthz", summary="Whether the service can work", responses=problems())
def get_health(hub: HubNow) -> Health:
    """200 if the database can be read; no login is needed."""
    hub.runs.counts()
    return Health(status="ok", version=__version__, engines=list(engines_of(hub)))


@router.get(
    "/metrics",
    summary="Meters for Prometheus",
    response_class=Response,
    responses={200: {"description": "Text exposition format", "content": {"text/plain": {}}}, **problems()},
)
def get_metrics(hub: HubNow, _: Reader) -> Response:
    """Requests by route and status, their time, runs by state."""
    return Response(hub.meters.text(), media_type=CONTENT_TYPE)


@router.get(
    f"{API}/taxonomy", summary="The tree", response_model=dict[str, Any],
    responses={304: {"description": "Not changed"}, **problems()},
)  # fmt: skip
def get_taxonomy(request: Request, hub: HubNow, _: Reader) -> Response:
    """Leaves with definitions, decision questions and scope rules."""
    return conditional(request, hub.workspace.taxonomy.model_dump_json().encode())


@router.get(
    f"{API}/schema", summary="The JSON Schema of Labels", response_model=dict[str, Any],
    responses={304: {"description": "Not changed"}, **problems()},
)  # fmt: skip
def get_schema(request: Request, _: Reader) -> Response:
    """As `classifier schema` prints it."""
    return conditional(request, json.dumps(Label.model_json_schema()).encode())
