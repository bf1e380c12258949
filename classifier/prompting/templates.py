"""A folder of Jinja templates, and marks that no text can close.

What enters: a template's name and values. What leaves: text. Templates run in a sandbox, since a
workspace may be somebody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.errors import ConfigError

if TYPE_CHECKING:
    from jinja2 import Template

_FENCE_CHARS = 12
"""Characters of the mark around a paper's text: too many to guess."""


class TemplateFolder:
    """Renders the templates of one folder.

    Raises:
        ConfigError: From every method: a template is missing or wrong.
    """

    def __init__(self, folder: Path) -> None:
        self._dir = folder

    def render(self, name: str, values: Mapping[str, Any], block: str | None = None) -> str:
        """A template's text, or that of one of its blocks."""
        try:
            template: Template = self._environment.get_template(name)
            if block is None:
                return template.render(values)
            if block not in template.blocks:
                raise ConfigError(f"{self._dir / name}: no block '{block}'; expected blocks system and user")
            return "".join(template.blocks[block](template.new_context(dict(values))))
        except ConfigError:
            raise
        except Exception as error:  # a template may be somebody else's and raise anything
            raise ConfigError(f"{self._dir / name}: {type(error).__name__}: {error}") from error

    def source(self, name: str) -> str:
        """The template itself."""
        try:
            return (self._dir / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{self._dir / name}: cannot be read; a workspace's prompts/ needs it"
            ) from error

    @cached_property
    def _environment(self) -> Any:
        from jinja2 import FileSystemLoader, StrictUndefined

        from classifier.prompting.template_sandbox import RecordSandbox

        return RecordSandbox(
            loader=FileSystemLoader(self._dir),
            undefined=StrictUndefined,
            autoescape=False,  # plain text, not HTML
            keep_trailing_newline=True,
        )


def fence_for(text: str) -> str:
    """A code that is derived from the text and does not occur in it."""
    code = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_FENCE_CHARS]
    while code in text:
        code = hashlib.sha256((text + code).encode("utf-8", "surrogatepass")).hexdigest()[:_FENCE_CHARS]
    return code
