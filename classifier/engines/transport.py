"""One HTTP exchange with an OpenAI-compatible server: a request body in, a response body out.

`ChatTransport` is the seam where replies can be recorded, replayed or sent another way: it sees
exactly what the server sees and says. What leaves: the decoded body, or an error of
`classifier.errors`. What it does not do: retry, or read the body's meaning.

Whatever a server says is hostile text: it is cut to one short line, and nothing that looks like a
key stays in it.
"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from classifier.engines.retry import parse_retry_after
from classifier.errors import (
    BudgetSpent,
    ConfigError,
    ContextOverflow,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    RateLimited,
    Refused,
)

if TYPE_CHECKING:
    import httpx2

OPENAI_URL = "https://api.openai.com/v1"

_MAX_SAID = 4_000
_MAX_SHOWN = 200
_CONNECT_S = 10.0
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


class RejectedRequest(Refused):
    """A 4xx that no repetition mends. `said` is the server's text, lower case, for the ladder."""

    def __init__(self, message: str, status: int, said: str) -> None:
        super().__init__(message)
        self.status = status
        self.said = said


class ServerError(ModelUnavailable):
    """A 5xx or a body that is no answer. `said` as in `RejectedRequest`."""

    def __init__(self, message: str, status: int, said: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.retry_after_s = retry_after_s


class ChatTransport(Protocol):
    """Sends one chat-completions request body and gives the response body."""

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange, without retries.

        Raises:
            ModelError: No answer; `retryable` tells whether the same request may succeed later.
        """
        ...

    async def aclose(self) -> None:
        """Releases connections."""
        ...


class OpenAITransport:
    """The exchange over HTTP, by the openai client with its own retries switched off.

    Takes nothing from the environment: no key, organisation, base URL or proxy.

    Args:
        api_key: None for servers that need none; a dummy is sent.
        base_url: None for OpenAI's own.
        timeout_s: Whole seconds or parts for one exchange from first byte to last.
        http_client: Used in place of an own one, and then not closed; for proxies and tests.

    Raises:
        ConfigError: The key or the base URL cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        timeout_s: float,
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        self.base_url = _checked_url(base_url or OPENAI_URL)
        self._key = _checked_key(api_key)
        self._timeout_s = timeout_s
        self._http_client = http_client
        self._own_client: httpx2.AsyncClient | None = None
        self._client: Any = None

    def __repr__(self) -> str:
        return f"OpenAITransport({public_url(self.base_url)})"

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`."""
        import httpx2
        import openai

        where = public_url(self.base_url)
        failure: ModelError
        try:
            async with asyncio.timeout(self._timeout_s):
                response: httpx2.Response = await self._connected().post(
                    "/chat/completions", cast_to=httpx2.Response, body=dict(request)
                )
            return self._body(response)
        except (TimeoutError, openai.APITimeoutError) as error:
            raise ModelTimeout(
                f"no answer from {where} within {self._timeout_s:g} s; try again, or raise timeout_s"
            ) from error
        except openai.APIStatusError as error:
            failure = self._failure(error.response.status_code, error.response)
        except openai.APIConnectionError as error:
            reason = self._shown(str(error.__cause__ or error))
            raise ModelUnavailable(
                f"could not reach {where} ({reason or 'connection failed'}); check the base URL and that the "
                "server is running"
            ) from error
        # Raised out here, without the client's error as context: that one quotes the server's words
        # in full, and servers echo keys.
        raise failure

    async def aclose(self) -> None:
        """Closes the own HTTP client; an injected one is its owner's to close."""
        if self._own_client is not None:
            await self._own_client.aclose()
        self._own_client = self._client = None

    def _connected(self) -> Any:
        """The openai client, made at the first request: importing it costs most of a second."""
        if self._client is None:
            import httpx2
            import openai

            if self._http_client is None:
                self._own_client = httpx2.AsyncClient(
                    timeout=httpx2.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s)),
                    limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20),
                    follow_redirects=False,
                    trust_env=False,
                )
            self._client = openai.AsyncOpenAI(
                api_key=self._key or "none",
                base_url=self.base_url,
                max_retries=0,
                timeout=httpx2.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s)),
                http_client=self._http_client or self._own_client,
            )
            # Both would be read from the environment otherwise.
            self._client.organization = self._client.project = None
        return self._client

    def _body(self, response: httpx2.Response) -> Mapping[str, Any]:
        try:
            body = json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise ServerError(
                f"{public_url(self.base_url)} sent a body that is not JSON ({len(response.content)} bytes); "
                "try again, or check that the base URL ends in the API's root (often /v1)",
                response.status_code,
                "",
            ) from error
        if not isinstance(body, dict):
            raise ServerError(f"{public_url(self.base_url)} sent JSON that is not an object", 200, "")
        if body.get("error") and not body.get("choices"):  # some gateways report errors under HTTP 200
            told = body["error"]
            status = told.get("code") if isinstance(told, dict) else None
            raise self._failure(status if isinstance(status, int) else 502, response)
        return body

    def _failure(self, status: int, response: httpx2.Response) -> ModelError:
        """The error that a status and its body stand for."""
        said, code = _words_and_code(response.text)
        said = self._scrubbed(said)
        where, words = public_url(self.base_url), _one_line(said)
        told = f"{where} answered HTTP {status}" + (f": {words}" if words else "")
        retry_after = parse_retry_after(response.headers)
        everything = f"{code} {said}".lower()
        if status == 401:
            return Refused(f"{told}; the API key was not accepted: check OPENAI_API_KEY")
        if status == 402 or code in _SPENT_CODES:
            return BudgetSpent(f"{told}; the account's quota is used up: check its plan and billing")
        if status == 429:
            return RateLimited(f"{told}; send fewer requests at a time", retry_after)
        if status == 413 or _OVERFLOW.search(everything):
            return ContextOverflow(f"{told}; send a shorter excerpt (budget_tokens)")
        if status == 408:
            return ModelTimeout(f"{told}; try again")
        if status == 409 or status >= 500:
            return ServerError(f"{told}; try again later", status, everything, retry_after)
        hint = _HINTS.get(status, "the request was not accepted")
        return RejectedRequest(f"{told}; {hint}", status, everything)

    def _scrubbed(self, text: str) -> str:
        if self._key:
            text = text.replace(self._key, "***")
        return _SECRET.sub("***", text)

    def _shown(self, text: str) -> str:
        return _one_line(self._scrubbed(text))


def public_url(url: str) -> str:
    """The URL without user, password and query, which may be secrets."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


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


def _one_line(text: str) -> str:
    """Without control, format and private characters, blanks collapsed, cut to a short line."""
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    line = " ".join(kept.split())
    return line if len(line) <= _MAX_SHOWN else f"{line[: _MAX_SHOWN - 1]}…"


def _checked_key(key: str | None) -> str | None:
    if key is None or not key.strip():
        return None
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        # The value stays out of the message.
        raise ConfigError(
            "the API key holds characters that no key has; expected printable ASCII without blanks"
        )
    return key


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("the base URL cannot be used; expected something like https://host:8000/v1")
    return url
