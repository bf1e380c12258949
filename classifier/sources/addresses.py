"""A transport that connects to public addresses only.

What enters: requests of an httpx client. What leaves: responses. A host name is resolved once, all its
addresses are checked, and the connection goes to a checked address, so that a different second answer of the
name server (DNS rebinding) has no effect. TLS (SNI and certificate) and the Host header keep the name. It
does not follow redirects: each hop is a new request that is checked here too. If the user has set a proxy, it
resolves names itself: what this machine can resolve is checked first (docs/adr/0004).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

import httpx

from classifier.errors import SourceError
from classifier.proxies import Proxy, ProxyFor

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) -> its IP addresses, best first; raises OSError if there are none."""

Origin = tuple[str, int]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


def is_public(address: str) -> bool:
    """Whether an IP address is public.

    False for private, loopback, link-local, shared, multicast, reserved and unspecified addresses, for IPv6
    forms that contain such an IPv4 address (mapped, 6to4, Teredo, NAT64), and for text that is not an
    address.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:  # how networks without IPv4 reach IPv4 hosts
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        embedded = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        carried = [four for four in embedded if four is not None]
        if carried:
            return all(is_public(str(four)) for four in carried)
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


async def resolve_host(host: str, port: int) -> list[str]:
    """The host's addresses. Numeric forms of IPv4 (decimal, octal, hexadecimal) need no lookup."""
    with contextlib.suppress(OSError, UnicodeError):
        return [socket.inet_ntoa(socket.inet_aton(host))]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class CheckedTransport(httpx.AsyncBaseTransport):
    """Connects to public addresses only.

    Args:
        allow_private: Also connect to private addresses.
        trusted: An origin that may be private: a mirror that the operator configured.
        resolve: Name resolution; the system's by default.
        proxy_for: The proxy for an address; by default there is none.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        trusted: Origin | None = None,
        resolve: Resolve = resolve_host,
        proxy_for: ProxyFor = lambda _: None,
    ) -> None:
        self._allow_private = allow_private
        self._trusted = trusted
        self._resolve = resolve
        # Connections are pooled by address, and one address can serve many names: on a kept connection, the
        # request for a second name would not have its certificate checked.
        self._limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        # trust_env makes SSL_CERT_FILE work, e.g. for a company's certificates; proxies are not read here.
        self._inner = httpx.AsyncHTTPTransport(limits=self._limits, trust_env=True)
        self._proxy_for = proxy_for
        self._proxied: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request to the first checked address that accepts a connection.

        Raises:
            SourceError: The host has an address that is not public.
            httpx.TransportError: The connection failed.
        """
        host = request.url.raw_host.decode("ascii")  # names beyond ASCII in their IDNA form
        port = request.url.port or _PORTS[request.url.scheme]
        proxy = self._proxy_for(f"{request.url.scheme}://{request.url.netloc.decode('ascii')}")
        if proxy is not None:
            with contextlib.suppress(httpx.ConnectError):  # a name that only the proxy can resolve
                await self._checked_addresses(request, host, port)
            return await self._through(proxy, request)
        addresses = await self._checked_addresses(request, host, port)
        failure: httpx.TransportError | None = None
        for address in addresses:
            try:
                return await self._inner.handle_async_request(_aimed_at(request, address, host))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure or httpx.ConnectError(f"{host} has no address", request=request)

    async def aclose(self) -> None:
        """Closes the connections."""
        for transport in (self._inner, *self._proxied.values()):
            await transport.aclose()

    async def _through(self, proxy: Proxy, request: httpx.Request) -> httpx.Response:
        if proxy.url not in self._proxied:
            self._proxied[proxy.url] = httpx.AsyncHTTPTransport(
                limits=self._limits, trust_env=True, proxy=httpx.Proxy(proxy.url)
            )
        try:
            return await self._proxied[proxy.url].handle_async_request(request)
        except httpx.TransportError as error:
            reason = f"{error or type(error).__name__} (through the proxy {proxy})"
            raise type(error)(reason, request=request) from error

    async def _checked_addresses(self, request: httpx.Request, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"cannot resolve {host}: {error}", request=request) from error
        if not self._allow_private and (host, port) != self._trusted:
            # One private address among public ones is rejected too: no honest host has both.
            refused = next((address for address in addresses if not is_public(address)), None)
            if refused is not None:
                raise SourceError(
                    f"{host} is at the private address {refused}; only public addresses are fetched from: "
                    "download the file and give its path, or allow private addresses in the settings"
                )
        return addresses


def _aimed_at(request: httpx.Request, address: str, host: str) -> httpx.Request:
    """The same request to a fixed address; the Host header already contains the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
