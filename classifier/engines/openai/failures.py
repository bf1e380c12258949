"""A server's error response (status and body) -> an error of `classifier.errors`.

The server's message is hostile text: it is cut to one short line, and everything that looks like a key is
removed. The patterns are in `wording`; `ladder` and `trial` decide what to try instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from classifier.engines.openai.error_bodies import is_markup, read_words
from classifier.engines.openai.retry import Unusable
from classifier.engines.openai.wording import (
    is_failed_sample,
    is_moderation,
    is_overflow,
    is_per_day,
    is_plan_spent,
    is_room_too_large,
    is_spent,
    is_unknown_model,
    never_fits,
    refuses_country,
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

_MAX_SHOWN = 200
"""Most characters of a server's message that we show."""
_HINTS = {
    403: "the key has no permission for this: check OPENAI_API_KEY and its project",
    404: "check the model's name and the base URL",
    407: "the proxy requires a password: put http://USER:PASSWORD@host:port into HTTP_PROXY or HTTPS_PROXY",
}
_KEEP_OUT = "the server's moderation rejected the text of this paper: file it by hand or use another model"
_LESS_ROOM = "lower max_output_tokens (CLASSIFIER_MAX_OUTPUT_TOKENS)"
_FIREWALL = (
    "a web page, not the API, refuses: check the base URL, and the proxy or firewall before the server, "
    "which may dislike this paper's text"
)
_COUNTRY = "the provider does not serve the country that this network is in: use another provider"
_SAID_WAIT = re.compile(r"(?:again|retry) (?:in|after) ((?:\d+(?:\.\d+)? ?(?:[a-z]+)?,? ?){1,4})")
_SPAN = re.compile(r"(\d+(?:\.\d+)?) ?(ms|milli|[dhm])?")
_SECONDS = {"ms": 0.001, "milli": 0.001, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DAILY_WAIT_S = 3600.0
"""The wait, in seconds, for a daily limit without a known end; it is longer than a run waits."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({409, 424, 425})
"""Temporary 4xx statuses: a conflict, a failure of a server behind this one (TGI), too early."""
_SECRET = re.compile(r"\bsk-[\w*.-]{4,}|\bBearer\s+\S+|\S*\*{3,}\S*", re.IGNORECASE)


class RejectedRequest(Refused):
    """A 4xx that a retry does not fix. `said` is the server's text in lower case, for the ladder."""

    def __init__(self, message: str, status: int = 400, said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.said = said


class FailedSample(RejectedRequest):
    """A 400 about the model's output: the same request may succeed when it is repeated.

    Attributes:
        generation: The model's output, if the server returned it; hostile text.
    """

    def __init__(self, message: str, status: int = 400, said: str = "", generation: str = "") -> None:
        super().__init__(message, status, said)
        self.generation = generation


class ServerError(ModelUnavailable):
    """A 5xx, or a body without an answer; `said` as in `RejectedRequest`."""

    def __init__(
        self, message: str, status: int = 500, said: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.retry_after_s = retry_after_s


class UnusableBody(Unusable, ServerError):
    """A body with HTTP 200 but without a completion."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 200)


def failure(
    status: int, headers: Mapping[str, str], body: str, *, where: str, secrets: Sequence[str] = ()
) -> ModelError:
    """The error for an error response.

    Args:
        status: The HTTP status; with HTTP 200, the status that the body names.
        headers: The headers, with lower-case names.
        body: The body as received.
        where: The server's public URL, for the message.
        secrets: Strings that must not appear in a message, such as the API key.
    """
    words = read_words(body)
    said = _plain(words.said, secrets)
    told = f"{where} answered HTTP {status}" + (f": {_short(said)}" if said else "")
    everything = f"{words.code} {said}".lower().strip()
    wait_s = _wait_s(headers, everything)
    if _is_spent(status, everything, wait_s):
        return BudgetSpent(f"{told}; the account's quota is used up: check its plan and billing")
    if status == 401:
        return Refused(f"{told}; the API key was not accepted: check OPENAI_API_KEY")
    if status == 413 or is_overflow(everything) or (status == 429 and never_fits(everything)):
        less = f" or {_LESS_ROOM}" if is_room_too_large(everything) else ""
        return ContextOverflow(f"{told}; send a shorter excerpt (budget_tokens){less}")
    if status == 429:
        longest = _DAILY_WAIT_S if wait_s is None and is_per_day(everything) else wait_s
        return RateLimited(f"{told}; send fewer requests at a time", longest)
    if status == 408:
        return ModelTimeout(f"{told}; try again")
    if status in _PASSING or status >= 500:
        return ServerError(f"{told}; try again later", status, everything, wait_s)
    if status in _REDIRECTS and (target := headers.get("location")):
        to = one_line(target.partition("?")[0], secrets)
        hint = f"the server redirects to {to}: set the base URL to where it leads"
        return RejectedRequest(f"{told}; {hint}", status)
    if status == 403 and is_markup(body):
        return RejectedRequest(f"{told}; {_FIREWALL}", status)
    return _rejection(status, told, everything, words.generation)


def _is_spent(status: int, everything: str, wait_s: float | None) -> bool:
    """Whether the account has no credit left; moderation messages may mention credits and do not count."""
    if status == 402:
        return True
    if is_moderation(everything):
        return False
    return is_spent(everything) or (wait_s is None and is_plan_spent(everything))


def _rejection(status: int, told: str, everything: str, generation: str | None) -> RejectedRequest:
    """The error for a 4xx about the request or about the model's output."""
    if is_failed_sample(everything) or generation is not None:
        hint = "try again, or use another model"
        return FailedSample(f"{told}; {hint}", status, everything, generation or "")
    if is_moderation(everything):
        hint = _KEEP_OUT
    elif is_room_too_large(everything):
        hint = _LESS_ROOM
    elif is_unknown_model(everything):
        hint = "check the model's name"
    elif refuses_country(everything):
        hint = _COUNTRY
    else:
        hint = _HINTS.get(status, "the request was not accepted")
    return RejectedRequest(f"{told}; {hint}", status, everything)


def _wait_s(headers: Mapping[str, str], said: str) -> float | None:
    """The wait that the server asks for: in the usual headers, in Azure's, or in its message."""
    wait_s = parse_retry_after(headers)
    if wait_s is None and "x-ms-retry-after-ms" in headers:
        wait_s = parse_retry_after({"retry-after-ms": headers["x-ms-retry-after-ms"]})
    found = _SAID_WAIT.search(said) if wait_s is None else None
    if found is None:
        return wait_s
    return sum(float(number) * _SECONDS.get(unit, 1.0) for number, unit in _SPAN.findall(found[1]))


def one_line(text: str, secrets: Sequence[str] = ()) -> str:
    """Hostile text in a form that is safe to show: one short line, harmless characters, no secrets."""
    return _short(_plain(text, secrets))


def _plain(text: str, secrets: Sequence[str]) -> str:
    """The text without control, format and private characters, on one line, and without keys.

    Characters are removed first, so that none of them can hide a key by splitting it.
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
