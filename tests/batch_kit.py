"""Lists of numbered papers, a model server that knows each one's label, and the command as a process.

Every abstract carries an `ITEM-nnnn` mark, by which the server knows what to answer: a wrong label in the
output is then the client's doing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.model.entries import ListEntry
from classifier.model.paper import Paper
from classifier.settings import Settings, load_settings
from classifier.survey.workspace import Workspace
from tests.llm_server import Behaviour, reply

KEY = "sk-test-0123456789abcdef"
MODEL = "fake"
PRICES = {MODEL: {"input": 1.0, "output": 10.0}}
BRIDGES = Path(__file__).parent / "workspaces" / "bridges"

_MARK = re.compile(r"ITEM-(\d{4})")


def abstract(number: int) -> str:
    return (
        f"Study ITEM-{number:04d}. We watch a bridge for a year and say what was seen. "
        "Gauges were read each hour, and trucks of known weight crossed the deck."
    )


def title(number: int) -> str:
    return f"{'How Bridge Number ' * 2}{number} Was Watched for {number + 2} Years of Traffic"


def entries(count: int) -> list[ListEntry]:
    return [
        ListEntry(
            key=f"e{number}",
            source="list.jsonl",
            line=number + 1,
            paper=Paper(title=title(number), abstract=abstract(number)),
        )
        for number in range(count)
    ]


def write_list(path: Path, count: int, start: int = 0) -> Path:
    rows = [{"id": f"e{n}", "title": title(n), "abstract": abstract(n)} for n in range(start, start + count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def number_of(body: Mapping[str, Any]) -> int:
    """Which paper a request is about."""
    return int(_MARK.findall(body["messages"][1]["content"])[-1])


def gold(workspace: Workspace, number: int) -> str:
    leaves = list(workspace.taxonomy.leaves)
    return leaves[number % len(leaves)]


def answer(workspace: Workspace, number: int, **changes: Any) -> dict[str, Any]:
    """A reply by the schema that gives the paper its gold label."""
    taxonomy = workspace.taxonomy
    leads = taxonomy.leaves[gold(workspace, number)].answers
    value: dict[str, Any] = {
        "answers": {
            question.id: {"answer": leads.get(question.id, ("unclear",))[0], "quote": None}
            for question in taxonomy.questions
        },
        "evidence": [{"quote": "We watch a bridge for a year and say what was seen.", "supports": "label"}],
        "rationale": "It says so.",
        "attributes": {field.id: None for leaf in taxonomy.leaves.values() for field in leaf.fields},
        "label": gold(workspace, number),
        "runner_up": None,
        "secondary": [],
        "confidence": 0.9,
    }
    if not value["attributes"]:
        del value["attributes"]
    return value | changes


class Model:
    """A script for `LlmServer`: answers right, counts what it answers, misbehaves where it is told to.

    Args:
        wait_s: Before each answer.
        free: How many requests are answered at once; later ones are held until `release`, so that a test can
            act while the rest waits.
        faults: Paper -> behaviours that come before the right answer.
    """

    def __init__(
        self,
        workspace: Workspace,
        wait_s: float = 0.0,
        faults: Mapping[int, Sequence[Behaviour]] | None = None,
        free: int | None = None,
    ) -> None:
        self.gate = threading.Event()
        self.free = sys.maxsize if free is None else free
        self.answered: Counter[int] = Counter()
        self._workspace = workspace
        self._wait_s = wait_s
        self.faults = {number: list(given) for number, given in (faults or {}).items()}

    def release(self) -> None:
        """Answers what is held, and everything that comes."""
        self.gate.set()

    def held(self, made: Behaviour) -> Behaviour:
        """The behaviour of the next request, held back if no more are free."""
        self.free -= 1
        gate = self.gate if self.free < 0 else None
        return dataclasses.replace(made, wait_s=self._wait_s, gate=gate)

    def __call__(self, body: dict[str, Any]) -> Behaviour:
        number = number_of(body)
        if self.faults.get(number):
            return self.faults[number].pop(0)
        self.answered[number] += 1
        chars = sum(len(message["content"]) for message in body["messages"])
        said = answer(self._workspace, number)
        usage = {"prompt_tokens": chars // 4, "completion_tokens": len(json.dumps(said)) // 4}
        return self.held(reply(said, usage=usage))


def settings(url: str, **more: object) -> Settings:
    """What a run within this process needs to reach the server; see `environment`."""
    given = {"engine": "openai", "base_url": url, "model": MODEL, "prices": PRICES, "examples": "none"}
    return load_settings(**given | more)


def environment(url: str, **more: str) -> dict[str, str]:
    """What a process needs to reach the server."""
    ours = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": url,
        "CLASSIFIER_MODEL": MODEL,
        "CLASSIFIER_PRICES": json.dumps(PRICES),
        "CLASSIFIER_EXAMPLES": "none",
    }
    return os.environ | ours | more


def command(source: Path, out: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "classifier", "label", str(source), "--out", str(out)),
        *("--workspace", str(BRIDGES), "--engine", "openai", *more),
    ]


def start(arguments: list[str], url: str, **more: str) -> subprocess.Popen[str]:
    """Starts the command in a process group of its own."""
    return subprocess.Popen(
        arguments,
        env=environment(url, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the process and its children; nothing can be tidied up."""
    with contextlib.suppress(ProcessLookupError):  # it has ended already
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def labels_of(out: Path) -> dict[str, dict[str, Any]]:
    """labels.jsonl by entry."""
    lines = (out / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return {label["ref"]: label for label in map(json.loads, lines)}


def wrong_labels(workspace: Workspace, out: Path, count: int) -> list[str]:
    """Entries without label, or with another than the server gave."""
    labels = labels_of(out)
    return [
        f"e{number}"
        for number in range(count)
        if labels.get(f"e{number}", {}).get("leaf") != gold(workspace, number)
    ]
