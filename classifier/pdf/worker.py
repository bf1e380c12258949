"""The sandboxed child: jobs as JSON lines on standard input, replies as JSON lines on standard output.

Started by `classifier.pdf.sandbox`, one job at a time, reused between files. It limits itself before it opens
the first file, and reports the active limits in its greeting. It imports neither pydantic nor the rest of the
package, so that it starts quickly.

Jobs: {"op": "read", "engine", "path", "pages", "chars", "cpu_s", "only"},
{"op": "locate", "path", "page", "start", "end", "expected", "cpu_s"} and
{"op": "draw", "path", "page", "width", "spans", "png", "cpu_s"}.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any

from classifier.pdf.reading import Budget, PdfReading, ReadError

_SOFT_SHARE = 0.8
"""Share of the CPU limit after which no new page is started, so that finished pages are kept
(docs/adr/0002)."""
_OPEN_FILES = 32
"""Most file descriptors: pipes, the file and Python's own; a worker needs no more (docs/adr/0002)."""
_START_CPU_S = 3600
"""CPU seconds before the first job sets its limit; only to see whether the system accepts a limit."""
_GARBAGE = 50_000
"""Objects created between garbage collections: a page creates tens of thousands, none of them circular."""
_REASON_CHARS = 300
"""Most characters of a reason in a reply, as the parent keeps (`reply.one_line`)."""


def main() -> None:
    """Serve jobs until standard input ends."""
    replies = _take_stdout()
    memory_bytes = int(sys.argv[1])
    from classifier.pdf import pdfium_text  # noqa: F401 - before the limits, which deny writing byte code

    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)
    _send(replies, {"limits": _limit_process(memory_bytes)})
    for line in sys.stdin.buffer:
        _send(replies, _answer(json.loads(line)))


def _take_stdout() -> int:
    """Moves the pipe to the parent away from descriptor 1, to which native code may print."""
    replies = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return replies


def _send(replies: int, message: dict[str, Any]) -> None:
    data = memoryview(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    while data:
        data = data[os.write(replies, data) :]


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    _limit_cpu(job["cpu_s"])
    try:
        if job["op"] == "locate":
            from classifier.pdf.pdfium_text import locate

            return {"boxes": locate(job["path"], job["page"], job["start"], job["end"], job["expected"])}
        if job["op"] == "draw":
            from classifier.pdf.picture import draw

            return draw(job["path"], job["page"], job["width"], job["spans"], png=job["png"])
        return {"reading": _read(job).to_reply()}
    except ReadError as error:
        return {"error": error.code, "message": str(error)}
    except MemoryError:
        return {"error": "broken", "message": "it needs more memory than the limit allows"}
    # Not caused by a file, but by the code or its installation.
    except (ImportError, NameError, AttributeError) as error:
        return {"error": "bug", "message": f"{type(error).__name__}: {error}"[:_REASON_CHARS]}
    # Any error from a hostile file becomes one line for the parent.
    except Exception as error:  # noqa: BLE001
        return {"error": "broken", "message": f"{type(error).__name__}: {error}"[:_REASON_CHARS]}


def _read(job: dict[str, Any]) -> PdfReading:
    budget = Budget(job["pages"], job["chars"], _SOFT_SHARE * job["cpu_s"])
    if job["engine"] == "pypdf":
        from classifier.pdf import pypdf_text

        return pypdf_text.read(job["path"], budget, job["only"])
    from classifier.pdf import pdfium_text

    return pdfium_text.read(job["path"], budget)


def _limit_process(memory_bytes: int) -> list[str]:
    """Sets the limits for the worker's lifetime; returns the names of those that the system accepted."""
    try:
        import resource
    except ImportError:  # Windows
        return []
    wanted = {
        "address space": (resource.RLIMIT_AS, memory_bytes),
        "core files": (resource.RLIMIT_CORE, 0),
        "file size": (resource.RLIMIT_FSIZE, 0),
        "open files": (resource.RLIMIT_NOFILE, _OPEN_FILES),
    }
    in_force = []
    for name, (limit, value) in wanted.items():
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS rejects some
            continue
        in_force.append(name)
    if _limit_cpu(_START_CPU_S):
        in_force.append("CPU")
    return in_force


def _limit_cpu(seconds: int) -> bool:
    """Allows this many more CPU seconds; only the soft limit changes, since the worker is reused."""
    try:
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))
    except (ImportError, ValueError, OSError):
        return False
    return True


if __name__ == "__main__":
    main()
