"""The offline engine with and without embeddings on other people's lists, by the titles of their papers.

    python benchmarks/embeddings.py [--embeddings minilm] LIST.md...

For each Markdown list, `classifier init` makes a workspace without a model. Each paper whose leaf has another
one is then labelled by its title, leave-one-out. Prints the accuracy of both ways, the papers that only one
of them has right, the exact sign test over all lists, and the log-loss. Needs the extra [semantic].
"""

import argparse
import asyncio
import math
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from scipy.stats import binomtest

from classifier.engines.build import build_embedder
from classifier.engines.embeddings import Embedder
from classifier.engines.offline import OfflineEngine
from classifier.model.document import Document
from classifier.model.identity import same_paper
from classifier.model.paper import Paper
from classifier.model.reply import Reply
from classifier.model.study import Study
from classifier.model.task import Task
from classifier.runs.intervals import wilson_interval
from classifier.settings import load_settings
from classifier.survey.workspace import Workspace


def made_of(source: Path, place: Path) -> Workspace:
    """The workspace that `init` makes of a list."""
    words = ("init", str(place), "--from", str(source), "--offline")
    subprocess.run([sys.executable, "-m", "classifier", *words], check=True, capture_output=True)
    return Workspace(place)


def task_of(workspace: Workspace, study: Study) -> Task:
    """The paper's title; no record of it is among the examples."""
    others = tuple(one for one in workspace.studies if one.id != study.id and not same_paper(one, study))
    document = Document(title=study.title, abstract=study.title, pages=(), engine="text")
    return Task(paper=Paper(title=study.title), document=document, examples=others)


async def measure(workspace: Workspace, embedder: Embedder) -> list[tuple[Study, Reply, Reply]]:
    """Each study with the replies without and with the embedder."""
    sizes = Counter(study.label for study in workspace.studies)
    engines = OfflineEngine(workspace.taxonomy), OfflineEngine(workspace.taxonomy, embedder=embedder)
    found = []
    for study in workspace.studies:
        if sizes[study.label] > 1 and study.label in workspace.taxonomy.leaves:
            task = task_of(workspace, study)
            found.append((study, *[await engine.answer(task) for engine in engines]))
    return found


def shown(rows: list[tuple[Study, Reply, Reply]]) -> str:
    """Accuracies with intervals, and the papers that one of both has right alone."""
    right = [(study.label == a.answer.label, study.label == b.answer.label) for study, a, b in rows]
    cells = []
    for count in (sum(a for a, _ in right), sum(b for _, b in right)):
        low, high = wilson_interval(count, len(rows))
        cells.append(f"{count / len(rows):.3f} [{low:.2f}, {high:.2f}]")
    return f"{' | '.join(cells)} | {sum(b > a for a, b in right)} | {sum(a > b for a, b in right)}"


def loss(rows: list[tuple[Study, Reply, Reply]], which: int) -> float:
    """Mean of minus the logarithm of the right leaf's probability."""
    shares = [row[which].probabilities.get(row[0].label, 0.0) for row in rows]
    return -sum(math.log(max(1e-9, share)) for share in shares) / len(shares)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lists", nargs="+", type=Path)
    parser.add_argument("--embeddings", default="minilm")
    arguments = parser.parse_args()
    embedder = build_embedder(load_settings(engine="offline", embeddings=arguments.embeddings))
    assert embedder is not None
    print("| list | papers | leaves | words | words and meaning | gained | lost |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    every = []
    with tempfile.TemporaryDirectory() as scratch:
        for source in arguments.lists:
            name = source.parent.name
            workspace = made_of(source, Path(scratch, name))
            rows = asyncio.run(measure(workspace, embedder))
            leaves = len({study.label for study, *_ in rows})
            print(f"| {name} | {len(rows)} | {leaves} | {shown(rows)} |", flush=True)
            every += rows
    print(f"| all | {len(every)} | | {shown(every)} |")
    gained, lost = (int(number) for number in shown(every).split(" | ")[-2:])
    print(f"sign test: p = {binomtest(gained, gained + lost).pvalue:.1g}")
    print(f"log-loss {loss(every, 1):.3f} -> {loss(every, 2):.3f}")


if __name__ == "__main__":
    main()
