"""Files of earlier versions still work: runs resume, recordings replay, reports open (tests/data)."""

from __future__ import annotations

import getpass
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from classifier import Workspace
from classifier.settings import load_settings
from classifier.verdict.calibration import load_calibration
from tests import batch_kit as kit
from tests.llm_server import Behaviour, LlmServer, reply, status

DATA = Path(__file__).parent / "data" / "version_0_1"
PORT = 18432
URL = f"http://127.0.0.1:{PORT}/v1"

LABELS = {
    "ITEM-0000": "rl4llm/fine-tuning/with-human-feedback",
    "ITEM-0001": "rl4llm/fine-tuning/without-human-feedback",
    "ITEM-0002": "rl4llm/prompt",
    "ITEM-0003": None,
    "ITEM-0004": "out-of-scope",
    "Reward Sketches": "llm4rl/reward",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data: what runs in it must not change the original."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def port() -> FileLock:
    """Held while a server may, or must not, be at the old address: tests run in several processes."""
    name = f"classifier-test-port-{PORT}-{getpass.getuser()}.lock"  # another user's file cannot be locked
    return FileLock(Path(tempfile.gettempdir()) / name, timeout=600)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LlmServer]:
    """A server at the address that the old ledgers were made with; it knows each paper's label."""
    workspace = Workspace(DATA / "workspace")
    taxonomy = workspace.taxonomy

    def say(body: dict[str, Any]) -> Behaviour:
        text = body["messages"][1]["content"]
        label = LABELS[max((mark for mark in LABELS if mark in text), key=text.rfind)]
        if label is None:
            return status(400, "flagged by policy 17")
        rule = taxonomy.scope.rules[0].answers
        leads = taxonomy.leaves[label].answers if label in taxonomy.leaves else rule
        answers = {
            q.id: {"answer": leads.get(q.id, ("unclear",))[0], "quote": None} for q in taxonomy.questions
        }
        said = {"answers": answers, "label": label, "evidence": []}
        return reply(kit.answer(workspace, 0, **said))

    def listen(at: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
        try:
            return ThreadingHTTPServer((at[0], PORT), handler)
        except OSError as error:
            pytest.fail(
                f"port {PORT} is taken by another program ({error}); the old ledgers name it: free it"
            )

    monkeypatch.setattr("tests.loopback.ThreadingHTTPServer", listen)
    with port():
        yield LlmServer(say)


def run(folder: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    """Runs the command in a folder, with the server's address set; its standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *arguments],
        cwd=folder,
        env=kit.environment(URL, **environment)
        | {
            "CLASSIFIER_ACCEPT_UNMEASURED": "",
            "CLASSIFIER_AUDIT_SHARE": "",
            "CLASSIFIER_EXAMPLES": "",
            "PYTHONPATH": str(DATA.parents[2]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def label(folder: Path, source: str, *more: str, code: int = 6, **environment: str) -> dict[str, Any]:
    """Resumes a list run; run.json."""
    run(
        folder,
        "label",
        source,
        "--out",
        "out",
        "--workspace",
        "../workspace",
        *more,
        code=code,
        **environment,
    )
    summary: dict[str, Any] = json.loads((folder / "out" / "run.json").read_text())
    return summary


def files(folder: Path) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """The lines of labels.jsonl that no person overruled, and those of failed.jsonl.

    "prompts" has a correction, which labels.jsonl did not follow in version 0.1.
    """
    lines = (folder / "out" / "labels.jsonl").read_bytes().splitlines()
    labels = {json.loads(line)["ref"]: line for line in lines}
    labels.pop("prompts", None)
    failed = [json.loads(line) for line in (folder / "out" / "failed.jsonl").read_bytes().splitlines()]
    for line in failed:
        if line["code"] == "broken-entry":  # read again from the list, in today's words
            del line["message"]
    return labels, failed


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", text)


def test_a_finished_offline_run_resumes_without_labelling_anything_anew(folder):
    place = folder / "run_offline"
    before = files(place)
    summary = label(place, "list.bib", "--engine", "offline")
    assert files(place) == before
    assert (summary["labelled_now"], summary["totals"]["labelled"], summary["totals"]["failed"]) == (0, 4, 1)
    rows = run(place, "export", "out", "--format", "jsonl", "--workspace", "../workspace").splitlines()
    labels = {row["ref"]: row for row in map(json.loads, rows)}
    assert labels["prompts"]["leaf"] == "llm4rl/policy"  # a person's correction rules
    assert kit.labels_of(place / "out") == labels


def test_a_finished_run_resumes_with_no_server_there(folder):
    place = folder / "run_openai"
    before = files(place)
    with port():
        summary = label(place, "list.jsonl", "--engine", "openai", "--concurrency", "2")
    assert files(place) == before
    assert (summary["requests"], summary["labelled_now"], summary["spent"]["replies"]) == (0, 0, 5)


def test_labelling_anew_asks_only_for_what_was_refused(folder, server):
    place = folder / "run_openai"
    arguments = ("list.jsonl", "--engine", "openai", "--concurrency", "2", "--relabel")
    with server:
        summary = label(place, *arguments, CLASSIFIER_REVIEW_BELOW="0.6")
    assert [kit.number_of(body) for body in server.requests] == [3]
    assert (summary["requests"], summary["labelled_now"]) == (1, 4)
    assert {ref: row["leaf"] for ref, row in kit.labels_of(place / "out").items()} == {
        "kettle": "rl4llm/fine-tuning/with-human-feedback",
        "kettle-again": "rl4llm/fine-tuning/with-human-feedback",
        "proofs": "rl4llm/fine-tuning/without-human-feedback",
        "prompts": "llm4rl/policy",  # a person's correction
        "greenhouse": "llm4rl/reward",
        "refused": None,
    }


def test_a_killed_run_asks_only_for_the_replies_that_it_does_not_have(folder, server):
    place = folder / "run_openai_unfinished"
    arguments = ("list.jsonl", "--engine", "openai", "--concurrency", "1", "--examples", "nearest:2")
    with server:
        summary = label(place, *arguments, code=0)
    assert sorted(kit.number_of(body) for body in server.requests) == [1, 4]
    assert (summary["totals"]["labelled"], summary["spent"]["replies"]) == (4, 5)
    labels = kit.labels_of(place / "out")
    assert (labels["prompts"]["leaf"], labels["tram"]["status"]) == ("rl4llm/prompt", "out_of_scope")
    assert labels["proofs"]["provenance"]["attempts"] == 2  # the re-ask of a conversation begun before


def test_a_recording_replays_to_the_same_report(folder):
    arguments = ("eval", "--suite", "suite.jsonl", "--replay", "recordings", "--workspace", "../workspace")
    run(folder / "recording", *arguments, "--out", "again")
    old = json.loads((folder / "report" / "openai" / "report.json").read_text())
    new = json.loads((folder / "recording" / "again" / "report.json").read_text())
    for report in (old, new):
        del report["times"]
        del report["run"]["classifier_version"]
    majority = [systems.pop(1) for systems in (old["systems"], new["systems"])]
    assert new == old
    # Version 0.1 chose it without the scored item's study: of four equally rare labels, never the right one.
    assert [(one["name"], one["metrics"]["accuracy"]["value"]) for one in majority] == [
        ("majority class", 0.0),
        ("majority class", 0.25),
    ]


def test_an_old_report_opens_and_compares(folder):
    place = folder / "report"
    # The words may change, the numbers may not.
    assert numbers(run(place, "report", "openai")) == numbers((place / "report.md").read_text())
    compared = run(place, "compare", "openai", "openai")
    assert numbers(compared) == numbers((place / "compare_with_itself.txt").read_text())


def test_an_old_calibration_can_be_read_and_is_not_applied_to_an_engine_that_decides_otherwise(folder):
    arguments = ("classify", "../paper.pdf", "--engine", "offline", "--json", "--workspace", "../workspace")
    before = json.loads(run(folder / "calibration", *arguments))
    shutil.copytree(folder / "calibration", folder / "workspace" / "calibration")
    after = json.loads(run(folder / "calibration", *arguments))
    assert after["confidence"] == before["confidence"]
    assert after["provenance"]["confidence"] == "probability"
    found = load_calibration(Workspace(folder / "workspace"), load_settings(), "offline", "baseline")
    assert found is not None
    assert found.slope == 1.971383
    assert found(0.5474) == pytest.approx(0.5927, abs=1e-4)
