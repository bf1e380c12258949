"""Labelling a long list: papers per second, and the memory of all processes together.

    python benchmarks/long_list.py [--entries 100000] [--format jsonl|bib]

`classifier label` runs on 1,000 invented entries with abstracts and on ENTRIES, with the offline engine.
Memory is the largest sum, over the run, of the processes' proportional set sizes (Linux). Exits with 1 where
the long list takes 100 MB more than the short one, or an entry has no label.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lists import write_lists

_MOST_GROWTH_MB = 100.0


def main() -> int:
    """Labels both lists; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--format", choices=("jsonl", "bib"), default="jsonl")
    given = parser.parse_args()
    peaks, missing = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for size in (1000, given.entries):
            write_lists(Path(folder), size)
            peak, seconds, labelled = label(Path(folder), f"{size}.{given.format}")
            peaks.append(peak)
            missing += size - labelled
            print(
                f"{size:7} entries, {given.format}: {seconds:7.1f} s, {size / seconds:6.1f} a second, "
                f"{peak:6.1f} MB, {labelled} labelled",
                flush=True,
            )
    growth = peaks[1] - peaks[0]
    print(f"memory growth {growth:.1f} MB")
    return int(growth > _MOST_GROWTH_MB or missing > 0)


def label(folder: Path, name: str) -> tuple[float, float, int]:
    """(MB, seconds, entries that have a label, duplicates included) of one run."""
    out = folder / f"{name}-out"
    command = [sys.executable, "-m", "classifier", "label", str(folder / name), "--out", str(out)]
    started, peak = time.monotonic(), 0.0
    process = subprocess.Popen(
        [*command, "--engine", "offline", "--read", "abstract", "--json"], stdout=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        peak = max(peak, sum(map(_proportional_mb, _tree(process.pid))))
        time.sleep(0.5)
    seconds = time.monotonic() - started
    assert process.stdout is not None
    totals = json.load(process.stdout)["totals"]
    return peak, seconds, totals["labelled"] + totals["duplicates"]


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task").glob("*/children")
    try:
        found = [int(child) for file in children for child in file.read_text().split()]
    except OSError:  # it has ended
        found = []
    return [pid, *(one for child in found for one in _tree(child))]


def _proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "error")
    sys.exit(main())
