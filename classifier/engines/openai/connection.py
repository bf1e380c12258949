"""The clients of one server: connections, certificates, proxy, credentials, and the query of the base URL.

What enters: an `Endpoint`. What leaves: an HTTP client, and an openai client that uses it. The query is added
below the HTTP client, which logs the address of each request, since the query may contain a key.
"""

from __future__ import annotations

import httpx2
import openai

from classifier.engines.openai.endpoint import Endpoint
from classifier.proxies import Proxy

_CONNECT_S = 10.0
"""Timeout for a connection, in seconds; the response may take the whole timeout."""


class SdkClient(openai.AsyncOpenAI):
    """The openai client with an endpoint's headers. It reads no environment variables and does not retry.

    Args:
        http_client: Sends the requests.
        timeout_s: For each step of an exchange.
        is_own: Whether `open_client` made the HTTP client, which then adds the query.
    """

    def __init__(
        self, endpoint: Endpoint, http_client: httpx2.AsyncClient, timeout_s: float, *, is_own: bool
    ) -> None:
        super().__init__(
            api_key="none",  # the endpoint's headers contain the credentials
            base_url=endpoint.url,
            max_retries=0,
            timeout=_timeout(timeout_s),
            default_query=None if is_own else dict(endpoint.query),
            http_client=http_client,
        )
        # Otherwise both would be read from the environment.
        self.organization = self.project = None
        self._identity = endpoint.headers

    async def _prepare_request(self, request: httpx2.Request) -> None:
        del request.headers["Authorization"]
        request.headers.update(self._identity)


def _timeout(timeout_s: float) -> httpx2.Timeout:
    return httpx2.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))


def open_client(
    endpoint: Endpoint, *, timeout_s: float, connections: int, proxy: Proxy | None
) -> httpx2.AsyncClient:
    """Makes a client that takes only certificates from the environment (`SSL_CERT_FILE`).

    Args:
        timeout_s: For each step of an exchange.
        connections: Maximum number; all of them stay open between requests.
        proxy: The proxy for all requests; None for a direct connection.
    """
    inner = httpx2.AsyncHTTPTransport(
        verify=httpx2.create_ssl_context(trust_env=True),
        trust_env=False,
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        proxy=httpx2.Proxy(proxy.url) if proxy else None,
    )
    return httpx2.AsyncClient(
        transport=_WithQuery(inner, endpoint) if endpoint.query else inner,
        timeout=_timeout(timeout_s),
        follow_redirects=False,
        trust_env=False,
    )


class _WithQuery(httpx2.AsyncBaseTransport):
    """Adds an endpoint's query to each request."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, endpoint: Endpoint) -> None:
        self._inner = inner
        self._query = endpoint.query

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        query = httpx2.QueryParams([*request.url.params.multi_items(), *self._query])
        sent = httpx2.Request(
            request.method,
            request.url.copy_with(query=str(query).encode()),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._inner.handle_async_request(sent)

    async def aclose(self) -> None:
        await self._inner.aclose()
