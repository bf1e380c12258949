"""Programs that never close their classifier end all the same, with the right exit code and nothing left
behind."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAPER = str(ROOT / "examples" / "paper.pdf")
START = f"""
import gc, os, sys
from pathlib import Path
from classifier import Classifier
PAPER = {PAPER!r}

def children():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:  # a thread that has just ended
            pass
    return found
"""


def run(code: str, *, stdin: bool = False, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(["-i"] if stdin else ["-c", START + code])]
    return subprocess.run(
        command,
        input=code if stdin else "",
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd or ROOT,
        check=False,
    )


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


PROGRAMS = {
    "a paper": "c = Classifier('offline'); print(c.classify(PAPER).status)",
    "two classifiers": "a, b = Classifier('offline'), Classifier('offline')\n"
    "print(a.classify(PAPER).status); b.classify(PAPER)",
    "an abstract only": "c = Classifier('offline'); print(c.classify_text('We tune a model. ' * 9).ref)",
    "an error that is handled": "from classifier import ClassifierError\nc = Classifier('offline')\n"
    "try:\n    c.classify('/nowhere.pdf')\nexcept ClassifierError as error:\n    print(error.code)\n",
    "closed": "c = Classifier('offline'); print(c.classify(PAPER).status); c.close(); c.close()",
    "used after it was closed": "c = Classifier('offline'); c.classify(PAPER); c.close()\n"
    "print(c.classify(PAPER).status)",
    "with": "with Classifier('offline') as c:\n    print(c.classify(PAPER).status)\n",
    "forgotten in a function": "def f():\n    return Classifier('offline').classify(PAPER).status\n"
    "\nprint(f())\ngc.collect(); assert not children(), children()",
    "in a cycle": "c = Classifier('offline'); c.itself = c; print(c.classify(PAPER).status); del c\n"
    "gc.collect(); assert not children(), children()",
    "a coroutine": "import asyncio\nc = Classifier('offline')\nprint(asyncio.run(c.aclassify(PAPER)).status)",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_script_ends(name):
    done = run(PROGRAMS[name] + "\nprint('children', *children())")
    assert (done.returncode, done.stderr) == (0, "")
    *said, children = done.stdout.splitlines()
    assert said[0] in ("placed", "bad-reference", "text")
    assert [pid for pid in children.split()[1:] if is_running(int(pid))] == []


def test_a_script_that_fails_ends_with_its_error():
    done = run("c = Classifier('offline'); c.classify(PAPER); 1 / 0")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "Exception ignored" not in done.stderr


def test_an_error_of_a_paper_ends_a_script_with_its_message():
    done = run("c = Classifier('offline'); c.classify('/nowhere.pdf')")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("classifier.errors.BadReference: ")


def test_an_interactive_session_ends():
    lines = (
        "from classifier import Classifier",
        "c = Classifier('offline')",
        f"print(c.classify({PAPER!r}).status)",
    )
    done = run("\n".join((*lines, "")), stdin=True)
    assert (done.returncode, done.stdout) == (0, "placed\n")


def test_a_test_run_ends(tmp_path):
    (tmp_path / "test_it.py").write_text(
        START + "c = Classifier('offline')\n\n"
        "def test_it():\n    assert c.classify(PAPER).status == 'placed'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "1 passed")
