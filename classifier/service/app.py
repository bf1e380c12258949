"""Connects the service's parts: hub, guard, API and pages become one ASGI application."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from classifier.__about__ import __version__
from classifier.errors import ClassifierError
from classifier.service.api import (
    amendments,
    deletion,
    events,
    papers,
    reviews,
    run_reviews,
    runs,
    system,
    visibility,
)
from classifier.service.api.common import PROBLEM_SCHEMA
from classifier.service.api.models import PaperByAbstract, PaperByRef
from classifier.service.config import ServiceConfig
from classifier.service.deleting import finish_deletions
from classifier.service.guard import Guard
from classifier.service.hub import Hub, build_hub
from classifier.service.problems import problem_of, problem_response
from classifier.service.screens import screens
from classifier.service.screens.render import render_problem

_ABOUT = (
    "Files papers into a survey's taxonomy. Problems are RFC 9457 objects with a stable `code`. On loopback "
    "nobody logs in; elsewhere send `Authorization: Bearer TOKEN`."
)


def build_app(config: ServiceConfig) -> FastAPI:
    """The application over a folder; its workers start and end with it.

    Raises:
        ConfigError, StoreError: See `build_hub`.
    """
    hub = build_hub(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(finish_deletions, hub)
        hub.start()
        try:
            yield
        finally:
            await run_in_threadpool(hub.stop)

    app = FastAPI(
        title="classifier",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.hub = hub
    app.state.problem_page = render_problem
    for module in (papers, amendments, runs, visibility, deletion, events, reviews, run_reviews, system):
        app.include_router(module.router)
    for router in screens():
        app.include_router(router, include_in_schema=False)
    _answer_errors(app, hub)
    _describe(app, hub)
    app.add_middleware(Guard, config=config, identity=hub.identity, meters=hub.meters)
    return app


def _answer_errors(app: FastAPI, hub: Hub) -> None:
    def answer(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status_code == 405 and (methods := _methods_at(app, request.url.path)):
            # A route knows only its own methods, not those of other routes of the same path.
            problem.headers = {**(problem.headers or {}), "Allow": ", ".join(methods)}
        return problem_response(request, problem, str(hub.config.folder))

    for kind in (
        ClassifierError,
        HTTPException,
        RequestValidationError,
        ClientDisconnect,
        OSError,
        Exception,
    ):
        app.add_exception_handler(kind, answer)


def _methods_at(app: FastAPI, path: str) -> list[str]:
    """The methods that the document names for an address."""
    for template, item in app.openapi()["paths"].items():
        pattern = "[^/]+".join(map(re.escape, re.split(r"\{[^}]+\}", template)))
        if re.fullmatch(pattern, path):
            return sorted(method.upper() for method in item)
    return []


def _describe(app: FastAPI, hub: Hub) -> None:
    """The OpenAPI document, with the parts of requests that FastAPI does not parse."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            schemas["ProblemBody"] = PROBLEM_SCHEMA
            for model in (PaperByRef, PaperByAbstract):
                schemas[model.__name__] = model.model_json_schema()
            if hub.config.needs_login:
                made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
                made["security"] = [{"token": []}]
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]
