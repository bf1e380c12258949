"""Errors -> HTTP problems (RFC 9457), by one table over the error tree.

What enters: any error. What leaves: an `application/problem+json` body with a stable `code`, or a page with
the same words for browsers. It contains no path of this machine, no key and no traceback.
"""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from classifier.errors import (
    BudgetSpent,
    ClassifierError,
    ConfigError,
    ContextOverflow,
    InputError,
    ModelError,
    ModelTimeout,
    NoRecording,
    PaperNotFound,
    RateLimited,
    ReplyError,
    SourceError,
    SourceUnavailable,
    StoreError,
    WrongPaper,
    error_class,
)
from classifier.service.store.schema import is_full
from classifier.text.counting import count_of, plural

PROBLEM = "application/problem+json"

# The first class that fits decides. 4xx: another request may succeed. 5xx: the service has failed.
_STATUSES: tuple[tuple[type[ClassifierError], int], ...] = (
    (InputError, 422),
    (PaperNotFound, 422),
    (WrongPaper, 422),
    (SourceUnavailable, 503),
    (SourceError, 502),
    (RateLimited, 503),
    (ModelTimeout, 504),
    (ContextOverflow, 422),
    (BudgetSpent, 402),
    (ModelError, 502),
    (ReplyError, 502),
    (NoRecording, 502),
    (StoreError, 503),
    (ConfigError, 409),
)
_CODES = {
    400: "bad-request",
    401: "login-needed",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-request",
    429: "too-many-requests",
}
_RETRY_S = {429: "30", 503: "5", 507: "60"}
_FULL = "the disk is full; nothing of this request was saved: free some disk space, then repeat it"
_SHOWN_ERRORS = 10
"""Most errors of a request that are listed."""


class HttpProblem(HTTPException):
    """A rejected request.

    Args:
        code: Stable kebab-case name.
        detail: What was wrong, what was expected, what to do next.
        more: Further members of the problem.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.more = dict(more or {})


def status_of(kind: type[ClassifierError]) -> int:
    """The HTTP status of a class of the error tree; 500 for a bug in this program."""
    return next((status for base, status in _STATUSES if issubclass(kind, base)), 500)


def problem_of(error: Exception) -> HttpProblem:
    """Any error as a problem."""
    if isinstance(error, HttpProblem):
        return error
    if _is_full(error) or _is_full(error.__cause__):
        return HttpProblem(507, "disk-full", _FULL)
    if isinstance(error, ClassifierError):
        return problem_of_code(error.code, error.message)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, ClientDisconnect):  # nobody reads the response; it is counted in the metrics
        return HttpProblem(400, "bad-request", "the connection ended before the request was complete")
    if isinstance(error, HTTPException):
        code = _CODES.get(error.status_code, "http-error")
        return HttpProblem(error.status_code, code, _words(error), error.headers)
    logging.getLogger(__name__).error("internal error", exc_info=error)
    return HttpProblem(
        500,
        "internal-error",
        "internal error; the service's log contains the traceback; repeat the request, or report the error",
    )


def problem_of_code(code: str, message: str) -> HttpProblem:
    """The problem for an error that was stored as code and message."""
    kind = error_class(code)
    return HttpProblem(status_of(kind), code, message, more={"retryable": True} if kind.retryable else None)


def _is_full(error: BaseException | None) -> bool:
    return is_full(error) or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT))


def problem_response(request: Request | None, problem: HttpProblem, hide: str = "") -> Response:
    """The response; browsers get a page.

    Args:
        hide: A path of this machine that must not be shown.
    """
    title = HTTPStatus(problem.status_code).phrase
    detail = str(problem.detail)
    if hide:
        # As a whole path only: a folder may be called "runs", which is a part of addresses.
        at = rf"(?<![\w./-]){re.escape(hide)}"
        detail = re.sub(rf"{at}/", "", detail)
        detail = re.sub(rf"{at}(?![\w.-])", "the service's folder", detail)
    headers = dict(problem.headers or {})
    if wait := _RETRY_S.get(problem.status_code):
        headers.setdefault("Retry-After", wait)
    body = {
        "type": "about:blank",
        "title": title,
        "status": problem.status_code,
        "code": problem.code,
        "detail": detail,
        **problem.more,
    }
    if request is not None and wants_page(request):
        page: Response = request.app.state.problem_page(request, body, headers)
        return page
    return JSONResponse(body, problem.status_code, headers, media_type=PROBLEM)


def still_blind(papers: int) -> HttpProblem:
    """The answer if it would show labels that reviewers must not see yet."""
    return HttpProblem(
        403,
        "still-blind",
        f"the engine's labels of {count_of(papers, 'paper')} are hidden until both reviewers have decided on "
        f"{plural(papers, 'it', 'them')}; "
        "decide, or let the owner show the labels in the plan of the review",
    )


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page."""
    path = request.url.path
    return not path.startswith(("/api/", "/static/", "/metrics")) and "text/html" in request.headers.get(
        "accept", ""
    )


def _words(error: HTTPException) -> str:
    known = {
        404: "there is nothing at this address; /docs lists the addresses",
        405: "this address does not take this method; see /docs",
    }
    return known.get(error.status_code, str(error.detail))


def _invalid(error: RequestValidationError) -> HttpProblem:
    faults = [
        {"where": "/".join(map(str, fault["loc"])), "message": str(fault["msg"])} for fault in error.errors()
    ]
    first = (
        f"{faults[0]['where']}: {faults[0]['message']}"
        if faults
        else "the request does not have the expected structure"
    )
    words = f"{first}; see /docs, correct the request and send it again"
    return HttpProblem(422, "invalid-request", words, more={"errors": faults[:_SHOWN_ERRORS]})
