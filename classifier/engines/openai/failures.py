"""What a server's error response means: status and body -> an error of `classifier.errors`.

Whatever a server says is hostile text: it is cut to one short line, and nothing that looks like a
key stays in it. What it does not do: decide what to try instead (`classifier.engines.openai.ladder`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping

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
_SPENT_CODES = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance"}
)
_OVERFLOW = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|context (?:length|window|size)"
    r"|maximum model length|prompt is too long|input (?:token count|length|is too long).{0,40}exceed"
    r"|input is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)
_HINTS = {
    403: "the key has no right to this: check OPENAI_API_KEY and its project",
    404: "check the model's name and the base URL",
}
_SECRET = re.compile(r"\bsk-[\w*.-]{4,}|\bBearer\s+\S+|\S*\*{3,}\S*", re.IGNORECASE)


LEAST_KEY_CHARS = 12
"""What is shorter is no key but a word that a local server wants to hear ("EMPTY", "ollama")."""


class RejectedRequest(Refused):
    """A 4xx that no repetition mends. `said` is the server's text, lower case, for the ladder."""

    def __init__(self, message: str, status: int = 400, said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.said = said


class ServerError(ModelUnavailable):
    """A 5xx or a body that is no answer. `said` as in `RejectedRequest`."""

    def __init__(
        self, message: str, status: int = 500, said: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.retry_after_s = retry_after_s


def failure(status: int, headers: Mapping[str, str], body: str, *, where: str, key: str | None) -> ModelError:
    """The error that an error response stands for.

    Args:
        status: The HTTP status, or the one that a body under HTTP 200 names.
        headers: Looked up by lower-case name.
        body: As it came.
        where: The server's public URL, for the message.
        key: The API key, which must not come back in a message.
    """
    said, code = _words_and_code(body)
    said = _plain(said, key)
    told = f"{where} answered HTTP {status}" + (f": {_short(said)}" if said else "")
    everything = f"{code} {said}".lower()
    if status == 401:
        return Refused(f"{told}; the API key was not accepted: check OPENAI_API_KEY")
    if status == 402 or code in _SPENT_CODES:
        return BudgetSpent(f"{told}; the account's quota is used up: check its plan and billing")
    if status == 429:
        return RateLimited(f"{told}; send fewer requests at a time", parse_retry_after(headers))
    if status == 413 or _OVERFLOW.search(everything):
        return ContextOverflow(f"{told}; send a shorter excerpt (budget_tokens)")
    if status == 408:
        return ModelTimeout(f"{told}; try again")
    if status == 409 or status >= 500:
        return ServerError(f"{told}; try again later", status, everything, parse_retry_after(headers))
    hint = _HINTS.get(status, "the request was not accepted")
    return RejectedRequest(f"{told}; {hint}", status, everything)


def one_line(text: str, key: str | None = None) -> str:
    """Hostile text made fit for a message: one short line, harmless characters, no key."""
    return _short(_plain(text, key))


def _words_and_code(text: str) -> tuple[str, str]:
    """(what the server says, its error code) from a body in any of the usual shapes.

    `{"error": {"message", "code", "type", "param"}}`, `{"error": "…"}`, `{"detail": …}`,
    `{"message": …}`, or plain text. Markup gives no words.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return ("" if text.lstrip().startswith("<") else text[:_MAX_SAID]), ""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return str(error)[:_MAX_SAID], ""
    words = error.get("message") or error.get("detail") or ""
    named = [str(error[name]) for name in ("param", "type") if isinstance(error.get(name), str)]
    code = str(error.get("code") or error.get("type") or "")
    said = (words if isinstance(words, str) else _validation_words(words))[:_MAX_SAID]
    return f"{said} ({', '.join(named)})" if named and said else said, code


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


def _plain(text: str, key: str | None) -> str:
    """The text without control, format and private characters, on one line, and without keys.

    Characters go first, so that none of them can split a key in two.
    """
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    line = " ".join(kept.split())
    return _SECRET.sub("***", line.replace(key, "***") if key and len(key) >= LEAST_KEY_CHARS else line)


def _short(line: str) -> str:
    return line if len(line) <= _MAX_SHOWN else f"{line[: _MAX_SHOWN - 1]}…"
