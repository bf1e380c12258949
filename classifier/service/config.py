"""Settings of the service: folder, address, access, and limits."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from pathlib import Path

from classifier.errors import ConfigError
from classifier.settings import Settings, load_settings

MIB = 1 << 20
PORT = 8017

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - to recognise them


def _default_folder() -> Path:
    return load_settings().data_dir / "service"


@dataclass(frozen=True, kw_only=True)
class ServiceConfig:
    """The settings of a service. Durations are in seconds.

    Attributes:
        folder: Contains the run folders and the service's own database.
        settings: How papers are labelled; by default from environment and file.
        workspace: A survey's folder; None for the built-in one.
        host, port: The address that is served.
        allow_hosts: Host names that are accepted besides the address itself.
        proxy_header: A header in which a reverse proxy names the user; trusted from `peers` only.
        peers: Addresses of such proxies.
        require_login: Require a token on loopback too.
        upload_bytes: Largest request that may contain a file.
        body_bytes: Largest other request.
        body_wait_s: Longest wait for the next part of a request's body.
        requests_per_minute: Per user, or per address before login.
        logins_per_minute: Per address.
        runs_at_once, papers_at_once: Lists and single papers that run at the same time.
        waiting_runs: Lists and papers of one user that may wait.
        usd_per_day: Cost limit of one user's replies per day (UTC); None for no limit. With a limit, a model
        without a known price is refused.
        paper_usd: Cost limit of a single paper; it is reserved while the paper is running.
        connections: Most at the same time; more get 503.
        dispatch: Start the background workers; tests may turn it off.
    """

    folder: Path = field(default_factory=_default_folder)
    settings: Settings = field(default_factory=load_settings)
    workspace: Path | None = None
    host: str = "127.0.0.1"
    port: int = PORT
    allow_hosts: tuple[str, ...] = ()
    proxy_header: str | None = None
    peers: tuple[str, ...] = ()
    require_login: bool = False
    upload_bytes: int = 100 * MIB
    body_bytes: int = 1 * MIB
    body_wait_s: float = 20.0
    requests_per_minute: int = 1200
    logins_per_minute: int = 10
    runs_at_once: int = 2
    papers_at_once: int = 2
    waiting_runs: int = 100
    usd_per_day: float | None = 10.0
    paper_usd: float = 0.5
    connections: int = 1000
    dispatch: bool = True

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: A proxy's header without peers or vice versa, or a peer that is not an address.
        """
        if bool(self.proxy_header) != bool(self.peers):
            raise ConfigError(
                "--proxy-header and --proxy-peer require each other: a user's name is trusted only from "
                "these addresses"
            )
        for peer in self.peers:
            try:
                ipaddress.ip_address(peer)
            except ValueError as error:
                raise ConfigError(
                    f"--proxy-peer '{peer}' is not an IP address; expected one like 10.0.0.2"
                ) from error

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_wildcard(self) -> bool:
        """Whether all addresses of this machine are served."""
        return self.host in _WILDCARDS

    @property
    def needs_login(self) -> bool:
        """Whether users must log in. A public name on loopback means that a proxy lets others in."""
        public = any(name not in _LOOPBACK_NAMES for name in self.allow_hosts)
        return not self.is_loopback or self.require_login or bool(self.proxy_header) or public

    @property
    def hosts(self) -> frozenset[str]:
        """Accepted names in a Host header, in lower case, without port."""
        own = () if self.is_wildcard else (self.host,)
        machine = () if self.is_loopback else (socket.gethostname(),)
        return frozenset(name.lower() for name in (*_LOOPBACK_NAMES, *own, *machine, *self.allow_hosts))
