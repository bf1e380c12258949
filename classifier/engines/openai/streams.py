"""A stream of server-sent events -> the complete response body.

Some servers stream although the request did not ask for it, others only stream. What enters: the whole
stream. What leaves: a body as without streaming. It does not check the completion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from classifier.engines.openai.completion import REASONING
from classifier.engines.openai.lenient import dict_of, list_of

_FIELDS = ("data", "event", "id", "retry", "error", "")
"""The names before the colon of a stream's line; comments, which keep connections open, have none."""
_TEXTS = ("content", "refusal", *REASONING)
_ENDS = ("[done]", '"[done]"')
_DATA = ("data", "error")
_SILENT = ("ping", "keepalive", "keep-alive", "heartbeat")
"""Events that only keep the connection open."""
_LINE_END = re.compile(r"\r\n|\n|\r")
"""Other line separators of Unicode may occur in JSON strings."""


def merged(text: str) -> dict[str, Any] | None:
    """The response body of a stream; None if the text is not a stream or has no event.

    Args:
        text: Server-sent events, or one JSON object per line. Comments are ignored; an end mark is optional.

    Raises:
        ValueError: An event is not JSON, so its content is lost.
        TypeError: An event is JSON, but not an object.
    """
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    first = next((line for line in lines if line.strip()), "")
    name, colon, _ = first.partition(":")
    if not (_is_whole(first) if first.startswith("{") else colon and name in _FIELDS):
        return None
    body: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for event, data in _events(lines):
        if _is_end(data):
            break
        if event in _SILENT or data.strip() == "null":
            continue
        chunk = _error_of(data) if event == "error" else json.loads(data)
        if not isinstance(chunk, dict):
            raise TypeError("an event is not a JSON object")
        body |= {name: value for name, value in chunk.items() if name != "choices" and value is not None}
        for position, choice in enumerate(list_of(chunk.get("choices"))):
            index = dict_of(choice).get("index")
            index = index if isinstance(index, int) else position
            _add_choice(choices.setdefault(index, {"index": index, "message": {}}), dict_of(choice))
    if choices:
        body["choices"] = [choices[index] for index in sorted(choices)]
    return body or None


def _events(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Name and data of each event. Data lines are joined; a blank line or a next complete object ends it."""
    data: list[str] = []
    event = ""
    for line in (*lines, ""):
        name, colon, value = line.partition(":")
        if line.startswith("{"):
            name, colon, value = "data", ":", line
        if data and (not line.strip() or (name in _DATA and len(data) == 1 and _is_whole(data[0]))):
            yield event, "\n".join(data)
            data = []
        if not line.strip():
            event = ""
        if colon and name in _DATA and value.strip():
            data.append(value.removeprefix(" "))
        if name == "event" or (name == "error" and colon):
            event = value.strip().lower() if name == "event" else name


def _is_whole(data: str) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return _is_end(data)
    return True


def _is_end(data: str) -> bool:
    return data.strip().lower() in _ENDS


def _error_of(data: str) -> dict[str, Any]:
    """The body for an event named "error": its data is the error, in any format."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = data
    return {"error": dict_of(told).get("error") or told}


def _add_choice(choice: dict[str, Any], part: Mapping[str, Any]) -> None:
    message = choice["message"]
    delta = dict_of(part.get("delta"))
    if delta:
        _add_delta(message, delta)
    elif dict_of(part.get("message")):  # the complete message, after its parts or instead of them
        message.update({name: value for name, value in part["message"].items() if value})
    elif isinstance(part.get("text"), str):
        message["content"] = (message.get("content") or "") + part["text"]
    tokens = list_of(dict_of(part.get("logprobs")).get("content"))
    if tokens:
        choice.setdefault("logprobs", {"content": []})["content"].extend(tokens)
    for name in ("finish_reason", "stop_reason", "error"):
        if part.get(name) is not None:
            choice[name] = part[name]


def _add_delta(message: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for name in _TEXTS:
        value, before = delta.get(name), message.get(name)
        if isinstance(value, list):
            message[name] = [*(before or []), *value] if isinstance(before, list | None) else value
        elif isinstance(value, str):
            message[name] = before + value if isinstance(before, str) else value
    calls = list_of(delta.get("tool_calls"))
    if calls:
        kept = message.setdefault("tool_calls", [])
        for call in calls:
            _add_call(kept, dict_of(call))
    if dict_of(delta.get("function_call")):
        _add_function(message.setdefault("function_call", {"arguments": ""}), delta["function_call"])


def _add_call(kept: list[dict[str, Any]], call: Mapping[str, Any]) -> None:
    index = call.get("index")
    place = index if isinstance(index, int) else max(len(kept) - 1, 0)
    found = next((known for known in kept if known["index"] == place), None)
    if found is None:
        found = {"index": place, "function": {"arguments": ""}}
        kept.append(found)
    _add_function(found["function"], dict_of(call.get("function")))


def _add_function(function: dict[str, Any], part: Mapping[str, Any]) -> None:
    arguments = part.get("arguments")
    if isinstance(arguments, str) and isinstance(function["arguments"], str):
        function["arguments"] += arguments
    elif isinstance(arguments, dict):
        function["arguments"] = arguments
    if isinstance(part.get("name"), str):
        function["name"] = part["name"]
