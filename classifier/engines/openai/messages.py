"""A conversation -> the messages of a request in the form that a server accepts; and back to the question.

What enters: messages with the system message first. What leaves: the same text, with the schema for servers
that may not enforce it, and without a system message for servers that do not accept one. `question_of`
returns the same question for all forms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Messages = Sequence[Mapping[str, str]]

_SCHEMA_NOTE = "\n\nAnswer with one JSON object that fits this JSON Schema, and nothing else:\n"
_JOINT = "\n\n---\n\n"
"""Separates the system text from the first message. The schema before it is one line and cannot contain
it."""


def put(messages: Messages, schema: Mapping[str, Any] | None, *, system: bool) -> list[Mapping[str, str]]:
    """The messages of a request.

    Args:
        schema: Added at the end of the system text, which is the same for all papers; None adds no schema.
        system: Whether to use a system message; otherwise its text is put before the first message.
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
    """The question of a request, without the form for a server: the same on every rung of the ladder."""
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
    """The message without halves of surrogate pairs, which some PDFs contain and UTF-8 cannot represent."""
    return {name: text.encode("utf-8", "replace").decode() for name, text in message.items()}
