"""PDFs are opened in the processes of the sandbox only: seen from outside, while the service works."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.pdfs import write_paper
from tests.service.kit import API, Process

WATCH = """
import os, sys
def hook(event, args):
    if event == "import" and args[0].split(".")[0] in ("pypdf", "pypdfium2", "pypdfium2_raw"):
        with open(os.environ["PDF_IMPORTS"], "a") as log:
            log.write(f"{os.getpid()} {args[0]}\\n")
sys.addaudithook(hook)
"""


@pytest.fixture
def watched(tmp_path):
    """A service whose processes write down who imports a PDF library; and that file."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    log = tmp_path / "imports"
    log.touch()
    environment = {
        "PYTHONPATH": str(tmp_path / "watch"),
        "PDF_IMPORTS": str(log),
        "CLASSIFIER_ENGINE": "offline",
    }
    with Process(tmp_path / "runs", **environment) as process:
        yield process, log


def children(pid: int) -> list[int]:
    """All processes below this one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, todo = [], [pid]
    while todo:
        now = todo.pop()
        own = [child for child, parent in parents.items() if parent == now]
        found, todo = found + own, todo + own
    return found


def maps_pdfium(pid: int) -> bool:
    try:
        return "pdfium" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:  # it has ended meanwhile
        return False


def test_pdfs_and_page_pictures_are_handled_in_the_sandbox_only(watched, tmp_path):
    process, log = watched
    pdf = write_paper(tmp_path / "a.pdf")
    answer = process.client.post(f"{API}/papers?wait=60", files={"file": ("a.pdf", pdf.read_bytes())})
    assert answer.status_code == 200, answer.text
    paper = process.client.get(f"{API}/papers").json()["items"][0]["id"]
    assert process.client.get(f"{API}/papers/{paper}/pages/1.png").content.startswith(b"\x89PNG")
    assert process.client.get(f"/papers/{paper}").status_code == 200
    assert not maps_pdfium(process.pid)
    assert str(process.pid) not in {line.split()[0] for line in log.read_text().splitlines()}
    workers = [pid for pid in children(process.pid) if maps_pdfium(pid)]
    assert workers
    for worker in workers:
        limits = Path(f"/proc/{worker}/limits").read_text()
        address_space = next(line for line in limits.splitlines() if line.startswith("Max address space"))
        assert "unlimited" not in address_space.split("Max address space")[1].split()[0]


def test_a_killed_pdf_worker_is_a_clear_answer_and_the_next_paper_is_read(watched, tmp_path):
    process, _ = watched
    pdf = write_paper(tmp_path / "a.pdf").read_bytes()

    def label(name: str):
        return process.client.post(f"{API}/papers?wait=60", files={"file": (name, pdf + name.encode())})

    assert label("first.pdf").status_code == 200
    paper = process.client.get(f"{API}/papers").json()["items"][0]["id"]
    assert process.client.get(f"{API}/papers/{paper}/pages/1.png").status_code == 200
    workers = [pid for pid in children(process.pid) if maps_pdfium(pid)]
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    picture = process.client.get(f"{API}/papers/{paper}/pages/1.png?width=700")
    assert picture.status_code in (200, 404), picture.text
    assert picture.status_code == 200 or picture.json().get("code") == "no-such-page"
    second = label("second.pdf")
    assert second.status_code == 200 or second.json().get("code") == "unreadable-pdf", second.text
    assert label("third.pdf").status_code == 200
    assert process.client.get(f"{API}/papers/{paper}/pages/1.png?width=800").status_code == 200
    kept = [json.loads(process.client.get(f"{API}/papers").text)["items"]]
    assert len(kept[0]) == 3
