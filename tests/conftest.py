"""What every test can rely on: a clean environment, no network but loopback, and two workspaces."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from classifier.survey.workspace import Workspace

_OURS = ("OPENAI_", "CLASSIFIER_")
_NEVER_THERE = (".invalid", ".test")  # RFC 2606: tests may use these for hosts that do not exist

# A busy machine is slow, which says nothing about the code.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


class NetworkTouched(BaseException):
    """A test tried to leave the machine. No `except Exception` in the code under test may hide that."""


@pytest.fixture(scope="session")
def bridges() -> Path:
    """A workspace on another subject: six leaves, no cues, no training data, no templates."""
    return Path(__file__).parent / "workspaces" / "bridges"


@pytest.fixture(scope="session")
def bridges_workspace(bridges: Path) -> Workspace:
    return Workspace(bridges)


@pytest.fixture(scope="session")
def builtin() -> Workspace:
    return Workspace()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's reaches a test; caches and configuration lie under `tmp_path`."""
    for name in list(os.environ):
        if name.upper().startswith(_OURS) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    # Most tests are about something else than that their engines were never measured.
    monkeypatch.setenv("CLASSIFIER_ACCEPT_UNMEASURED", "true")
    monkeypatch.setenv("CLASSIFIER_AUDIT_SHARE", "0")
    home = tmp_path / ".home"
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Refuses sockets and look-ups of names beyond this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _only_loopback(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _only_local_names(socket.getaddrinfo))
        yield


def _only_loopback(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise NetworkTouched(f"connect to {address!r}; tests may use loopback only")
        return connect(self, address)

    return guarded


def _only_local_names(getaddrinfo: Any) -> Any:
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name.endswith(_NEVER_THERE):
            raise socket.gaierror(socket.EAI_NONAME, "name or service not known")
        if name and name != "localhost" and not _is_address(name):
            raise NetworkTouched(f"look-up of {name!r}; tests may use loopback only")
        return getaddrinfo(host, *args, **kwargs)

    return guarded


def _is_local(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
