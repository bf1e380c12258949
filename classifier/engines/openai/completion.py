"""A chat-completions response body -> Completion, and the JSON object inside a reply's text.

Reads what servers send, not what they should: missing parts become None, and only a body without
any choice is an error. What it does not do: repair JSON, or judge it against the answer's schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from classifier.engines.openai.failures import ServerError
from classifier.engines.openai.lenient import count_of, dict_of, list_of, text_of
from classifier.model.reply import Usage

_MAX_IN_VAIN = 200  # braces that open no object, tried in one reply; long ones count more, so that
_LONG_CHARS = 2_000  # hostile text costs time in proportion to its length
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
_BATCH_TIER = "batch"
_REASONING_END = re.compile(r"^.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)


class TokenAlternatives(NamedTuple):
    """One output token with its log probability, and the likeliest tokens in its place."""

    data: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...] = ()


@dataclass(frozen=True)
class Completion:
    """What one response says.

    Attributes:
        text: The reply: the forced tool's arguments where there are any, else the message's content.
        finish: "stop", "length", "content_filter" …, as the server names it.
        refusal: The model's words where it declined.
        model: As the server reports it.
        batch: Whether it came by the Batch API, at its price.
        tokens: Of the message's content; empty where the server gives no log probabilities.
    """

    text: str
    finish: str | None = None
    refusal: str | None = None
    model: str | None = None
    batch: bool = False
    usage: Usage = field(default_factory=Usage)
    tokens: tuple[TokenAlternatives, ...] = ()


@dataclass(frozen=True)
class Extracted:
    """The JSON object found in a reply: its text, and whether it is closed ("whole") or cut."""

    text: str
    state: Literal["whole", "cut", "none"]


def read_completion(body: Mapping[str, Any]) -> Completion:
    """Reads a response body.

    Raises:
        ServerError: There is no choice with a message in it (retryable).
    """
    choice = _first(body.get("choices"))
    message = dict_of(choice.get("message"))
    if not message:
        raise ServerError("the server's answer holds no choices[0].message; try again", 200)
    refusal = message.get("refusal")
    return Completion(
        text=_tool_arguments(message) or _content(message.get("content")),
        finish=text_of(choice.get("finish_reason")),
        refusal=text_of(refusal) or None,
        model=text_of(body.get("model")),
        batch=came_by_batch(body),
        usage=read_usage(body),
        tokens=_tokens(dict_of(choice.get("logprobs")).get("content")),
    )


def extract_object(text: str, keys: Collection[str]) -> Extracted:
    """Finds the JSON object that a reply carries, past reasoning, prose and code fences.

    Of several objects, the last with the most of `keys` is taken. An object that is never closed
    counts as cut, unless a later closed one has some of the keys.

    Returns:
        Exactly the object's characters; where none is found, the text as it came, with "none".
    """
    body = _REASONING_END.sub("", text)
    best, best_score, fallback, cut, in_vain = "", 0, "", False, 0
    start = body.find("{")
    while start >= 0 and in_vain < _MAX_IN_VAIN:
        end = _closing(body, start)
        piece = body[start:end]
        score = -1 if end is None else _score(piece, keys)
        if end is None:
            cut = True
        elif score >= max(best_score, 1):
            best, best_score = piece, score
        else:
            fallback = fallback or piece
        in_vain += 1 + len(piece) // _LONG_CHARS if score < 0 else 0
        start = body.find("{", start + 1 if end is None or score < 0 else end)
    if best:
        return Extracted(best, "whole")
    if cut:
        return Extracted(body, "cut")
    return Extracted(fallback, "whole") if fallback else Extracted(text, "none")


def _score(piece: str, keys: Collection[str]) -> int:
    """How many of the keys the object has; -1 where the piece is no JSON object."""
    try:
        value = json.loads(piece)
    except (ValueError, RecursionError):
        return -1
    return sum(key in value for key in keys) if isinstance(value, dict) else -1


def _closing(text: str, start: int) -> int | None:
    """The offset after the brace that closes the one at `start`; None where the text ends before."""
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
        elif mark == '"':  # a quote that no other quote closes
            return None
    return None


_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}"]', re.DOTALL)


def _tool_arguments(message: Mapping[str, Any]) -> str:
    arguments = dict_of(_first(message.get("tool_calls")).get("function")).get("arguments")
    return json.dumps(arguments) if isinstance(arguments, dict) else text_of(arguments) or ""


def _content(content: object) -> str:
    """Text of a message: a string, or parts that each carry some."""
    if isinstance(content, list):
        return "".join(text_of(dict_of(part).get("text")) or "" for part in content)
    return text_of(content) or ""


def as_batch_answer(body: Mapping[str, Any]) -> dict[str, Any]:
    """A response body that came by the Batch API, marked as such."""
    return {**body, "service_tier": _BATCH_TIER}


def came_by_batch(body: Mapping[str, Any]) -> bool:
    """Whether a response body is marked so."""
    return body.get("service_tier") == _BATCH_TIER


def read_usage(body: Mapping[str, Any]) -> Usage:
    """The tokens that a response body counts; their cost is not looked up."""
    usage = dict_of(body.get("usage"))
    details = dict_of(usage.get("prompt_tokens_details"))
    cached = count_of(details.get("cached_tokens"))
    return Usage(
        tokens_in=count_of(usage.get("prompt_tokens")),
        tokens_out=count_of(usage.get("completion_tokens")),
        tokens_cached=cached if cached is not None else count_of(usage.get("prompt_cache_hit_tokens")),
    )


def _tokens(content: object) -> tuple[TokenAlternatives, ...]:
    """Empty unless every token is readable: a gap would shift all that follows."""
    tokens = []
    try:
        for item in list_of(content):  # hundreds a reply
            data, logprob = _token(item)
            top = item.get("top_logprobs")
            others = tuple(_readable(top)) if top and isinstance(top, list) else ()
            tokens.append(TokenAlternatives(data, logprob, others))
    except _UNREADABLE:
        return ()
    return tuple(tokens)


def _readable(top: list[Any]) -> Iterator[tuple[bytes, float]]:
    for item in top:
        with suppress(*_UNREADABLE):
            yield _token(item)


def _token(item: Any) -> tuple[bytes, float]:
    data, logprob = item.get("bytes"), item["logprob"]
    if not logprob <= 0:
        raise ValueError
    return (bytes(data) if type(data) is list else item["token"].encode()), float(logprob)


def _first(value: object) -> Mapping[str, Any]:
    return dict_of(value[0]) if isinstance(value, list) and value else {}
