"""Reads the body of an error response: its message, its codes, and whether a body with HTTP 200 is an error.

There is no standard format; this module knows the formats of common servers and gateways. It does not
interpret the message (`wording`, `failures`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.engines.openai.lenient import count_of, dict_of, list_of, text_of
from classifier.engines.openai.wording import is_unauthorized, is_unknown_model, is_unknown_path

_MAX_SAID = 4_000
"""Most characters of an error body that are searched for patterns."""
_WORDS = ("message", "detail", "msg", "status_msg", "error_msg", "errors")
"""Fields with the error message: OpenAI, FastAPI, SiliconFlow, MiniMax, Baidu, Cloudflare."""
_CODES = ("code", "status", "status_code", "error_code")


def reported_error(body: Mapping[str, Any], *, is_stream: bool = False) -> object:
    """The error in a body with HTTP 200; a false value if there is none, or if there is an answer too.

    Args:
        is_stream: The body was a stream: the error came after the text in the choices, and ended the stream.
    """
    choices = list_of(body.get("choices"))
    if body.get("error") and (is_stream or not choices):
        return body["error"]
    if choices:
        return dict_of(choices[0]).get("error")
    for told in (body, dict_of(body.get("base_resp"))):  # `base_resp` is MiniMax's
        codes = [count_of(told.get(name)) for name in _CODES]
        if 0 not in codes and any(isinstance(told.get(name), str | list) for name in _WORDS):
            return told
    return None


def reported_status(told: object) -> int:
    """The HTTP status that such an error names, else the one that its message suggests."""
    error = dict_of(told)
    named = next((n for name in _CODES if (n := count_of(error.get(name))) is not None), 0)
    if 400 <= named < 600:
        return named
    words = read_words(json.dumps({"error": told}))
    said = f"{words.code} {words.said}".lower()
    if "invalid_request" in said:
        return 400
    if is_unknown_path(said) or is_unknown_model(said):
        return 404
    if "rate_limit" in said or "rate limit" in said:
        return 429
    return 401 if is_unauthorized(said) else 502


def is_markup(text: str) -> bool:
    """Whether a text is a web page."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


@dataclass(frozen=True)
class Words:
    """A server's error message, its error codes, and the model's output if that was rejected."""

    said: str
    code: str = ""
    generation: str | None = None


def read_words(text: str) -> Words:
    """Reads an error body in any of the usual formats.

    `{"error": {"message", "code", "type", "param"}}`, `{"error": "…"}`, `{"detail": …}`, `{"message": …}`,
    one of these in a list, or plain text. Markup gives no message.
    """
    try:
        body = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return Words("" if is_markup(text) else text[:_MAX_SAID])
    if isinstance(body, list) and len(body) == 1:  # Google's
        body = body[0]
    error = body.get("error") or body if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return Words(error[:_MAX_SAID] if isinstance(error, str) else "")
    said = _said(next((error[name] for name in _WORDS if error.get(name)), ""))[:_MAX_SAID]
    upstream = dict_of(error.get("metadata")).get("raw")  # OpenRouter's: the provider's message
    if isinstance(upstream, dict):
        upstream = json.dumps(upstream)
    if isinstance(upstream, str) and upstream.strip():
        behind = read_words(upstream[:_MAX_SAID])
        said = f"{said}: {behind.said}"
    details = [text_of(error.get(name)) for name in ("param", "type")]
    named = [detail for detail in details if detail and detail != "None"]  # LiteLLM writes the word "None"
    codes = dict.fromkeys(str(error[name]) for name in ("code", "type", "status") if error.get(name))
    generation = error.get("failed_generation")
    return Words(
        f"{said} ({', '.join(named)})" if named and said else said,
        " ".join(codes),
        text_of(generation) if generation is not None else None,
    )


def _said(words: object) -> str:
    """The message; for a FastAPI `detail`, place and message of each item, without the quoted input.

    The input is the whole prompt, whose words would be mistaken for the server's.
    """
    if isinstance(words, dict) and words.get("detail"):  # Mistral's
        words = words["detail"]
    items = words if isinstance(words, list) else [words]
    return "; ".join(_item(item) for item in items)


def _item(item: object) -> str:
    if not isinstance(item, dict):
        return str(item)
    place = ".".join(map(str, list_of(item.get("loc"))))
    said = next((item[name] for name in _WORDS if item.get(name)), None)
    return f"{place}: {said}" if place else str(said or "")
