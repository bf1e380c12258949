"""The service against its own OpenAPI document: schemathesis sends what fits and what does not, with all
checks.

What is left out stands with its reasons in schemathesis.toml; besides, `GET /api/v1/runs/{id}/events` is a
stream, which tests/service reads.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from classifier.settings import load_settings
from tests.loopback import Loopback
from tests.service.kit import API, BRIDGES, Served, serving

CONFIG = Path(__file__).parent / "schemathesis.toml"


class NoPapers(BaseHTTPRequestHandler):
    """In arXiv's place: it has none of the papers that are made up."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with a labelled list, whose limits on haste are lifted."""
    with (
        Loopback(NoPapers, threading.Event()) as arxiv,
        serving(
            tmp_path_factory.mktemp("contract"),
            workspace=shutil.copytree(BRIDGES, tmp_path_factory.mktemp("space") / "bridges"),  # gold is added
            settings=load_settings(engine="offline", arxiv_url=arxiv.url),
            requests_per_minute=1_000_000,
            waiting_runs=1_000_000,
        ) as served,
    ):
        served.finished(served.upload(start="true").json()["id"])
        yield served


def test_every_operation_keeps_to_its_document(service, tmp_path):
    """By schemathesis' own command: its pytest plugin does not know pytest 9."""
    command = str(Path(sys.executable).with_name("schemathesis"))
    ran = subprocess.run(
        [
            *(command, "--config-file", str(CONFIG), "run", f"{service.url}/openapi.json"),
            *("--max-examples", "20", "--request-timeout", "70"),
            *("--suppress-health-check", "all", "--exclude-path", f"{API}/runs/{{id}}/events"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_document_names_all_operations_of_the_contract(service):
    paths = service.client.get("/openapi.json").json()["paths"]
    wanted = {
        "/healthz": "get",
        "/metrics": "get",
        f"{API}/papers": "post",
        f"{API}/papers/{{id}}": "get",
        f"{API}/papers/{{id}}/pages/{{number}}.png": "get",
        f"{API}/runs": "post",
        f"{API}/runs/{{id}}": "get",
        f"{API}/runs/{{id}}/events": "get",
        f"{API}/runs/{{id}}/export": "get",
        f"{API}/reviews": "post",
        f"{API}/runs/{{id}}/review": "post",
        f"{API}/runs/{{id}}/review/queue": "get",
        f"{API}/runs/{{id}}/review/decisions": "post",
        f"{API}/runs/{{id}}/review/undo": "post",
        f"{API}/runs/{{id}}/review/conflicts": "get",
        f"{API}/runs/{{id}}/review/agreement": "get",
        f"{API}/taxonomy": "get",
        f"{API}/schema": "get",
    }
    assert {path: method for path, method in wanted.items() if method not in paths.get(path, {})} == {}
