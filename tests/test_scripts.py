"""Programs that never close their classifier end all the same, with the right exit code and nothing left
behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.llm_server import LlmServer, hang
from tests.waiting import WAIT_S, wait_beside

ROOT = Path(__file__).parent.parent
PAPER = str(ROOT / "examples" / "paper.pdf")
START = f"""
import gc, os, sys, warnings
from pathlib import Path
from classifier import Classifier
PAPER = {PAPER!r}
warnings.filterwarnings("ignore", "This process .* is multi-threaded, use of fork", DeprecationWarning)

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
        timeout=WAIT_S,
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
    "forked, the child does nothing": "c = Classifier('offline'); print(c.classify(PAPER).status)\n"
    "sys.stdout.flush()\nif not os.fork():\n    sys.exit(7)\n"
    "assert os.waitstatus_to_exitcode(os.wait()[1]) == 7 and c.classify(PAPER).status == 'placed'",
    "forked, the child classifies": "c = Classifier('offline'); print(c.classify(PAPER).status, flush=True)\n"
    "worker = children()\n"
    "if not os.fork():\n    sys.exit(7 if c.classify(PAPER).status == 'placed' else 1)\n"
    "assert os.waitstatus_to_exitcode(os.wait()[1]) == 7 and c.classify(PAPER).status == 'placed'\n"
    "assert children() == worker",
    "a pool of forks": "import multiprocessing\nc = Classifier('offline')\n"
    "print(c.classify(PAPER).status, flush=True)\n\ndef f(paper):\n    return c.classify(paper).status\n\n"
    "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
    "    assert set(pool.map(f, [PAPER] * 4)) == {'placed'}",
    "threads": "import threading\nfrom concurrent.futures import ThreadPoolExecutor\n"
    "c = Classifier('offline')\n"
    "with ThreadPoolExecutor(8) as pool:\n    labels = list(pool.map(c.classify, [PAPER] * 8))\n"
    "print(*{label.status for label in labels})\n"
    "assert sum('classifier' in thread.name for thread in threading.enumerate()) == 1",
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
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "1 passed")


def test_nothing_is_warned_of_at_the_end():
    code = START + "c = Classifier('offline'); print(c.classify('-').status)"
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", code]
    with Path(PAPER).open("rb") as paper:
        done = subprocess.run(
            command, stdin=paper, capture_output=True, timeout=WAIT_S, cwd=ROOT, check=False
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"placed\n", b"")


ASKS = "c = Classifier('openai', model='m', base_url=sys.argv[1])\nc.classify_text('We tune a model. ' * 9)"
INTERRUPTED = {
    "without with": ASKS,
    "in a with": ASKS.replace("c = ", "with ").replace("\n", " as c:\n    "),
    "in a thread of its own": "import threading, time\n"
    + ASKS.replace("c.classify_text(", "threading.Thread(target=c.classify_text, daemon=True, args=[").rstrip(
        ")"
    )
    + "]).start()\ntime.sleep(600)",
    "in an engine that lets nothing else run": "import time, urllib.request\n"
    "class Blocking:\n"
    "    name, model, needs_prompt = 'blocking', None, False\n"
    "    async def answer(self, task):\n"
    "        urllib.request.urlopen(sys.argv[1], b'{}')\n"
    "    async def aclose(self):\n"
    "        pass\n"
    "c = Classifier(Blocking()); c.classify_text('We tune a model. ' * 9)",
}


@pytest.mark.parametrize("name", INTERRUPTED)
def test_an_interrupt_ends_a_script_that_waits_for_a_model(name):
    environment = {**os.environ, "OPENAI_API_KEY": "x"}
    with LlmServer([hang(600)]) as server:
        command = [sys.executable, "-c", START + INTERRUPTED[name], server.url]
        script = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
        try:
            wait_beside(script, lambda: server.requests)
            script.send_signal(signal.SIGINT)
            _, said = script.communicate(timeout=WAIT_S)
        finally:
            script.kill()
    assert (script.returncode, said.splitlines()[-1]) == (-signal.SIGINT, "KeyboardInterrupt")


def test_a_session_goes_on_after_an_interrupt():
    code = (
        "import threading\nc = Classifier('openai', model='m', base_url=sys.argv[1])\n"
        "try:\n    c.classify_text('We tune a model. ' * 9)\nexcept KeyboardInterrupt:\n    pass\n"
        "try:\n    c.classify('/nowhere.pdf')\nexcept Exception as error:\n    print(error.code)"
    )
    environment = {**os.environ, "OPENAI_API_KEY": "x"}
    with LlmServer([hang(600)]) as server:
        command = [sys.executable, "-c", START + code, server.url]
        script = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
        try:
            wait_beside(script, lambda: server.requests)
            script.send_signal(signal.SIGINT)
            said, _ = script.communicate(timeout=WAIT_S)
        finally:
            script.kill()
    assert (script.returncode, said) == (0, "bad-reference\n")
