"""Logging in with a token, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.service.api.uploads import read_form
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import COOKIE
from classifier.service.screens.render import render_page
from classifier.service.store.users import SESSION_S

router = APIRouter()


@router.get("/login")
def get_login(request: Request) -> Response:
    """The form."""
    return render_page(request, "login.html.j2", failed=False)


@router.post("/login")
async def post_login(request: Request, hub: Annotated[Hub, Depends(hub_of)]) -> Response:
    """Creates a session for the owner of a token."""
    async with read_form(request, frozenset(("token",))) as form:
        token = form.fields.get("token", "").strip()
    user = await run_in_threadpool(hub.users.by_token, token) if token else None
    if user is None:
        return render_page(request, "login.html.j2", status=401, failed=True)
    session = await run_in_threadpool(hub.users.open_session, user)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE, session, max_age=int(SESSION_S), httponly=True, samesite="strict", path="/",
        secure=request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https",
    )  # fmt: skip
    return answer


@router.post("/logout")
async def post_logout(request: Request, hub: Annotated[Hub, Depends(hub_of)]) -> Response:
    """Ends the session."""
    if session := request.cookies.get(COOKIE):
        await run_in_threadpool(hub.users.close_session, session)
        hub.identity.forget()
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer
