"""The service behind a real nginx with deploy/nginx.conf: names, uploads, events; skipped without nginx."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from classifier.service.store.schema import ServiceDatabase
from classifier.service.store.users import UserRole, Users
from classifier.survey.workspace import Workspace
from tests import batch_kit
from tests.llm_server import LlmServer
from tests.service import kit
from tests.waiting import wait_beside

CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
NAME = "papers.example.org"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def configured(folder: Path, port: int, upstream: str) -> Path:
    """The configuration with another port and upstream, without TLS, with passwords in a file of its own."""
    (folder / "htpasswd").write_text("ada:{PLAIN}secret\neve:{PLAIN}secret\n")
    text = re.sub(r"^\s*ssl_certificate.*\n", "", CONFIG.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for before, after in (
        ("443 ssl", f"127.0.0.1:{port}"),
        ("/etc/nginx/classifier.htpasswd", f"{folder}/htpasswd"),
        ("http://127.0.0.1:8017", upstream),
    ):
        assert before in text
        text = text.replace(before, after)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    file.write_text(
        f"daemon off; master_process on; {user} pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{text}\n}}\n"
    )
    return file


@contextlib.contextmanager
def proxied(folder: Path, upstream: str) -> Iterator[httpx.Client]:
    """A client of nginx, as ada's browser."""
    folder.mkdir()
    while True:
        port = free_port()
        command = [str(NGINX), "-p", str(folder), "-c", str(configured(folder, port, upstream))]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        url = f"http://127.0.0.1:{port}"
        with process, kit.client_of(url, headers={"host": NAME}, auth=("ada", "secret")) as client:
            try:
                wait_beside(process, lambda client=client: answers(client))
                if process.poll() is None:
                    yield client
                    return
            finally:
                process.terminate()
            said = process.stderr.read() if process.stderr else ""
            assert "Address already in use" in said, said  # another program took the port meanwhile


def answers(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/healthz").status_code == 200
    return False


def test_names_uploads_and_events_pass_through_and_nobody_borrows_a_name(tmp_path):
    folder = tmp_path / "runs"
    users = Users(ServiceDatabase(folder))
    users.add("ada", UserRole.owner)
    users.add("boss", UserRole.owner)
    model = batch_kit.Model(Workspace(kit.BRIDGES), free=2)
    rows = batch_kit.write_list(tmp_path / "list.jsonl", 4).read_bytes()
    with (
        LlmServer(model) as server,
        kit.serving(
            folder,
            settings=batch_kit.settings(server.url),
            allow_hosts=(NAME,),
            proxy_header="X-Remote-User",
            peers=("127.0.0.1",),
        ) as service,
        proxied(tmp_path / "nginx", service.url) as client,
    ):
        assert client.get(f"{kit.API}/papers", auth=("ada", "wrong")).status_code == 401
        assert client.get(f"{kit.API}/papers", auth=("eve", "secret")).status_code == 401  # was not added
        assert client.get(f"{kit.API}/papers").status_code == 200
        # What a client sends under the header's name is replaced; who is not the proxy is not believed.
        borrowed = {"x-remote-user": "boss"}
        upload = {"file": ("list.jsonl", rows)}
        made = client.post(f"{kit.API}/runs", files=upload, data={"start": "true"}, headers=borrowed)
        assert made.status_code == 201
        assert made.json()["user"] == "ada"
        other = client.post(f"{kit.API}/runs", files=upload, headers={"origin": "https://evil.example"})
        assert other.status_code == 403
        own = client.post(f"{kit.API}/runs", files=upload, headers={"origin": f"http://{NAME}"})
        assert own.status_code == 201
        # Two of four requests are held: events arrive although the stream has not ended.
        with client.stream("GET", f"{kit.API}/runs/{made.json()['id']}/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            first = next(line for line in events.iter_lines() if line.startswith("data:"))
            assert '"total"' in first
            kit.wait_for(lambda: service.hub.runs.get(made.json()["id"]).state, "running".__eq__)
        model.release()
        large = client.post(f"{kit.API}/papers", files={"file": ("x.pdf", b"%PDF-1.4" + b"0" * (20 << 20))})
        assert large.status_code in (200, 202), "nginx's own limit of 1 MB is not in the way"
