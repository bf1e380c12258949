"""The Ray cluster of a run: the one of `RAY_ADDRESS` or `ray start`, else one on this machine's cores.

What enters: the environment. What leaves: the module ray, connected, without output: its messages go to its
own log files. A cluster that was started here ends with the block.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classifier.errors import ConfigError
from classifier.extras import need

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no telemetry
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}

_CONNECT_S = 10.0
"""Seconds to wait for the first answer of a cluster's address (chosen: a running one answers within a
second)."""


@contextmanager
def connected() -> Iterator[Any]:
    """The module ray with a cluster behind it.

    Raises:
        ConfigError: Ray is not installed, or the named cluster cannot be reached.
    """
    ray = need("ray", "ray", "--runner ray")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    need("ray.data", "ray", "--runner ray")
    logging.getLogger("ray").setLevel(logging.ERROR)
    if ray.is_initialized():  # by a program that uses this package
        yield ray
        return
    _connect(ray)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors are also raised as exceptions
    try:
        yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any) -> None:
    _check_address()
    try:
        with _silence():
            # The named cluster, else the one of `ray start` on this machine, else a new one.
            ray.init(include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        named = (
            f"RAY_ADDRESS={os.environ['RAY_ADDRESS']}" if os.environ.get("RAY_ADDRESS") else "this machine"
        )
        raise ConfigError(
            f"no Ray cluster at {named} ({str(error).strip().splitlines()[0]}); see `ray status`, set "
            "RAY_ADDRESS to another, or unset it"
        ) from error


def _check_address() -> None:
    """Fails early: Ray waits for minutes if the cluster does not exist."""
    address = os.environ.get("RAY_ADDRESS", "")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():  # "auto", "local", or an address that Ray checks itself
        return
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except OSError as error:
        raise ConfigError(
            f"no Ray cluster answers at RAY_ADDRESS={address} ({error}); correct it, or unset it to work on "
            "this machine's cores"
        ) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Discards what is written to standard error: Ray's C++ code even reports that its output is off.

    Errors inside the block are raised as exceptions.
    """
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
