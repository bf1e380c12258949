"""Accuracy and savings of a cascade: `python benchmarks/cascade.py --data DIR`.

DIR as in `benchmarks/offline_accuracy.py`. First, on the training papers (each judged by a model that has
not seen it), for each threshold: the share that the offline engine decides and its accuracy there, by the
confidence alone and by the rule that ships. From this the threshold was chosen. Then the same on the 50
newer abstracts, at the threshold that ships. `--eval` runs `classifier eval --cascade offline` on these,
against a server on loopback that stands for a model: it knows the labels, and gives the right one with a
stated chance. No real model is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests.llm_server: the server that tests use
from offline_accuracy import Row, _rows, _task, softmax, wilson

from classifier.engines.cascade import confidence_of
from classifier.engines.offline import OfflineEngine
from classifier.model.record import OUT_OF_SCOPE
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.training import Trainer, read_examples
from tests.llm_server import Behaviour, LlmServer, reply

THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
CHANCES = (1.0, 0.85, 0.7)
PRICES = '{"pretender": {"input": 1, "output": 4}}'
SHIPPED = Settings.model_fields["cascade_below"].default


class Judged(NamedTuple):
    """A paper that the offline engine has judged; `cautious` as in `Reply`."""

    gold: str
    label: str
    confidence: float
    cautious: float

    @property
    def confidence_of(self) -> float:
        """What a cascade goes by."""
        return min(self.confidence, self.cautious)


def main() -> None:
    """Prints all numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--eval", action="store_true")
    args = parser.parse_args()
    workspace = Workspace()
    for name, judged in cross_validated(workspace, args.data):
        print(f"\n{name}, cross-validated: {len(judged)} papers")
        print("  threshold   by the confidence alone            by the rule that ships")
        for least in THRESHOLDS:
            alone = [one for one in judged if one.confidence >= least]
            print(f"  {least:.2f}        {kept(alone, judged)}   {kept(sure(judged, least), judged)}")
        print(f"  of label given, at {SHIPPED} (by the confidence alone > by the rule that ships)")
        alone = [one for one in judged if one.confidence >= SHIPPED]
        for label in workspace.taxonomy.labels:
            parts = [[x for x in some if x.label == label] for some in (alone, sure(judged, SHIPPED))]
            told = " > ".join(f"{sum(x.gold == label for x in part)} of {len(part)}" for part in parts)
            print(f"    {label:45s} {told}")
    suite = args.data / "dev_set/papers.jsonl"
    judged = asyncio.run(as_shipped(workspace, _rows(suite)))
    print(f"\n50 newer abstracts, at {SHIPPED}: {kept(sure(judged, SHIPPED), judged)}")
    rest = [one for one in judged if one.confidence_of < SHIPPED]
    print(f"  on the rest: {sum(x.gold == x.label for x in rest)} of {len(rest)} right")
    wrong = Counter((x.gold, x.label) for x in sure(judged, SHIPPED) if x.gold != x.label)
    print(f"  wrong though sure: {dict(wrong)}")
    if args.eval:
        for chance in CHANCES:
            evaluate(workspace, suite, chance)


def cross_validated(workspace: Workspace, data: Path) -> Iterator[tuple[str, list[Judged]]]:
    """Silver and extended papers, each judged by a model that has not seen it."""
    examples = [
        example
        for name in ("silver", "extended")
        for example in read_examples(data / name / "papers.jsonl", workspace)
        if not any(example.is_paper(study) for study in workspace.studies)
    ]
    trained = OfflineEngine(workspace.taxonomy, workspace.offline_dir).trained
    if trained is None:
        sys.exit("the workspace has no weights")
    shift = dict(zip(trained.labels, trained.shift, strict=True))
    found: dict[str, list[Judged]] = {}
    scores = Trainer(workspace, examples).cross_validate(seed=0)
    for example, row in zip(examples, scores, strict=True):
        shipped = softmax(
            {label: (value + shift[label]) / trained.temperature for label, value in row.items()}
        )
        as_trained = softmax({label: value / trained.temperature for label, value in row.items()})
        best, rest = max(shipped, key=shipped.__getitem__), 1 - trained.unplaced
        judged = Judged(example.label, best, shipped[best] * rest, as_trained[best] * rest)
        found.setdefault(example.source, []).append(judged)
    yield from found.items()


async def as_shipped(workspace: Workspace, rows: Sequence[Row]) -> list[Judged]:
    """Papers judged by the engine that ships; none is its own example."""
    engine = OfflineEngine(workspace.taxonomy, workspace.offline_dir)
    replies = [await engine.answer(_task(workspace, row)) for row in rows]
    return [
        Judged(row["label"], one.answer.label, one.answer.confidence, confidence_of(one))
        for row, one in zip(rows, replies, strict=True)
    ]


def sure(judged: Sequence[Judged], least: float) -> list[Judged]:
    """Those that would not be handed on."""
    return [one for one in judged if one.confidence_of >= least]


def kept(part: Sequence[Judged], whole: Sequence[Judged]) -> str:
    """Share and accuracy, with 95 % intervals by Wilson."""
    low, high = wilson(len(part), len(whole))
    told = f"{len(part) / len(whole):.3f} ({low:.2f} to {high:.2f})"
    if not part:
        return told
    right = sum(one.gold == one.label for one in part)
    low, high = wilson(right, len(part))
    return f"{told} right {right / len(part):.3f} ({low:.2f} to {high:.2f})"


def evaluate(workspace: Workspace, suite: Path, chance: float) -> None:
    """Runs the command against a server that is right with this chance, with and without the cascade."""
    print(f"\nserver that gives the right label with a chance of {chance}")
    with (
        LlmServer(Pretender(workspace, _rows(suite), chance)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        for more in ((), ("--cascade", "offline")):
            out = Path(folder) / ("cascade" if more else "alone")
            subprocess.run(
                [
                    *(
                        sys.executable,
                        "-m",
                        "classifier",
                        "eval",
                        "--suite",
                        str(suite),
                        "--engine",
                        "openai",
                    ),
                    *("--model", "pretender", "--text", "abstract", "--no-record", "--out", str(out), *more),
                ],
                env=os.environ | {"OPENAI_BASE_URL": server.url, "CLASSIFIER_PRICES": PRICES},
                check=True,
                capture_output=True,
            )
            made = json.loads((out / "report.json").read_text())
            metrics, spent = made["systems"][0]["metrics"], made["spending"]
            told = metrics["accuracy"]
            print(
                f"  {out.name:8s} accuracy {told['value']:.2f} ({told['low']:.2f} to {told['high']:.2f}), "
                f"kappa {metrics['kappa']['value']:.2f}, {spent['requests']} requests, "
                f"{spent['tokens_in'] + spent['tokens_out']} tokens, ${spent['cost_usd']:.4f}"
            )
        stages = made["cascade"]
        for name in ("first", "second"):
            told = stages[name]["accuracy"]
            print(f"    {name:7s} decided {told['n']}, accuracy {told['value']:.3f}")
        saved = stages["saved_tokens"] / (stages["without"]["tokens_in"] + stages["without"]["tokens_out"])
        print(f"    saved, as the report has it: {saved:.0%} of the tokens")


class Pretender:
    """A script for `LlmServer`: knows each paper by its title, and gives a wrong label now and then."""

    def __init__(self, workspace: Workspace, rows: Sequence[Row], chance: float) -> None:
        self._taxonomy = workspace.taxonomy
        self._gold = {" ".join(row["title"].split()): row["label"] for row in rows}
        self._chance = chance

    def __call__(self, body: Mapping[str, Any]) -> Behaviour:
        """The answer to a request."""
        user = " ".join(body["messages"][1]["content"].split())
        title = max((title for title in self._gold if title in user), key=len)
        others = [label for label in (*self._taxonomy.leaves, OUT_OF_SCOPE) if label != self._gold[title]]
        # The same paper is answered alike in both runs.
        dice = random.Random(title)
        label = self._gold[title] if dice.random() < self._chance else dice.choice(others)
        leaves = self._taxonomy.leaves
        leads = leaves[label].answers if label in leaves else self._taxonomy.scope.rules[0].answers
        said = {
            "answers": {
                question.id: {"answer": leads.get(question.id, ("unclear",))[0], "quote": None}
                for question in self._taxonomy.questions
            },
            "evidence": [],
            "rationale": "The server pretends.",
            "label": label,
            "runner_up": None,
            "secondary": [],
            "attributes": {field.id: None for leaf in leaves.values() for field in leaf.fields},
            "confidence": 0.9,
        }
        chars = sum(len(message["content"]) for message in body["messages"])
        return reply(
            said, usage={"prompt_tokens": chars // 4, "completion_tokens": len(json.dumps(said)) // 4}
        )


if __name__ == "__main__":
    main()
