"""Training: what it learns is found again by the engine, gold stays out, and the manifest says who was in."""

from __future__ import annotations

import json
import math

import pytest

from classifier.engines.offline import OfflineEngine
from classifier.engines.offline.cues import CueReader, load_cues
from classifier.engines.offline.engine import CUES_FILE
from classifier.engines.offline.places import find_places
from classifier.engines.offline.textmodel import (
    MODEL_FILE,
    Head,
    count_terms,
    join_heads,
    load_model,
    plan_heads,
)
from classifier.errors import ConfigError
from classifier.model.document import Document, Page
from classifier.model.identity import bare_arxiv_id, same_paper
from classifier.model.paper import Paper
from classifier.model.study import Study
from classifier.model.task import Task
from classifier.survey.workspace import Workspace
from classifier.training import (
    MANIFEST_FILE,
    Example,
    Trainer,
    calibration_error,
    read_examples,
    train,
)

TOPICS = {
    "capacity/with-load-test": "weighed trucks parked gauges deck",
    "capacity/without-load-test": "drawings steel samples calculation rating",
    "damage/attached-sensors": "accelerometers bolted girder vibration",
    "damage/remote-imaging": "drone camera pictures cracks",
    "out-of-scope": "tunnel dam tower lining",
}


def write_suite(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    rows = [
        {
            "id": f"{label}-{n}",
            "title": f"Report {n} on {words}",
            "abstract": f"We saw {words}.",
            "label": label,
        }
        for label, words in TOPICS.items()
        for n in range(8)
    ]
    return write_suite(tmp_path_factory.mktemp("data") / "made.jsonl", rows)


@pytest.fixture(scope="module")
def trained(suite, bridges, tmp_path_factory):
    out = tmp_path_factory.mktemp("offline")
    return out, train(Workspace(bridges), [suite], out)


def task(text, title="Untitled"):
    page = Page(number=1, text=f"{title}\n{text}")
    return Task(paper=Paper(title=title), document=Document(pages=(page,), title=title, abstract_only=True))


def test_trained_engine_finds_each_topic_again(trained, bridges):
    engine = OfflineEngine(Workspace(bridges).taxonomy, trained[0], parts=("text",))
    for label, words in TOPICS.items():
        shares = engine.judge(task(words)).probabilities
        assert max(shares, key=shares.get) == label
        assert sum(shares.values()) == pytest.approx(1)
    assert engine.model.startswith("baseline-")


def test_the_engine_computes_the_log_odds_that_training_fitted(trained, suite, bridges):
    """Scales that features have in training are part of the stored weights; they are rounded to one byte."""
    workspace = Workspace(bridges)
    trainer = Trainer(workspace, read_examples(suite, workspace))
    weights, bias = trainer._fit(trainer._matrix(), range(len(trainer.examples)))
    fitted = trainer._matrix() @ weights + bias
    model = load_model(trained[0] / MODEL_FILE, workspace.taxonomy.labels)
    reader = CueReader(load_cues(workspace.offline_dir / CUES_FILE, workspace.taxonomy))
    for example, columns in zip(trainer.examples, fitted.tolist(), strict=True):
        sentences = example.sentences()
        vector = model.vector(count_terms(sentences, reader, model.merged))
        found = model.text_columns(vector, find_places(sentences, reader, model.merged))
        assert found == pytest.approx(columns, abs=0.05)


def test_report_measures_held_out_papers(trained, suite):
    report = trained[1]
    assert report.papers == 40
    assert report.accuracy["made"] >= 0.7  # five topics: a guess would reach 0.2
    assert report.per_label_f1.keys() == TOPICS.keys()
    assert report.model_bytes == (trained[0] / MODEL_FILE).stat().st_size


def test_training_twice_gives_the_same_bytes(trained, suite, bridges, tmp_path):
    train(Workspace(bridges), [suite], tmp_path)
    for name in (MODEL_FILE, MANIFEST_FILE):
        assert (tmp_path / name).read_bytes() == (trained[0] / name).read_bytes()


def test_a_label_known_from_summaries_gets_odds_back(bridges):
    workspace = Workspace(bridges)
    labels = ("capacity/with-load-test", "out-of-scope")
    examples = [
        Example(str(n), f"T{n}", words, label, None, "made", restated=restated)
        for label, words, restated in (
            (labels[0], "trucks deck", True),
            (labels[0], "trucks deck", False),
            (labels[1], "tunnel", False),
            (labels[1], "tunnel", False),
        )
        for n in range(4)
    ]
    shift = Trainer(workspace, examples).shift(1.0)
    assert shift[labels[0]] - shift[labels[1]] == pytest.approx(0.3 * math.log(2))


def test_gold_and_excluded_papers_are_left_out(suite, bridges, tmp_path):
    workspace = Workspace(bridges)
    gold = workspace.studies[0]
    row = {"id": "x", "title": gold.title.upper(), "abstract": "Trucks.", "label": gold.label}
    more = write_suite(tmp_path / "more.jsonl", [row])
    held = {"id": "y", "title": "Report 3 on drone camera pictures cracks", "text": "t", "label": gold.label}
    report = train(
        workspace, [suite, more], tmp_path / "out", exclude=[write_suite(tmp_path / "test.jsonl", [held])]
    )
    assert set(report.excluded) == {row["title"], held["title"]}
    manifest = (tmp_path / "out" / MANIFEST_FILE).read_text(encoding="utf-8")
    titles = {json.loads(line)["title"] for line in manifest.splitlines()}
    assert titles.isdisjoint(report.excluded)


def test_shipped_manifest_holds_no_gold_study(builtin):
    """Else leave-one-out over the gold studies would not be honest."""
    lines = (builtin.offline_dir / MANIFEST_FILE).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) > 2000
    for row in rows:
        facts = {"arxiv", "title", "label", "scope_reason", "source", "text_sha256"}
        assert row.keys() == facts  # and no text
        paper = Study(id="x", title=row["title"], label=row["label"], arxiv=row["arxiv"])
        assert not any(same_paper(paper, study) for study in builtin.studies), row["title"]
    ids = {bare_arxiv_id(row["arxiv"] or "") for row in rows} - {""}
    assert ids.isdisjoint(bare_arxiv_id(study.arxiv or "") for study in builtin.studies)


def test_shipped_weights_fit_the_taxonomy_and_the_limit(builtin):
    path = builtin.offline_dir / MODEL_FILE
    assert path.stat().st_size < 2_000_000
    model = load_model(path, builtin.taxonomy.labels)
    assert set(model.labels) == set(builtin.taxonomy.labels) - {"unplaced"}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "expected id, title"),
        ("[]", "expected id, title"),
        ('{"id": "a", "title": "T", "label": "out-of-scope"}', "abstract, summary or text"),
        ('{"id": "a", "title": "T", "text": "x", "label": "toast"}', "label 'toast'"),
        ('{"id": "a", "title": "T", "text": "x", "label": "unplaced"}', "label 'unplaced'"),
    ],
)
def test_wrong_line_is_named(bridges, tmp_path, line, complaint):
    path = tmp_path / "suite.jsonl"
    path.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"suite.jsonl:2: .*{complaint}"):
        read_examples(path, Workspace(bridges))


def test_byte_order_marks_and_separators_in_json_are_read_and_other_encodings_are_reported(bridges, tmp_path):
    path = tmp_path / "suite.jsonl"
    row = json.dumps(
        {"id": "a", "title": "T", "text": "x\u2028y", "label": "out-of-scope"}, ensure_ascii=False
    )
    path.write_text(f"{row}\r\n", encoding="utf-8-sig", newline="")
    assert [example.text for example in read_examples(path, Workspace(bridges))] == ["x\u2028y"]
    path.write_bytes(row.encode("utf-16"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_examples(path, Workspace(bridges))


def test_missing_file_and_single_label_are_refused(bridges, tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        train(Workspace(bridges), [tmp_path / "none.jsonl"], tmp_path)
    row = {"id": "a", "title": "T", "text": "x", "label": "out-of-scope"}
    with pytest.raises(ConfigError, match="two labels"):
        train(Workspace(bridges), [write_suite(tmp_path / "one.jsonl", [row])], tmp_path)


@pytest.mark.parametrize(
    ("confidences", "right", "error"),
    [([], [], 0.0), ([1.0, 1.0], [True, False], 0.5), ([0.5, 0.5], [True, False], 0.0), ([0.9], [True], 0.1)],
)
def test_calibration_error_is_the_mean_gap(confidences, right, error):
    assert calibration_error(confidences, right) == pytest.approx(error)


def test_heads_choose_at_once_and_down_the_tree():
    heads = plan_heads({"a/x": "a", "a/y": "a", "b": "b"}, {"out": 1})
    assert heads == (
        Head((("a/x",), ("a/y",), ("b",), ("out",))),
        Head((("a/x", "a/y"), ("b",), ("out",))),
        Head((("a/x",), ("a/y",))),
    )
    scores = join_heads(heads, [0.0] * 9)
    assert scores["b"] == pytest.approx(0.5 * (math.log(1 / 4) + math.log(1 / 3)))
    assert scores["a/x"] == pytest.approx(0.5 * (math.log(1 / 4) + math.log(1 / 3) + math.log(1 / 2)))


def test_a_label_of_several_reasons_is_as_likely_as_all_of_them():
    heads = plan_heads({"a": "a"}, {"out": 3})
    assert heads == (Head((("a",), ("out",), ("out",), ("out",))), Head((("a",), ("out",))))
    scores = join_heads(heads, [0.0] * 6)
    assert scores["out"] == pytest.approx(0.5 * (math.log(3 / 4) + math.log(1 / 2)))


def test_frequent_reasons_become_classes_of_their_own(bridges, tmp_path):
    rows = [
        {"id": f"{reason}{n}", "title": f"{words} {n}", "text": words, "label": label, "scope_reason": reason}
        for label, reason, words, papers in (
            ("capacity/with-load-test", None, "trucks deck gauges", 8),
            ("out-of-scope", "other-structure", "tunnel lining dam", 24),
            ("out-of-scope", "review", "overview literature decades", 24),
            ("out-of-scope", "rare", "ships ferries", 3),
        )
        for n in range(papers)
    ]
    workspace = Workspace(bridges)
    train(workspace, [write_suite(tmp_path / "reasons.jsonl", rows)], tmp_path)
    model = load_model(tmp_path / MODEL_FILE, workspace.taxonomy.labels)
    assert model.heads[0].classes.count(("out-of-scope",)) == 2
    engine = OfflineEngine(workspace.taxonomy, tmp_path, parts=("text",))
    for words in ("tunnel lining dam", "overview literature decades"):
        shares = engine.judge(task(words)).probabilities
        assert max(shares, key=shares.get) == "out-of-scope"
