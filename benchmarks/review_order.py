"""What the review's order is worth: `python benchmarks/review_order.py --data DIR`.

DIR has `papers.jsonl` in `dev_set/`, `silver/` and `extended/`: labelled papers whose texts are not the
project's to ship. The offline engine labels them; a reviewer who always gives the true label decides the
first k papers of an order; printed is the accuracy of the whole list then, for the queue, the queue's sample
first and then by confidence, by confidence alone, and at random. Intervals (95 %) are over 300 resamples of
the papers, each with a seed of its own; the last column is how much better the queue is than confidence
alone in the same resample.

The engine that ships was trained on silver. For silver, a copy of the workspace is trained on one half and
labels N papers of the other (`--silver 0` leaves it out).
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from classifier.batch.job import Job
from classifier.batch.session import label_lists
from classifier.review.papers import ReviewPaper, read_review
from classifier.review.plan import ReviewPlan
from classifier.review.queue import QueuePlace, Why, make_queue
from classifier.settings import load_settings
from classifier.survey.workspace import Workspace
from classifier.training import train

RESAMPLES = 300
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75)
Order = Callable[[Sequence[QueuePlace]], list[ReviewPaper]]


def confidence_of(paper: ReviewPaper) -> float:
    """The confidence; unknown is lowest."""
    return -1.0 if paper.confidence is None else paper.confidence


def by_queue(places: Sequence[QueuePlace]) -> list[ReviewPaper]:
    """The order that `classifier review` has."""
    return [place.paper for place in places]


def by_confidence(places: Sequence[QueuePlace]) -> list[ReviewPaper]:
    """The lowest first."""
    return sorted(by_queue(places), key=lambda paper: (confidence_of(paper), paper.draw))


def at_random(places: Sequence[QueuePlace]) -> list[ReviewPaper]:
    """By the seed."""
    return sorted(by_queue(places), key=lambda paper: paper.draw)


def sample_then_confidence(places: Sequence[QueuePlace]) -> list[ReviewPaper]:
    """The queue's sample, then the lowest confidence first."""
    sample = sorted((place.paper for place in places if place.paper.is_audit), key=lambda paper: paper.draw)
    return [*sample, *(paper for paper in by_confidence(places) if not paper.is_audit)]


ORDERS: dict[str, Order] = {
    "queue": by_queue,
    "sample, confidence": sample_then_confidence,
    "confidence": by_confidence,
    "random": at_random,
}


def main() -> None:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--no-dev", action="store_true")
    parser.add_argument("--silver", type=int, default=500)
    parser.add_argument("--train", type=int, default=1300)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if not args.no_dev:
            dev = read(args.data / "dev_set/papers.jsonl")
            show("dev_set", label(dev, work / "dev", Workspace()), dev)
        if args.silver:
            papers = read(args.data / "silver/papers.jsonl")
            random.Random(0).shuffle(papers)
            more = read(args.data / "extended/papers.jsonl")  # silver alone has too few of the rare leaves
            workspace = trained([*papers[: args.train], *more], work)
            rest = papers[args.train : args.train + args.silver]
            show(f"silver, trained on {args.train} others", label(rest, work / "silver", workspace), rest)


def read(path: Path) -> list[dict[str, str]]:
    """The papers of a suite."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def trained(papers: Iterable[dict[str, str]], work: Path) -> Workspace:
    """A copy of the built-in workspace whose offline engine knows these papers only."""
    root, copy = Workspace().root, work / "workspace"
    copy.mkdir()
    for name in ("prompts", "gold", "offline"):
        shutil.copytree(root / name, copy / name)
    shutil.copy(root / "taxonomy.yaml", copy)
    data = work / "half.jsonl"
    data.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")
    train(Workspace(copy), [data], None, 0)
    return Workspace(copy)


def label(papers: Sequence[dict[str, str]], out: Path, workspace: Workspace) -> list[ReviewPaper]:
    """The papers as the offline engine labels them in a run."""
    source = out.with_suffix(".jsonl")
    rows = [{name: paper[name] for name in ("id", "title", "abstract")} for paper in papers]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    job = Job(sources=(str(source),), out=out, reading="abstract", dedupe=False)
    label_lists(job, load_settings(engine="offline"), workspace)
    return read_review(out, ReviewPlan())


def show(name: str, found: Sequence[ReviewPaper], papers: Sequence[dict[str, str]]) -> None:
    """Prints the table of a suite."""
    truth = {paper["id"]: paper["label"] for paper in papers}
    right = {paper.key: paper.machine == truth[paper.key] for paper in found}
    plan = ReviewPlan(seed=0)
    size = plan.sample_size(len(found))
    for sample in (0, size):
        print(f"\n{name}: {len(found)} papers, sample of {sample}, {sum(right.values())} right at first")
        whys = [place.why for place in make_queue(drawn(found, random.Random(0), 0), plan, "x")]
        if not sample:
            for why in Why:
                of_why = [p for p in make_queue(drawn(found, random.Random(0), 0), plan, "x") if p.why is why]
                if of_why:
                    wrong = sum(not right[place.paper.key] for place in of_why)
                    print(f"  asked for {why.value:10s} {whys.count(why):4d}, of these wrong {wrong}")
        steps = [round(share * len(found)) for share in SHARES]
        table = simulate(found, right, plan, steps, sample)
        print(f"  {'k':>4s}  " + "  ".join(f"{order:^20s}" for order in ORDERS) + "  queue - confidence")
        for step in steps:
            cells = [interval(table[order][step]) for order in ORDERS]
            better = [a - b for a, b in zip(table["queue"][step], table["confidence"][step], strict=True)]
            print(f"  {step:4d}  " + "  ".join(f"{cell:^20s}" for cell in cells) + f"  {interval(better)}")
        sys.stdout.flush()


def drawn(papers: Sequence[ReviewPaper], chance: random.Random, sample: int) -> list[ReviewPaper]:
    """Papers with new places in the random order, the first of them in the sample."""
    ranks = [f"{chance.random():.12f}" for _ in papers]
    limit = sorted(ranks)[sample - 1] if sample else ""
    return [
        replace(paper, draw=rank, is_audit=bool(sample) and rank <= limit)
        for paper, rank in zip(papers, ranks, strict=True)
    ]


def simulate(
    papers: Sequence[ReviewPaper], right: dict[str, bool], plan: ReviewPlan, steps: Sequence[int], sample: int
) -> dict[str, dict[int, list[float]]]:
    """Order -> k -> accuracy of the whole in each resample."""
    chance = random.Random(1)
    table: dict[str, dict[int, list[float]]] = {name: {step: [] for step in steps} for name in ORDERS}
    for _ in range(RESAMPLES):
        chosen = drawn([chance.choice(papers) for _ in papers], chance, sample)
        places = make_queue(chosen, plan, "reviewer")
        for name, order in ORDERS.items():
            hits = [right[paper.key] for paper in order(places)]
            for step in steps:
                table[name][step].append((step + sum(hits[step:])) / len(hits))
    return table


def interval(values: Sequence[float]) -> str:
    """Mean and 95 % interval."""
    ordered = sorted(values)
    low, high = ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered)) - 1]
    return f"{statistics.mean(values):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
