"""SIGKILL for a service at random moments, while two browsers and an API client are at work.

    python benchmarks/kill_service.py [--kills 30] [--seed 0]

One browser uploads and starts lists and files single papers, the other one looks at pages and decides about
papers, the program files abstracts and PDFs and uploads lists, with idempotency keys and with or without
waiting. Every answer that accepts something is noted, whatever its form. At each kill the ledgers tell which
replies are on disk: none of those papers may be asked about again. What was on its way at a kill may be, once
a kill. In the end every upload that was accepted is there byte for byte and labelled right, every decision
that was accepted counts, and the user's day has at least what the replies cost. Exits with 1 if anything is
wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from classifier.survey.workspace import Workspace
from tests import batch_kit as kit
from tests.llm_server import Behaviour, LlmServer
from tests.service.kit import API, Process, wait_for

ENTRIES = 12
EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "paper.pdf"
AT_ONCE = 2 * 32 + 2
"""Requests that may be on their way: two lists with the usual concurrency, and two single papers."""
BROWSER = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


class CountingModel(kit.Model):
    """Answers right, and remembers between which kills it was asked about which paper."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, wait_s=0.3)
        self.epoch = 0
        self.asked: list[tuple[int, int]] = []

    def __call__(self, body: dict[str, Any]) -> Behaviour:
        """The right answer."""
        self.asked.append((self.epoch, kit.number_of(body)))
        return super().__call__(body)


@dataclass
class Accepted:
    """What the service said yes to; written by the clients' threads."""

    papers: dict[str, int] = field(default_factory=dict)
    pdfs: dict[str, bytes] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
    forms: Counter[str] = field(default_factory=Counter)
    lists: dict[str, bytes] = field(default_factory=dict)
    decisions: dict[str, list[tuple[str, bool]]] = field(default_factory=lambda: defaultdict(list))
    pages: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


class Clients:
    """Two browsers and a program, working until they are stopped; they try again when the service is gone."""

    def __init__(self, url: str, labels: list[str], seed: int) -> None:
        self.accepted = Accepted()
        self._url = url
        self._labels = labels
        self._chance = random.Random(seed)
        self._stopped = threading.Event()
        self._number = iter(range(10_000))
        self._lock = threading.Lock()
        works = (self._upload, self._decide, self._file)
        self._pdf = EXAMPLE.read_bytes()
        self._threads = [threading.Thread(target=self._repeat, args=(work,)) for work in works]

    def start(self) -> None:
        """Lets them work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends them when their requests are answered."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _next(self) -> int:
        with self._lock:
            return next(self._number)

    def _repeat(self, work: Callable[[httpx.Client], None]) -> None:
        while not self._stopped.is_set():
            with (
                httpx.Client(base_url=self._url, timeout=30) as client,
                contextlib.suppress(httpx.TransportError),  # killed, or not back yet
            ):
                work(client)
            self._stopped.wait(0.1)

    def _upload(self, client: httpx.Client) -> None:
        numbers = [self._next() for _ in range(ENTRIES)]
        rows = [{"id": f"e{n}", "title": kit.title(n), "abstract": kit.abstract(n)} for n in numbers]
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        files = {"file": ("list.jsonl", content)}
        made = client.post("/lists", files=files, data={"engine": "openai"}, headers=self._browser())
        self._expect(made, 303)
        run = made.headers["location"].rpartition("/")[2]
        self.accepted.lists[run] = content
        self.accepted.forms["list by form"] += 1
        self._file_by_form(client)
        self._expect(client.post(f"/lists/{run}/start", headers=self._form(), data={"engine": "openai"}), 303)
        self._stopped.wait(self._chance.uniform(0, 0.4))

    def _decide(self, client: httpx.Client) -> None:
        for path in ("/", "/tree", "/lists"):
            self._expect(client.get(path, headers=BROWSER), 200)
            self.accepted.pages += 1
        known = client.get(f"{API}/papers", params={"limit": 200}).json()["items"]
        for paper in self._chance.sample(known, min(3, len(known))):
            label = self._chance.choice(self._labels)
            attempts = self.accepted.decisions[f"{paper['run']}/{paper['key']}"]
            attempts.append((label, False))
            form = {"label": label, "note": "seen"}
            self._expect(client.post(f"/papers/{paper['id']}/decision", data=form, headers=self._form()), 303)
            attempts[-1] = (label, True)

    def _file_by_form(self, client: httpx.Client) -> None:
        """A paper by the browser's form: accepted if it leads to the paper's page."""
        number = self._next()
        form = {"title": kit.title(number), "abstract": kit.abstract(number), "engine": "openai"}
        made = client.post("/papers", data=form, headers=self._form())
        self._expect(made, 303)
        self.accepted.papers[made.headers["location"].rpartition("/")[2]] = number
        self.accepted.forms["paper by form"] += 1

    def _file(self, client: httpx.Client) -> None:
        """The program's uploads in turn; the same key until there is an answer."""
        number = self._next()
        headers = {"Idempotency-Key": f"paper {number}"}
        body = {"title": kit.title(number), "abstract": kit.abstract(number), "engine": "openai"}
        row = {"id": f"e{number}", "title": kit.title(number), "abstract": kit.abstract(number)}
        content = (json.dumps(row) + "\n").encode()
        pdf = self._pdf + f"\n% {number}".encode()
        form = ("abstract", "abstract, waiting", "PDF", "started list")[number % 4]
        requests: dict[str, tuple[str, dict[str, Any]]] = {
            "abstract": ("papers", {"json": body}),
            "abstract, waiting": ("papers?wait=5", {"json": body}),
            "PDF": ("papers", {"files": {"file": ("a.pdf", pdf)}, "data": {"engine": "offline"}}),
            "started list": (
                "runs",
                {
                    "files": {"file": ("one.jsonl", content)},
                    "data": {"engine": "openai", "start": "true"},
                },
            ),
        }
        path, given = requests[form]
        while not self._stopped.is_set():
            try:
                made = client.post(f"{API}/{path}", headers=headers, **given)
            except httpx.TransportError:
                self._stopped.wait(0.1)
                continue
            self._expect(made, 200, 201, 202)
            self.accepted.forms[f"{form} ({made.status_code})"] += 1
            if made.status_code == 200:  # its Label: only the search can tell its id
                self.accepted.at_once[kit.title(number)] = number
            elif form == "PDF":
                self.accepted.pdfs[made.json()["id"]] = pdf
            elif form == "started list":
                self.accepted.lists[made.json()["id"]] = content
            else:
                self.accepted.papers[made.json()["id"]] = number
            return

    def _browser(self) -> dict[str, str]:
        return BROWSER | {"Origin": self._url}

    def _form(self) -> dict[str, str]:
        return self._browser() | {"Content-Type": "application/x-www-form-urlencoded"}

    def _expect(self, answer: httpx.Response, *statuses: int) -> None:
        if answer.status_code == 429:  # too much waits already: a clear answer, and nothing was accepted
            self.accepted.refused += 1
            self._stopped.wait(1)
            raise httpx.TransportError("not accepted")
        if answer.status_code not in statuses:
            self.accepted.wrong.append(f"{answer.request.url}: {answer.status_code} {answer.text[:200]}")
            raise httpx.TransportError("not accepted")


def on_disk(folder: Path) -> set[int]:
    """The papers whose reply is in a ledger."""
    found: set[int] = set()
    for ledger in folder.glob("**/ledger.sqlite"):
        with (
            contextlib.closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as db,
            contextlib.suppress(sqlite3.OperationalError),  # it was killed before it had tables
        ):
            rows = db.execute("SELECT entry FROM item JOIN reply ON reply.item = item.id").fetchall()
            found.update(int(kit._MARK.findall(entry)[-1]) for (entry,) in rows)
    return found


def main() -> int:
    """Kills, looks, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    workspace, chance = Workspace(kit.BRIDGES), random.Random(given.seed)
    with tempfile.TemporaryDirectory() as work, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port, folder = probe.getsockname()[1], Path(work) / "runs"
        probe.close()
        model = CountingModel(workspace)
        labels = list(workspace.taxonomy.leaves)
        clients = Clients(f"http://127.0.0.1:{port}", labels, given.seed)
        with LlmServer(model) as server:
            arguments = [str(folder), "--port", str(port), "--workspace", str(kit.BRIDGES)]
            arguments += ["--engine", "openai", "--usd-per-day", "1000", "--requests-per-minute", "1000000"]
            environment = {**kit.environment(server.url), "XDG_DATA_HOME": work}
            service = Process(*arguments, **environment)
            clients.start()
            bought: list[set[int]] = []
            for _ in range(given.kills):
                time.sleep(chance.uniform(0, 3))
                service.kill()
                bought.append(on_disk(folder))
                model.epoch += 1
                service = Process(*arguments, **environment)
            time.sleep(2)
            clients.stop()
            wrong = verdict(service, folder, clients.accepted, model, bought)
            if service.stop() not in (0, -signal.SIGTERM):
                wrong.append("the service did not end well")
    print(*(line[:300] for line in wrong), sep="\n")
    return int(bool(wrong))


def verdict(
    service: Process, folder: Path, accepted: Accepted, model: CountingModel, bought: list[set[int]]
) -> list[str]:
    """What is wrong; prints what was counted."""
    client, wrong = service.client, list(accepted.wrong)
    _uploads(client, folder, accepted, wrong)
    decided = _decisions(client, accepted, wrong)
    asked = Counter(number for _, number in model.asked)
    again = sum(asked.values()) - len(asked)
    paid_twice = [
        (epoch, number) for epoch, number in model.asked if any(number in s for s in bought[:epoch])
    ]
    wrong += [f"paper {number} was asked again after its reply was on disk" for _, number in paid_twice]
    if missing := asked.keys() - on_disk(folder):
        wrong.append(f"{len(missing)} papers were asked about and have no reply: {sorted(missing)[:5]}")
    most = Counter(model.asked).most_common(1)[0][1]
    if most > 1:
        wrong.append(f"a paper was asked {most} times without a kill between")
    if again > (limit := len(bought) * AT_ONCE):
        wrong.append(f"{again} repeated requests, allowed {limit}")
    with contextlib.closing(sqlite3.connect(folder / "service.sqlite")) as db:
        spent, held = (
            db.execute(f"SELECT coalesce(sum({column}), 0) FROM {table}").fetchone()[0]
            for column, table in (("spent", "spending"), ("usd", "hold"))
        )
    cost = _cost(folder)
    if held or spent < cost - 1e-9:
        wrong.append(f"the day has ${spent:.4f} and holds ${held:.4f}, the replies cost ${cost:.4f}")
    print(
        f"{len(bought)} kills; {len(accepted.lists)} lists and "
        f"{len(accepted.papers) + len(accepted.pdfs) + len(accepted.at_once)} papers accepted "
        f"({', '.join(f'{count} {form}' for form, count in sorted(accepted.forms.items()))}), "
        f"{decided} papers decided, {accepted.pages} pages read, {accepted.refused} requests "
        f"refused as too many; {len(asked)} papers asked about, {again} "
        f"requests repeated (all in flight at a kill; allowed {limit}), {len(paid_twice)} bought twice; "
        f"${cost:.4f} on disk, ${spent:.4f} counted for the day; {len(wrong)} wrong"
    )
    return wrong


def _uploads(client: httpx.Client, folder: Path, accepted: Accepted, wrong: list[str]) -> None:
    """Waits for everything that was accepted, and checks it."""

    def status_of(run: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"{API}/runs/{run}").json()
        return found

    for run, content in accepted.lists.items():
        if status_of(run)["state"] == "draft":  # killed between upload and start
            client.post(f"{API}/runs/{run}/start", json={})
        status = wait_for(
            lambda run=run: status_of(run), lambda found: found["state"] not in ("queued", "running")
        )
        if (
            status["done"] != len(content.splitlines())
            or client.get(f"{API}/runs/{run}/list").content != content
        ):
            wrong.append(f"list {run}: {status['state']} {status['done']} {status['message']}")
    for paper, number in accepted.papers.items():
        label = wait_for(
            lambda paper=paper: client.get(f"{API}/papers/{paper}"), lambda a: a.status_code != 202
        )
        if label.status_code != 200 or label.json()["paper"]["title"] != kit.title(number):
            wrong.append(f"paper {paper}: {label.text[:200]}")
    _pdfs(client, folder, accepted, wrong)
    for title, number in accepted.at_once.items():
        found = client.get(f"{API}/papers", params={"q": f"number {number} was"}).json()["items"]
        if not any(item["title"] == title for item in found):
            wrong.append(f"paper '{title}' was answered with its Label and is not there")


def _pdfs(client: httpx.Client, folder: Path, accepted: Accepted, wrong: list[str]) -> None:
    for paper, pdf in accepted.pdfs.items():
        label = wait_for(
            lambda paper=paper: client.get(f"{API}/papers/{paper}"), lambda a: a.status_code != 202
        )
        sha256 = hashlib.sha256(pdf).hexdigest()
        if label.status_code != 200 or label.json()["paper"]["sha256"] != sha256:
            wrong.append(f"PDF {paper}: {label.text[:200]}")
        if (folder / "papers" / paper / "paper.pdf").read_bytes() != pdf:
            wrong.append(f"PDF {paper}: the file is not what was sent")


def _decisions(client: httpx.Client, accepted: Accepted, wrong: list[str]) -> int:
    """Checks that the last accepted decision counts, or one sent after it whose answer was lost."""
    papers, cursor = {}, None
    while True:
        page = client.get(
            f"{API}/papers", params={"limit": 200} | ({"cursor": cursor} if cursor else {})
        ).json()
        papers |= {f"{item['run']}/{item['key']}": item for item in page["items"]}
        if (cursor := page["next"]) is None:
            break
    decided = 0
    for paper, attempts in accepted.decisions.items():
        kept = [place for place, (_, was_accepted) in enumerate(attempts) if was_accepted]
        if not kept:
            continue
        decided += 1
        possible = {label for label, _ in attempts[kept[-1] :]}
        found = papers.get(paper, {})
        if found.get("label") not in possible or not found.get("corrected"):
            wrong.append(f"decision on {paper}: {found.get('label')}, expected one of {possible}")
    return decided


def _cost(folder: Path) -> float:
    total = 0.0
    for ledger in folder.glob("**/ledger.sqlite"):
        with contextlib.closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as db:
            total += db.execute("SELECT coalesce(sum(cost_usd), 0) FROM reply").fetchone()[0]
    return total


if __name__ == "__main__":
    sys.exit(main())
