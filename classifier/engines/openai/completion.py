"""A chat-completions response body -> Completion.

Accepts what servers really send: missing parts become None, and only a body without any choice is an error.
It does not parse the reply (`classifier.engines.openai.extraction`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from classifier.engines.openai.extraction import extract_object, is_whole
from classifier.engines.openai.failures import UnusableBody
from classifier.engines.openai.ladder import ANSWER
from classifier.engines.openai.lenient import count_of, dict_of, list_of, text_of
from classifier.model.reply import Usage

_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
REASONING = ("reasoning_content", "reasoning", "reasoning_details", "reasoning_text", "thinking", "thought")
"""Fields of a message in which servers put what the model wrote before its reply."""
_NOTHING = ("", "{}", "null")
_PART = {"type", "text", "content"}
_BATCH_TIER = "batch"
_CLOSING = re.compile(r"[\s}\]]*(?:```\s*)?(?:</?[\w|]+>\s*)*(?:```\s*)?")
"""Text that may follow the answer in a reply: the end of a call, a fence, marks like </tool_call>."""
_CUT = frozenset(
    {"length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length", "max_length"}
)
_FILTERED = frozenset(
    {"content_filter", "content-filter", "safety", "recitation", "prohibited_content", "blocklist", "spii"}
    | {"sensitive", "refusal", "moderation"}
)


class TokenAlternatives(NamedTuple):
    """One output token with its log probability, and the most likely tokens at its position."""

    data: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...] = ()


@dataclass(frozen=True)
class Completion:
    """The content of one response.

    Attributes:
        text: The reply: a tool's arguments if there are any, else the message's content.
        reasoning: What the model wrote before its reply, if the server separates the two.
        finish: "stop", "length", "content_filter" …; other spellings of the last two are converted to these.
        refusal: The model's words if it declined.
        model: The model's name as the server reports it.
        batch: Whether it came from the Batch API, at that price.
        tokens: Tokens of the message's content; empty if the server gives no log probabilities.
    """

    text: str
    finish: str | None = None
    refusal: str | None = None
    model: str | None = None
    batch: bool = False
    usage: Usage = field(default_factory=Usage)
    tokens: tuple[TokenAlternatives, ...] = ()
    reasoning: str = ""


def read_completion(body: Mapping[str, Any]) -> Completion:
    """Reads a response body. If there are several choices, the first with a reply is used.

    Raises:
        UnusableBody: No choice contains a message (retryable).
    """
    choices = [choice for choice in map(dict_of, list_of(body.get("choices"))) if _message(choice)]
    if not choices:
        raise UnusableBody("the server's answer holds no choices[0].message; try again")
    choice = next((choice for choice in choices if _text(_message(choice)).strip()), choices[0])
    message = _message(choice)
    return Completion(
        text=_text(message),
        finish=_finish(choice),
        refusal=_refusal(message),
        model=text_of(body.get("model")),
        batch=came_by_batch(body),
        usage=read_usage(body),
        tokens=_tokens(dict_of(choice.get("logprobs")).get("content")),
        reasoning=next((text for name in REASONING if (text := _parts_text(message.get(name))).strip()), ""),
    )


def replied(completion: Completion, keys: Collection[str]) -> Completion:
    """The completion with its reply, also if the server put it elsewhere and left the content empty.

    A refusal or the reasoning counts as the reply only if it ends with a complete answer, an object with all
    of `keys`. An object in the middle of the reasoning is a draft.
    """
    if completion.text.strip() or completion.finish == "length":
        return completion
    if completion.refusal is not None:
        is_answer = is_whole(completion.refusal, keys)
        return replace(completion, text=completion.refusal, refusal=None) if is_answer else completion
    found = extract_object(completion.reasoning, keys).text
    if not is_whole(found, keys) or not _CLOSING.fullmatch(completion.reasoning.rpartition(found)[2]):
        return completion
    return replace(completion, text=completion.reasoning)


def _message(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """A choice's message; some servers call it `delta`, as in streams, or answer as for a plain prompt."""
    for name in ("message", "delta"):
        if dict_of(choice.get(name)):
            return dict_of(choice[name])
    text = text_of(choice.get("text"))
    return {"content": text} if text is not None else {}


def _text(message: Mapping[str, Any]) -> str:
    """The reply in a message: the arguments of a tool call if there are any, else the content."""
    written = [text for call in _calls(message) if (text := _arguments(call)).strip() not in _NOTHING]
    content = _parts_text(message.get("content"))
    if written or content.strip():
        return written[0] if written else content
    parsed = message.get("parsed")  # added by the client SDKs of some servers
    return json.dumps(parsed) if isinstance(parsed, dict) and parsed else content


def _calls(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tool calls of a message; calls of the requested tool come first."""
    calls = message.get("tool_calls")
    found = [dict_of(call) for call in (calls if isinstance(calls, list) else [calls])]
    found = [dict_of(call.get("function")) or call for call in found]
    found.append(dict_of(message.get("function_call")))
    return sorted(found, key=lambda call: call.get("name") != ANSWER)


def _arguments(call: Mapping[str, Any]) -> str:
    given = next((call[name] for name in ("arguments", "input", "parameters") if call.get(name)), None)
    return json.dumps(given) if isinstance(given, dict) else text_of(given) or ""


def _refusal(message: Mapping[str, Any]) -> str | None:
    """The model's words if it declined: in a separate field, or in a part of type "refusal"."""
    parts = [dict_of(part) for part in list_of(message.get("content"))]
    words = [
        message.get("refusal"),
        *(part.get("refusal") for part in parts if part.get("type") == "refusal"),
    ]
    return next((text for said in words if (text := text_of(said))), None)


def _parts_text(content: object) -> str:
    """The text of a message: a string, an object that the server has parsed, or a list of parts with text."""
    if isinstance(content, list):
        return "".join(_part_text(part) for part in content)
    if isinstance(content, dict) and content.keys() <= _PART:
        return _part_text(content)
    return json.dumps(content) if isinstance(content, dict) and content else text_of(content) or ""


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return text_of(part) or ""
    fields = dict_of(part)
    if fields.get("type") in ("thinking", "reasoning"):
        return ""
    for name in ("input", "json"):
        if fields.get("type") in ("tool_use", "json") and isinstance(fields.get(name), dict):
            return json.dumps(fields[name])
    words = next((fields[name] for name in ("text", "content", "summary") if fields.get(name)), None)
    return text_of(dict_of(words).get("value")) or text_of(words) or ""


def _finish(choice: Mapping[str, Any]) -> str | None:
    said = text_of(choice.get("finish_reason")) or text_of(choice.get("stop_reason"))
    plain = (said or "").lower().removeprefix("finish_reason_")
    return "length" if plain in _CUT else "content_filter" if plain in _FILTERED else said


def as_batch_answer(body: Mapping[str, Any]) -> dict[str, Any]:
    """A response body, marked as coming from the Batch API."""
    return {**body, "service_tier": _BATCH_TIER}


def came_by_batch(body: Mapping[str, Any]) -> bool:
    """Whether a response body is marked as coming from the Batch API."""
    return body.get("service_tier") == _BATCH_TIER


def read_usage(body: Mapping[str, Any]) -> Usage:
    """The token counts in a response body, without their cost."""
    usage = dict_of(body.get("usage"))
    details = dict_of(usage.get("prompt_tokens_details"))
    cached = count_of(details.get("cached_tokens"))
    return Usage(
        tokens_in=_count(usage, "prompt_tokens", "input_tokens"),
        tokens_out=_count(usage, "completion_tokens", "output_tokens"),
        tokens_cached=cached if cached is not None else count_of(usage.get("prompt_cache_hit_tokens")),
    )


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    """The first of these counts that is valid."""
    return next((count for name in names if (count := count_of(usage.get(name))) is not None), None)


def _tokens(content: object) -> tuple[TokenAlternatives, ...]:
    """The tokens; empty unless all of them are valid, since a gap would shift all later ones."""
    tokens = []
    try:
        for item in list_of(content):  # a reply has hundreds of them
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
