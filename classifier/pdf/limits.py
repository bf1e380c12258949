"""The limits of the PDF stage, in one frozen record.

It is plain data (no pydantic), because the sandboxed worker imports it too.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """The resources that one PDF may use.

    Memory, CPU, wall time, `min_chars` and `files_per_worker` are those of docs/adr/0002; the other limits
    keep the cost of one file low, and were not measured.

    Attributes:
        file_bytes: Larger files are rejected without reading them.
        pages: Pages read; the rest is reported in `Document.partial`.
        chars: Characters kept over all pages; the rest is reported likewise.
        memory_bytes: Address space of the worker process (RLIMIT_AS).
        cpu_s: CPU seconds of one engine on one file (RLIMIT_CPU, raised for each file).
        wall_s: Seconds for one file, both engines together; then the worker is killed.
        min_chars: A file with fewer visible characters is not a paper (docs/adr/0002).
        files_per_worker: A worker is replaced after this many files, since engines leak memory.
    """

    file_bytes: int = 200 * MIB
    pages: int = 1000
    chars: int = 4_000_000
    memory_bytes: int = 1024 * MIB
    cpu_s: int = 30
    wall_s: float = 90.0
    min_chars: int = 1500
    files_per_worker: int = 100

    @property
    def reply_bytes(self) -> int:
        """The longest reply that the parent reads: UTF-8 takes at most 4 bytes per character.

        4 MiB more are for findings, headings and the names of fields.
        """
        return 4 * self.chars + 4 * MIB
