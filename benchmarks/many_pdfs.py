"""Labelling a folder of PDFs: papers per second, and the share of the cores that is used for papers.

    python benchmarks/many_pdfs.py --papers DIR [--files 200]

The readable PDFs of DIR are copied until there are that many files, and labelled with the offline engine and
`--no-dedupe`. "Allowed" is what the CPU time a paper allows on all cores: cores / (CPU seconds / papers).
"""

import argparse
import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Prints one line; returns 1 where a readable paper got no label."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, required=True)
    parser.add_argument("--files", type=int, default=200)
    given = parser.parse_args()
    originals = readable(given.papers)
    with tempfile.TemporaryDirectory() as folder:
        pdfs, out = Path(folder) / "pdfs", Path(folder) / "out"
        pdfs.mkdir()
        for number, original in zip(range(given.files), itertools.cycle(originals), strict=False):
            shutil.copy(original, pdfs / f"{number:05}-{original.name}")
        started = time.monotonic()
        done = label(pdfs, out)
        seconds = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = len(os.sched_getaffinity(0))
    cpu_s = (used.ru_utime + used.ru_stime - done["cpu_before_s"]) / given.files
    print(
        f"{given.files} PDFs on {cores} cores: {seconds:.1f} s, {given.files / seconds:.2f} papers/s; "
        f"{cpu_s:.3f} CPU s a paper allow {cores / cpu_s:.2f} papers/s: "
        f"{given.files / seconds * cpu_s / cores:.0%}"
    )
    print(f"{done['labelled']} labelled, {done['failed']} failed, {done['review']} for review")
    return int(done["labelled"] < given.files)


def readable(folder: Path) -> list[Path]:
    """PDFs that get a label at all: what is refused on sight (a stub, a scan) would flatter the rate."""
    with tempfile.TemporaryDirectory() as out:
        label(folder, Path(out))
        rows = map(json.loads, (Path(out) / "labels.jsonl").read_text(encoding="utf-8").splitlines())
        names = [row["ref"] for row in rows if row["error"] is None]
    return [next(folder.rglob(Path(name).name)) for name in names]


def label(source: Path, out: Path) -> dict[str, float]:
    """Totals of a run over a folder, and the CPU seconds that children had used before it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "classifier", "label", str(source), "--out", str(out)]
    done = subprocess.run(
        [*command, "--engine", "offline", "--no-dedupe", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    totals: dict[str, float] = json.loads(done.stdout)["totals"]
    return totals | {"cpu_before_s": before.ru_utime + before.ru_stime}


if __name__ == "__main__":
    sys.exit(main())
