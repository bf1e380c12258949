"""A real service on loopback, in a thread or as a separate process, and requests for it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from classifier.service import create_app
from classifier.service.hub import Hub
from classifier.settings import load_settings
from tests.waiting import WAIT_S, wait_for

BRIDGES = Path(__file__).parent.parent / "workspaces" / "bridges"
API = "/api/v1"

ABSTRACT = {
    "title": "How a Bridge Was Watched for a Year",
    "abstract": "We watch a bridge for a year and say what was seen. Gauges were read each hour, and trucks "
    "of known weight crossed the deck.",
}
LIST = b"""@article{one, title = {How Bridge One Was Watched}, abstract = {Gauges were read hourly.}}
@article{two, title = {On the Age of Arches}, abstract = {Arches were counted, aged and drawn.}}
@article{broken, year = {2020}}
"""


class Served:
    """A running service.

    Attributes:
        url: Without a slash at its end.
        client: Asks it, as a program does: without headers that browsers send.
    """

    def __init__(self, hub: Hub, port: int) -> None:
        self.hub = hub
        self.url = f"http://127.0.0.1:{port}"
        self.client = client_of(self.url)

    def file_paper(self, **more: Any) -> httpx.Response:
        return self.client.post(f"{API}/papers?wait=60", json=ABSTRACT | more)

    def upload(self, content: bytes = LIST, name: str = "my list.bib", **fields: str) -> httpx.Response:
        return self.client.post(f"{API}/runs", files={"file": (name, content)}, data=fields)

    def finished(self, run_id: str) -> dict[str, Any]:
        """The run when it is not in work any more."""
        return wait_for(lambda: self._status(run_id), lambda run: run["state"] not in ("queued", "running"))

    def _status(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{API}/runs/{run_id}").json()
        return found


def client_of(url: str, **more: Any) -> httpx.Client:
    """A client with a connection per request: the server closes those that are idle for some seconds."""
    return httpx.Client(
        base_url=url, timeout=WAIT_S, limits=httpx.Limits(max_keepalive_connections=0), **more
    )


@contextlib.contextmanager
def serving(folder: Path, **overrides: Any) -> Iterator[Served]:
    """A service in a thread of this process; a test that waits for something may ask it often."""
    given = {
        "folder": folder,
        "workspace": BRIDGES,
        "settings": load_settings(engine="offline"),
        "requests_per_minute": 1_000_000,
    }
    app = create_app(**given | overrides)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_level="critical",
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started or not thread.is_alive(), bool)
        port = server.servers[0].sockets[0].getsockname()[1]
        served = Served(app.state.hub, port)
        with served.client:
            yield served
    finally:
        server.should_exit = True
        thread.join()


class Process:
    """`classifier serve` as a process of its own."""

    def __init__(self, folder: Path, *more: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "classifier", "serve", str(folder), "--port", "0", *more],
            env=os.environ | environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        line = self._process.stderr.readline()
        assert " at http://" in line, line + self._process.stderr.read()
        self.url = line.split(" at ")[1].split("/ ")[0]
        self.client = client_of(self.url)
        self._drain = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._drain.start()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL for it and its children."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        self.client.close()
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
        code = self._process.wait()
        self._drain.join()
        assert self._process.stderr is not None
        self._process.stderr.close()
        return code
