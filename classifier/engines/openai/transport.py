"""One HTTP exchange with an OpenAI-compatible server: a request body in, a response body out.

`ChatTransport` is the seam where replies can be recorded, replayed or sent another way: it sees
exactly what the server sees and says. What leaves: the decoded body, or an error of
`classifier.errors`. What it does not do: retry, or read the body's meaning.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

from classifier.engines.openai.failures import (
    RejectedRequest,
    ServerError,
    failure,
    is_markup,
    one_line,
    reported_error,
    reported_status,
)
from classifier.engines.openai.retry import ServerUnreachable
from classifier.engines.openai.streams import merged
from classifier.errors import ConfigError, ModelError, ModelTimeout, ModelUnavailable

if TYPE_CHECKING:
    import httpx2

OPENAI_URL = "https://api.openai.com/v1"

_CONNECT_S = 10.0
"""For a connection; the answer has `timeout_s`."""

T = TypeVar("T")


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


class Body(dict[str, Any]):
    """A decoded response body that still has its bytes, for those who keep them."""

    def __init__(self, value: Mapping[str, Any], raw: bytes) -> None:
        super().__init__(value)
        self.raw = raw


class Kept(dict[str, Any]):
    """A body that was said before: it tells nothing of what the server accepts now."""


@dataclass(frozen=True)
class Server:
    """Where requests go.

    Attributes:
        api_key: None for servers that need none. It is sent, and never shown or written.
        base_url: The API's root, e.g. `http://127.0.0.1:8080/v1`; None means OpenAI's.
        timeout_s: For one exchange.
        http_client: Carries the requests in place of an own client, and is not closed.
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    timeout_s: float = 120.0
    http_client: httpx2.AsyncClient | None = None


class OpenAITransport:
    """The exchange over HTTP, by the openai client with its own retries switched off.

    Takes no key, organisation, base URL or proxy from the environment.

    Args:
        api_key: None for servers that need none; a dummy is sent.
        base_url: None for OpenAI's own.
        timeout_s: For one exchange, from connecting to the last byte.
        http_client: Used in place of an own one, and then not closed; for proxies and tests.
        connections: Most at a time, all of them kept open between requests.

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
        connections: int = 100,
    ) -> None:
        self.base_url = _checked_url(base_url or OPENAI_URL)
        self._key = _checked_key(api_key)
        self._timeout_s = timeout_s
        self._http_client = http_client
        self._connections = connections
        self._own_client: httpx2.AsyncClient | None = None
        self._client: Any = None

    def __repr__(self) -> str:
        return f"OpenAITransport({public_url(self.base_url)})"

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`."""
        import httpx2

        return self.read(
            await self.call(
                lambda client: client.post("/chat/completions", cast_to=httpx2.Response, body=dict(request))
            )
        )

    async def call(self, send: Callable[[Any], Awaitable[T]], timeout_s: float | None = None) -> T:
        """Anything that the openai client can send, with errors of `classifier.errors`; no retries.

        Args:
            send: Given the client.
            timeout_s: In place of the transport's own.

        Raises:
            ModelError: As `complete`.
        """
        import httpx2
        import openai

        where, limit_s = public_url(self.base_url), timeout_s or self._timeout_s
        client = self._connected()
        failed: ModelError
        try:
            async with asyncio.timeout(limit_s):
                return await send(client)
        except (TimeoutError, openai.APITimeoutError) as error:
            raise ModelTimeout(
                f"no answer from {where} within {limit_s:g} s; try again, or raise timeout_s"
            ) from error
        except openai.APIStatusError as error:
            response = error.response
            failed = self._failure(response.status_code, response.headers, response.text)
        except (openai.APIConnectionError, httpx2.TransportError) as error:
            reason = one_line(str(error.__cause__ or error), self._key)
            kind = ServerUnreachable if isinstance(error.__cause__, httpx2.ConnectError) else ModelUnavailable
            raise kind(
                f"could not reach {where} ({reason or 'connection failed'}); check the base URL and that the "
                "server is running"
            ) from error
        # Raised out here, without the client's error as context: that one quotes the server's words
        # in full, and servers echo keys.
        raise failed

    def harmless(self, text: str) -> str:
        """The server's words made fit for a message: one short line without the key."""
        return one_line(text, self._key)

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
                    limits=httpx2.Limits(
                        max_connections=self._connections, max_keepalive_connections=self._connections
                    ),
                    follow_redirects=False,
                    trust_env=False,
                    # SSL_CERT_FILE may still name a company's certificates.
                    verify=httpx2.create_ssl_context(trust_env=True),
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

    def read(self, response: httpx2.Response) -> Body:
        """The object that a response holds.

        Raises:
            ModelError: It holds none, or an error under HTTP 200.
        """
        raw = response.content
        try:
            body, is_stream = json.loads(raw), False
        except (ValueError, RecursionError) as error:
            body, is_stream = self._streamed(response), True
            if body is None:
                raise self._unreadable(response) from error
            raw = json.dumps(body).encode()
        if not isinstance(body, dict):
            raise ServerError(f"{public_url(self.base_url)} sent JSON that is not an object; try again", 200)
        told = reported_error(body, is_stream=is_stream)
        if told:  # some gateways report errors under HTTP 200
            raise self._failure(reported_status(told), response.headers, json.dumps({"error": told}))
        return Body(body, raw)

    def _unreadable(self, response: httpx2.Response) -> ModelError:
        """The error that a body of no known form stands for."""
        where, status = public_url(self.base_url), response.status_code
        root = "the API's root (it often ends in /v1)"
        if is_markup(response.text):
            return RejectedRequest(
                f"{where} answered with a web page instead of JSON; set the base URL to {root}", status
            )
        size = len(response.content)
        return ServerError(
            f"{where} sent a body that is not JSON ({size} bytes); try again, or set the base URL to {root}",
            status,
        )

    def _streamed(self, response: httpx2.Response) -> dict[str, Any] | None:
        """The body that a stream makes up; None if the response is no stream.

        Raises:
            ServerError: It is one with a damaged event.
        """
        try:
            return merged(response.content.decode(errors="replace"))
        except (ValueError, TypeError, RecursionError) as error:
            where, size = public_url(self.base_url), len(response.content)
            raise ServerError(
                f"{where} sent a damaged stream ({size} bytes); try again", response.status_code
            ) from error

    def _failure(self, status: int, headers: Mapping[str, str], text: str) -> ModelError:
        return failure(status, headers, text, where=public_url(self.base_url), key=self._key)


def public_url(url: str) -> str:
    """The URL without user, password and query, which may be secrets."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


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
