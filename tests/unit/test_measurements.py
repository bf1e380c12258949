"""Labels of a finished run show the measurements that were made since; nothing is asked again for it."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from classifier.batch.job import Job
from classifier.batch.ledger.measurements import Measurements
from classifier.batch.ledger.rows import read_rows
from classifier.batch.session import label_lists
from classifier.cli.app import run as cli
from classifier.cli.label_summary import in_words
from classifier.errors import StoreError
from classifier.model.label import Label
from classifier.runs.facts import prompt_sha256
from classifier.service.measuring import RecentMeasurements
from classifier.service.shelf import Shelf
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.measured import Measured, save_measurement
from tests import batch_kit as kit
from tests.llm_server import LlmServer

COUNT = 3
ANSWERS_AS = f"{kit.MODEL}-2026-01-01"
"""The name that the server reports for its model."""


class Labelled(NamedTuple):
    """A folder of labels that an unmeasured model made; its server is gone, so nothing can be asked."""

    out: Path
    workspace: Workspace
    settings: Settings

    def label_again(self) -> dict:
        job = Job(sources=("list.jsonl",), out=self.out)
        return label_lists(job, self.settings, self.workspace, entries=kit.entries(COUNT))

    def measure(self, **changes) -> None:
        values = {
            "suite": "mine",
            "text": "abstract",
            "n": 40,
            "accuracy": 0.8,
            "low": 0.65,
            "high": 0.9,
            "measured_on": "2026-01-02",
            "taxonomy_sha256": self.workspace.taxonomy.sha256,
            "prompt_sha256": prompt_sha256(self.settings, self.workspace),
        }
        save_measurement(Measured(**(values | changes)), self.workspace, self.settings, "openai", ANSWERS_AS)

    def labels(self) -> list[Label]:
        return [row.label for row in read_rows(self.out)]

    def said(self) -> set[tuple[tuple[str, ...], str]]:
        return {(label.review_reasons, label.accuracy_in_words[:13]) for label in self.labels()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("finished")
    workspace = Workspace(shutil.copytree(kit.BRIDGES, root / "ws"))
    with LlmServer(kit.Model(workspace)) as server:
        made = Labelled(root / "out", workspace, strict(server.url, root))
        made.label_again()
        assert len(server.requests) == COUNT
    (root / "url").write_text(server.url)
    return root


def strict(url: str, root: Path, **more) -> Settings:
    values = {"accept_unmeasured": False, "audit_share": 0.1, "max_attempts": 1, "data_dir": root / "data"}
    return kit.settings(url, **(values | more))


@pytest.fixture
def labelled(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Labelled:
    root = shutil.copytree(finished, tmp_path / "root")
    monkeypatch.setenv("CLASSIFIER_DATA_DIR", str(root / "data"))
    made = Labelled(root / "out", Workspace(root / "ws"), strict((finished / "url").read_text(), root))
    assert made.said() == {(("unmeasured",), "")}
    return made


def export(labelled: Labelled, capsys) -> list[str]:
    assert cli(["export", str(labelled.out), "-f", "csv", "--workspace", str(labelled.workspace.root)]) == 0
    done = capsys.readouterr()
    assert f"{COUNT} labels have the accuracy that was measured since" in done.err
    return [row["review_reasons"] for row in csv.DictReader(done.out.splitlines())]


def review(labelled: Labelled, capsys) -> list[str]:
    assert cli(["review", str(labelled.out), "--list", "--workspace", str(labelled.workspace.root)]) == 0
    assert "the accuracy that was measured since" in capsys.readouterr().err
    return [reason for label in labelled.labels() for reason in label.review_reasons]


def label_again(labelled: Labelled, _) -> list[str]:
    summary = labelled.label_again()
    assert bool(summary["weak_engine"]) is any(label.needs_review for label in labelled.labels())
    assert summary["weak_engine"] in in_words(summary, labelled.out, labelled.workspace)
    assert (summary["requests"], summary["unmeasured"]) == (0, "")
    return [reason for reason, found in summary["review"].items() for _ in range(found["count"])]


def shelf_of(labelled: Labelled) -> Shelf:
    measured = RecentMeasurements(labelled.workspace, labelled.settings)
    return Shelf(labelled.out.parent, labelled.workspace.taxonomy, measured)


def service(labelled: Labelled, _) -> list[str]:
    shelf = Shelf(
        labelled.out.parent,
        labelled.workspace.taxonomy,
        RecentMeasurements(labelled.workspace, labelled.settings),
    )
    return [";".join(card.review_reasons) for card in shelf.cards()]


@pytest.mark.parametrize("read", [export, review, label_again, service])
@pytest.mark.parametrize(("accuracy", "reasons"), [(0.8, ()), (0.21, ("weak-engine",))])
def test_whatever_reads_a_run_shows_what_was_measured_since(
    labelled: Labelled, capsys, read: Callable, accuracy: float, reasons: tuple[str, ...]
):
    before = labelled.labels()
    labelled.measure(accuracy=accuracy, low=0.1)
    assert [found for found in read(labelled, capsys) if found] == [*reasons] * COUNT
    assert labelled.said() == {(reasons, f"accuracy {accuracy:.2f}")}
    for old, new in zip(before, labelled.labels(), strict=True):
        assert (new.leaf, new.confidence, new.evidence) == (old.leaf, old.confidence, old.evidence)
        assert [w.code for w in new.warnings] == ["abstract-only", *reasons]
    assert Measurements(labelled.workspace, labelled.settings).take_up(labelled.out) == 0


def test_a_label_is_as_if_its_engine_had_been_measured_before(labelled: Labelled, tmp_path: Path):
    labelled.measure(accuracy=0.3)
    labelled.label_again()
    with LlmServer(kit.Model(labelled.workspace)) as server:
        settings = strict(server.url, labelled.out.parent)
        fresh = labelled._replace(out=tmp_path / "fresh", settings=settings)
        fresh.label_again()
    varying = {"provenance": {"created_at", "latency_s"}}
    told = [[label.model_dump_json(exclude=varying) for label in run.labels()] for run in (labelled, fresh)]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "changes",
    [{"taxonomy_sha256": "0" * 64}, {"prompt_sha256": "0" * 64}],
    ids=["another tree", "other prompts"],
)
def test_a_measurement_for_another_tree_or_prompt_changes_nothing(labelled: Labelled, changes: dict):
    labelled.measure(**changes)
    before = (labelled.out / "ledger.sqlite").read_bytes()
    assert Measurements(labelled.workspace, labelled.settings).take_up(labelled.out) == 0
    assert (labelled.out / "ledger.sqlite").read_bytes() == before


def test_a_later_measurement_and_another_limit_count_too(labelled: Labelled):
    for changes, below, reasons in (
        ({"accuracy": 0.3}, 0.5, ("weak-engine",)),
        ({"accuracy": 0.7}, 0.5, ()),
        ({"accuracy": 0.7}, 0.9, ("weak-engine",)),
        ({"accuracy": 0.7}, 0.0, ()),
        ({"accuracy": 0.7, "majority": 0.7}, 0.5, ("weak-engine",)),
        ({"accuracy": 0.7, "majority": 0.7}, 0.0, ()),  # only the limit differs
        ({"accuracy": 0.7, "majority": 0.7}, 0.5, ("weak-engine",)),
        ({"accuracy": 0.7, "majority": 0.6}, 0.5, ()),
    ):
        labelled.measure(**changes)
        settings = labelled.settings.model_copy(update={"accuracy_below": below})
        assert Measurements(labelled.workspace, settings).take_up(labelled.out) == COUNT
        assert {found for found, _ in labelled.said()} == {reasons}


def test_other_reasons_stay_and_a_damaged_label_is_left_to_what_reads_it(labelled: Labelled):
    with sqlite3.connect(labelled.out / "ledger.sqlite") as db:
        (text,) = db.execute("SELECT label FROM item WHERE key = 'e0'").fetchone()
        made = json.loads(text)
        made["review_reasons"] = ["quote-absent", "unmeasured"]
        db.execute("UPDATE item SET label = ? WHERE key = 'e0'", (json.dumps(made),))
        db.execute("UPDATE item SET label = '{' WHERE key = 'e1'")
    db.close()
    labelled.measure(accuracy=0.1)
    assert Measurements(labelled.workspace, labelled.settings).take_up(labelled.out) == COUNT - 1
    assert next(read_rows(labelled.out)).label.review_reasons == ("quote-absent", "weak-engine")


def test_the_service_looks_again_after_an_evaluation(labelled: Labelled, monkeypatch):
    monkeypatch.setattr("classifier.service.shelf._LOOK_S", 0.0)
    monkeypatch.setattr("classifier.service.shelf._SHARE", 1e9)
    shelf = Shelf(
        labelled.out.parent,
        labelled.workspace.taxonomy,
        RecentMeasurements(labelled.workspace, labelled.settings),
    )
    assert {card.review_reasons for card in shelf.cards()} == {("unmeasured",)}
    labelled.measure(accuracy=0.2)
    assert {card.review_reasons for card in shelf.cards()} == {("weak-engine",)}


@pytest.mark.parametrize("value", ["not json", "[]", "3", "null"])
def test_a_ledger_that_does_not_say_what_it_was_made_from_is_damaged(labelled: Labelled, value: str):
    labelled.measure()
    with sqlite3.connect(labelled.out / "ledger.sqlite") as db:
        assert db.execute("UPDATE run SET value = ? WHERE name = 'fingerprint'", (value,)).rowcount
    db.close()
    with pytest.raises(StoreError, match="damaged"):
        Measurements(labelled.workspace, labelled.settings).take_up(labelled.out)


@pytest.mark.parametrize(
    "provenance",
    ['{"engine": ["x"]}', '{"engine": {"x": 1}}', '{"engine": "a", "model": {"b": 1}}', "3"],
)
def test_a_damaged_label_does_not_keep_the_others_from_what_was_measured(labelled: Labelled, provenance: str):
    labelled.measure()
    with sqlite3.connect(labelled.out / "ledger.sqlite") as db:
        label = f'{{"provenance": {provenance}}}'
        assert db.execute("UPDATE item SET label = ? WHERE id = 1", (label,)).rowcount
    db.close()
    assert Measurements(labelled.workspace, labelled.settings).take_up(labelled.out) == COUNT - 1
