"""Other people's lists -> workspaces: counts, checks and accuracy, one folder of lists at a time.

    python benchmarks/rulers.py DIR...

Each DIR holds `README.list.md`, a Markdown list, and `papers.jsonl`: `title`, `abstract` and `label`, the
headings from the second level down, joined by " / ". For each list this makes a workspace without a model,
compares the number of its papers with a count of lines, runs `lint`, and measures the offline engine,
leave-one-out, on the papers with an abstract in sections of two or more.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from classifier.survey.workspace import Workspace

_PAPER = re.compile(r"^\s*(?:[-*+]|\|).*\]\(\s*https?://", re.MULTILINE)
_FENCE = re.compile(r"```.*?```", re.DOTALL)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """One command of the project."""
    return subprocess.run(
        [sys.executable, "-m", "classifier", *words], capture_output=True, text=True, check=False
    )


def counted(text: str) -> int:
    """Bullets and rows that link to an address, code left out: not the reader's rule."""
    return len(_PAPER.findall(_FENCE.sub("", text)))


def suite_of(folder: Path, workspace: Workspace, out: Path) -> int:
    """Writes the papers with abstracts in sections of two or more as a suite; returns their number."""
    leaves = {" / ".join(leaf.titles): leaf.id for leaf in workspace.taxonomy.leaves.values()}
    lines = (folder / "papers.jsonl").read_text(encoding="utf-8").splitlines()
    papers = [json.loads(line) for line in lines]
    sizes = Counter(paper["label"] for paper in papers)
    kept = [p for p in papers if sizes[p["label"]] > 1 and p["label"] in leaves]
    missing = sum(paper["label"] not in leaves for paper in papers)
    if missing:
        print(f"  {missing} papers have a label that is no leaf")
    rows = [
        {"id": p["id"], "title": p["title"], "abstract": p["abstract"], "label": leaves[p["label"]]}
        for p in kept
    ]
    out.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    # The other papers' abstracts are all that an engine may learn from, as for a centroid of them.
    (workspace.root / "gold/labels.jsonl").write_text(
        "".join(json.dumps(row | {"summary": row.pop("abstract")}) + "\n" for row in map(dict, rows)),
        encoding="utf-8",
    )
    return len(rows)


def measure(folder: Path, place: Path) -> None:
    """Everything for one list."""
    source, root = folder / "README.list.md", place / "ws"
    started = time.process_time(), time.perf_counter()
    made = json.loads(run("init", str(root), "--from", str(source), "--json", "--offline").stdout)
    took = time.perf_counter() - started[1]
    entries, unread = made["entries"], len(made["unread"])
    print(f"{folder.name}: {len(made['leaves'])} leaves, {made['studies']} studies; init took {took:.1f} s")
    print(
        f"  entries {entries} + items that link to no paper {unread}; lines counted "
        f"{counted(source.read_text())}"
    )
    print(f"  outcomes {made['outcomes']}, sum {sum(made['outcomes'].values())}")
    lint = run("lint", "--workspace", str(root))
    print(f"  lint: exit {lint.returncode}; {lint.stderr.strip()}")
    count = suite_of(folder, Workspace(root), place / "papers.jsonl")
    command = ("eval", "--workspace", str(root), "--suite", str(place / "papers.jsonl"), "--protocol", "loo")
    run(*command, "--engine", "offline", "--out", str(place / "eval"))
    for system in json.loads((place / "eval/report.json").read_text())["systems"]:
        metrics = system["metrics"]
        top, second = (
            metrics["accuracy"],
            metrics.get("right_with_runner_up_") or metrics.get("right_with_runner_up") or {},
        )
        near = f", with the runner-up {second['value']:.2f}" if second else ""
        print(
            f"  {system['name']}: {top['value']:.2f} [{top['low']:.2f}, {top['high']:.2f}] of {count}{near}"
        )


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as scratch:
            measure(Path(argument), Path(scratch))
