"""An engine is measured by an evaluation with the same taxonomy and prompt; else its labels go to review."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifier.engines.offline.engine import OfflineEngine
from classifier.errors import ConfigError
from classifier.model.paper import Paper, PaperFile
from classifier.model.reply import Answer, Reply, Usage
from classifier.settings import load_settings
from classifier.survey.workspace import Workspace
from classifier.verdict.measured import Measured, doubts, load_measurement, save_measurement

PROMPT = "p" * 64
FILE = PaperFile(ref="a.pdf", path=None, source="text", paper=Paper(title="A dam"))
STRICT = {"accept_unmeasured": False, "audit_share": 0.1}


@pytest.fixture
def settings(tmp_path: Path):
    return load_settings(data_dir=tmp_path / "data", **STRICT)


def measured(workspace: Workspace, **changes) -> Measured:
    values = {
        "suite": "food",
        "text": "abstract",
        "n": 40,
        "accuracy": 0.8,
        "low": 0.65,
        "high": 0.9,
        "measured_on": "2026-01-02",
        "taxonomy_sha256": workspace.taxonomy.sha256,
        "prompt_sha256": PROMPT,
    }
    return Measured(**(values | changes))


def reply(**changes) -> Reply:
    answer = Answer(answers=(), evidence=(), rationale="", label="x", confidence=0.9)
    return Reply(**({"answer": answer, "engine": "openai", "model": "m/1"} | changes))


@pytest.fixture
def workspace(bridges, tmp_path) -> Workspace:
    return Workspace(shutil.copytree(bridges, tmp_path / "own"))


@pytest.mark.parametrize(
    ("changes", "asked", "found"),
    [
        ({}, ("openai", "m/1", PROMPT), True),
        ({}, ("openai", "m/2", PROMPT), False),
        ({}, ("offline", "m/1", PROMPT), False),
        ({}, ("openai", None, PROMPT), False),
        ({}, ("openai", "m/1", "q" * 64), False),
        ({"taxonomy_sha256": "0" * 64}, ("openai", "m/1", PROMPT), False),
    ],
)
def test_a_measurement_holds_for_its_engine_model_taxonomy_and_prompt(
    workspace, settings, changes, asked, found
):
    save_measurement(measured(workspace, **changes), workspace, settings, "openai", "m/1")
    assert (load_measurement(workspace, settings, *asked) is not None) is found


def test_papers_go_before_summaries_and_then_the_larger_suite(workspace, settings):
    for suite, text, n in (("a", "summary", 900), ("b", "abstract", 20), ("c", "pdf", 30)):
        save_measurement(measured(workspace, suite=suite, text=text, n=n), workspace, settings, "openai", "m")
    assert load_measurement(workspace, settings, "openai", "m", PROMPT).suite == "c"


@pytest.mark.parametrize(
    ("read", "chosen"),
    [
        ("pdf", "papers"),
        ("abstract", "small abstracts"),
        ("text", "mixed"),  # none on plain text: the largest that is no summary
        (None, "mixed"),
    ],
)
def test_the_measurement_on_what_was_read_goes_first(workspace, settings, read, chosen):
    for suite, text, n in (
        ("papers", "arxiv, pdf", 12),
        ("small abstracts", "abstract", 11),
        ("mixed", "abstract, title", 500),
        ("summaries", "summary", 900),
    ):
        save_measurement(measured(workspace, suite=suite, text=text, n=n), workspace, settings, "openai", "m")
    assert load_measurement(workspace, settings, "openai", "m", PROMPT, read).suite == chosen


@pytest.mark.parametrize(
    ("values", "below", "is_weak"),
    [
        ({"accuracy": 0.21, "low": 0.15, "high": 0.3}, 0.5, True),
        ({"accuracy": 0.2, "low": 0.06, "high": 0.51, "n": 10}, 0.5, True),  # a small suite is no excuse
        ({"accuracy": 0.5, "low": 0.3, "high": 0.7}, 0.5, False),
        ({"accuracy": 0.8, "low": 0.65, "high": 0.9}, 0.5, False),
        ({"accuracy": 0.8, "low": 0.65, "high": 0.9}, 0.85, True),
        ({"accuracy": 0.0, "low": 0.0, "high": 0.1}, 0.0, False),  # turned off
    ],
)
@pytest.mark.parametrize("accepts", [False, True])
def test_an_engine_that_was_measured_as_bad_is_a_reason_for_review(
    workspace, settings, values, below, is_weak, accepts
):
    chosen = settings.model_copy(update={"accuracy_below": below, "accept_unmeasured": accepts})
    found = list(doubts(chosen, workspace, FILE, reply(), measured(workspace, **values)))
    assert [notice.code for notice in found] == ["weak-engine"] * is_weak
    if is_weak:
        assert f"accuracy {values['accuracy']:.2f} [" in found[0].message
        assert f"below {below:.2f} (accuracy_below)" in found[0].message


@pytest.mark.parametrize(
    ("accuracy", "majority", "below", "said"),
    [
        (0.62, 0.63, 0.5, "; this is not better than the most frequent label (0.63)"),
        (0.63, 0.63, 0.5, "; this is not better than the most frequent label (0.63)"),
        (0.64, 0.63, 0.5, None),
        (0.62, None, 0.5, None),  # measured before the most frequent label was stored
        (0.4, 0.3, 0.5, ", below 0.50 (accuracy_below)"),
        (
            0.4,
            0.45,
            0.5,
            ", below 0.50 (accuracy_below); this is not better than the most frequent label (0.45)",
        ),
        (
            0.0,
            0.0,
            0.5,
            ", below 0.50 (accuracy_below); this is not better than the most frequent label (0.00)",
        ),
        (0.62, 0.63, 0.1, "; this is not better than the most frequent label (0.63)"),
        (0.62, 0.63, 0.0, None),  # turned off
        (0.0, 0.0, 0.0, None),
    ],
)
def test_an_engine_that_is_not_better_than_the_most_frequent_label_is_weak(
    workspace, settings, accuracy, majority, below, said
):
    chosen = settings.model_copy(update={"accuracy_below": below})
    known = measured(workspace, accuracy=accuracy, majority=majority)
    found = list(doubts(chosen, workspace, FILE, reply(), known))
    assert [notice.message.partition("(abstract, 2026-01-02)")[2] for notice in found] == [said] * bool(said)
    assert {notice.code for notice in found} <= {"weak-engine"}


def test_the_accuracy_of_the_most_frequent_label_is_kept_with_the_measurement(workspace, settings):
    save_measurement(measured(workspace, majority=0.63), workspace, settings, "openai", "m")
    assert load_measurement(workspace, settings, "openai", "m", PROMPT).majority == 0.63


def test_a_measurement_without_the_most_frequent_label_has_no_key_for_it(workspace, settings):
    path = save_measurement(measured(workspace), workspace, settings, "openai", "m")
    before = path.read_text()
    assert "majority" not in before
    assert "majority" not in load_measurement(workspace, settings, "openai", "m", PROMPT).model_dump_json()
    save_measurement(measured(workspace, suite="b", majority=0.63), workspace, settings, "openai", "m")
    assert path.read_text().startswith(before.removesuffix("\n  }\n ]\n}\n"))
    assert path.read_text().count("majority") == 1


@pytest.mark.parametrize("read", ["pdf", "abstract", "text"])
def test_no_label_of_the_shipped_engine_on_the_shipped_taxonomy_goes_to_review_for_it(
    builtin, settings, read
):
    engine = OfflineEngine(builtin.taxonomy, builtin.offline_dir)
    name = (engine.name, engine.model, builtin.offline_engine_sha256)
    found = load_measurement(builtin, settings, *name, read)
    assert (found.suite, found.text) == ("newer-abstracts", "abstract")
    assert list(doubts(settings, builtin, FILE, reply(engine=engine.name, model=engine.model), found)) == []


def test_a_later_measurement_of_a_suite_replaces_the_earlier_one(workspace, settings):
    for accuracy in (0.8, 0.7):
        path = save_measurement(measured(workspace, accuracy=accuracy), workspace, settings, "openai", "m")
    assert load_measurement(workspace, settings, "openai", "m", PROMPT).accuracy == 0.7
    assert path.read_text().count('"suite"') == 1


def test_the_built_in_workspace_is_never_written_to(builtin, settings):
    path = save_measurement(measured(builtin), builtin, settings, "openai", "m")
    assert path.is_relative_to(settings.data_dir)
    assert load_measurement(builtin, settings, "openai", "m", PROMPT) is not None


def test_the_shipped_offline_engine_is_measured_on_the_shipped_taxonomy(builtin, settings):
    engine = OfflineEngine(builtin.taxonomy, builtin.offline_dir)
    found = load_measurement(builtin, settings, engine.name, engine.model, builtin.offline_engine_sha256)
    assert found is not None, "run the evaluations in eval/README.md again and ship their measurements"
    assert found.text == "abstract"


@pytest.mark.parametrize("content", ["", "[]", '{"schema_version": 2}', "\xff"])
def test_a_damaged_file_is_named_with_what_to_do(workspace, settings, content):
    path = save_measurement(measured(workspace), workspace, settings, "openai", "m")
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"measured.*remove the file and run `classifier eval` again"):
        load_measurement(workspace, settings, "openai", "m", PROMPT)


def test_a_measured_engine_leaves_no_doubt(workspace, settings):
    known = measured(workspace)
    assert list(doubts(settings, workspace, FILE, reply(), known)) == []


@pytest.mark.parametrize(
    ("made", "command"),
    [
        (
            reply(),
            "--suite gold --engine openai --model m/1 --workspace DIR` ({n} requests)",
        ),
        (
            reply(usage=Usage(cost_usd=0.5)),
            "--engine openai --model m/1 --workspace DIR` ({n} requests, at most about ${usd:.2f})",
        ),
        (
            reply(engine="offline", model="baseline"),
            "`classifier eval --suite gold --engine offline --workspace DIR` (free)",
        ),
        (
            reply(model="a b"),
            "--engine openai --model 'a b' --workspace DIR` ({n} requests)",
        ),
    ],
)
def test_an_unmeasured_engine_is_a_reason_for_review_with_the_command_that_measures_it(
    workspace, settings, made, command, monkeypatch
):
    studies = len(workspace.studies)
    monkeypatch.setattr("classifier.verdict.measured.FEWEST", studies)
    [notice] = doubts(settings, workspace, FILE, made, None)
    assert notice.code == "unmeasured"
    assert command.format(n=studies, usd=studies * 0.5) in notice.message


def test_too_few_studies_ask_for_a_suite(workspace, settings, monkeypatch):
    monkeypatch.setattr("classifier.verdict.measured.FEWEST", len(workspace.studies) + 1)
    [notice] = doubts(settings, workspace, FILE, reply(), None)
    assert "--suite FILE.jsonl" in notice.message
    assert "one request per item" in notice.message


def drawn(workspace, settings, n=2000) -> list[bool]:
    found = []
    for number in range(n):
        file = FILE.model_copy(update={"paper": Paper(title=f"Paper number {number}")})
        codes = [notice.code for notice in doubts(settings, workspace, file, reply(), None)]
        assert codes[0] == "unmeasured-accepted"
        found.append("audit" in codes)
    return found


def test_an_accepted_engine_sends_a_share_of_its_labels_to_an_audit_the_same_ones_each_time(
    workspace, settings
):
    accepting = settings.model_copy(update={"accept_unmeasured": True})
    first = drawn(workspace, accepting)
    assert drawn(workspace, accepting) == first
    assert 140 < sum(first) < 260  # 2000 x .1, five standard deviations


def test_a_share_of_0_draws_nobody_and_says_nothing(workspace, settings):
    silent = settings.model_copy(update={"accept_unmeasured": True, "audit_share": 0.0})
    assert list(doubts(silent, workspace, FILE, reply(), None)) == []
