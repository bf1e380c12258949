"""A full disk, gigabytes, slow connections: `make test-service-limits` (needs root, and fails without it)."""

import contextlib
import itertools
import re
import select
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from classifier.survey.workspace import Workspace
from tests import batch_kit
from tests.llm_server import LlmServer
from tests.service.kit import API, BRIDGES, LIST, Process, wait_for

PAPER = {"title": "Rewards by a model", "abstract": "A language model writes rewards for a robot."}
GIB = 1 << 30


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 90 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def peak_mb(process: Process) -> float:
    """Peak memory of the serving process."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def test_a_full_disk_is_a_clear_answer_and_loses_nothing(disk: Path):
    with Process(disk / "runs", CLASSIFIER_ENGINE="offline") as process:
        client = process.client
        first = client.post(f"{API}/papers?wait=30", json=PAPER)
        assert first.status_code == 200, first.text
        with pytest.raises(OSError, match="No space"):
            (disk / "fill").write_bytes(bytes(90 << 20))
        for answer in (
            client.post(f"{API}/papers?wait=30", json=PAPER | {"title": "Another"}),
            client.post(f"{API}/runs", files={"file": ("list.bib", LIST)}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (507, "disk-full"), answer.text
            assert "free some disk space" in answer.json()["detail"]
            assert str(disk) not in answer.text
        assert client.get("/tree").status_code == 200
        (disk / "fill").unlink()
        assert client.post(f"{API}/papers?wait=30", json=PAPER | {"title": "A third"}).status_code == 200
        titles = {item["title"] for item in client.get(f"{API}/papers").json()["items"]}
        assert titles == {PAPER["title"], "A third"}


def test_a_disk_that_fills_while_a_list_runs_delays_it_and_loses_nothing(disk: Path, tmp_path: Path):
    """Replies arrive that cannot be saved: the list waits or stops with a clear message, and resumes."""
    model = batch_kit.Model(Workspace(BRIDGES), free=12)
    source = batch_kit.write_list(tmp_path / "list.jsonl", 40).read_bytes()
    with (
        LlmServer(model) as llm,
        Process(disk / "runs", "--workspace", str(BRIDGES), **batch_kit.environment(llm.url)) as process,
    ):
        client = process.client
        run = client.post(f"{API}/runs", files={"file": ("list.jsonl", source)}).json()["id"]
        client.post(f"{API}/runs/{run}/start", json={"engine": "openai"})
        wait_for(lambda: -model.free, lambda held: held >= 8)  # answered 12, and more are on their way
        before = wait_for(lambda: saved(disk / "runs" / run), lambda found: len(found) >= 8)
        fill(disk / "fill")
        model.release()
        wait_for(lambda: model.answered.total(), lambda count: count >= 20)
        refused = client.post(f"{API}/papers", json=PAPER)
        assert (refused.status_code, refused.json()["code"]) == (507, "disk-full"), refused.text
        status = wait_for(
            lambda: client.get(f"{API}/runs/{run}"), lambda found: found.status_code == 200
        ).json()
        assert status["done"] < 40
        assert status["state"] in ("running", "queued") or "disk" in status["message"], status
        for path in ("/", "/lists", f"/lists/{run}", "/tree", f"{API}/papers"):
            assert client.get(path).status_code == 200, path
        assert str(disk) not in client.get(f"/lists/{run}").text
        in_flight = sum(model.answered.values()) - len(before)
        (disk / "fill").unlink()
        status = wait_for(lambda: resumed(client, run), lambda found: found["state"] == "done")
        assert (status["done"], status["failed"]) == (40, 0)
        assert client.get(f"{API}/runs/{run}/list").content == source
        assert all(model.answered[number] == 1 for number in before)  # what was saved is not bought again
        assert sum(model.answered.values()) <= 40 + in_flight + 64
        assert client.post(f"{API}/papers?wait=60", json=PAPER | {"engine": "offline"}).status_code == 200


def resumed(client: httpx.Client, run: str) -> dict[str, Any]:
    """The list, started again if it has stopped."""
    status: dict[str, Any] = client.get(f"{API}/runs/{run}").json()
    if status["state"] == "stopped":
        client.post(f"{API}/runs/{run}/start", json={})
    return status


def saved(folder: Path) -> set[int]:
    """The papers whose reply is in the ledger."""
    with contextlib.closing(
        sqlite3.connect(f"{(folder / 'ledger.sqlite').as_uri()}?mode=ro", uri=True)
    ) as db:
        rows = db.execute("SELECT item.key FROM item JOIN reply ON reply.item = item.id").fetchall()
    return {int(key.removeprefix("e")) for (key,) in rows}


def fill(file: Path) -> None:
    """Takes all the room that is left, to the last byte."""
    with file.open("wb", buffering=0) as opened:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    opened.write(bytes(size))


def test_200_slow_connections_keep_nobody_out_and_are_given_up(tmp_path: Path):
    """Half of them send no body, half of them one byte a second, for longer than a body may be silent."""
    with Process(tmp_path / "runs", CLASSIFIER_ENGINE="offline") as process:
        host, port = process.url.removeprefix("http://").split(":")
        head = f"POST {API}/papers HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        slow = [socket.create_connection((host, int(port)), timeout=30) for _ in range(200)]
        for connection in slow:
            connection.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
        began = time.monotonic()
        while time.monotonic() < began + 25:
            for connection in slow[::2]:
                connection.sendall(b" ")
            asked = time.monotonic()
            assert process.client.get("/tree").status_code == 200
            assert time.monotonic() - asked < 10
            time.sleep(1)
        assert process.client.post(f"{API}/papers?wait=30", json=PAPER).status_code == 200
        silent = [connection.recv(65536).split(b"\r\n")[0] for connection in slow[1::2]]
        assert set(silent) == {b"HTTP/1.1 408 Request Timeout"}
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("sized", [True, False])
def test_an_upload_of_2_gb_is_refused_and_takes_at_most_50_mb(tmp_path: Path, sized: bool):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n%PDF-1.7\n'
    with Process(tmp_path / "runs", CLASSIFIER_ENGINE="offline") as process:
        before, sent = peak_mb(process), 0
        host, port = process.url.removeprefix("http://").split(":")
        size = f"Content-Length: {2 * GIB + len(head)}" if sized else "Transfer-Encoding: chunked"
        lines = f"POST {API}/papers HTTP/1.1\r\nHost: {host}:{port}\r\n"
        lines += "Content-Type: multipart/form-data; boundary=b\r\n"
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(f"{lines}{size}\r\n\r\n".encode())
            with contextlib.suppress(OSError):  # the server has answered and closed
                for piece in (head, *itertools.repeat(bytes(1 << 20), 2048)):
                    connection.sendall(piece if sized else b"%x\r\n%s\r\n" % (len(piece), piece))
                    sent += len(piece)
                    if select.select([connection], [], [], 0)[0]:
                        break
            answer = connection.recv(65536).decode()
        assert answer.startswith("HTTP/1.1 413"), answer
        assert "larger than 100 MiB" in answer
        assert sent < GIB // 2
        assert peak_mb(process) < before + 50
        assert process.client.post(f"{API}/papers?wait=30", json=PAPER).status_code == 200
    assert sum(file.stat().st_size for file in (tmp_path / "runs").rglob("*") if file.is_file()) < 10 << 20
