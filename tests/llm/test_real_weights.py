"""A real model of 270 million parameters behind a real llama.cpp server, through the command line.

The labels are not judged: a model this small does not know the subject. What is judged is the handling: each
paper ends in a label of the tree or in one clear line. The tree has three leaves, so that a question is short
enough for a processor without a graphics card. `make test-llm` runs these tests with llama.cpp and
the weights in an environment of their own; without them they fail.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.errors import error_class
from classifier.survey.workspace import Workspace
from tests import batch_kit as kit
from tests.engine_kit import TAXONOMY

ROOT = Path(__file__).parents[2]
MODEL = "gemma3-270m"
LOADING_S = 300
PAPERS = 5


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The base URL of a server that has loaded the weights."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.gettempdir()) / "classifier-test-llm"
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.llm.serve", str(folder), str(port)]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=nowhere, stderr=log) as process,
    ):
        try:
            deadline = time.monotonic() + LOADING_S
            while not is_ready(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    pytest.fail(f"no llama.cpp server: {log.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A survey with the smallest tree that branches."""
    folder = tmp_path_factory.mktemp("bread")
    (folder / "gold").mkdir()
    tree = TAXONOMY.model_dump(mode="json", exclude_none=True)
    (folder / "taxonomy.yaml").write_text(json.dumps(tree), encoding="utf-8")  # JSON is YAML
    return Workspace(folder)


def options(workspace: Workspace) -> tuple[str, ...]:
    return ("--workspace", str(workspace.root), "--engine", "openai")


def run(url: str, work: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with a folder of its own for what it remembers."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CLASSIFIER_", "OPENAI_"))
    }
    environment = kept | {
        "OPENAI_BASE_URL": url,
        "CLASSIFIER_MODEL": MODEL,
        "CLASSIFIER_EXAMPLES": "none",
        "CLASSIFIER_BUDGET_TOKENS": "300",
        "CLASSIFIER_MAX_OUTPUT_TOKENS": "256",
        "CLASSIFIER_TIMEOUT_S": "1800",
        "CLASSIFIER_DATA_DIR": str(work / "data"),
        "CLASSIFIER_CACHE_DIR": str(work / "cache"),
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-m", "classifier", *arguments],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_paper_ends_in_a_label_or_in_one_clear_line(url, workspace, tmp_path):
    paper = str(ROOT / "examples" / "paper.pdf")
    done = run(url, tmp_path, "classify", paper, "--json", *options(workspace))
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 5), done.stderr
    found = json.loads(done.stdout)
    if done.returncode == 0:
        assert found["leaf"] in {*workspace.taxonomy.labels}
    else:
        assert is_clear(found["error"])
    print(done.stdout[:2000], done.stderr[-2000:])


def test_each_abstract_of_a_list_ends_in_a_label_or_in_one_clear_line(url, workspace, tmp_path):
    source = kit.write_list(tmp_path / "list.jsonl", PAPERS)
    command = ("label", str(source), "--out", "out", *options(workspace))
    done = run(url, tmp_path, *command, "--concurrency", "2")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 6), done.stderr
    labels, failed = rows(tmp_path / "out" / "labels.jsonl"), rows(tmp_path / "out" / "failed.jsonl")
    print(labels, failed, done.stderr[-2000:])
    assert [row["ref"] for row in labels] == [f"e{number}" for number in range(PAPERS)]
    unlabelled = [row for row in labels if row["status"] == "failed"]
    assert {row["leaf"] for row in labels if row not in unlabelled} <= {*workspace.taxonomy.labels, None}
    assert [row["ref"] for row in unlabelled] == [row["key"] for row in failed]
    assert all(is_clear(row["error"]) for row in unlabelled)
    again = run(url, tmp_path, *command)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["labelled_now"] == 0, again.stderr


def test_the_cap_on_cost_stops_a_run_that_resumes_without_it(url, workspace, tmp_path):
    source = kit.write_list(tmp_path / "list.jsonl", PAPERS)
    prices = json.dumps({MODEL: {"input": 1.0, "output": 10.0}})
    command = ("label", str(source), "--out", "out", *options(workspace))
    done = run(url, tmp_path, *command, "--max-cost", "0.001", CLASSIFIER_PRICES=prices)
    print(done.stdout[-1000:], done.stderr[-1000:])
    assert "Traceback" not in done.stderr
    assert done.returncode == 6
    assert "--max-cost" in done.stdout + done.stderr
    summary = json.loads((tmp_path / "out" / "run.json").read_text())
    assert summary["totals"]["waiting"] > 0
    assert summary["spent"]["cost_usd"] >= 0.001


def rows(path: Path) -> list[dict[str, object]]:
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    )


def is_clear(error: object) -> bool:
    """Whether an error has a known code, and one line of words."""
    assert isinstance(error, dict)
    line = error["message"]
    return error_class(error["code"]).code == error["code"] and 20 < len(line) < 1000 and "\n" not in line
