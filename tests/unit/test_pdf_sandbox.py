from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InternalError
from classifier.pdf import PdfReader, sandbox
from classifier.pdf.limits import MIB, PdfLimits
from classifier.pdf.sandbox import Pool, Worker, WorkerFailed
from tests.pdfs import write_paper
from tests.waiting import wait_for

posix = pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc and all limits are Linux's")


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the next workers run this code on each job instead of reading PDFs."""

    def install(job_code: str) -> None:
        greeting = "import sys; sys.path[:] = sys.argv[2:]; print('{\"limits\": []}', flush=True)\n"
        loop = "import os, signal, time\nfor line in sys.stdin:\n"
        body = "".join(f"    {line}\n" for line in job_code.splitlines())
        monkeypatch.setattr(sandbox, "_START", greeting + loop + body)

    return install


def ask(wall_s: float = 20, limits: PdfLimits | None = None) -> dict[str, Any]:
    worker = Worker(limits or PdfLimits())
    try:
        return worker.ask({"op": "any"}, wall_s)
    finally:
        worker.kill()


@pytest.mark.parametrize(
    ("job_code", "why"),
    [
        (
            "os.kill(os.getpid(), signal.SIGABRT)",
            "the PDF engine crashed (SIGABRT), maybe at its limit of 1024 MiB",
        ),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "it needs more than 30 CPU seconds"),
        ("os._exit(3)", "the PDF worker ended with exit code 3"),
        ("print('no json', flush=True)", "the PDF worker's reply was unusable (JSONDecodeError)"),
        ("print('[' * 200000, flush=True)", "the PDF worker's reply was unusable (RecursionError)"),
        ("print('[1]', flush=True)", "the PDF worker's reply was unusable (no JSON object)"),
    ],
)
@posix
def test_failure_of_a_worker_is_told_in_one_line(code: Any, job_code: str, why: str) -> None:
    code(job_code)

    with pytest.raises(WorkerFailed) as failure:
        ask()

    assert str(failure.value) == why


@posix
def test_fault_of_the_worker_itself_is_not_blamed_on_the_file(code: Any, tmp_path: Path) -> None:
    code("""print('{"error": "bug", "message": "NameError: no x"}', flush=True)""")
    write_paper(tmp_path / "paper.pdf")

    with PdfReader() as reader, pytest.raises(InternalError, match=r"paper\.pdf: .*NameError: no x"):
        reader.read(tmp_path / "paper.pdf")


def test_worker_that_does_not_start_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_START", "import classifier_that_is_not_there")

    with pytest.raises(InternalError, match="did not start"):
        Worker(PdfLimits())


def test_hanging_worker_is_killed_at_the_wall_limit(code: Any) -> None:
    code("time.sleep(600)")

    with pytest.raises(WorkerFailed, match="it took too long"):
        ask(wall_s=0.3)


@linux
def test_what_a_hanging_worker_started_is_killed_with_it(code: Any, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code(
        "child = os.fork() or time.sleep(600)\n"
        f"open({str(pid_file)!r}, 'w').write(str(child))\n"
        "time.sleep(600)"
    )

    def is_over(pid: str) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] == "Z"
        except OSError:
            return True

    for wall_s in (0.5, 4.0, 32.0):  # long enough for the worker to start another process
        with pytest.raises(WorkerFailed):
            ask(wall_s=wall_s)
        if pid_file.exists() and (pid := pid_file.read_text()):
            wait_for(lambda: is_over(pid))
            return
    pytest.fail("the worker started no process")


@posix
def test_endless_reply_is_read_up_to_the_bound(code: Any) -> None:
    code("sys.stdout.write('x' * 9000000); sys.stdout.flush()")

    with pytest.raises(WorkerFailed, match="unusable"):
        ask(limits=PdfLimits(chars=1000))


@posix
def test_worker_inherits_no_secrets(code: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    code("import json; print(json.dumps({'names': sorted(os.environ), 'cwd': os.getcwd()}), flush=True)")

    reply = ask()

    assert not [name for name in reply["names"] if "KEY" in name or name in ("HOME", "PATH")]
    assert reply["cwd"] == Path(sys.executable).anchor


@linux
def test_limits_are_in_force_in_a_real_worker() -> None:
    worker = Worker(PdfLimits(memory_bytes=777 * MIB))
    try:
        table = Path(f"/proc/{worker._process.pid}/limits").read_text()
    finally:
        worker.kill()

    assert worker.in_force == ("address space", "core files", "file size", "open files", "CPU")
    limits = {line[:25].strip(): line[26:].split()[0] for line in table.splitlines()}
    assert limits["Max address space"] == str(777 * MIB)
    assert limits["Max core file size"] == limits["Max file size"] == "0"


def test_worker_that_died_is_replaced() -> None:
    pool = Pool(1, PdfLimits())
    try:
        with pool.slot() as slot:
            slot.ask({"op": "read", "cpu_s": 5}, 20)
            first = slot._worker
            assert first is not None
            first.kill()
            reply = slot.ask({"op": "read", "cpu_s": 5}, 20)
            assert slot._worker is not first
    finally:
        pool.close()

    assert reply["error"] == "broken"


def test_worker_is_reused_until_it_is_worn() -> None:
    pool = Pool(2, PdfLimits(files_per_worker=2))
    workers = []
    try:
        for _ in range(3):
            with pool.slot() as slot:
                slot.ask({"op": "read", "cpu_s": 5}, 20)
                workers.append(slot._worker)
    finally:
        pool.close()

    assert workers[0] is workers[1]
    assert workers[2] is not workers[1]


@posix
def test_interrupted_worker_does_not_hand_its_reply_to_the_next_file(code: Any) -> None:
    code("os.kill(os.getppid(), signal.SIGALRM)\ntime.sleep(0.5)\nprint('{}', flush=True)")
    pool = Pool(1, PdfLimits())

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt), pool.slot() as slot:
            slot.ask({"op": "any"}, 20)
        with pool.slot() as slot:
            assert slot._worker is None
    finally:
        signal.signal(signal.SIGALRM, before)
        pool.close()


def test_pool_needs_a_worker() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Pool(0, PdfLimits())
