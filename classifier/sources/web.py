"""An HTTP client: GET only, with checked redirects, limited sizes, retries, and distinct errors.

What enters: an address and a sink for its bytes. What leaves: the filled sink, and the final address after
redirects. It does not know arXiv, papers or caches. `addresses` decides which addresses are allowed, `pace`
how often requests are sent, and `patience` what is retried.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import zlib
from collections.abc import AsyncIterator, Container, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from classifier.errors import PaperNotFound, SourceError, SourceUnavailable
from classifier.model.addresses import shown_address
from classifier.proxies import variable_for
from classifier.sources.limits import Patience
from classifier.sources.pace import Pace
from classifier.sources.patience import Absent, Retries, Transient
from classifier.sources.pdf_bytes import CHUNK, Sink
from classifier.waiting import OnWait, parse_retry_after

_REDIRECTS = {301, 302, 303, 307, 308}
_MISSING = {404, 410}
"""Statuses that mean: there is no such document."""
_CLOSED = {401, 402, 403, 451}
"""Statuses of a paywall or a block. arXiv also sends 403 to clients that sent too many requests."""
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_BUSY = {429, 502, 503, 504}
"""Temporary failures. With 502 and 504 a gateway reports a lost connection or a timeout."""


class WebAnswer(NamedTuple):
    """What a server said besides the bytes.

    Attributes:
        url: The final address after redirects.
        etag, modified: The document's version; empty if the server does not name it.
        moved_to: The address of a redirect; empty unless it is one.
    """

    url: str
    status: int
    etag: str = ""
    modified: str = ""
    moved_to: str = ""


class Web:
    """An HTTP client for one purpose.

    Args:
        transport: The transport that connects.
        contact: Contact for the operators of the servers, in the User-Agent.
        patience: Timeouts and retries.
        pace: The rate limit, if the server has one; redirects count.
        on_wait: Called before each wait for another attempt with the seconds and the reason.
        is_proxied: Whether the transport uses proxies if there are any.
        wanted: What is fetched, for advice: "PDF" or "list".
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        contact: str,
        patience: Patience,
        pace: Pace | None = None,
        on_wait: OnWait | None = None,
        is_proxied: bool = False,
        wanted: str = "PDF",
    ) -> None:
        self._is_proxied = is_proxied
        self._wanted = wanted
        self._patience = patience
        self._pace = pace
        self._retries = Retries(patience, on_wait)
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=patience.timeout_s,
            follow_redirects=False,
            trust_env=False,  # proxies are the transport's, and ~/.netrc passwords are for nobody here
            headers={"User-Agent": _user_agent(contact), "Accept-Encoding": "identity"},
        )

    async def get(self, url: str, sink: Sink, readable: Container[int] = (200,)) -> str:
        """Fetches `url` into `sink`, and returns the final address after redirects.

        Args:
            url: The address.
            sink: Receives the body; restarted for each attempt.
            readable: Statuses whose body is the result.

        Raises:
            PaperNotFound: 404 or 410.
            SourceUnavailable: No response, or a temporary failure, after all attempts.
            SourceError: Access is denied, or the address, a redirect or an encoding is not accepted. Errors
                of `sink` are raised too.
        """
        return (await self.ask(url, sink, readable)).url

    async def ask(
        self,
        url: str,
        sink: Sink,
        readable: Container[int] = (200,),
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> WebAnswer:
        """As `get`, with more headers, and with the answer's status and version."""
        return await self._retries.run(self._attempt, url, sink, readable, headers)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _attempt(
        self, url: str, sink: Sink, readable: Container[int], headers: Mapping[str, str]
    ) -> WebAnswer:
        for _ in range(self._patience.max_redirects + 1):
            host = urlsplit(url).hostname or url
            sink.restart()
            try:
                async with self._turn(), asyncio.timeout(self._patience.total_s):
                    answer = await self._hop(url, host, sink, readable, headers)
            except (httpx.TimeoutException, TimeoutError) as error:
                raise Transient(f"{host} did not answer in time{self._unused_proxy(url)}") from error
            except httpx.TransportError as error:
                if _is_certificate_failure(error):
                    raise SourceUnavailable(
                        f"{host} has no valid certificate: {error}; not fetched"
                    ) from error
                reason = f"{error or type(error).__name__}{self._unused_proxy(url)}"
                failure = f"cannot fetch from {host}: {reason}"
                raise (
                    Absent(failure, host) if isinstance(error, httpx.ConnectError) else Transient(failure)
                ) from error
            except (httpx.InvalidURL, httpx.HTTPError) as error:
                raise SourceError(
                    f"'{shown_address(url)}' cannot be fetched: {error}; expected an http(s) address"
                ) from error
            if not answer.moved_to:
                return answer
            url = answer.moved_to
        raise SourceError(
            f"{host} redirects more than {self._patience.max_redirects} times; give the {self._wanted}'s own "
            "address"
        )

    def _turn(self) -> contextlib.AbstractAsyncContextManager[None]:
        return self._pace.turn() if self._pace else contextlib.nullcontext()

    async def _hop(
        self, url: str, host: str, sink: Sink, readable: Container[int], headers: Mapping[str, str]
    ) -> WebAnswer:
        """Sends one request."""
        async with self._connected(url, headers) as response:
            if response.status_code in _REDIRECTS:
                return WebAnswer(url, response.status_code, moved_to=_redirect_target(response, self._wanted))
            if response.status_code in _MISSING:
                raise PaperNotFound(
                    f"no such paper: {shown_address(url)} answered {response.status_code}; check the "
                    "reference"
                )
            if response.status_code in _BUSY:
                raise self._busy(host, response)
            if response.status_code not in readable:
                closed = response.status_code in _CLOSED and self._pace is None
                raise (SourceError if closed else SourceUnavailable)(
                    f"{host} refused with status {response.status_code}; open {shown_address(url)} in a "
                    "browser to see why"
                )
            length = response.headers.get("content-length", "")
            if length.isdecimal():
                sink.announce(int(length))
            async for chunk in _decoded(response, host):
                sink.write(chunk)
            etag, modified = (response.headers.get(name, "") for name in ("etag", "last-modified"))
        return WebAnswer(url, response.status_code, etag, modified)

    @contextlib.asynccontextmanager
    async def _connected(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                yield response
        except httpx.ConnectError:
            if self._pace:
                self._pace.give_back()
            raise

    def _unused_proxy(self, url: str) -> str:
        """A hint after a network error: the environment names a proxy that is not used."""
        variable = None if self._is_proxied else variable_for(url)
        if variable is None:
            return ""
        return (
            f"; {variable} is set, but it is not used for papers and lists: set sources_proxy to use one "
            "(CLASSIFIER_SOURCES_PROXY=environment)"
        )

    def _busy(self, host: str, response: httpx.Response) -> Transient:
        wait_s = parse_retry_after(response.headers)
        if wait_s is not None:
            wait_s = min(wait_s, self._patience.longest_wait_s)
            if self._pace:
                self._pace.defer(wait_s)
        return Transient(f"{host} answered {response.status_code}", wait_s)


def _user_agent(contact: str) -> str:
    from classifier.__about__ import __version__

    # A header can contain printable ASCII only.
    printable = "".join(c for c in contact if c.isascii() and c.isprintable()).strip()
    return f"survey-classifier/{__version__} ({printable})"


def _redirect_target(response: httpx.Response, wanted: str) -> str:
    here = response.url
    try:
        target = here.join(response.headers["location"])
    except (KeyError, ValueError, httpx.InvalidURL) as error:
        raise SourceError(
            f"{here.host} redirects without an address; give the address of the {wanted} itself"
        ) from error
    problem = None
    if target.scheme not in ("http", "https") or not target.host:
        problem = f"to '{target.scheme}:', which is not http(s)"
    elif here.scheme == "https" and target.scheme == "http":
        problem = f"from https to http at {target.host}"
    elif target.userinfo:
        problem = f"to an address at {target.host} with a user name or password"
    if problem:
        raise SourceError(
            f"{here.host} redirects {problem}; not followed: give the address of the {wanted} itself"
        )
    return str(target)


async def _decoded(response: httpx.Response, host: str) -> AsyncIterator[bytes]:
    """The body in pieces of at most `CHUNK` bytes.

    We did not ask for compression, but some servers use it. httpx would decompress a whole network read at
    once, which a bomb can make a thousand times larger; here the sink checks each piece before the next is
    made.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        async for chunk in response.aiter_raw(CHUNK):
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise SourceError(
            f"{host} sent the encoding '{encoding[:40]}', which was not asked for; expected none or gzip"
        )
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
    try:
        async for chunk in response.aiter_raw(CHUNK):
            piece = b""
            while not inflate.eof and (chunk or len(piece) == CHUNK):
                piece = inflate.decompress(chunk, CHUNK)
                yield piece
                chunk = inflate.unconsumed_tail
    except zlib.error as error:
        raise Transient(f"{host} sent damaged gzip data") from error
    if not inflate.eof:
        raise Transient(f"{host} sent gzip data that ends early")


def _is_certificate_failure(error: BaseException) -> bool:
    """Whether a cause of the error is a certificate failure: httpx wraps it in a ConnectError."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
