"""How good the offline engine is: `python benchmarks/offline_accuracy.py --data DIR [--folds]`.

DIR holds `silver/papers.jsonl`, `extended/papers.jsonl`, `dev_set/papers.jsonl` and
`dev_set/gold_abstracts.jsonl`, suites of labelled papers whose texts are not the project's to ship. Prints,
for the engine as it ships: accuracy with Wilson intervals, F1 of each label, confusions, calibration, what
each part contributes, and what other class priors would give. `--folds` adds the cross-validation over
silver and extended (three minutes; needs scikit-learn).
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.engines.offline import OfflineEngine
from classifier.model.document import Document, Page
from classifier.model.identity import same_paper
from classifier.model.paper import Paper
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.task import Task
from classifier.runs.intervals import wilson_interval as wilson
from classifier.survey.workspace import Workspace
from classifier.training import Trainer, calibration_error, read_examples

PRIORS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75)
ABLATIONS = {
    "cues": ("cues",),
    "similarity": ("similarity",),
    "cues+text": ("cues", "text"),
    "all": ("cues", "text", "similarity"),
}

Row = dict[str, str]


def main() -> None:
    """Prints all numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--folds", action="store_true")
    args = parser.parse_args()
    workspace = Workspace(args.workspace)
    dev = _rows(args.data / "dev_set/papers.jsonl")
    gold = _rows(args.data / "dev_set/gold_abstracts.jsonl")
    engine = OfflineEngine(workspace.taxonomy, workspace.offline_dir)
    print(f"model {engine.model}")
    for name, rows in (
        ("50 newer abstracts, all leaves alike", dev),
        ("the gold studies (leave-one-out)", gold),
    ):
        shares = [judge(engine, workspace, row) for row in rows]
        report(name, [row["label"] for row in rows], shares)
    print("\nwhat each part contributes (accuracy on the gold studies)")
    for name, parts in ABLATIONS.items():
        part = OfflineEngine(workspace.taxonomy, workspace.offline_dir, parts=parts)
        print(f"  {name:12s} {_accuracy(part, workspace, gold):.3f}")
    if args.folds:
        cross_validated(workspace, args.data, engine)


def cross_validated(workspace: Workspace, data: Path, engine: OfflineEngine) -> None:
    """Numbers on the training papers, each judged by a model that has not seen it, and other priors."""
    examples = [
        example
        for name in ("silver", "extended")
        for example in read_examples(data / name / "papers.jsonl", workspace)
        if not any(example.is_paper(study) for study in workspace.studies)
    ]
    trainer = Trainer(workspace, examples)
    scores = trainer.cross_validate(seed=0)
    trained = engine.trained
    shipped = dict(zip(trained.labels, trained.shift, strict=True)) if trained else {}
    temperature = trained.temperature if trained else 1.0
    for name in ("extended", "silver"):
        chosen = [number for number, example in enumerate(examples) if example.source == name]
        shares = [softmax({x: (s + shipped[x]) / temperature for x, s in scores[n].items()}) for n in chosen]
        report(f"{name}, cross-validated", [examples[n].label for n in chosen], shares)
    print(
        "\nclass prior: 0 as trained, 1 even (silver: accuracy, out-of-scope F1; both: mean recall of labels)"
    )
    both = [example.label for example in examples]
    silver = [n for n, example in enumerate(examples) if example.source == "silver"]
    for prior in PRIORS:
        shift = trainer.shift(prior)
        guesses = [_best({x: s + shift[x] for x, s in row.items()}) for row in scores]
        truth, guessed = [both[n] for n in silver], [guesses[n] for n in silver]
        print(f"  {prior:.2f}   {_hit(truth, guessed):.3f} {f1(truth, guessed, OUT_OF_SCOPE):.3f}   "
              f"{mean_recall(both, guesses):.3f}")  # fmt: skip


def report(name: str, truth: Sequence[str], shares: Sequence[Mapping[str, float]]) -> None:
    """Prints the block of one suite; `unplaced` counts as wrong."""
    guesses = [_best(share) for share in shares]
    right = [a == b for a, b in zip(truth, guesses, strict=True)]
    low, high = wilson(sum(right), len(right))
    labels = sorted({*truth, *guesses})
    scores = {label: f1(truth, guesses, label) for label in labels}
    accuracy, macro = sum(right) / len(right), sum(scores.values()) / len(scores)
    ece = calibration_error([max(share.values()) for share in shares], right)
    print(f"\n{name}: {sum(right)} of {len(right)} = {accuracy:.3f} (95 % {low:.2f} to {high:.2f})")
    print(f"  kappa {kappa(truth, guesses):.3f}  macro-F1 {macro:.3f}  ECE {ece:.3f}", end="  ")
    print(f"mean recall {mean_recall(truth, guesses):.3f}")
    for label in labels:
        print(f"  F1 {scores[label]:.3f}  n {Counter(truth)[label]:5d}  {label}")
    wrong = Counter((a, b) for a, b in zip(truth, guesses, strict=True) if a != b)
    for (a, b), n in wrong.most_common(8):
        print(f"    {n:4d}  {a} -> {b}")


def judge(engine: OfflineEngine, workspace: Workspace, row: Row) -> Mapping[str, float]:
    """Probabilities for one row; the paper itself is never among the examples."""
    return engine.judge(_task(workspace, row)).probabilities


def _task(workspace: Workspace, row: Row) -> Task:
    text = row.get("abstract") or row["summary"]
    paper = Paper(title=row["title"], arxiv_id=row.get("arxiv"), abstract=text)
    examples = tuple(study for study in workspace.studies if not same_paper(study, paper))
    page = Page(number=1, text=f"{row['title']}\n{text}")
    document = Document(pages=(page,), title=row["title"], abstract=text, page_count=1, abstract_only=True)
    return Task(paper=paper, document=document, examples=examples)


def _accuracy(engine: OfflineEngine, workspace: Workspace, rows: Sequence[Row]) -> float:
    return _hit([row["label"] for row in rows], [_best(judge(engine, workspace, row)) for row in rows])


def _best(scores: Mapping[str, float]) -> str:
    return max(scores, key=lambda label: scores[label])


def _hit(truth: Sequence[str], guesses: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(truth, guesses, strict=True)) / len(truth)


def softmax(scores: Mapping[str, float]) -> dict[str, float]:
    """Probabilities from log-odds."""
    top = max(scores.values())
    powers = {label: math.exp(score - top) for label, score in scores.items()}
    return {label: power / sum(powers.values()) for label, power in powers.items()}


def kappa(truth: Sequence[str], guesses: Sequence[str]) -> float:
    """Agreement beyond chance (Cohen 1960)."""
    n = len(truth)
    chance = sum(Counter(truth)[label] * Counter(guesses)[label] for label in {*truth}) / (n * n)
    return (_hit(truth, guesses) - chance) / (1 - chance) if chance < 1 else 1.0


def mean_recall(truth: Sequence[str], guesses: Sequence[str]) -> float:
    """Mean over the labels of the share found ("balanced accuracy")."""
    found = Counter(a for a, b in zip(truth, guesses, strict=True) if a == b)
    return sum(found[label] / n for label, n in Counter(truth).items()) / len({*truth})


def f1(truth: Sequence[str], guesses: Sequence[str], label: str) -> float:
    """F1 of one label; 0 if it neither occurs nor is guessed."""
    both = sum(a == b == label for a, b in zip(truth, guesses, strict=True))
    either = Counter(truth)[label] + Counter(guesses)[label]
    return 2 * both / either if either else 0.0


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
