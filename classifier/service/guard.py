"""Checks every request first: host names, sites, identity, rates, sizes.

A plain ASGI middleware, outside of all others: no other code reads a request that it rejects. docs/service.md
explains the checks.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from classifier.service.config import ServiceConfig
from classifier.service.identity import COOKIE, Identity
from classifier.service.meters import Meters
from classifier.service.problems import HttpProblem, problem_of, problem_response

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache, private",
}
_OPEN = ("/healthz", "/static/")
"""Paths without a rate limit: health checks, and the assets of every page."""
UPLOADS = ("/api/v1/papers", "/api/v1/runs", "/papers", "/lists")


class Guard:
    """Forwards requests to `app`, or answers them with an error."""

    def __init__(self, app: ASGIApp, config: ServiceConfig, identity: Identity, meters: Meters) -> None:
        self._app = app
        self._config = config
        self._identity = identity
        self._meters = meters
        self._rates = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(config.requests_per_minute)
        self._login_rate = RateLimitItemPerMinute(config.logins_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, started, status = Request(scope), time.perf_counter(), 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message)
            await send(message)

        try:
            await self._check(request)
            await self._app(scope, self._bounded(request, receive), send_on)
        except HttpProblem as problem:
            await problem_response(request, problem)(scope, receive, send_on)
        finally:
            self._meters.count(scope, status, time.perf_counter() - started)

    async def _check(self, request: Request) -> None:
        self._check_host(request)
        self._check_site(request)
        try:
            user = (
                self._identity.of(request)
                if not self._config.needs_login
                else await run_in_threadpool(self._identity.of, request)
            )
        except Exception as error:
            raise problem_of(error) from error
        request.scope["classifier.user"] = user
        path = request.url.path
        if path.startswith(_OPEN):
            return
        peer = request.client.host if request.client else ""
        if path == "/login" and request.method == "POST":
            self._count(self._login_rate, f"login {peer}")
        self._count(self._rate, f"user {user.name}" if user else f"peer {peer}")

    def _check_host(self, request: Request) -> None:
        """Rejects unknown host names, which may point at this machine by DNS rebinding."""
        host = host_of(request.headers.get("host", ""))
        if host in self._config.hosts or (self._config.is_wildcard and _is_address(host)):
            return
        raise HttpProblem(
            421,
            "foreign-host",
            "this service does not have this host name; use the address that 'classifier serve' printed, or "
            "start it with --allow-host NAME",
        )

    def _check_site(self, request: Request) -> None:
        """Rejects requests that a browser reports as started by another site."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if request.method in SAFE:
            # Other sites may link to pages, but not embed parts of them.
            if (
                site not in (None, "same-origin", "none")
                and request.headers.get("sec-fetch-mode") != "navigate"
            ):
                raise _other_site()
            return
        if site is not None and site not in ("same-origin", "none"):
            raise _other_site()
        if origin == "null" and site is not None:
            return  # a page without referrer hides its origin too; Sec-Fetch-Site was checked above
        if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
            raise _other_site()
        if site is None and origin is None and COOKIE in request.cookies:
            raise _other_site()  # a browser without these headers must not act for a logged-in user

    def _count(self, rate: RateLimitItemPerMinute, who: str) -> None:
        if not self._rates.hit(rate, who):
            raise HttpProblem(
                429,
                "too-many-requests",
                f"more than {rate.amount} requests in a minute; wait, then send fewer",
            )

    def _bounded(self, request: Request, receive: Receive) -> Receive:
        """Forwards the body in parts, up to the size limit and while parts arrive in time."""
        is_upload = request.url.path.rstrip("/") in UPLOADS and request.method == "POST"
        limit = self._config.upload_bytes if is_upload else self._config.body_bytes
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        taken, ended = 0, False

        async def bounded() -> MutableMapping[str, Any]:
            nonlocal taken, ended
            if ended:  # after this, the only message is the disconnect
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._config.body_wait_s)
            except TimeoutError as error:
                raise HttpProblem(
                    408,
                    "too-slow",
                    f"no part of the request's body arrived for {self._config.body_wait_s:g} s; "
                    "send it again",
                    {"Connection": "close"},
                ) from error
            taken += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if taken > limit:
                raise _too_large(limit)
            return message

        return bounded


def host_of(header: str) -> str:
    """A Host header's name, without port, in lower case."""
    name = header.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _add_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)


def _other_site() -> HttpProblem:
    return HttpProblem(
        403,
        "other-site",
        "the request comes from another site's page; open the service's own page and do it there",
    )


def _too_large(limit: int) -> HttpProblem:
    size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
    return HttpProblem(
        413, "too-large", f"larger than {size}, the limit of this address; send a smaller file",
        {"Connection": "close"},
    )  # fmt: skip
