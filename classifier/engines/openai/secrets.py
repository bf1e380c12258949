"""Keys that servers echo: cut out of what is kept and shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engines.openai.endpoint import endpoint
from classifier.engines.openai.transport import Body

_REMOVED = "[removed]"


def secrets_of(key: str | None, base_url: str | None = None) -> tuple[str, ...]:
    """The strings that must not be written where this key and base URL are used.

    Raises:
        ConfigError: One of them cannot be used.
    """
    return endpoint(base_url, key).secrets


def without_secrets(body: Mapping[str, Any], secrets: Sequence[str]) -> Mapping[str, Any]:
    """A response body in which none of the strings stands."""
    if not secrets:
        return body
    text = body.raw.decode(errors="replace") if isinstance(body, Body) else json.dumps(body)
    if "\\u" in text or "\\/" in text:  # characters can be written in several ways
        text = json.dumps(body)
    found = [quoted for secret in secrets if (quoted := json.dumps(secret)[1:-1]) in text]
    if not found:
        return body
    for quoted in found:
        text = text.replace(quoted, _REMOVED)
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned
