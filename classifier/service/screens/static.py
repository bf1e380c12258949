"""Style, script and icon: files of this package, under addresses that change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from classifier.files import PACKAGE
from classifier.service.problems import HttpProblem

router = APIRouter()

_HERE = Path(__file__).parent.parent / "static"
_REPORT = PACKAGE / "evaluation" / "report" / "templates"
_FILES: dict[str, tuple[str, tuple[Path, ...]]] = {
    "service.css": (
        "text/css",
        (PACKAGE / "pages" / "base.css", _HERE / "service.css", _HERE / "review.css"),
    ),
    "report.css": ("text/css", (_REPORT / "report.css",)),
    "report.js": ("text/javascript", (_REPORT / "report.js",)),
    "htmx.min.js": ("text/javascript", (_HERE / "htmx.min.js",)),
    "review.js": ("text/javascript", (_HERE / "review.js",)),
    "service.js": ("text/javascript", (_HERE / "service.js",)),
    "icon.svg": ("image/svg+xml", (_HERE / "icon.svg",)),
}
_YEAR_S = 31_536_000


@cache
def _content(name: str) -> bytes:
    return b"\n".join(file.read_bytes() for file in _FILES[name][1])


@cache
def asset_address(name: str) -> str:
    """The address of a file; browsers may cache its content forever."""
    return f"/static/{hashlib.sha256(_content(name)).hexdigest()[:16]}/{name}"


@router.get("/static/{version}/{name}")
def get_asset(request: Request, version: str, name: str) -> Response:
    """One file."""
    if name not in _FILES or request.url.path != asset_address(name):
        raise HttpProblem(
            404, "not-found", f"there is no file of version '{version[:40]}' here; reload the page"
        )
    headers = {"Cache-Control": f"public, max-age={_YEAR_S}, immutable"}
    return Response(_content(name), media_type=_FILES[name][0], headers=headers)
