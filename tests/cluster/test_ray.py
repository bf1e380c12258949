"""Lists on a cluster: real Ray, a real server, real signals, and the same labels as on one machine."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from classifier.batch.ledger.rows import read_rows
from classifier.survey.workspace import Workspace
from tests import batch_kit as kit
from tests.arxiv_server import ArxivServer
from tests.llm_server import LlmServer, status

COUNT = 500
TIMEOUT_S = 180
WORKER = "LabelWorker"


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(kit.BRIDGES)


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    """What the process said on standard error."""
    try:
        out, said = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == code, (out, said)
    return said


def ray_command(source: Path, out: Path, *more: str) -> list[str]:
    return kit.command(source, out, "--concurrency", "16", "--runner", "ray", *more)


def comparable(out: Path) -> dict[str, dict]:
    """The labels without what differs from run to run."""
    labels = kit.labels_of(out)
    for label in labels.values():
        for name in ("created_at", "latency_s"):
            del label["provenance"][name]
    return labels


def parts(out: Path) -> list[Path]:
    return sorted(out.glob("ray/run-*/labels/*.parquet"))


def whole_rows(out: Path) -> list[dict]:
    """The rows of files that are whole."""
    rows = []
    for path in parts(out):
        if path.stat().st_size > 8 and path.read_bytes()[-4:] == b"PAR1":
            rows += pq.read_table(path).to_pylist()
    return rows


def await_rows(process: subprocess.Popen[str], out: Path, least: int) -> list[dict]:
    deadline = time.monotonic() + TIMEOUT_S
    while len(rows := whole_rows(out)) < least:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"{len(rows)} rows were written"
        time.sleep(0.1)
    return rows


def test_offline_both_runners_give_the_same_labels(tmp_path, ray_folder):
    source = kit.write_list(tmp_path / "list.jsonl", COUNT)
    for runner in ("local", "ray"):
        arguments = ["label", str(source), "--out", str(tmp_path / runner), "--engine", "offline"]
        process = kit.start(
            [sys.executable, "-m", "classifier", *arguments, "--no-dedupe", "--runner", runner],
            "http://127.0.0.1",
        )
        assert finish(process) == ""
    local, ray = comparable(tmp_path / "local"), comparable(tmp_path / "ray")
    assert list(ray) == [f"e{n}" for n in range(COUNT)]
    assert ray == local
    ray_folder.await_end()


def test_with_a_server_both_runners_leave_the_same_labels_replies_and_costs(tmp_path, ray_folder, workspace):
    source, ray = kit.write_list(tmp_path / "list.jsonl", COUNT), tmp_path / "ray"
    summaries = {}
    for runner in ("local", "ray"):
        model = kit.Model(workspace, wait_s=0.02)
        with LlmServer(model) as server:
            out = tmp_path / runner
            command = kit.command(source, out, "--concurrency", "16", "--runner", runner)
            assert finish(kit.start(command, server.url)) == ""
        assert model.answered == dict.fromkeys(range(COUNT), 1)
        assert kit.wrong_labels(workspace, out, COUNT) == []
        summaries[runner] = json.loads((out / "run.json").read_text())
    assert comparable(ray) == comparable(tmp_path / "local")
    assert summaries["ray"]["spent"] == summaries["local"]["spent"]
    assert summaries["ray"]["requests"] >= COUNT
    rows = whole_rows(ray)
    assert {row["key"]: row["leaf"] for row in rows} == {
        row.entry.key: row.label.leaf for row in read_rows(ray)
    }
    assert rows[0]["title"] == json.loads(rows[0]["label_json"])["paper"]["title"]
    assert rows[0]["tokens_in"] > 0
    with sqlite3.connect(ray / "ledger.sqlite") as db:
        bodies = b"".join(zlib.decompress(body) for (body,) in db.execute("SELECT body FROM reply"))
    db.close()
    files = [path for folder in (ray, ray_folder.path) for path in folder.rglob("*") if path.is_file()]
    assert any("logs" in path.parts for path in files)
    replies = b"".join(zlib.decompress(reply["body"]) for row in rows for reply in row["replies"])
    written = b"".join(path.read_bytes() for path in files) + bodies + replies
    assert kit.KEY.encode() not in written
    again = kit.start(ray_command(source, ray), "http://127.0.0.1:9")
    finish(again, code=2)  # another server: nothing is mixed


def test_a_killed_worker_loses_nothing(tmp_path, ray_folder, workspace):
    source, out = kit.write_list(tmp_path / "list.jsonl", COUNT), tmp_path / "out"
    model = kit.Model(workspace, wait_s=0.15)
    with LlmServer(model) as server:
        process = kit.start(ray_command(source, out), server.url)
        await_rows(process, out, COUNT // 4)
        os.kill(ray_folder.processes(WORKER)[0], signal.SIGKILL)
        finish(process)
    assert kit.wrong_labels(workspace, out, COUNT) == []
    # Two workers, eight requests at a time each: two blocks of eight in work, a third in wait.
    assert 0 <= model.answered.total() - COUNT <= 24


def test_after_a_killed_driver_the_same_command_labels_only_what_was_not_written(
    tmp_path, ray_folder, workspace
):
    source, out = kit.write_list(tmp_path / "list.jsonl", COUNT), tmp_path / "out"
    model = kit.Model(workspace, wait_s=0.15)
    with LlmServer(model) as server:
        process = kit.start(ray_command(source, out), server.url)
        await_rows(process, out, COUNT // 4)
        process.kill()
        process.communicate()
        ray_folder.await_end(WORKER)
        (out / "ray" / "run-0001" / "labels" / "cut.parquet").write_bytes(b"PAR1 and no end")
        written = {int(row["key"][1:]) for row in whole_rows(out)}
        before = dict(model.answered)
        finish(kit.start(ray_command(source, out), server.url))
    assert kit.wrong_labels(workspace, out, COUNT) == []
    assert {n for n in written if model.answered[n] != before[n]} == set()
    assert model.answered.total() == sum(before.values()) + COUNT - len(written)
    assert json.loads((out / "run.json").read_text())["labelled_now"] == COUNT - len(written)


def test_an_interrupted_run_is_saved_and_the_local_runner_goes_on(tmp_path, ray_folder, workspace):
    source, out = kit.write_list(tmp_path / "list.jsonl", COUNT), tmp_path / "out"
    model = kit.Model(workspace, wait_s=0.15)
    with LlmServer(model) as server:
        process = kit.start(ray_command(source, out), server.url)
        await_rows(process, out, COUNT // 4)
        process.send_signal(signal.SIGTERM)
        assert "rerun to resume" in finish(process, code=130)
        assert COUNT // 4 <= len(kit.labels_of(out)) < COUNT
        ray_folder.await_end()
        written, before = len(whole_rows(out)), model.answered.total()
        finish(kit.start(kit.command(source, out), server.url))
    assert kit.wrong_labels(workspace, out, COUNT) == []
    assert model.answered.total() - before == COUNT - written


def test_a_cost_cap_holds_for_all_workers_together(tmp_path, ray_folder, workspace):
    source, out = kit.write_list(tmp_path / "list.jsonl", COUNT), tmp_path / "out"
    model = kit.Model(workspace, wait_s=0.1)
    with LlmServer(model) as server:
        finish(kit.start(kit.command(source, out, "--limit", "1"), server.url))
        each = json.loads((out / "run.json").read_text())["spent"]["cost_usd"]
        cap = ray_command(source, out, "--max-cost", str(100 * each))
        assert "--max-cost" in finish(kit.start(cap, server.url), code=6)
        summary = json.loads((out / "run.json").read_text())
        assert 99 * each <= summary["spent"]["cost_usd"] <= (100 + 16) * each * 1.01
        assert summary["stopped"]["code"] == "budget-spent"
        assert summary["totals"]["labelled"] == model.answered.total()
        finish(kit.start(ray_command(source, out), server.url))
    assert model.answered == dict.fromkeys(range(COUNT), 1)


def test_a_refused_key_stops_the_run_and_the_entries_wait(tmp_path, ray_folder):
    source, out = kit.write_list(tmp_path / "list.jsonl", 200), tmp_path / "out"
    with LlmServer(lambda _: status(401)) as server:
        said = finish(kit.start(ray_command(source, out), server.url), code=6)
    assert "failures in a row" in said
    assert kit.KEY not in said
    assert len(server.requests) < 200
    assert json.loads((out / "run.json").read_text())["totals"]["waiting"] >= 180


def test_a_cluster_that_is_not_there_is_one_line(tmp_path, ray_folder, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    source = kit.write_list(tmp_path / "list.jsonl", 3)
    said = finish(kit.start(ray_command(source, tmp_path / "out"), "http://127.0.0.1:9"), code=2)
    assert "RAY_ADDRESS" in said
    assert said.count("\n") == 1


def test_a_cluster_that_runs_already_is_used_and_has_the_key_from_the_driver_alone(
    tmp_path, ray_folder, workspace, monkeypatch
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    started = subprocess.run(
        [
            *(Path(sys.executable).with_name("ray"), "start", "--head", "--num-cpus", "2"),
            *("--node-ip-address", "127.0.0.1", "--port", address.rpartition(":")[2]),
            *("--temp-dir", ray_folder.path, "--include-dashboard", "false", "--disable-usage-stats"),
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert started.returncode == 0, started
    monkeypatch.setenv("RAY_ADDRESS", address)
    source, out = kit.write_list(tmp_path / "list.jsonl", 40), tmp_path / "out"

    with LlmServer(kit.Model(workspace)) as server:
        assert finish(kit.start(ray_command(source, out), server.url)) == ""
        assert {sent["authorization"] for sent in server.headers} == {f"Bearer {kit.KEY}"}
    assert kit.wrong_labels(workspace, out, 40) == []
    assert ray_folder.processes("raylet"), "the cluster was not ours to end"
    files = [path for path in ray_folder.path.rglob("*") if path.is_file()]
    assert kit.KEY.encode() not in b"".join(path.read_bytes() for path in files)


def test_a_duplicate_is_read_on_the_cluster_where_its_twin_cannot_be(tmp_path, ray_folder):
    (tmp_path / "bad.pdf").write_bytes(b"<html>403</html>")
    rows = [
        {"id": "bare", "title": kit.title(0), "doi": "10.1000/1", "file": "bad.pdf"},
        {"id": "full", "title": kit.title(0), "doi": "10.1000/1", "abstract": kit.abstract(0)},
    ]
    source = tmp_path / "list.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = [
        "label",
        str(source),
        "--out",
        str(tmp_path / "out"),
        "--engine",
        "offline",
        "--runner",
        "ray",
    ]
    with ArxivServer() as arxiv:
        more = {"CLASSIFIER_ARXIV_URL": arxiv.url}
        finish(
            kit.start([sys.executable, "-m", "classifier", *arguments], "http://127.0.0.1", **more), code=6
        )
    labels = kit.labels_of(tmp_path / "out")
    assert (labels["bare"]["status"], labels["full"]["error"]) == ("failed", None)
    assert len(list((tmp_path / "out" / "ray").iterdir())) == 2
