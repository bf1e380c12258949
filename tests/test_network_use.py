"""A command that uses the network says so before; with `--offline` none does. arXiv is a loopback server."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest

from classifier.batch.ledger.lock import open_ledger
from classifier.batch.reading import read_entry
from classifier.cli.app import run as cli
from classifier.errors import ClassifierError
from classifier.evaluation.journal import read_predictions
from classifier.model.entries import ListEntry
from classifier.model.paper import Paper
from classifier.pipeline import Classifier
from tests import batch_kit, review_kit
from tests.arxiv_server import ArxivServer

ID = "2301.00001"
TITLE = "Gauges on Forty Bridges Were Read for Nine Winters"
ABSTRACT = "Trucks crossed the bridge while gauges were read; the deck was loaded with known weights."
README = f"# Bridges\n\n## Loads\n- [{TITLE}](https://arxiv.org/abs/{ID})\n\n## Damage\n- [Cracks]({{}})\n"


class Told(io.StringIO):
    """Standard error; for each notice about the network, the number of requests that were sent before it."""

    def __init__(self, server: ArxivServer) -> None:
        super().__init__()
        self._server = server
        self.notices: list[tuple[str, int]] = []

    def write(self, text: str) -> int:
        if "to be fetched" in text or "arXiv is asked" in text:
            self.notices.append((text, len(self._server.seen)))
        return super().write(text)

    def run(self, *command: str) -> int:
        with contextlib.redirect_stderr(self):
            return cli(list(command))


@pytest.fixture
def arxiv(tmp_path, monkeypatch):
    """An arXiv that knows no paper: one request is enough to learn that."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(review_kit.BRIDGES, tmp_path / "ws")
    with ArxivServer() as server:
        monkeypatch.setenv("CLASSIFIER_ARXIV_URL", server.url)
        yield server


@pytest.fixture
def told(arxiv):
    return Told(arxiv)


def write_inputs() -> None:
    item = {"id": "a", "title": TITLE, "arxiv": ID}
    label = review_kit.LEAVES[0]
    Path("suite.jsonl").write_text(json.dumps(item | {"label": label}) + "\n")
    Path("bare.jsonl").write_text(json.dumps(item) + "\n")
    Path("full.jsonl").write_text(json.dumps(item | {"abstract": ABSTRACT}) + "\n")
    Path("README.md").write_text(README.format("https://example.org/a.pdf"), encoding="utf-8")


EVAL = ["eval", "--suite", "suite.jsonl", "--workspace", "ws", "--engine", "offline"]
LABEL = ["label", "--out", "run", "--workspace", "ws", "--engine", "offline"]
INIT = ["init", "new", "--from", "README.md"]


@pytest.mark.parametrize(
    ("command", "code", "notice"),
    [
        (EVAL, 6, "1 paper has to be fetched"),
        ([*LABEL, "bare.jsonl"], 3, "1 paper has to be fetched"),
        ([*LABEL, "full.jsonl"], 0, "1 paper has to be fetched"),
        ([*LABEL, "bare.jsonl", "--read", "abstract"], 3, "1 paper has to be fetched"),
        ([*INIT], 0, "arXiv is asked for the abstracts of "),
    ],
)
def test_requests_are_announced_before_the_first_one(arxiv, told, command, code, notice):
    write_inputs()
    assert told.run(*command) == code, told.getvalue()
    assert arxiv.seen
    [(said, before)] = told.notices
    assert notice in said
    assert "--offline" in said
    assert before == 0


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([*EVAL, "--offline"], 0),
        ([*EVAL, "--text", "title"], 0),
        (["eval", "--workspace", "ws", "--engine", "offline"], 0),
        ([*LABEL, "bare.jsonl", "--offline"], 4),
        ([*LABEL, "full.jsonl", "--offline"], 0),
        ([*LABEL, "full.jsonl", "--read", "abstract"], 0),
        ([*INIT, "--offline"], 0),
        ([*EVAL, "--offline", "--text", "arxiv"], 2),
        ([*EVAL, "--offline", "--embeddings", "server:any"], 2),
    ],
)
def test_what_is_not_announced_is_not_sent(arxiv, told, command, code):
    write_inputs()
    assert told.run(*command) == code, told.getvalue()
    assert (arxiv.seen, told.notices) == ([], [])


def test_gold_studies_with_only_an_id_are_scored_by_their_titles_and_it_is_said(arxiv, told):
    gold = Path("ws/gold/labels.jsonl")
    rows = [json.loads(line) for line in gold.read_text().splitlines()]
    rows[0] = {"id": "new", "title": TITLE, "label": rows[0]["label"], "arxiv": ID}
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert told.run("eval", "--workspace", "ws", "--engine", "offline", "--out", "o") == 0, told.getvalue()
    assert arxiv.seen == []
    kinds = {found.id: found.text_kind for found in read_predictions(Path("o/predictions.jsonl"))}
    assert kinds["new"] == "title"
    assert (
        "1 item of 15 is scored by its title and has an arXiv id; "
        "`classifier fetch-gold --workspace ws` downloads this paper"
    ) in told.getvalue()


def test_gold_add_fetches_nothing(arxiv, told):
    run = review_kit.write_run(Path("run"), [review_kit.label(0)])
    review_kit.say(run, review_kit.plan(run), "Ada", "e0")
    assert told.run("gold", "add", "run", "--workspace", "ws") == 0, told.getvalue()
    assert arxiv.seen == []


def test_offline_labels_say_which_text_was_not_there_and_a_later_run_reads_it(arxiv, told):
    write_inputs()
    assert told.run(*LABEL, "bare.jsonl", "full.jsonl", "--no-dedupe", "--offline") == 6
    found = list(batch_kit.labels_of(Path("run")).values())
    assert [one["error"] and one["error"]["code"] for one in found] == ["source", None]
    assert "rerun without --offline and with --retry-failed" in found[0]["error"]["message"]
    assert "full-text-missing" in [warning["code"] for warning in found[1]["warnings"]]
    assert arxiv.seen == []
    assert told.run(*LABEL, "bare.jsonl", "full.jsonl", "--no-dedupe", "--retry-failed") == 6
    assert arxiv.seen


@pytest.mark.parametrize("command", [["label", "full.jsonl", "--out", "run"], ["eval"]])
def test_offline_with_a_model_is_refused(arxiv, told, command):
    write_inputs()
    assert told.run(*command, "--workspace", "ws", "--offline", "--engine", "openai", "--model", "any") == 2
    assert "--offline asks no server" in told.getvalue()


ENTRIES = {
    "id": {"arxiv_id": ID},
    "doi": {"doi": "10.1000/1"},
    "title": {"title": TITLE},
    "id and abstract": {"arxiv_id": ID, "abstract": ABSTRACT},
    "title and abstract": {"title": TITLE, "abstract": ABSTRACT},
    "id and blank abstract": {"arxiv_id": ID, "abstract": " "},
}


@pytest.mark.parametrize("reading", ["full", "abstract"])
@pytest.mark.parametrize("name", ENTRIES)
async def test_the_number_is_that_of_the_papers_that_are_looked_for(arxiv, name, reading):
    entry = ListEntry(key="a", source="l", line=1, paper=Paper(**ENTRIES[name]))
    async with Classifier("offline", workspace="ws") as classifier:
        with contextlib.suppress(ClassifierError):  # only whether arXiv was asked matters
            await read_entry(classifier, entry, reading)
    asked = bool(arxiv.seen)
    with open_ledger(Path("run"), {}, review_kit.taxonomy().labels, relabel=False) as ledger:
        listing = ledger.begin_listing()
        with ledger.transaction():
            ledger.add(listing, 1, entry)
        ledger.end_listing(listing)
        assert ledger.fetches_waiting(abstract_first=reading == "abstract") == asked
