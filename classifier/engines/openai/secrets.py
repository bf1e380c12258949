"""Keys that servers echo: cut out of what is kept and shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engines.openai.failures import LEAST_KEY_CHARS
from classifier.engines.openai.transport import Body

_REMOVED = "[removed]"


def secrets_of(key: str | None) -> tuple[str, ...]:
    """The strings that must not be written where this key is used."""
    key = (key or "").strip()
    return (key,) if len(key) >= LEAST_KEY_CHARS else ()


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
