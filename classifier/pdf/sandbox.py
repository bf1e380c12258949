"""Worker processes: started with limits, given one job at a time, killed and replaced on failure.

What enters: a job (a dict). What leaves: the worker's reply (a dict with unchecked content), or WorkerFailed
with a one-line reason. The worker may be under the control of a hostile file, so the protocol is JSON,
replies are read up to a maximum size, and the environment contains no secrets. The reader checks a reply's
content.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from classifier.errors import InternalError
from classifier.files import PACKAGE
from classifier.pdf.limits import MIB, PdfLimits

_START = "import sys; sys.path[:] = sys.argv[2:]; from classifier.pdf.worker import main; main()"
_GREETING_S = 30.0
"""Seconds allowed for a start, which takes 0.1 s (docs/adr/0002); a loaded machine may need much longer."""
_LAST_WORDS_S = 5.0
"""Seconds to wait for the exit code of a worker that closed its pipe; then it is killed."""
_ABORTS = {"SIGABRT", "SIGTRAP", "SIGILL", "SIGSEGV", "SIGBUS", "SIGFPE"}


class WorkerFailed(Exception):
    """The worker died, did not answer in time, or sent an invalid reply.

    The message says which, in one line.
    """


class Worker:
    """One sandboxed process. Not thread-safe: one job at a time.

    Raises:
        InternalError: It does not start.
    """

    def __init__(self, limits: PdfLimits) -> None:
        self._limits = limits
        self._timed_out = False
        self.jobs = 0
        self._process = _launch(limits)
        try:
            greeting = self._exchange(None, _GREETING_S)
        except WorkerFailed as error:
            # No file was read yet.
            raise InternalError(
                f"the PDF worker did not start: {error}; expected a whole installation: reinstall, "
                f"and allow it {limits.memory_bytes // MIB} MiB of memory"
            ) from error
        self.in_force: tuple[str, ...] = tuple(str(name) for name in greeting.get("limits", ()))

    @property
    def alive(self) -> bool:
        """Whether it can accept a job."""
        return self._process.poll() is None

    def ask(self, job: dict[str, Any], wall_s: float) -> dict[str, Any]:
        """Send a job and wait for its reply.

        Raises:
            WorkerFailed: After `wall_s` seconds, if the worker dies, or if its reply is too long or not a
                JSON object. The worker is then killed.
        """
        self.jobs += 1
        return self._exchange(job, wall_s)

    def _exchange(self, job: dict[str, Any] | None, wall_s: float) -> dict[str, Any]:
        # Killing the process ends the blocking read: that works on every system, select() on pipes does not.
        timer = threading.Timer(max(wall_s, 0.01), self._time_out)
        timer.daemon = True
        timer.start()
        try:
            reply = self._talk(job)
        except (OSError, EOFError) as error:
            raise WorkerFailed(self._why_dead()) from error
        except (ValueError, RecursionError) as error:
            self.kill()
            raise WorkerFailed(f"the PDF worker's reply was unusable ({type(error).__name__})") from error
        except BaseException:
            # Interrupted: the reply will still arrive, and the next file must not get it.
            self.kill()
            raise
        finally:
            timer.cancel()
        if not isinstance(reply, dict):
            self.kill()
            raise WorkerFailed("the PDF worker's reply was unusable (no JSON object)")
        return reply

    def _talk(self, job: dict[str, Any] | None) -> object:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise OSError("no pipes")
        if job is not None:
            stdin.write(json.dumps(job).encode() + b"\n")
            stdin.flush()
        line = stdout.readline(self._limits.reply_bytes)
        if not line.endswith(b"\n"):
            raise ValueError("too long") if len(line) == self._limits.reply_bytes else EOFError
        reply: object = json.loads(line)
        return reply

    def _time_out(self) -> None:
        self._timed_out = True
        self._signal()

    def _why_dead(self) -> str:
        """The reason why it ended, after it closed its pipe."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_S)
        code = self._process.poll()
        self.kill()
        if self._timed_out:
            return "it took too long"
        if code is None or code >= 0:
            return f"the PDF worker ended with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        if name == "SIGXCPU":
            return f"it needs more than {self._limits.cpu_s} CPU seconds"
        if name in _ABORTS:
            limit = f"{self._limits.memory_bytes // MIB} MiB"
            return f"the PDF engine crashed ({name}), maybe at its limit of {limit}"
        return f"the PDF worker was killed ({name})"

    def _signal(self) -> None:
        with suppress(OSError):
            if os.name == "posix":
                # The worker leads its own session, so this also kills processes that it started.
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def kill(self) -> None:
        """Kills it at once; no effect if it has already ended."""
        if self._process.poll() is None:
            self._signal()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class Pool:
    """Up to `size` workers, started on demand, reused, and replaced when dead or used often enough."""

    def __init__(self, size: int, limits: PdfLimits) -> None:
        if size < 1:
            raise ValueError(f"workers must be at least 1, got {size}")
        self._limits = limits
        # Last in, first out: a single caller reuses one worker instead of starting them all.
        self._slots: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        self._size = size
        for _ in range(size):
            self._slots.put(None)

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """Reserves one worker for one file; waits while all are in use."""
        slot = Slot(self._limits, self._slots.get())
        try:
            yield slot
        finally:
            self._slots.put(slot.release())

    def close(self) -> None:
        """Kill all workers; waits for files in progress. The pool can be used again."""
        for _ in range(self._size):
            worker = self._slots.get()
            if worker is not None:
                worker.kill()
        for _ in range(self._size):
            self._slots.put(None)


class Slot:
    """A worker that is replaced when it dies in the middle of a file."""

    def __init__(self, limits: PdfLimits, worker: Worker | None) -> None:
        self._limits = limits
        self._worker = worker
        self.in_force: tuple[str, ...] = ()

    def ask(self, job: dict[str, Any], wall_s: float) -> dict[str, Any]:
        """As `Worker.ask`, in a live worker."""
        if self._worker is None or not self._worker.alive:
            self._worker = Worker(self._limits)
        self.in_force = self._worker.in_force
        return self._worker.ask(job, wall_s)

    def release(self) -> Worker | None:
        """The worker for the next file, or None if it is dead or was used often enough."""
        worker = self._worker
        if worker is not None and (not worker.alive or worker.jobs >= self._limits.files_per_worker):
            worker.kill()
            return None
        return worker


def _launch(limits: PdfLimits) -> subprocess.Popen[bytes]:
    paths = [str(PACKAGE.parent), *(path for path in sys.path if Path(path).is_absolute())]
    # -I and -S: neither the environment nor site files decide what runs; the parent's paths are passed
    # explicitly.
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, str(limits.memory_bytes), *paths]
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and code
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
            cwd=Path(sys.executable).anchor,
            start_new_session=True,
        )
    except OSError as error:
        raise InternalError(
            f"the PDF worker could not be started ({error}); expected a machine that can start processes"
        ) from error
