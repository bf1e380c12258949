"""What a server's error response means: status and body -> an error of `classifier.errors`.

Whatever a server says is hostile text: it is cut to one short line, and nothing that looks like a
key stays in it. What it does not do: know words (`wording`), or decide
what to try instead (`ladder`, `trial`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from classifier.engines.openai.lenient import count_of, dict_of, list_of, text_of
from classifier.engines.openai.wording import (
    is_failed_sample,
    is_moderation,
    is_overflow,
    is_room_too_large,
    is_spent,
    is_unknown_model,
)
from classifier.errors import (
    BudgetSpent,
    ContextOverflow,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    RateLimited,
    Refused,
)
from classifier.waiting import parse_retry_after

_MAX_SAID = 4_000
"""Of an error body that is searched for what to give up."""
_MAX_SHOWN = 200
"""Of a server's words in a message."""
_HINTS = {
    403: "the key has no permission for this: check OPENAI_API_KEY and its project",
    404: "check the model's name and the base URL",
    407: "the proxy requires a password: put http://USER:PASSWORD@host:port into HTTP_PROXY or HTTPS_PROXY",
}
_KEEP_OUT = "the server's moderation rejected the text of this paper: file it by hand or use another model"
_LESS_ROOM = "lower max_output_tokens (CLASSIFIER_MAX_OUTPUT_TOKENS)"
_SAID_WAIT = re.compile(r"(?:again|retry) (?:in|after) (\d+(?:\.\d+)?) ?(ms|milliseconds|m\b|min)?")
_SECONDS = {"ms": 0.001, "milliseconds": 0.001, "m": 60.0, "min": 60.0}
_SECRET = re.compile(r"\bsk-[\w*.-]{4,}|\bBearer\s+\S+|\S*\*{3,}\S*", re.IGNORECASE)


class RejectedRequest(Refused):
    """A 4xx that no repetition mends. `said` is the server's text, lower case, for the ladder."""

    def __init__(self, message: str, status: int = 400, said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.said = said


class FailedSample(RejectedRequest):
    """A 400 about what the model wrote this time: the same request may well succeed.

    Attributes:
        generation: What the model wrote, if the server tells; hostile text.
    """

    def __init__(self, message: str, status: int = 400, said: str = "", generation: str = "") -> None:
        super().__init__(message, status, said)
        self.generation = generation


class ServerError(ModelUnavailable):
    """A 5xx or a body that is no answer. `said` as in `RejectedRequest`."""

    def __init__(
        self, message: str, status: int = 500, said: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.retry_after_s = retry_after_s


def failure(
    status: int, headers: Mapping[str, str], body: str, *, where: str, secrets: Sequence[str] = ()
) -> ModelError:
    """The error that an error response stands for.

    Args:
        status: The HTTP status, or the one that a body under HTTP 200 names.
        headers: Looked up by lower-case name.
        body: As it came.
        where: The server's public URL, for the message.
        secrets: Strings that must not come back in a message, such as the API key.
    """
    words = _words(body)
    said = _plain(words.said, secrets)
    told = f"{where} answered HTTP {status}" + (f": {_short(said)}" if said else "")
    everything = f"{words.code} {said}".lower().strip()
    if status == 402 or is_spent(everything):
        return BudgetSpent(f"{told}; the account's quota is used up: check its plan and billing")
    if status == 401:
        return Refused(f"{told}; the API key was not accepted: check OPENAI_API_KEY")
    if status == 413 or is_overflow(everything):
        less = f" or {_LESS_ROOM}" if is_room_too_large(everything) else ""
        return ContextOverflow(f"{told}; send a shorter excerpt (budget_tokens){less}")
    wait_s = _wait_s(headers, everything)
    if status == 429:
        return RateLimited(f"{told}; send fewer requests at a time", wait_s)
    if status == 408:
        return ModelTimeout(f"{told}; try again")
    if status == 409 or status >= 500:
        return ServerError(f"{told}; try again later", status, everything, wait_s)
    return _rejection(status, told, everything, words.generation)


def _rejection(status: int, told: str, everything: str, generation: str | None) -> RejectedRequest:
    """The error of a 4xx that is about the request, or about what it led to."""
    if is_failed_sample(everything) or generation is not None:
        hint = "try again, or use another model"
        return FailedSample(f"{told}; {hint}", status, everything, generation or "")
    if is_moderation(everything):
        hint = _KEEP_OUT
    elif is_room_too_large(everything):
        hint = _LESS_ROOM
    elif is_unknown_model(everything):
        hint = "check the model's name"
    else:
        hint = _HINTS.get(status, "the request was not accepted")
    return RejectedRequest(f"{told}; {hint}", status, everything)


def _wait_s(headers: Mapping[str, str], said: str) -> float | None:
    """How long the server asks to wait: by the usual headers, Azure's, or in its words."""
    wait_s = parse_retry_after(headers)
    if wait_s is None and "x-ms-retry-after-ms" in headers:
        wait_s = parse_retry_after({"retry-after-ms": headers["x-ms-retry-after-ms"]})
    found = _SAID_WAIT.search(said) if wait_s is None else None
    return float(found[1]) * _SECONDS.get(found[2], 1.0) if found else wait_s


def reported_error(body: Mapping[str, Any], *, is_stream: bool = False) -> object:
    """The error that a body under HTTP 200 holds; false if it holds none, or an answer as well.

    Args:
        is_stream: The error came after what stands in the choices, and ended it.
    """
    choices = list_of(body.get("choices"))
    if body.get("error") and (is_stream or not choices):
        return body["error"]
    return dict_of(choices[0]).get("error") if choices else None


def reported_status(told: object) -> int:
    """The HTTP status that such an error names, or stands for."""
    error = dict_of(told)
    named = next((n for name in ("code", "status") if (n := count_of(error.get(name))) is not None), 0)
    if 400 <= named < 600:
        return named
    words = json.dumps(told).lower()
    return 400 if "invalid_request" in words else 404 if "unexpected endpoint" in words else 502


def is_markup(text: str) -> bool:
    """Whether a text is a web page."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def one_line(text: str, secrets: Sequence[str] = ()) -> str:
    """Hostile text made fit for a message: one short line, harmless characters, no secrets."""
    return _short(_plain(text, secrets))


@dataclass(frozen=True)
class _Words:
    """What a server says; its error codes; and what the model wrote where that was rejected."""

    said: str
    code: str = ""
    generation: str | None = None


def _words(text: str) -> _Words:
    """Reads an error body of any of the usual shapes.

    `{"error": {"message", "code", "type", "param"}}`, `{"error": "…"}`, `{"detail": …}`,
    `{"message": …}`, one of these in a list, or plain text. Markup gives no words.
    """
    try:
        body = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return _Words("" if is_markup(text) else text[:_MAX_SAID])
    if isinstance(body, list) and len(body) == 1:  # Google's
        body = body[0]
    error = body.get("error") or body if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return _Words(str(error)[:_MAX_SAID])
    words = error.get("message") or error.get("detail") or error.get("msg") or ""
    said = (words if isinstance(words, str) else _validation_words(words))[:_MAX_SAID]
    upstream = dict_of(error.get("metadata")).get("raw")  # OpenRouter's: what the provider said
    if isinstance(upstream, str) and upstream.strip():
        behind = _words(upstream[:_MAX_SAID])
        said = f"{said}: {behind.said}"
    named = [str(error[name]) for name in ("param", "type") if isinstance(error.get(name), str)]
    codes = dict.fromkeys(str(error[name]) for name in ("code", "type", "status") if error.get(name))
    generation = error.get("failed_generation")
    return _Words(
        f"{said} ({', '.join(named)})" if named and said else said,
        " ".join(codes),
        text_of(generation) if generation is not None else None,
    )


def _validation_words(detail: object) -> str:
    """Place and message of each item of a FastAPI `detail`, without the input that it quotes back.

    The input is the whole prompt: its words would be taken for the server's.
    """
    items = detail if isinstance(detail, list) else [detail]
    return "; ".join(
        f"{'.'.join(map(str, item.get('loc') or ()))}: {item.get('msg')}"
        if isinstance(item, dict)
        else str(item)
        for item in items
    )


def _plain(text: str, secrets: Sequence[str]) -> str:
    """The text without control, format and private characters, on one line, and without keys.

    Characters go first, so that none of them can split a key in two.
    """
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    line = " ".join(kept.split())
    for secret in secrets:
        line = line.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return _SECRET.sub("***", line)


def _short(line: str) -> str:
    return line if len(line) <= _MAX_SHOWN else f"{line[: _MAX_SHOWN - 1]}…"
