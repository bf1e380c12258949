"""The wheel, built and installed into an empty environment outside the checkout, works the same."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.waiting import WAIT_S

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The `bin` folder of an environment that holds the wheel; its dependencies come from this one's."""
    work = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = work.glob("*.whl")
    environment = work / "env"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True, capture_output=True
    )
    # The dependencies are borrowed, not downloaded again; the checkout itself is not on this path.
    site = next((environment / "lib").glob("python*/site-packages"))
    borrowed = next(path for path in sys.path if path.endswith("site-packages"))
    # addsitedir would also run this environment's .pth files, and with them the editable install.
    (site / "borrowed.pth").write_text(borrowed + "\n")
    return environment / "bin"


def run(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed / "classifier", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_the_installed_package_is_the_wheels(installed, tmp_path):
    shown = subprocess.run(
        [installed / "python", "-c", "import classifier; print(classifier.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(shown.stdout.strip()).is_relative_to(installed.parent)


def test_the_installed_command_lints_its_own_workspace(installed, tmp_path):
    done = run(installed, tmp_path, "lint")
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stdout
    assert "no errors" in done.stderr


def test_the_installed_command_prints_its_guide_and_has_the_template_of_drafts(installed, tmp_path):
    done = run(installed, tmp_path, "init", "--guide")
    assert (done.returncode, done.stdout) == (0, (ROOT / "docs/own-survey.md").read_text(encoding="utf-8"))
    (found,) = installed.parent.glob("lib/python*/site-packages/classifier/_workspace/prompts/draft.v1.j2")
    assert found.read_bytes() == (ROOT / "prompts/draft.v1.j2").read_bytes()


def test_the_installed_command_gives_the_same_label_as_the_checkout(installed, tmp_path):
    paper = ROOT / "examples" / "paper.pdf"
    arguments = ["classify", str(paper), "--engine", "offline", "--json"]
    here = subprocess.run(
        [sys.executable, "-m", "classifier", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    there = run(installed, tmp_path, *arguments)
    assert there.returncode == 0, there.stderr
    ours, theirs = json.loads(here.stdout), json.loads(there.stdout)
    for label in (ours, theirs):
        del label["provenance"]["created_at"], label["provenance"]["latency_s"]
    assert theirs == ours


def test_the_installed_command_serves_assistants_and_backs_up_what_it_labels(installed, tmp_path):
    (tmp_path / "list.csv").write_text("id,title,abstract\na,A title,An abstract of a paper on bridges.\n")
    for command in (
        ("label", "list.csv", "--out", "runs/one", "--engine", "offline"),
        ("backup", "runs", "b.tar.gz"),
        ("restore", "b.tar.gz", "again"),
    ):
        done = run(installed, tmp_path, *command)
        assert done.returncode == 0, done.stderr
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "list_papers", "arguments": {}},
        },
    ]
    process = subprocess.Popen(
        [installed / "classifier", "mcp", "again"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(json.dumps(line) + "\n" for line in asked))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        assert process.wait(timeout=WAIT_S) == 0
    assert answers[1]["result"]["structuredContent"]["total"] == 1
