"""A disk that runs full, and gigabytes: `make test-service-limits` (needs root, and fails without it)."""

import contextlib
import itertools
import re
import select
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.kit import API, LIST, Process

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
