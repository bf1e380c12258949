"""A conversation -> the messages of a request, as a server takes them; and back to what they ask.

What enters: messages with the system message first. What leaves: the same text, with the schema in it for
servers that may not enforce it, and without a system message for those that take none. The same text asks
the same question, however it is put: `question_of` finds it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Messages = Sequence[Mapping[str, str]]

_SCHEMA_NOTE = "\n\nAnswer with one JSON object that fits this JSON Schema, and nothing else:\n"
_JOINT = "\n\n---\n\n"
"""Between the system's text and the first message. The schema in between is one line: it cannot hold this."""


def put(messages: Messages, schema: Mapping[str, Any] | None, *, system: bool) -> list[Mapping[str, str]]:
    """The messages of a request.

    Args:
        schema: Stands at the end of the system's text, which stays the same from paper to paper; None for no
            schema.
        system: Whether there may be a system message; without, its text begins the first message.
    """
    first, *rest = messages
    text = first["content"]
    if schema is not None:
        text += f"{_SCHEMA_NOTE}{json.dumps(schema, ensure_ascii=False)}"
    if system:
        told = [{**first, "content": text}, *rest]
    else:
        asked, *rest = rest
        told = [{**asked, "content": f"{text}{_JOINT}{asked['content']}"}, *rest]
    return [_sendable(message) for message in told]


def question_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a request asks, however the server wants it put: the same on every rung of the ladder."""
    first, *rest = request["messages"]
    if first["role"] != "system":
        text, _, asked = first["content"].partition(_JOINT)
        first, rest = {**first, "role": "system", "content": text}, [{**first, "content": asked}, *rest]
    return {
        "model": request["model"],
        "messages": [{**first, "content": first["content"].partition(_SCHEMA_NOTE)[0]}, *rest],
        "room": request.get("max_completion_tokens") or request.get("max_tokens"),
    }


def _sendable(message: Mapping[str, str]) -> Mapping[str, str]:
    """The message without halves of surrogate pairs, which PDFs hold and UTF-8 does not."""
    return {name: text.encode("utf-8", "replace").decode() for name, text in message.items()}
