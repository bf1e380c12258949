"""Finds the JSON object in a reply's text, between reasoning, prose and fences, or in a tool call as text.

It does not repair JSON, and does not validate it against the answer's schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from classifier.engines.openai.ladder import ANSWER
from classifier.engines.openai.lenient import dict_of, text_of

_MAX_IN_VAIN = 200  # braces that open no object, tried in one reply; long ones count more, so that
_LONG_CHARS = 2_000  # hostile text costs time in proportion to its length
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}"]', re.DOTALL)
_REASONING_END = re.compile(r"^.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)
_CALL = ("function", "arguments", "parameters", "input", ANSWER)
_WRAPPERS = (*_CALL, "result", "output", "response", "json", "data")
"""Fields in which models put the answer: of a tool call that is written as text, or of an envelope."""


@dataclass(frozen=True)
class Extracted:
    """The JSON object found in a reply: its text, and whether it is closed ("whole") or cut."""

    text: str
    state: Literal["whole", "cut", "none"]


def extract_object(text: str, keys: Collection[str]) -> Extracted:
    """Finds the JSON object that a reply carries, past reasoning, prose and code fences.

    If there are several objects, the one with the most of `keys` is used, the last one of equals. An object
    that is never closed counts as cut, unless a later closed one has some of the keys.

    Returns:
        Exactly the object's characters; if there is no object, the whole text with the state "none".
    """
    body = _unquoted(_REASONING_END.sub("", text))
    best, best_score, fallback, cut, in_vain = "", 0, "", False, 0
    start = body.find("{")
    while start >= 0 and in_vain < _MAX_IN_VAIN:
        end = _closing(body, start)
        piece = body[start:end]
        value = None if end is None else _object(piece)
        inside = value is not None and _wraps(value, keys)
        if value is not None and inside and (written := _written_call(value, keys)):
            piece, value = written, _object(written)
        score = _score(value, keys)
        if end is None:
            cut = True
        elif score >= max(best_score, 1):
            best, best_score = piece, score
        else:
            fallback = fallback or piece
        in_vain += 1 + len(piece) // _LONG_CHARS if score < 0 or inside else 0
        start = body.find("{", start + 1 if end is None or score < 0 or (inside and not score) else end)
    if best:
        return Extracted(best, "whole")
    if cut:
        return Extracted(body, "cut")
    return Extracted(fallback, "whole") if fallback else Extracted(text, "none")


def _unquoted(text: str) -> str:
    """The text; if it is a JSON string, the string's content, since some models encode their JSON twice."""
    if not text.lstrip().startswith('"'):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text_of(value) or text


def is_whole(text: str, keys: Collection[str]) -> bool:
    """Whether a text is a JSON object with all of the keys."""
    return _score(_object(text), keys) == len(keys)


def _object(piece: str) -> dict[str, Any] | None:
    try:
        value = json.loads(piece)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _score(value: Mapping[str, Any] | None, keys: Collection[str]) -> int:
    """The number of keys that an object has; -1 if the value is not an object."""
    return -1 if value is None else sum(key in value for key in keys)


def _wraps(value: Mapping[str, Any], keys: Collection[str]) -> bool:
    """Whether an object looks like a tool call, written as text, that contains the answer."""
    return not any(key in value for key in keys) and any(name in value for name in _WRAPPERS)


def _written_call(value: Mapping[str, Any], keys: Collection[str]) -> str | None:
    """The object in a call's arguments if these are a string, else None."""
    calls = (value, dict_of(value.get("function")))
    texts = (text_of(call.get(name)) for call in calls for name in _WRAPPERS)
    return next((text for text in texts if text and _score(_object(text), keys) > 0), None)


def _closing(text: str, start: int) -> int | None:
    """The offset after the brace that closes the one at `start`; None if the text ends before."""
    depth, position = 0, start
    for match in _STRUCTURE.finditer(text, start):
        mark = match.group()
        position = match.end()
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                return position
        elif mark == '"':  # a quotation mark without a closing one
            return None
    return None
