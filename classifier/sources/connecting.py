"""Settings of a connection -> an HTTP client that reaches public addresses only. It sends no requests."""

from __future__ import annotations

from classifier.proxies import proxy_choice
from classifier.sources.addresses import CheckedTransport, Origin
from classifier.sources.limits import Patience
from classifier.sources.pace import Pace
from classifier.sources.web import Web
from classifier.waiting import OnWait


def open_web(
    *,
    contact: str,
    patience: Patience,
    proxy: str | None,
    allow_private: bool,
    trusted: Origin | None = None,
    pace: Pace | None = None,
    on_wait: OnWait | None = None,
    wanted: str = "PDF",
) -> Web:
    """An HTTP client; see `Sources` and `Web` for the arguments.

    Args:
        trusted: The only origin that may be private without `allow_private`.
    """
    transport = CheckedTransport(allow_private=allow_private, trusted=trusted, proxy_for=proxy_choice(proxy))
    return Web(
        transport,
        contact=contact,
        patience=patience,
        pace=pace,
        on_wait=on_wait,
        is_proxied=proxy is not None,
        wanted=wanted,
    )
