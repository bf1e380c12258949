"""A base URL and a key -> the address for requests, and their headers.

What enters: the user's settings. What leaves: the URL without secrets, its query, and headers. User,
password, query and key are never shown. It does not connect.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

from classifier.errors import ConfigError

OPENAI_URL = "https://api.openai.com/v1"
LEAST_KEY_CHARS = 12
"""Least length of a real key; local servers expect shorter words as keys ("EMPTY", "ollama")."""

_CHAT_PATH = "/chat/completions"
_AZURE = re.compile(r"\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$")
_AZURE_HEADER = "api-key"
_BEARER = "authorization"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OPEN = frozenset({"api-version", "api_version", "model", "deployment"})
"""Parameters of a query that are not secret."""


@dataclass(frozen=True)
class Endpoint:
    """A server's address.

    Attributes:
        url: The API's root, without user, password and query.
        query: Added to every request.
        headers: The headers with the credentials; without `Authorization` if the key is in another header.
        secrets: Strings that must never be shown or written.
    """

    url: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def endpoint(base_url: str | None, api_key: str | None = None, api_key_header: str | None = None) -> Endpoint:
    """Reads a base URL.

    Args:
        base_url: None for OpenAI's own API.
        api_key: None for servers that need none; a dummy is sent.
        api_key_header: The header for the key; None means `api-key` for Azure's hosts, else `Authorization`.

    Raises:
        ConfigError: The URL, the key or the header's name is invalid.
    """
    parts = _checked_url(base_url or OPENAI_URL)
    key = _checked_key(api_key)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    header = _checked_header(api_key_header) or _usual_header(parts.hostname or "")
    members = [member.partition("=") for member in parts.query.split("&")]
    written = [value for name, _, value in members if name.lower() not in _OPEN]
    written += [parts.password or ""]
    secrets = [key or "", *written, *map(unquote_plus, written), unquote(parts.password or "")]
    return Endpoint(
        url=public_url(parts.geturl()),
        query=query,
        headers=_headers(header, key, parts.username, parts.password),
        secrets=tuple(dict.fromkeys(secret for secret in secrets if len(secret) >= LEAST_KEY_CHARS)),
    )


def public_url(url: str) -> str:
    """The URL without user, password and query, which may be secrets."""
    parts = urlsplit(url.strip())
    path = (
        parts.path.rstrip("/").removesuffix(_CHAT_PATH).rstrip("/")
    )  # some users copy the whole address for chat completions
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))


def _headers(header: str, key: str | None, user: str | None, password: str | None) -> dict[str, str]:
    headers = {}
    if header.lower() != _BEARER:
        headers[header] = key or "none"
    if user is not None:
        pair = f"{unquote(user)}:{unquote(password or '')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif header.lower() == _BEARER:
        headers["Authorization"] = f"Bearer {key or 'none'}"
    return headers


def _usual_header(host: str) -> str:
    return _AZURE_HEADER if _AZURE.search(f".{host}") else _BEARER


def _checked_header(name: str | None) -> str | None:
    if name is None or not name.strip():
        return None
    if not _HEADER.fullmatch(name.strip()):
        raise ConfigError(
            f"api_key_header '{name[:40]}' is not a valid HTTP header name; expected one such as api-key"
        )
    return name.strip()


def _checked_key(key: str | None) -> str | None:
    if key is None or not key.strip():
        return None
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        # The message must not contain the value.
        raise ConfigError("the API key has invalid characters; expected printable ASCII without spaces")
    return key


def _checked_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or any(char.isspace() for char in url.strip()):
        raise ConfigError("the base URL cannot be used; expected something like https://host:8000/v1")
    return parts
