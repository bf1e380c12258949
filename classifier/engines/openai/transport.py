"""One HTTP exchange with an OpenAI-compatible server: a request body in, a response body out.

`ChatTransport` is the interface for recording, replaying and other transports: it sees exactly what is sent
and received. What leaves: the decoded body, or an error of `classifier.errors`. It does not retry, and does
not interpret the body.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from classifier.engines.openai.advice import Advice
from classifier.engines.openai.endpoint import endpoint
from classifier.engines.openai.error_bodies import is_markup, reported_error, reported_status
from classifier.engines.openai.failures import RejectedRequest, ServerError, UnusableBody, failure, one_line
from classifier.engines.openai.retry import ServerUnreachable
from classifier.engines.openai.streams import merged
from classifier.errors import ModelError, ModelTimeout, ModelUnavailable
from classifier.proxies import environment_proxy, unused_hint

if TYPE_CHECKING:
    import httpx2

_LOOK_S = 10.0
"""Timeout in seconds for the list of a server's models, after it rejected a model's name."""

T = TypeVar("T")


class ChatTransport(Protocol):
    """Sends one request body and returns the response body: of chat completions, or of embeddings."""

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange, without retries.

        Raises:
            ModelError: There was no answer; `retryable` says whether the same request may succeed later.
        """
        ...

    async def aclose(self) -> None:
        """Releases connections."""
        ...


def is_for_embeddings(request: Mapping[str, Any]) -> bool:
    """Whether a request asks for embeddings: it has texts instead of messages."""
    return "input" in request


class Body(dict[str, Any]):
    """A decoded response body that also has the original bytes, for callers that store them."""

    def __init__(self, value: Mapping[str, Any], raw: bytes) -> None:
        super().__init__(value)
        self.raw = raw


class Kept(dict[str, Any]):
    """A stored body of an earlier response: it says nothing about what the server accepts now."""


@dataclass(frozen=True)
class Server:
    """The server that requests are sent to.

    Attributes:
        api_key: None for servers without keys. It is sent, and never shown or written.
        base_url: The API's root, e.g. `http://127.0.0.1:8080/v1`; None means OpenAI's. Its query is added to
            every request, and is never shown.
        api_key_header: The header for the key; None means `api-key` for Azure's hosts, else `Authorization`.
        timeout_s: For one exchange.
        http_client: Sends the requests instead of a new client; it is not closed.
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    timeout_s: float = 120.0
    http_client: httpx2.AsyncClient | None = None
    api_key_header: str | None = None


class OpenAITransport:
    """The exchange over HTTP, with the openai client, whose own retries are switched off.

    Takes no key, organisation or base URL from the environment, only proxies and certificates.

    Args:
        api_key: None for servers that need none; a dummy is sent.
        base_url, api_key_header: See `Server`.
        timeout_s: For one exchange, from connecting to the last byte.
        http_client: Used instead of a new client, and not closed. Its log contains the addresses of requests
            with their query.
        connections: Maximum number; all of them stay open between requests.

    Attributes:
        base_url: The base URL without secrets.

    Raises:
        ConfigError: The key, its header, the base URL or the proxy that the environment names cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        timeout_s: float,
        api_key_header: str | None = None,
        http_client: httpx2.AsyncClient | None = None,
        connections: int = 100,
    ) -> None:
        self._endpoint = endpoint(base_url, api_key, api_key_header)
        self.base_url = self._endpoint.url
        self._proxy = None if http_client else environment_proxy(self.base_url)
        self._where = f"{self.base_url} (through the proxy {self._proxy})" if self._proxy else self.base_url
        self._advice = Advice(self.base_url, self._model_list)
        self._timeout_s = timeout_s
        self._http_client = http_client
        self._connections = connections
        self._own_client: httpx2.AsyncClient | None = None
        self._client: Any = None
        self._has_answered = False

    @classmethod
    def of(cls, server: Server, connections: int = 100) -> Self:
        """The transport to a server.

        Raises:
            ConfigError: As for the constructor.
        """
        return cls(
            api_key=server.api_key,
            base_url=server.base_url,
            api_key_header=server.api_key_header,
            timeout_s=server.timeout_s,
            http_client=server.http_client,
            connections=connections,
        )

    def __repr__(self) -> str:
        return f"OpenAITransport({self.base_url})"

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`."""
        import httpx2

        body = dict(request)
        path = "/embeddings" if is_for_embeddings(request) else "/chat/completions"
        try:
            return self.read(
                await self.call(lambda client: client.post(path, cast_to=httpx2.Response, body=body))
            )
        except RejectedRequest as error:
            failed = error
        raise await self._advice.on(failed, str(request.get("model")))

    async def call(self, send: Callable[[Any], Awaitable[T]], timeout_s: float | None = None) -> T:
        """Makes any call of the openai client, with errors of `classifier.errors`; no retries.

        Args:
            send: Called with the client.
            timeout_s: Used instead of the transport's own timeout.

        Raises:
            ModelError: As for `complete`.
        """
        import httpx2
        import openai

        where, limit_s = self._where, timeout_s or self._timeout_s
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
            cause = error.__cause__ or error
            reason = self.harmless(str(cause)) or "connection failed"
            absent = isinstance(cause, httpx2.ConnectError | httpx2.ProxyError)
            advice = "check the base URL and that the server is running"
            if self._proxy is not None:
                advice = "check the proxy, or name the server in NO_PROXY if it needs none"
            raise (ServerUnreachable if absent else ModelUnavailable)(
                f"could not reach {where} ({reason}); {advice}{unused_hint(self.base_url)}"
            ) from error
        # Raised here, without the client's error as context: that error quotes the server's message in full,
        # and servers echo keys.
        raise failed

    async def _model_list(self) -> str:
        import httpx2

        response: httpx2.Response = await self.call(
            lambda client: client.get("/models", cast_to=httpx2.Response), min(self._timeout_s, _LOOK_S)
        )
        return response.text

    def harmless(self, text: str) -> str:
        """The server's message in a form that is safe to show: one short line without secrets."""
        return one_line(text, self._endpoint.secrets)

    async def aclose(self) -> None:
        """Closes the HTTP client, unless the caller supplied it."""
        if self._own_client is not None:
            await self._own_client.aclose()
        self._own_client = self._client = None

    def _connected(self) -> Any:
        """The openai client, made at the first request, since importing it takes most of a second."""
        if self._client is None:
            from classifier.engines.openai.connection import SdkClient, open_client

            is_own = self._http_client is None
            client = self._http_client or open_client(
                self._endpoint,
                timeout_s=self._timeout_s,
                connections=self._connections,
                proxy=self._proxy,
            )
            self._own_client = client if is_own else None
            self._client = SdkClient(self._endpoint, client, self._timeout_s, is_own=is_own)
        return self._client

    def read(self, response: httpx2.Response) -> Body:
        """The JSON object of a response.

        Raises:
            ModelError: There is no object, or an error with HTTP 200.
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
            raise UnusableBody(f"{self._where} sent JSON that is not an object; try again")
        told = reported_error(body, is_stream=is_stream)
        if told:  # some gateways report errors with HTTP 200
            raise self._failure(reported_status(told), response.headers, json.dumps({"error": told}))
        self._has_answered = True
        return Body(body, raw)

    def _unreadable(self, response: httpx2.Response) -> ModelError:
        """The error for a body of unknown format."""
        where, status = self._where, response.status_code
        root = "the API's root (it often ends in /v1)"
        if is_markup(response.text):
            said = f"{where} answered with a web page instead of JSON; set the base URL to {root}"
            # If the server has answered before, it is a gateway's page and a temporary failure.
            return ServerError(said, status) if self._has_answered else RejectedRequest(said, status)
        size = len(response.content)
        return UnusableBody(
            f"{where} sent a body that is not JSON ({size} bytes); try again, or set the base URL to {root}"
        )

    def _streamed(self, response: httpx2.Response) -> dict[str, Any] | None:
        """The response body of a stream; None if the response is not a stream.

        Raises:
            UnusableBody: The stream has a damaged event.
        """
        try:
            return merged(response.content.decode(errors="replace"))
        except (ValueError, TypeError, RecursionError) as error:
            where, size = self._where, len(response.content)
            raise UnusableBody(f"{where} sent a damaged stream ({size} bytes); try again") from error

    def _failure(self, status: int, headers: Mapping[str, str], text: str) -> ModelError:
        return failure(status, headers, text, where=self._where, secrets=self._endpoint.secrets)
