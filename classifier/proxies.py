"""Proxies from the environment, and hosts that must not be proxied.

What enters: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case, as curl and pip read them.
What leaves: the proxy for an address, or why there is none. This machine's own addresses never go through a
proxy, which could not reach them. What it does not do: connect, or read the system's settings.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from classifier.errors import ConfigError

ENVIRONMENT = "environment"
"""The value of a setting that means: use the environment's proxies."""

_PORTS = {"http": 80, "https": 443}
_WITH_PORT = re.compile(r"^[^:]+:\d+$|\]:\d+$")


@dataclass(frozen=True)
class Proxy:
    """A proxy.

    Attributes:
        url: Its address, including user and password if given.
        source: The variable or setting that names it.
    """

    url: str = field(repr=False)
    source: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{urlunsplit((parts.scheme, parts.netloc.rpartition('@')[2], '', '', ''))} of {self.source}"


ProxyFor = Callable[[str], Proxy | None]
"""An address -> the proxy for it, or None."""


def environment_proxy(url: str) -> Proxy | None:
    """The proxy that the environment names for an address; None if it names none, or exempts the host.

    Raises:
        ConfigError: The variable's value is not an HTTP proxy.
    """
    found = _named(url)
    return None if found is None or is_exempt(url) else checked_proxy(*found)


def proxy_choice(setting: str | None) -> ProxyFor:
    """The function that chooses the proxy for an address under this setting.

    Args:
        setting: A proxy's address, "environment", or None for none.

    Raises:
        ConfigError: It is not the address of an HTTP proxy.
    """
    if setting is None:
        return lambda _: None
    if setting.strip().lower() == ENVIRONMENT:
        return environment_proxy
    proxy = checked_proxy(setting.strip(), "sources_proxy")
    return lambda url: None if is_exempt(url) else proxy


def checked_proxy(value: str, source: str) -> Proxy:
    """A proxy's address, which may lack its scheme.

    Raises:
        ConfigError: It is not the address of an HTTP proxy. The message does not show it, since it may
            contain a password.
    """
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or any(char.isspace() for char in url):
        raise ConfigError(
            f"{source} names no HTTP proxy; expected an address like http://proxy.example.org:3128 "
            "(SOCKS is not supported)"
        )
    return Proxy(url, source)


def is_exempt(url: str) -> bool:
    """Whether no proxy is used for this address: it is this machine's, or `NO_PROXY` names it."""
    return _is_own(_host(url)) or _is_in_no_proxy(url)


def unused_hint(url: str) -> str:
    """A hint after a network error: a proxy variable is set, but it is not used for this address."""
    if _is_own(_host(url)):
        return ""
    named, scheme = _named(url), urlsplit(url).scheme.upper()
    if named is not None:
        return f"; {named[1]} is set, but NO_PROXY exempts this host" if _is_in_no_proxy(url) else ""
    others = filter(_variable, ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"))
    other = next(others, None)
    return f"; {other} is set, but this address needs {scheme}_PROXY" if other else ""


def variable_for(url: str) -> str | None:
    """The variable that names a proxy for this address; None without one, or if the host is exempt."""
    named = _named(url)
    return None if named is None or is_exempt(url) else named[1]


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def _named(url: str) -> tuple[str, str] | None:
    """The value and name of the variable for the address's scheme."""
    from urllib.request import getproxies_environment

    scheme = urlsplit(url).scheme
    value = getproxies_environment().get(scheme)  # not HTTP_PROXY in a CGI program: a request can set it
    return (value, _variable(f"{scheme.upper()}_PROXY") or scheme) if value else None


def _variable(name: str) -> str | None:
    """The spelling (upper or lower case) of a variable in the environment."""
    return next((spelled for spelled in (name.lower(), name) if os.environ.get(spelled)), None)


def _is_own(host: str) -> bool:
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def _is_in_no_proxy(url: str) -> bool:
    """Whether `NO_PROXY` names the host, a domain above it, its network, or everything."""
    host, parts = _host(url), urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    exempt = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for name in exempt.replace(" ", ",").lower().split(","):
        if "/" in name:
            with suppress(ValueError):
                if ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False):
                    return True
            continue
        domain, _, only = name.rpartition(":") if _WITH_PORT.search(name) else (name, "", "")
        domain = domain.removeprefix("*").strip(".[]")
        if name == "*" or (domain and (not only or int(only) == port) and f".{host}".endswith(f".{domain}")):
            return True
    return False
