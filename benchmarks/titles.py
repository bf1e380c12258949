"""The offline engine on the titles of other people's lists, and what a change of it gains and loses.

    python benchmarks/titles.py LIST... [--out FILE] [--against FILE]

For each list, `classifier init` makes a workspace without a model. Each paper whose leaf has another one is
then labelled by its title, leave-one-out. Prints the accuracy of the engine and of the most frequent leaf.
`--out` writes which papers were right; `--against` compares with such a file of another version, with the
exact sign test over all lists.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from scipy.stats import binomtest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from embeddings import made_of, task_of

from classifier.engines.offline import OfflineEngine
from classifier.runs.intervals import wilson_interval
from classifier.survey.workspace import Workspace

Right = dict[str, bool]


async def measure(workspace: Workspace) -> Right:
    """Id of each paper whose leaf has another one -> whether the engine is right about it."""
    sizes = Counter(study.label for study in workspace.studies)
    engine = OfflineEngine(workspace.taxonomy)
    found = {}
    for study in workspace.studies:
        if sizes[study.label] > 1 and study.label in workspace.taxonomy.leaves:
            reply = await engine.answer(task_of(workspace, study))
            found[study.id] = reply.answer.label == study.label
    return found


def shown(right: Right) -> str:
    """The accuracy with its interval."""
    count = sum(right.values())
    low, high = wilson_interval(count, len(right))
    return f"{count / len(right):.3f} [{low:.2f}, {high:.2f}]"


def majority(workspace: Workspace, right: Right) -> float:
    """The share of the most frequent leaf."""
    sizes = Counter(study.label for study in workspace.studies if study.id in right)
    return sizes.most_common(1)[0][1] / len(right)


def compare(now: dict[str, Right], before: dict[str, Right]) -> str:
    """How many papers only one version has right."""
    pairs = [(before[name][key], right) for name, rows in now.items() for key, right in rows.items()]
    gained, lost = sum(b > a for a, b in pairs), sum(a > b for a, b in pairs)
    p = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    share = sum(a for a, _ in pairs) / len(pairs)
    return f"before {share:.3f}; gained {gained}, lost {lost}; sign test: p = {p:.1g}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lists", nargs="+", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--against", type=Path)
    arguments = parser.parse_args()
    every: dict[str, Right] = {}
    print("| list | papers | leaves | offline engine | most frequent leaf |")
    print("|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as scratch:
        for source in arguments.lists:
            name = source.parent.name
            workspace = made_of(source, Path(scratch, name))
            right = asyncio.run(measure(workspace))
            every[name] = right
            leaves = len(workspace.taxonomy.leaves)
            row = f"| {name} | {len(right)} | {leaves} | {shown(right)} | {majority(workspace, right):.2f} |"
            print(row, flush=True)
    together = {f"{name}/{key}": value for name, right in every.items() for key, value in right.items()}
    print(f"| all | {len(together)} | | {shown(together)} | |")
    if arguments.out:
        arguments.out.write_text(json.dumps(every), encoding="utf-8")
    if arguments.against:
        print(compare(every, json.loads(arguments.against.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
