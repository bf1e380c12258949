"""SIGKILL for a service at random moments, while two people decide on the papers of one list.

    python benchmarks/kill_reviews.py [--kills 30] [--seed 0]

Both use the forms of the pages, as a browser does: a form without an answer is sent again with its token.
Ada and Bo review a list blind, and share the queue of a second list; sometimes they undo. Each decision and
each undo that was acknowledged must be in the ledger once, after each kill and at the end. Exits with 1 if
anything is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from classifier.batch.ledger.decisions import read_decisions
from tests import review_kit as kit
from tests.service.kit import API, Process

PAPERS = 400
RUNS = ("blind", "shared")
REVIEWERS = ("Ada", "Bo")


class Reviewer(threading.Thread):
    """A person who decides until told to stop.

    Attributes:
        saved: Notes of acknowledged decisions by run; each note is used once.
        undone: Notes of decisions whose undo was acknowledged.
        asked: Notes of all that were sent, acknowledged or not.
        wrong: Unexpected answers.
    """

    def __init__(self, name: str, url: str, seed: int) -> None:
        super().__init__(name=name)
        self.saved: dict[str, set[str]] = {run: set() for run in RUNS}
        self.undone: dict[str, set[str]] = {run: set() for run in RUNS}
        self.asked: dict[str, set[str]] = {run: set() for run in RUNS}
        self.wrong: list[str] = []
        self.repeated = 0
        self.stopping = threading.Event()
        self._url = url
        self._chance = random.Random(seed)
        self._numbers = iter(range(10**6))

    def run(self) -> None:
        """Works through kills."""
        while not self.stopping.is_set():
            with contextlib.suppress(httpx.TransportError):
                self._act(self._chance.choice(RUNS))
            self.stopping.wait(0.01)

    def _act(self, run: str) -> None:
        waiting = self._send("GET", f"{API}/runs/{run}/review/queue", params={"as": self.name, "limit": 20})
        if waiting.status_code != 200 or not (items := waiting.json()["items"]):
            self.stopping.wait(0.2)
            return
        item = self._chance.choice(items)
        note = f"{self.name} {next(self._numbers)}"
        form = {"do": self._chance.choice([*kit.LEAVES, "unplaced"]), "note": note, "token": f"token {note}"}
        self.asked[run].add(note)
        answer = self._send("POST", f"/review/{run}/papers/{item['paper']}", data=form)
        if answer.status_code != 303:
            self.wrong.append(f"{note}: {answer.status_code} {answer.text[:200]}")
            return
        self.saved[run].add(note)
        if self._chance.random() < 0.15:
            self._undo(run, note)

    def _undo(self, run: str, note: str) -> None:
        # The last decisions of one's own are at the end.
        act, cursor = None, "0"
        while act is None and cursor is not None:
            page = self._send(
                "GET", f"{API}/runs/{run}/review/decisions",
                params={"as": self.name, "limit": 200, "cursor": cursor},
            ).json()  # fmt: skip
            act = next((made["act"] for made in page["items"] if made["note"] == note), None)
            cursor = page["next"]
        if act is None:
            self.wrong.append(f"{note}: acknowledged, and not among the decisions")
            return
        if self._send("POST", f"/review/{run}/undo", data={"act": str(act)}).status_code == 303:
            self.undone[run].add(note)
        else:
            self.wrong.append(f"{note}: its undo was refused")

    def _send(self, method: str, path: str, **what: Any) -> httpx.Response:
        """Sends a request until there is an answer, as somebody does who reloads the page."""
        cookies = {"classifier_reviewer": self.name}
        headers = {"Origin": self._url, "Sec-Fetch-Site": "same-origin"} if method == "POST" else {}
        attempts = 0
        while True:
            try:
                with httpx.Client(base_url=self._url, timeout=30, cookies=cookies) as client:
                    answer = client.request(method, path, headers=headers, **what)
                self.repeated += attempts > 0 and method == "POST"
                if answer.status_code != 503:
                    return answer
            except httpx.TransportError:
                if self.stopping.is_set() and attempts > 200:
                    raise
            attempts += 1
            time.sleep(0.05)


def check(folder: Path, people: list[Reviewer]) -> list[str]:
    """What is lost, doubled, or there without having been asked for; the ledger is read as it is on disk."""
    wrong = []
    for run in RUNS:
        saved = {note for person in people for note in list(person.saved[run])}
        undone = {note for person in people for note in list(person.undone[run])}
        kept = read_decisions(folder / run)
        counts = Counter(one.decision.note for one in kept)
        live = {one.decision.note for one in kept if not one.undone}
        asked = {note for person in people for note in list(person.asked[run])}
        wrong += [f"{run}: '{note}' is there {counts[note]} times" for note in saved if counts[note] != 1]
        wrong += [f"{run}: '{note}' is there {n} times" for note, n in counts.items() if n > 1]
        wrong += [f"{run}: the undo of '{note}' is lost" for note in undone & live]
        wrong += [f"{run}: '{note}' was never sent" for note in counts.keys() - asked]
    return wrong


def main() -> int:
    """Kills, looks, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as work, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port, folder = probe.getsockname()[1], Path(work) / "runs"
        probe.close()
        for run in RUNS:
            kit.write_run(folder / run, [kit.label(n) for n in range(PAPERS)], _entries())
        arguments = [str(folder), "--port", str(port), "--workspace", str(kit.BRIDGES)]
        arguments += ["--engine", "offline", "--requests-per-minute", "1000000"]
        service = Process(*arguments, XDG_DATA_HOME=work)
        plans = {"blind": {"reviewers": list(REVIEWERS), "hide_machine": True}, "shared": {}}
        for run, plan in plans.items():
            started = service.client.post(f"{API}/runs/{run}/review", json={"seed": 1, **plan})
            started.raise_for_status()
        people = [Reviewer(name, f"http://127.0.0.1:{port}", n) for n, name in enumerate(REVIEWERS)]
        for person in people:
            person.start()
        wrong: list[str] = []
        for _ in range(given.kills):
            time.sleep(chance.uniform(0.5, 3))
            service.kill()
            wrong += check(folder, people)
            service = Process(*arguments, XDG_DATA_HOME=work)
        time.sleep(1)
        for person in people:
            person.stopping.set()
        for person in people:
            person.join()
        wrong += check(folder, people) + [line for person in people for line in person.wrong]
        wrong += _labels(service, folder)
        if service.stop() not in (0, -signal.SIGTERM):
            wrong.append("the service did not end well")
    _report(given.kills, people, wrong)
    return int(bool(wrong))


def _entries() -> list[Any]:
    words = [f"{a}{b}" for a in ("stone", "rope", "iron", "wood") for b in ("arch", "span", "deck", "pier")]
    draw = random.Random(5)
    made = []
    for number in range(PAPERS):
        title = f"{' '.join(draw.choices(words, k=6))} {number:04x}"
        one = kit.entry(number)
        made.append(one.model_copy(update={"paper": one.paper.model_copy(update={"title": title})}))
    return made


def _labels(service: Process, folder: Path) -> list[str]:
    """Whether the exported labels are those of the last decisions, in the list whose queue is shared."""
    lines = service.client.get(f"{API}/runs/shared/export", params={"format": "jsonl"}).text.splitlines()
    found = {row["ref"]: row["leaf"] or row["status"] for row in map(json.loads, lines)}
    last = {
        one.decision.key: one.decision.label
        for one in read_decisions(folder / "shared")
        if not one.undone and one.decision.label
    }
    return [f"'{key}' is exported as {found[key]}, decided {label}" for key, label in last.items()
            if found[key] != label]  # fmt: skip


def _report(kills: int, people: list[Reviewer], wrong: list[str]) -> None:
    saved = sum(len(notes) for person in people for notes in person.saved.values())
    undone = sum(len(notes) for person in people for notes in person.undone.values())
    repeated = sum(person.repeated for person in people)
    print(*(line[:300] for line in wrong[:20]), sep="\n")
    print(
        f"{kills} kills; {saved} decisions and {undone} undos acknowledged, {repeated} forms sent again "
        f"after a lost answer; {len(wrong)} wrong"
    )


if __name__ == "__main__":
    sys.exit(main())
