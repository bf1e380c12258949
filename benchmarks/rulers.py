"""Other people's lists -> workspaces without hand-work: counts, checks and accuracy.

    python benchmarks/rulers.py DIR... [--publish FOLDER] [--into FILE.md] [options of eval]

Each DIR holds `README.list.md`, a Markdown list, and `papers.jsonl`: `title`, `abstract` and `label`, the
headings from the second level down, joined by " / ". For each list this makes a workspace without a model,
compares the number of its papers with a count of lines, runs `lint`, and measures the offline engine,
leave-one-out, in sections of two papers or more: on the papers with an abstract, where the engine may learn
from these abstracts only, and on the titles of all papers. Papers alone in their section are counted.

`--publish` writes the reports, which contain titles, ids and labels but no abstract; `--into` writes the
table between the markers `<!-- eval:rulers -->` and `<!-- /eval:rulers -->`.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from classifier.survey.workspace import Workspace

Row = dict[str, Any]

_PAPER = re.compile(r"^\s*(?:[-*+]|\|).*\]\(\s*https?://", re.MULTILINE)
_FENCE = re.compile(r"```.*?```", re.DOTALL)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """One command of the project; its error ends this one."""
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"classifier {' '.join(words)}: exit code {done.returncode}\n{done.stderr}")
    return done


def counted(text: str) -> int:
    """Bullets and rows that link to an address, code left out: not the reader's rule."""
    return len(_PAPER.findall(_FENCE.sub("", text)))


def make_workspace(folder: Path, root: Path) -> None:
    """Runs `init` and `lint`, and prints what they say."""
    source = folder / "README.list.md"
    started = time.perf_counter()
    made = json.loads(run("init", str(root), "--from", str(source), "--json", "--offline").stdout)
    took = time.perf_counter() - started
    print(f"{folder.name}: {len(made['leaves'])} leaves, {made['studies']} studies; init took {took:.1f} s")
    print(
        f"  entries {made['entries']} + items that link to no paper {len(made['unread'])}; lines counted "
        f"{counted(source.read_text(encoding='utf-8'))}"
    )
    print(f"  bullets and rows {sum(made['items'].values())}: {made['items']}")
    print(f"  outcomes {made['outcomes']}, sum {sum(made['outcomes'].values())}")
    print(f"  lint: {run('lint', '--workspace', str(root)).stderr.strip()}")


def read_rows(path: Path) -> list[Row]:
    """One object per line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_rows(rows: list[Row], path: Path) -> Path:
    """One line per object."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def not_alone(rows: list[Row], what: str) -> list[Row]:
    """The rows whose label another row has, too: leave-one-out learns nothing about the others."""
    sizes = Counter(row["label"] for row in rows)
    kept = [row for row in rows if sizes[row["label"]] > 1]
    print(f"  {what}: {len(kept)} in sections of two or more, {len(rows) - len(kept)} alone in theirs")
    return kept


def titles_of(root: Path) -> list[Row]:
    """All papers of the workspace by their titles."""
    rows = read_rows(root / "gold/labels.jsonl")
    keys = ("id", "title", "label", "arxiv", "secondary")
    return [{key: row[key] for key in keys if row.get(key)} | {"title_only": True} for row in rows]


def abstracts_of(folder: Path, root: Path) -> list[Row]:
    """The papers that have an abstract and a label that is a leaf."""
    leaves = {" / ".join(leaf.titles): leaf.id for leaf in Workspace(root).taxonomy.leaves.values()}
    papers = read_rows(folder / "papers.jsonl")
    if missing := sum(paper["label"] not in leaves for paper in papers):
        print(f"  {missing} papers have a label that is no leaf")
    return [
        {key: paper[key] for key in ("id", "title", "abstract")} | {"label": leaves[paper["label"]]}
        for paper in papers
        if paper["label"] in leaves
    ]


def learn_only_from(rows: list[Row], root: Path) -> None:
    """Makes the rows the workspace's studies, as a centroid of their abstracts learns from nothing else."""
    studies = [
        {key: row[key] for key in ("id", "title", "label")} | {"summary": row["abstract"]} for row in rows
    ]
    write_rows(studies, root / "gold/labels.jsonl")


def evaluate(suite: Path, root: Path, out: Path, *more: str) -> Path:
    """Leave-one-out with the offline engine; prints the numbers and returns the run's folder."""
    words = (
        "eval",
        "--workspace",
        str(root),
        "--suite",
        str(suite),
        "--protocol",
        "loo",
        "--engine",
        "offline",
    )
    run(*words, "--out", str(out), *more)
    for system in json.loads((out / "report.json").read_text(encoding="utf-8"))["systems"]:
        top, second = system["metrics"]["accuracy"], system["metrics"]["top2"]
        print(
            f"  {suite.stem}: {system['name']}: {top['value']:.2f} [{top['low']:.2f}, {top['high']:.2f}] of "
            f"{top['n']}, with the runner-up {second['value']:.2f}"
        )
    return out


def measure(folder: Path, place: Path, *more: str) -> list[Path]:
    """Everything for one list; returns the folders of its two runs."""
    root, name = place / "ws", folder.name.replace("_", "-")
    make_workspace(folder, root)
    titles = not_alone(titles_of(root), "titles")
    abstracts = not_alone(abstracts_of(folder, root), "abstracts")
    runs = [
        evaluate(
            write_rows(titles, place / f"{name}-titles.jsonl"),
            root,
            place / "titles",
            "--text",
            "title",
            *more,
        )
    ]
    learn_only_from(abstracts, root)
    suite = write_rows(abstracts, place / f"{name}-abstracts.jsonl")
    return [evaluate(suite, root, place / "abstracts", *more), *runs]


def main() -> None:
    """Measures each list; writes what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--publish", metavar="FOLDER")
    parser.add_argument("--into", metavar="FILE.md")
    arguments, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        runs: list[Path] = []
        for folder in arguments.folders:
            place = Path(scratch, folder.name)
            place.mkdir()
            runs += measure(folder, place, *more)
        wanted = [("--publish", arguments.publish), ("--into", arguments.into)]
        options = [word for option, value in wanted if value for word in (option, value)]
        if options:
            run("report", *map(str, runs), "--name", "rulers", *options)


if __name__ == "__main__":
    main()
