"""Measures CPU time and tokens; prints a table. Nothing here is a test: numbers differ by machine.

    python benchmarks/run.py --papers DIR [--runs 5]     (DIR holds PDFs and an index.jsonl)

CPU seconds are user + system of whole processes, the sandboxed children included, as the operating
system counts them when a process has ended; the median of the runs is shown. The check of a made-up
quote has a benchmark of its own, `benchmarks/quote_check.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

LONG_PAPER = "instructgpt_quartz.pdf"

BARE = """
import sys, pypdfium2
for path in sys.argv[1:]:
    document = pypdfium2.PdfDocument(path)
    for page in document:
        page.get_textpage().get_text_range()
"""

STAGE = """
import sys
from classifier.errors import InputError
from classifier.pdf import PdfReader
with PdfReader() as reader:
    for path in sys.argv[1:]:
        try:
            reader.read(path)
        except InputError:
            pass
"""

TOKENS = """
import asyncio, sys
from classifier import Classifier
from classifier.errors import InputError
async def main():
    async with Classifier(engine="offline", examples=sys.argv[1]) as classifier:
        for path in sys.argv[2:]:
            try:
                prompt = await classifier.aprompt(path)
            except InputError:
                continue
            print(len(prompt.system) // 4, len(prompt.user) // 4)
asyncio.run(main())
"""


def cpu_s(arguments: list[str]) -> float:
    """CPU seconds of one whole process and of the children it waited for."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(arguments[:4])} … ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def median_cpu_s(arguments: list[str], runs: int) -> float:
    """The median of some runs, after one that warms the disk's cache."""
    cpu_s(arguments)
    return statistics.median(cpu_s(arguments) for _ in range(runs))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--papers", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    index = given.papers / "index.jsonl"
    if not index.is_file():
        sys.exit(f"{index}: no such file; --papers needs a folder with PDFs and an index.jsonl")
    files = [str(given.papers / json.loads(line)["file"]) for line in index.read_text().splitlines()]
    command = [sys.executable, "-m", "classifier"]

    help_s = median_cpu_s([*command, "--help"], given.runs)
    print(f"classifier --help                         {help_s:6.2f} CPU s   (goal 0.25)")
    cold = [*command, "classify", "--engine", "offline", str(given.papers / LONG_PAPER)]
    print(f"cold offline classify, {LONG_PAPER} {median_cpu_s(cold, given.runs):6.2f} CPU s   (goal 1.5)")
    bare_s = median_cpu_s([sys.executable, "-c", BARE, *files], given.runs)
    stage_s = median_cpu_s([sys.executable, "-c", STAGE, *files], given.runs)
    print(f"bare pypdfium2 text of {len(files)} files           {bare_s:6.2f} CPU s")
    print(
        f"PDF stage on the same files               {stage_s:6.2f} CPU s   x{stage_s / bare_s:.2f} (goal 2.5)"
    )

    for examples in ("all", "nearest:4", "none"):
        print_tokens(examples, files)


def print_tokens(examples: str, files: list[str]) -> None:
    """One line: the medians of the static prefix, which a provider can cache, and of the rest."""
    command = [sys.executable, "-c", TOKENS, examples, *files]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    pairs = [tuple(map(int, line.split())) for line in shown.stdout.splitlines()]
    system, user = zip(*pairs, strict=True)
    print(
        f"tokens a paper (characters / 4), {len(pairs)} papers, --examples {examples}: "
        f"static prefix {statistics.median(system):.0f}, paper part {statistics.median(user):.0f}"
    )


if __name__ == "__main__":
    main()
