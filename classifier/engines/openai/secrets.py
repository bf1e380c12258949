"""Removes keys that servers echo from everything that is stored or shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engines.openai.endpoint import endpoint
from classifier.engines.openai.transport import Body

_REMOVED = "[removed]"


def secrets_of(key: str | None, base_url: str | None = None) -> tuple[str, ...]:
    """The strings that must not be written if this key and base URL are used.

    Raises:
        ConfigError: One of them is invalid.
    """
    return endpoint(base_url, key).secrets


def without_secrets(body: Mapping[str, Any], secrets: Sequence[str]) -> Mapping[str, Any]:
    """The response body without these strings."""
    if not secrets:
        return body
    text = body.raw.decode(errors="replace") if isinstance(body, Body) else json.dumps(body)
    if "\\u" in text or "\\/" in text:  # JSON can write a character in several ways
        text = json.dumps(body)
    found = [quoted for secret in secrets if (quoted := json.dumps(secret)[1:-1]) in text]
    if not found:
        return body
    for quoted in found:
        text = text.replace(quoted, _REMOVED)
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned
