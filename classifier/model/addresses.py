"""An address as messages and files may show it: without passwords, and without keys in its query."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_SECRET = re.compile(
    r"(?P<name>(?:^|[&;])[^=&;]*(?:token|key|sig|signature|secret|password|passwd|pwd|auth|credential|session|jwt)"
    r"[^=&;]*)=[^&;]*",
    re.IGNORECASE,
)
_HIDDEN = "…"


def shown_address(url: str) -> str:
    """The address without user name and password, and with "…" for values of its query that look secret.

    >>> shown_address("https://me:pw@example.org/a.md?token=abc&page=2#top")
    'https://example.org/a.md?token=…&page=2'
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        query = _SECRET.sub(rf"\g<name>={_HIDDEN}", parts.query)
        return urlunsplit((parts.scheme, host, parts.path, query, ""))
    except ValueError:  # half an IPv6 address
        return url.partition("?")[0].rpartition("@")[2]
