"""A whole large tree: branch, then leaf, through classify, label, evaluation, batches, kills and replays."""

import json
from collections import Counter
from pathlib import Path

import pytest

from classifier import Classifier, Paper, ScriptedEngine, Workspace
from classifier.batch.estimate import estimate
from classifier.batch.job import Job
from classifier.batch.session import label_lists
from classifier.cli.app import run as cli
from classifier.errors import ConfigError, ModelTimeout
from classifier.model.label import Label
from classifier.model.paper import PaperFile
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.model.reply import Answer, Reply, Usage
from classifier.pdf.abstracts import document_from_text
from classifier.prompting.prompt import PromptBuilder
from classifier.prompting.staged import StagedPrompts
from classifier.settings import load_settings
from classifier.survey.answer_schema import answer_schema
from tests import batch_kit as kit
from tests.batch_api_server import BatchApiServer
from tests.large_tree import SIX_LEVELS, Oracle, paper, tree_of, write_workspace
from tests.llm_server import LlmServer
from tests.pdfs import Style, write_paper
from tests.waiting import WAIT_S, wait_beside

LEAF = "kitchen-2/oven-3/bread-1/grain-2/field-1/season-3"
BRANCH = "kitchen-2/oven-3/bread-1"
COUNT = 12


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Workspace:
    return write_workspace(tmp_path_factory.mktemp("large"), tree_of(SIX_LEVELS), papers=8)


def leaves(workspace: Workspace, count: int = COUNT) -> list[str]:
    """Leaves all over the tree."""
    every = list(workspace.taxonomy.leaves)
    return [every[number * len(every) // count] for number in range(count)]


def write_list(path: Path, names: list[str]) -> Path:
    rows = [paper(leaf, number) | {"id": f"e{number}"} for number, leaf in enumerate(names)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def classify(workspace: Workspace, script: list, **more: object) -> tuple[Label, ScriptedEngine]:
    engine = ScriptedEngine(workspace.taxonomy, script)
    with Classifier(engine, workspace=workspace, **more) as classifier:
        return classifier.classify_text(Paper(**paper(LEAF, 99))), engine


def said(label: str, runner_up: str | None = None, confidence: float | None = 0.9, **more: object) -> Reply:
    answer = Answer(
        answers=(), evidence=(), rationale="So.", label=label, runner_up=runner_up, confidence=confidence
    )
    return Reply(answer=answer, engine="scripted", attempts=1, **more)


# -- one paper -----------------------------------------------------------------------------------------


def test_a_small_tree_is_asked_about_at_once_with_the_same_bytes(bridges):
    workspace = Workspace(bridges)
    with Classifier("offline", workspace=workspace) as classifier:
        file, document = _read()
        (prompt,) = classifier.render_prompts(file, document)
    builder = PromptBuilder(workspace.taxonomy, workspace.prompt_dir())
    assert prompt.sha256 == builder.sha256
    assert f"## {next(iter(workspace.taxonomy.leaves))} (" in prompt.system


def _read():
    made = Paper(**paper(LEAF, 99))
    return PaperFile(ref="x", path=None, source="text", paper=made), document_from_text(made)


def test_the_branch_comes_first_then_a_leaf_of_it_or_of_the_runner_up(large):
    usage = Usage(tokens_in=100, tokens_out=10, tokens_cached=5, cost_usd=0.01)
    label, engine = classify(
        large,
        [
            said(BRANCH, "kitchen-1/oven-1/bread-1", 0.8, usage=usage, latency_s=1.0),
            said(LEAF, "kitchen-1/oven-1/bread-1/grain-1/field-1/season-1", 0.5, usage=usage, latency_s=2.0),
        ],
    )
    assert (label.leaf, label.status, label.confidence) == (LEAF, "placed", pytest.approx(0.4))
    assert label.runner_up == "kitchen-1/oven-1/bread-1/grain-1/field-1/season-1"
    made = label.provenance
    assert [(one.label, one.runner_up, one.confidence) for one in made.stages] == [
        (BRANCH, "kitchen-1/oven-1/bread-1", 0.8)
    ]
    assert (made.tokens_in, made.tokens_out, made.tokens_cached, made.cost_usd) == (200, 20, 10, 0.02)
    assert (made.attempts, made.latency_s) == (2, 3.0)
    first, second = (task.prompt for task in engine.tasks)
    assert len(first.answer_schema["properties"]["label"]["enum"]) == 32
    assert len(second.answer_schema["properties"]["label"]["enum"]) == 26
    assert first.sha256 == second.sha256 == made.prompt_sha256
    assert "Contains: Grain 1 (Field 1, Field 2)" in first.system
    assert f"## {LEAF} (Kitchen 2 > Oven 3 > Bread 1 > Grain 2 > Field 1 > Season 3)" in second.system


def test_studies_are_examples_of_the_branch_first_and_of_their_leaf_then(large):
    study = large.studies[0]
    branch = "/".join(study.label.split("/")[:3])
    _, engine = classify(large, [said(branch), said(study.label)])
    first, second = (task.prompt.system for task in engine.tasks)
    assert first.count(f"Label: {branch}. ") == 16  # all studies are in this branch's 12 leaves
    assert second.count(f"Label: {study.label}. ") == 2
    other = next(one for one in large.taxonomy.leaves if one.startswith("kitchen-5/"))
    _, engine = classify(large, [said("/".join(other.split("/")[:3])), said(other)])
    assert "LABELLED STUDIES" not in engine.tasks[1].prompt.system


@pytest.mark.parametrize(("label", "status"), [(OUT_OF_SCOPE, "out_of_scope"), (UNPLACED, "unplaced")])
def test_an_answer_without_a_branch_decides_after_one_question(large, label, status):
    found, engine = classify(large, [said(label, "kitchen-1/oven-1/bread-1")])
    assert (found.status, found.runner_up, len(engine.tasks)) == (status, None, 1)
    assert found.provenance.stages == ()


def test_an_unknown_confidence_of_one_stage_makes_that_of_the_label_unknown(large):
    label, _ = classify(large, [said(BRANCH, confidence=None, confidence_source="unknown"), said(LEAF)])
    assert (label.confidence, label.provenance.confidence) == (None, "unknown")
    assert "low-confidence" in label.review_reasons


def test_a_failure_of_a_later_stage_keeps_what_the_earlier_one_cost(large):
    error = ModelTimeout("late")
    error.attempts, error.usage = 3, Usage(tokens_in=7, tokens_out=1, cost_usd=0.5)
    first = said(BRANCH, usage=Usage(tokens_in=100, tokens_out=10, cost_usd=0.25))
    with pytest.raises(ModelTimeout) as raised:
        classify(large, [first, error])
    assert (raised.value.attempts, raised.value.usage.tokens_in, raised.value.usage.cost_usd) == (
        4,
        107,
        0.75,
    )


def test_a_cascade_asks_in_stages_only_what_it_escalates(large):
    engine = ScriptedEngine(large.taxonomy, [said(BRANCH), said(LEAF)])
    first = ScriptedEngine(large.taxonomy, [said(LEAF, confidence=0.2)], needs_prompt=False)
    with Classifier(engine, first=first, workspace=large, cascade_below=0.7) as classifier:
        label = classifier.classify_text(Paper(**paper(LEAF, 99)))
    assert (label.leaf, label.provenance.first_opinion.label) == (LEAF, LEAF)
    assert len(label.provenance.stages) == 1
    assert label.provenance.attempts == 3


def test_other_limits_are_other_prompts(large):
    usual = load_settings(engine="offline")
    hashes = {
        StagedPrompts.of(usual.model_copy(update=changes), large).sha256
        for changes in ({}, {"question_labels": 100}, {"question_tokens": 9_000}, {"question_labels": 500})
    }
    assert len(hashes) == 4


def test_too_many_examples_are_the_nearest_ones_for_a_prompt_only(large):
    few = [said(BRANCH), said(LEAF)]
    _, engine = classify(large, few, question_tokens=500, question_labels=40)
    assert all(len(task.examples) <= 8 for task in engine.tasks)
    _, engine = classify(large, few)
    assert len(engine.tasks[0].examples) == 16


def test_the_command_shows_both_steps(large, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", kit.KEY)
    source = write_paper(
        tmp_path / "thing.pdf", Style(lines=("We measure one thing for a year.", f"LEAF={LEAF}"))
    )
    with LlmServer(Oracle(0.9)) as server:
        arguments = ["classify", str(source), "--workspace", str(large.root), "--model", "fake"]
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert cli(arguments) == 0
        assert f"asked in 2 stages (first {BRANCH}, confidence 0.90)" in " ".join(
            capsys.readouterr().out.split()
        )
        assert cli([*arguments, "--show-prompt"]) == 0
    assert "## kitchen-1/oven-1/bread-1 (" in capsys.readouterr().out


# -- lists ---------------------------------------------------------------------------------------------


def label_all(tmp_path: Path, workspace: Workspace, url: str, names: list[str], **more: object) -> dict:
    source = write_list(tmp_path / "list.jsonl", names)
    job = Job(sources=(str(source),), out=tmp_path / "out", concurrency=2, **more)
    return label_lists(job, kit.settings(url, batch_poll_s=0.02), workspace)


def found_in(tmp_path: Path) -> list[str]:
    labels = kit.labels_of(tmp_path / "out")
    return [labels[f"e{number}"]["leaf"] for number in range(len(labels))]


def test_a_list_is_labelled_by_questions_that_a_strict_server_accepts(tmp_path, large):
    oracle, names = Oracle(), leaves(large)
    with LlmServer(oracle) as server:
        summary = label_all(tmp_path, large, server.url, names)
    assert found_in(tmp_path) == names
    assert Counter(oracle.asked) == {32: COUNT, 26: COUNT}
    assert summary["requests"] == 2 * COUNT
    assert server.formats == ["json_schema"] * len(server.requests)


def test_the_whole_tree_in_one_question_is_refused_by_a_strict_server(large):
    """The witness: the schema of all leaves has more values than the server takes."""
    schema = answer_schema(large.taxonomy)
    assert Oracle()({"response_format": {"json_schema": {"schema": schema}}}).status == 400


def test_a_killed_run_pays_for_no_answered_stage_again(tmp_path, large):
    names, ceiling = leaves(large), 2
    source, out = write_list(tmp_path / "list.jsonl", names), tmp_path / "out"
    arguments = kit.command(source, out, "--concurrency", str(ceiling))
    arguments[arguments.index(str(kit.BRIDGES))] = str(large.root)
    oracle = Oracle(free=7)
    with LlmServer(oracle) as server:
        process = kit.start(arguments, server.url)
        # Seven are answered and two held.
        wait_beside(process, lambda: len(oracle.asked) == 7 + ceiling)
        kit.kill(process)
        oracle.gate.set()
        process = kit.start(arguments, server.url)
        said = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, said
    assert found_in(tmp_path) == names
    assert oracle.answered.keys() >= {(leaf, labels) for leaf in names for labels in (32, 26)}
    assert oracle.answered.total() <= 2 * COUNT + ceiling


def test_a_stage_that_was_paid_for_is_used_when_the_run_resumes(tmp_path, large):
    """The budget ends after the first stages; the second run asks only for the second ones."""
    oracle, names = Oracle(), leaves(large)
    with LlmServer(oracle) as server:
        stopped = label_all(tmp_path, large, server.url, names, max_cost_usd=0.012)
        asked = len(oracle.asked)
        assert stopped["stopped"]["code"] == "budget-spent"
        assert 0 < asked < 2 * COUNT
        label_all(tmp_path, large, server.url, names)
    assert found_in(tmp_path) == names
    assert set(oracle.answered.values()) == {1}


def test_both_stages_go_by_the_batch_api(tmp_path, large):
    oracle, names = Oracle(), leaves(large)
    with BatchApiServer(oracle) as server:
        label_all(tmp_path, large, server.url, names, batch_api=True)
    assert found_in(tmp_path) == names
    assert set(oracle.answered.values()) == {1}
    assert server.steps["create"] == 2
    assert server.steps["chat"] == 1


def test_an_estimate_counts_the_questions_of_every_stage(tmp_path, large):
    source = write_list(tmp_path / "list.jsonl", leaves(large))
    job = Job(sources=(str(source),), out=tmp_path / "out")
    found = estimate(job, kit.settings("http://127.0.0.1:9/v1"), large)
    assert (found.papers, found.stages) == (COUNT, 2)
    assert "questions   up to 2 about each paper" in found.in_words()
    oracle = Oracle()
    with LlmServer(oracle) as server:
        label_all(tmp_path, large, server.url, leaves(large))
        sent = sum(sum(len(one["content"]) for one in body["messages"]) for body in server.requests) / 4
    assert found.tokens_in[0] <= sent <= found.tokens_in[1]


# -- evaluation ----------------------------------------------------------------------------------------


def test_an_evaluation_is_recorded_and_replayed_without_a_server(tmp_path, large, monkeypatch, capsys):
    root = tmp_path / "ws"
    workspace = write_workspace(root, tree_of(SIX_LEVELS), papers=6)
    rows = [paper(leaf, n) | {"id": f"i{n}", "label": leaf} for n, leaf in enumerate(leaves(workspace))]
    suite = tmp_path / "suite.jsonl"
    suite.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    command = ["eval", "--suite", str(suite), "--workspace", str(root), "--protocol", "loo"]
    monkeypatch.setenv("OPENAI_API_KEY", kit.KEY)
    monkeypatch.setenv("CLASSIFIER_MODEL", "fake")
    monkeypatch.setenv("CLASSIFIER_PRICES", json.dumps(kit.PRICES))
    oracle = Oracle()
    with LlmServer(oracle) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert cli([*command, "--out", str(tmp_path / "one")]) == 0
        assert cli([*command, "--out", str(tmp_path / "one")]) == 0
    assert set(oracle.answered.values()) == {1}
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "CLASSIFIER_MODEL"):
        monkeypatch.delenv(name)
    replay = root / "eval" / "recordings" / "suite" / "fake"
    assert len(list(replay.glob("*.json"))) == 2 * COUNT + 1
    assert cli([*command, "--replay", str(replay), "--out", str(tmp_path / "two")]) == 0
    one, two = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("one", "two"))
    for report in (one, two):
        del report["times"]
    assert one == two
    assert one["systems"][0]["metrics"]["accuracy"]["value"] == 1.0
    assert one["spending"]["requests"] == 2 * COUNT
    capsys.readouterr()


def test_a_tree_that_cannot_be_cut_is_reported_before_anything_is_sent(tmp_path):
    workspace = write_workspace(tmp_path / "ws", tree_of((2, 300)))
    with LlmServer(Oracle()) as server, pytest.raises(ConfigError, match="'kitchen-1' has 300 parts"):
        label_all(tmp_path, workspace, server.url, leaves(workspace))
    assert server.requests == []
    with Classifier("offline", workspace=workspace) as classifier:
        assert classifier.classify_text(Paper(**paper(LEAF, 99))).status in (
            "placed",
            "unplaced",
            "out_of_scope",
        )
