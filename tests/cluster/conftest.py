"""Real clusters of this machine's cores, each in a folder of its own under /tmp: socket paths must be short.

`make test-ray` runs these tests in an environment that has the extra; where Ray is missing they fail.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest


class RayFolder:
    """Where one test's clusters keep their files, and by which their processes are known."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def processes(self, title: str = "") -> list[int]:
        """Living processes of clusters of this folder whose title contains a text."""
        pids = [int(proc.name) for proc in Path("/proc").iterdir() if proc.name.isdigit()]
        return [pid for pid in pids if self._is_ours(pid, title)]

    def await_end(self, title: str = "", timeout_s: float = 60) -> None:
        """Waits until no such process is left."""
        deadline = time.monotonic() + timeout_s
        while left := self.processes(title):
            assert time.monotonic() < deadline, f"processes outlive their driver: {left}"
            time.sleep(0.1)

    def _is_ours(self, pid: int, title: str) -> bool:
        with suppress(OSError):
            proc = Path(f"/proc/{pid}")
            environment = (proc / "environ").read_bytes().split(b"\0")
            named = f"RAY_TMPDIR={self.path}".encode() in environment
            return named and title in (proc / "cmdline").read_text() and "Z" not in self._state(proc)
        return False

    @staticmethod
    def _state(proc: Path) -> str:
        return (proc / "stat").read_text().rpartition(")")[2].split()[0]


@pytest.fixture
def ray_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[RayFolder]:
    """A folder for clusters that processes of this test start; whatever is left of them ends with it."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    path = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    monkeypatch.setenv("RAY_TMPDIR", str(path))
    folder = RayFolder(path)
    yield folder
    for pid in folder.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(path, ignore_errors=True)
