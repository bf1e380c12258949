"""Many readers of the service at once: server time of the tree page, and memory.

    python benchmarks/load_service.py [--papers 1000 10000] [--readers 50] [--requests 10]

Labels invented abstracts with the offline engine into a folder, serves it by `classifier serve` on loopback,
and lets the readers ask for the tree page alone, then for searches that are all different (so that no page is
in memory already), then for the tree page, a leaf's papers and a search in turn. Server times come from the
service's own histogram (/metrics), so a 95th percentile is the upper bound of its bucket. Exits with 1 if a
goal is missed: 300 ms for 1,000 papers, 1 s for 10,000, and 250 MB of memory of the serving process.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx
from prometheus_client.parser import text_string_to_metric_families

from classifier.batch.job import Job
from classifier.batch.session import label_lists
from classifier.model.entries import ListEntry
from classifier.model.paper import Paper
from classifier.settings import load_settings
from classifier.survey.workspace import Workspace
from tests.service.kit import Process

GOAL_S = {1_000: 0.3, 10_000: 1.0}
GOAL_MB = 250
MIXES: dict[str, Callable[[int], str]] = {
    "tree": lambda _: "/tree",
    "searches": lambda turn: f"/tree?q=study+{turn}",
    "mix": lambda turn: ("/tree", "/tree?label=llm4rl/reward", "/tree?q=robot")[turn % 3],
}
"""What is asked for -> the address of a reader's next request."""
WORDS = (
    "a language model writes the reward function of a robot", "preferences of people train a chat model",
    "a policy plans in a kitchen", "prompts are edited by reinforcement learning", "a survey of agents",
    "goals for exploration come from a model", "skills are picked by a planner", "summaries are scored",
)  # fmt: skip


def main() -> int:
    """Prints a row for each size; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--papers", type=int, nargs="+", default=list(GOAL_S))
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--requests", type=int, default=10)
    args = parser.parse_args()
    missed = False
    print(f"load {os.getloadavg()[0]:.1f}")
    print(
        f"{'papers':>8} {'asked for':>10} {'requests':>9} {'mean s':>8} {'p95 s at most':>14} {'peak MB':>8}"
    )
    for papers in args.papers:
        with tempfile.TemporaryDirectory() as folder:
            _fill(Path(folder), papers)
            for mix in MIXES:
                count, mean, p95, peak = _read(Path(folder), args.readers, args.requests, MIXES[mix])
                print(f"{papers:8,} {mix:>10} {count:9,} {mean:8.3f} {p95:14.3f} {peak:8.0f}", flush=True)
                missed |= p95 > GOAL_S.get(papers, float("inf")) or peak > GOAL_MB
    return int(missed)


def _fill(folder: Path, papers: int) -> None:
    chance = random.Random(0)
    entries = [
        ListEntry(
            key=f"e{number}",
            source="invented",
            line=number + 1,
            paper=Paper(
                title=f"Study {number}: {chance.choice(WORDS)}",
                abstract=f"Case {number}. {chance.choice(WORDS).capitalize()}. {chance.choice(WORDS)}.",
                year=2018 + number % 8,
            ),
        )
        for number in range(papers)
    ]
    job = Job(sources=("invented",), out=folder / "list", concurrency=16)
    label_lists(job, load_settings(engine="offline"), Workspace(), entries=entries)


def _read(
    folder: Path, readers: int, requests: int, path_of: Callable[[int], str]
) -> tuple[int, float, float, float]:
    """(requests, mean and 95th percentile of server seconds, peak megabytes of the serving process)."""
    process = Process(folder)
    try:
        with httpx.Client(base_url=process.url, timeout=60) as client:
            client.get("/tree").raise_for_status()
            before = _buckets(client)

        def reader(number: int) -> None:
            with httpx.Client(base_url=process.url, timeout=120) as client:
                for turn in range(requests):
                    client.get(path_of(number * requests + turn)).raise_for_status()

        threads = [threading.Thread(target=reader, args=(number,)) for number in range(readers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with httpx.Client(base_url=process.url, timeout=60) as client:
            after = _buckets(client)
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
    finally:
        process.kill()
    found = {bound: after[0].get(bound, 0) - before[0].get(bound, 0) for bound in after[0]}
    count, seconds = after[1] - before[1], after[2] - before[2]
    p95 = min(bound for bound, below in found.items() if below >= 0.95 * count)
    return int(count), seconds / count, p95, peak


def _buckets(client: httpx.Client) -> tuple[dict[float, float], float, float]:
    """The histogram of the tree page: counts up to each bound, all requests, and their seconds."""
    below: dict[float, float] = {}
    count = seconds = 0.0
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.labels.get("route") != "/tree":
                continue
            if sample.name.endswith("seconds_bucket"):
                below[float(sample.labels["le"])] = sample.value
            elif sample.name.endswith("seconds_count"):
                count = sample.value
            elif sample.name.endswith("seconds_sum"):
                seconds = sample.value
    return below, count, seconds


if __name__ == "__main__":
    sys.exit(main())
