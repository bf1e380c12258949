"""The base of all HTML pages: each is one file with inline style and script that loads nothing.

What enters: a folder of templates, style and script. What leaves: a template environment that escapes
everything, and the assets, with a content security policy that allows only them, by their hashes. It does not
know what a page shows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_BASE = Path(__file__).parent / "base.css"


class Assets(NamedTuple):
    """A page's inline style and script, ready for a template, and its content security policy."""

    style: Markup
    script: Markup
    policy: str


@cache
def assets(styles: tuple[Path, ...], script: Path) -> Assets:
    """The base style followed by the page's own, and its script. Only files of this package, never data."""
    from markupsafe import Markup

    css = "".join(file.read_text(encoding="utf-8") for file in (_BASE, *styles))
    code = script.read_text(encoding="utf-8")
    return Assets(
        style=Markup(css),  # noqa: S704
        script=Markup(code),  # noqa: S704
        policy=(
            "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
            f"style-src '{_digest(css)}'; script-src '{_digest(code)}'"
        ),
    )


def environment(templates: Path, filters: Mapping[str, Callable[..., Any]]) -> Environment:
    """A template environment that escapes every value and refuses unknown names."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(filters)
    return made


def _digest(text: str) -> str:
    """The hash with which a content security policy allows one inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
