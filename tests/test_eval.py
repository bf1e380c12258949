"""Evaluation as a user meets it: a suite goes in, predictions and a report come out, and nothing leaks."""

import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier import Classifier, ScriptedEngine, Study, Workspace
from classifier.cli.app import run as cli
from classifier.errors import ConfigError, NotJson
from classifier.evaluation.journal import read_predictions
from classifier.evaluation.runner import run_suite
from classifier.evaluation.suites import gold_suite, read_suite
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.reply import Answer, Reply
from classifier.model.task import Task
from classifier.text.similarity import TermIndex
from tests.llm_server import Behaviour, LlmServer, reply, status
from tests.test_pipeline import PAPER
from tests.test_pipeline import reply as right_reply
from tests.waiting import WAIT_S, until, wait_beside

KEY = "sk-planted-0123456789abcdef"
LABELS = ("capacity/with-load-test", "damage/remote-imaging", "upkeep/fixed-schedule", OUT_OF_SCOPE)


@pytest.fixture
def workspace(tmp_path: Path, bridges: Path) -> Workspace:
    """A copy, since recordings are written into it."""
    return Workspace(shutil.copytree(bridges, tmp_path / "ws"))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return suite_of(tmp_path, 12)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def suite_of(folder: Path, n: int, **more: Any) -> Path:
    lines = (
        {
            "id": f"item-{number:02}",
            "title": f"ITEM-{number:02} of the Bridges that Were Looked at",
            "label": LABELS[number % len(LABELS)],
            "abstract": f"Trucks, cameras or calendars, as the case may be; this is case {number}.",
            "difficulty": "easy" if number % 2 else "hard",
            **more,
        }
        for number in range(n)
    )
    path = folder / "suite.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def item_of(body: dict[str, Any]) -> int:
    """The item that a request is about."""
    return int(re.findall(r"ITEM-(\d\d)", body["messages"][1]["content"])[-1])


def answering(workspace: Workspace, **changes: Any) -> Callable[[dict[str, Any]], Behaviour]:
    """A server that knows every label but those of each third item."""

    def script(body: dict[str, Any]) -> Behaviour:
        number = item_of(body)
        label = LABELS[number % len(LABELS)] if number % 3 else LABELS[0]
        behaviour = reply(right_reply(workspace, label))
        return Behaviour(body=behaviour.body, **changes)

    return script


def report_of(folder: Path) -> dict[str, Any]:
    report = json.loads((folder / "report.json").read_text())
    del report["times"]
    return dict(report)


def use_server(monkeypatch: pytest.MonkeyPatch, server: LlmServer) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("CLASSIFIER_MODEL", "fake")


# -- offline ---------------------------------------------------------------------------------------


def test_gold_is_scored_offline_without_network_or_key(tmp_path, capsys, builtin):
    assert cli(["eval"]) == 0
    printed = capsys.readouterr()
    assert "kappa" in printed.out
    assert "leave-one-out" in printed.out
    (folder,) = tmp_path.glob("eval-runs/gold-offline-*")
    assert str(folder.relative_to(tmp_path)) in printed.err
    predictions = read_predictions(folder / "predictions.jsonl")
    assert [p.id for p in predictions] == [study.id for study in builtin.studies]
    report = report_of(folder)
    assert (report["n"], report["failed"]) == (38, [])
    assert report["text_kinds"] == {"summary": 38}
    assert len(report["systems"]) == 3
    assert "<html" in (folder / "report.html").read_text()
    assert (tmp_path / "eval-runs" / ".gitignore").read_text() == "*\n"


def test_the_same_run_gives_the_same_report_and_json_prints_it(tmp_path, capsys, workspace, suite):
    command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--json"]
    assert cli([*command, "--out", "a"]) == cli([*command, "--out", "b"]) == 0
    assert report_of(tmp_path / "a") == report_of(tmp_path / "b")
    assert capsys.readouterr().out.count('"schema_version"') == 2


def test_a_pdf_of_a_suite_is_read_and_shown_in_the_report(tmp_path):
    shutil.copy(PAPER, tmp_path / "p.pdf")
    line = {"id": "p", "title": "Reward Sketches", "label": "llm4rl/reward", "pdf": "p.pdf", "summary": "No."}
    (tmp_path / "s.jsonl").write_text(json.dumps(line))
    assert cli(["eval", "--suite", "s.jsonl", "--out", "o"]) == 0
    (prediction,) = read_predictions(tmp_path / "o" / "predictions.jsonl")
    assert (prediction.text_kind, prediction.result.ref) == ("pdf", "p")
    assert prediction.result.paper.pages


def test_limit_scores_the_first_items_with_a_warning(tmp_path, workspace, suite):
    assert (
        cli(["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--limit", "3", "--out", "o"])
        == 0
    )
    report = report_of(tmp_path / "o")
    assert [item["id"] for item in report["items"]] == ["item-00", "item-01", "item-02"]
    assert any("first 3 of 12" in warning for warning in report["warnings"])


@pytest.mark.parametrize(
    ("gates", "code", "said"),
    [
        (["--min-kappa", "-1", "--min-accuracy", "0"], 0, None),
        (["--min-kappa", "1"], 7, "kappa is"),
        (["--min-macro-f1", "1"], 7, "macro_f1 is"),
        (["--min-accuracy", "1", "--min-kappa", "-1"], 7, "accuracy is"),
    ],
)
def test_a_missed_gate_ends_with_7_and_leaves_the_report(
    tmp_path, capsys, workspace, suite, gates, code, said
):
    command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--out", "o", *gates]
    assert cli(command) == code
    assert (tmp_path / "o" / "report.html").is_file()
    told = [line for line in capsys.readouterr().err.splitlines() if "gate missed" in line]
    assert [said in line for line in told] == ([True] if said else [])


def test_a_malformed_suite_ends_with_3_and_one_line(tmp_path, capsys, workspace):
    (tmp_path / "s.jsonl").write_text('{"id": "a", "title": "T", "abstract": "A", "label": "nowhere"}\n')
    assert cli(["eval", "--suite", "s.jsonl", "--workspace", str(workspace.root)]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert "s.jsonl: line 1: 'label': 'nowhere'" in line
    assert not (tmp_path / "eval-runs").exists()


def test_another_run_in_the_same_folder_is_refused_with_2(capsys, workspace, suite):
    command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--out", "o"]
    assert cli(command) == 0
    assert cli([*command, "--examples", "none"]) == 2
    assert "examples: all -> none" in capsys.readouterr().err


def test_compare_prints_what_moved_and_json(capsys, workspace, suite):
    command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root)]
    assert cli([*command, "--out", "a"]) == cli([*command, "--out", "b", "--examples", "none"]) == 0
    capsys.readouterr()
    assert cli(["compare", "a", "b"]) == 0
    assert "exact McNemar p" in capsys.readouterr().out
    assert cli(["compare", "a", "b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 12
    assert cli(["compare", "a", "none"]) == 3


def test_fetch_gold_lists_studies_without_an_arxiv_id(capsys, workspace):
    assert cli(["fetch-gold", "--workspace", str(workspace.root)]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == len(workspace.studies)
    assert f"{len(workspace.studies)} without arXiv id" in printed.err


# -- nothing leaks ---------------------------------------------------------------------------------


class CopyCat:
    """Gives the label of the example that is most like the paper."""

    name = "copycat"
    model = None
    needs_prompt = False

    def __init__(self) -> None:
        self.seen: dict[str, set[str]] = {}

    async def answer(self, task: Task) -> Reply:
        self.seen[task.paper.title or ""] = {study.id for study in task.examples}
        index = TermIndex([f"{study.title} {study.summary}" for study in task.examples])
        alike = index.similarities(task.document.text)
        label = task.examples[alike.index(max(alike))].label
        return Reply(
            answer=Answer(answers=(), evidence=(), rationale="Copied.", label=label, confidence=1.0),
            engine=self.name,
        )

    async def aclose(self) -> None:
        """Nothing is held."""


def twin_of(study: dict[str, Any], number: int) -> dict[str, Any]:
    """Another file of a study's paper, known by its arXiv id, its title, or a title of its own."""
    twin = {**study, "id": f"twin-{study['id']}"}
    if number % 3 == 0:
        return {**twin, "title": f"A Working Paper, Number {number}", "other_titles": []}
    if number % 3 == 1:
        return {**twin, "arxiv": None, "title": study["title"].upper()}
    return {**twin, "arxiv": None, "title": f"Preprint {number}", "other_titles": [study["title"]]}


@pytest.fixture
def twinned(tmp_path: Path, builtin: Workspace) -> Workspace:
    """The built-in studies under labels drawn by lot, each with a twin: only a leak can tell a label."""
    root = tmp_path / "twinned"
    (root / "gold").mkdir(parents=True)
    shutil.copy(builtin.root / "taxonomy.yaml", root)
    shutil.copytree(builtin.prompt_dir(), root / "prompts")
    lot = random.Random(7)
    leaves = list(builtin.taxonomy.leaves)
    studies = [
        study.model_dump(mode="json") | {"label": lot.choice(leaves), "secondary": [], "answers": {}}
        for study in builtin.studies
    ]
    twins = [twin_of(study, number) for number, study in enumerate(studies)]
    (root / "gold" / "labels.jsonl").write_text("".join(f"{json.dumps(s)}\n" for s in [*studies, *twins]))
    (tmp_path / "exam.jsonl").write_text("".join(f"{json.dumps(study)}\n" for study in studies))
    return Workspace(root)


async def test_an_engine_that_copies_its_most_similar_example_never_sees_planted_duplicates(
    tmp_path, twinned
):
    exam = read_suite(tmp_path / "exam.jsonl", twinned.taxonomy)
    engine = CopyCat()
    async with Classifier(engine, workspace=twinned) as classifier:
        predictions = await run_suite(classifier, exam, protocol="loo", out=tmp_path / "o")
    right = sum(prediction.correct for prediction in predictions)
    # 38 draws at 1 in 8: more than 12 right by chance has p < .001. A leak would give 38.
    assert right <= 12
    for item in exam.items:
        assert not engine.seen[item.title] & {item.id, f"twin-{item.id}"}
        assert len(engine.seen[item.title]) == 2 * len(exam.items) - 2


async def test_the_copying_engine_would_always_be_right_if_it_saw_duplicates(tmp_path, twinned):
    """The leak test has teeth: the same engine on the same papers, examples not cut."""
    index = TermIndex([f"{study.title} {study.summary}" for study in twinned.studies])
    items = read_suite(tmp_path / "exam.jsonl", twinned.taxonomy).items
    alike = [index.similarities(f"{item.title}\n{item.summary}") for item in items]
    nearest = [twinned.studies[scores.index(max(scores))] for scores in alike]
    assert [study.label for study in nearest] == [item.label for item in items]


async def test_in_a_holdout_no_study_of_the_suite_is_anybodys_example(tmp_path, builtin):
    whole = gold_suite(builtin)
    half = whole.model_copy(update={"items": whole.items[::2]})
    engine = CopyCat()
    async with Classifier(engine, workspace=builtin) as classifier:
        await run_suite(classifier, half, protocol="holdout", out=tmp_path / "o")
    others = {item.id for item in whole.items[1::2]}
    assert len(engine.seen) == len(half.items)
    assert all(seen == others for seen in engine.seen.values())


async def test_no_words_of_a_gold_record_reach_its_own_prompt_but_its_summary(tmp_path, builtin):
    engine = ScriptedEngine(builtin.taxonomy, lambda task: NotJson("seen"))
    async with Classifier(engine, workspace=builtin) as classifier:
        await run_suite(classifier, gold_suite(builtin), protocol="loo", out=tmp_path / "o")
    by_title = {task.paper.title: task for task in engine.tasks}
    for study in builtin.studies:
        prompt = by_title[study.title].prompt
        assert prompt is not None
        assert study.summary in prompt.user
        assert study.rationale not in prompt.system + prompt.user
        assert study.summary not in prompt.system


# -- running ---------------------------------------------------------------------------------------


async def test_rows_keep_the_suites_order_whatever_order_the_answers_come_in(tmp_path, workspace, suite):
    class Dawdling(ScriptedEngine):
        async def answer(self, task: Task) -> Reply:
            if "ITEM-00" in (task.paper.title or ""):
                await until(lambda: finished)
            return await super().answer(task)

    def label_of(task: Task) -> str:
        return right_reply(workspace, LABELS[int((task.paper.title or "")[5:7]) % len(LABELS)])

    read = read_suite(suite, workspace.taxonomy)
    finished: list[str] = []
    engine = Dawdling(workspace.taxonomy, label_of)
    async with Classifier(engine, workspace=workspace) as classifier:
        predictions = await run_suite(
            classifier, read, out=tmp_path / "o", concurrency=6, on_progress=lambda p: finished.append(p.id)
        )
    ids = [item.id for item in read.items]
    assert (
        [p.id for p in predictions]
        == [p.id for p in read_predictions(tmp_path / "o/predictions.jsonl")]
        == ids
    )
    assert sorted(finished) == ids
    assert finished[0] != ids[0]
    assert all(p.correct and p.result.ref == p.id for p in predictions)


async def test_a_failed_item_is_a_prediction_and_a_wrong_setting_ends_the_run(tmp_path, workspace, suite):
    read = read_suite(suite, workspace.taxonomy)
    script = lambda task: right_reply(workspace, LABELS[0]) if "ITEM-03" not in task.paper.title else "{}"  # noqa: E731
    async with Classifier(ScriptedEngine(workspace.taxonomy, script), workspace=workspace) as classifier:
        predictions = await run_suite(classifier, read, out=tmp_path / "o")
    assert len(predictions) == 12
    assert (predictions[3].leaf, predictions[3].result.status) == (None, "failed")
    wrong = ScriptedEngine(workspace.taxonomy, [ConfigError("no such model")])
    async with Classifier(wrong, workspace=workspace) as classifier:
        with pytest.raises(ConfigError, match="no such model"):
            await run_suite(classifier, read, out=tmp_path / "p")


def test_repeat_reports_how_stable_labels_are(tmp_path, capsys, monkeypatch, workspace, suite):
    asked: Counter[int] = Counter()

    def fickle(body: dict[str, Any]) -> Behaviour:
        number = item_of(body)
        asked[number] += 1
        return reply(right_reply(workspace, LABELS[1] if number == 5 and asked[5] > 1 else LABELS[0]))

    with LlmServer(fickle) as server:
        use_server(monkeypatch, server)
        command = [
            "eval",
            "--suite",
            str(suite),
            "--workspace",
            str(workspace.root),
            "--repeat",
            "3",
            "--out",
            "o",
        ]
        assert cli(command) == 0
    assert set(asked.values()) == {3}
    stability = json.loads((tmp_path / "o" / "stability.json").read_text())
    assert (stability["runs"], stability["n"], stability["moved"]) == (3, 12, ["item-05"])
    assert "different labels: item-05" in capsys.readouterr().out
    recordings = workspace.root / "eval" / "recordings" / "suite" / "fake"
    assert cli(["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--repeat", "3",
                "--replay", str(recordings), "--out", "r"]) == 0  # fmt: skip
    assert (tmp_path / "r" / "stability.json").read_bytes() == (
        tmp_path / "o" / "stability.json"
    ).read_bytes()


# -- record and replay -----------------------------------------------------------------------------


def troubled(workspace: Workspace) -> Callable[[dict[str, Any]], Behaviour]:
    """A server with every kind of trouble, each at an item of its own; it echoes the key wherever it can."""
    asked: Counter[int] = Counter()
    well = answering(workspace)

    def script(body: dict[str, Any]) -> Behaviour:
        number = item_of(body)
        asked[number] += 1
        if body.get("response_format", {}).get("type") == "json_schema":
            return status(400, f"response_format is not supported for {KEY}")
        first = {
            1: status(429, headers={"retry-after": "0"}),
            2: status(503, f"busy, {KEY}"),
            4: reply(""),
            5: reply(right_reply(workspace, "nowhere")),
        }
        always = {
            7: reply(right_reply(workspace, "nowhere")),
            8: reply(None, refusal=f"Not with {KEY}."),
            10: reply(right_reply(workspace, LABELS[0], rationale=f"I was called with {KEY}.")),
        }
        return always.get(number) or (first.get(number) if asked[number] == 1 else None) or well(body)

    return script


def test_a_replay_needs_no_server_and_gives_the_same_report_byte_for_byte(
    tmp_path, capsys, monkeypatch, workspace, suite
):
    with LlmServer(troubled(workspace)) as server:
        use_server(monkeypatch, server)
        command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--concurrency", "5"]
        assert cli([*command, "--out", "recorded"]) == 6
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "CLASSIFIER_MODEL"):
        monkeypatch.delenv(name)
    recordings = workspace.root / "eval" / "recordings" / "suite" / "fake"
    again = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--concurrency", "2"]
    assert cli([*again, "--replay", str(recordings), "--out", "replayed"]) == 6
    one, other = ((tmp_path / name / "report.json").read_text() for name in ("recorded", "replayed"))
    assert one[: one.index('"times"')] == other[: other.index('"times"')]
    report = report_of(tmp_path / "replayed")
    assert report["failed"] == ["item-07", "item-08"]
    assert report["spending"]["requests"] > 12
    printed = capsys.readouterr()
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    holding = [path.name for path in everything if KEY.encode() in path.read_bytes()]
    assert (holding, KEY in printed.out + printed.err) == ([], False)
    assert len(list(recordings.glob("*.json"))) == 13
    assert (recordings / ".gitignore").is_file()  # abstracts are other people's words


def test_after_a_change_of_the_prompt_a_replay_reports_missing_recordings(
    tmp_path, capsys, monkeypatch, workspace, suite
):
    with LlmServer(answering(workspace)) as server:
        use_server(monkeypatch, server)
        command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root)]
        assert cli([*command, "--out", "a"]) == 0
    lines = suite.read_text().splitlines()
    lines[4] = lines[4].replace("this is case", "that was case")
    suite.write_text("\n".join(lines))
    recordings = workspace.root / "eval" / "recordings" / "suite" / "fake"
    capsys.readouterr()
    assert cli([*command, "--replay", str(recordings), "--out", "b"]) == 6
    assert "1 of 12 items failed (no-recording)" in capsys.readouterr().err
    report = report_of(tmp_path / "b")
    assert report["failed"] == ["item-04"]
    assert any("1 of 12 items has no recording" in warning for warning in report["warnings"])


def test_recordings_of_own_summaries_may_be_committed(tmp_path, monkeypatch, workspace):
    path = suite_of(tmp_path, 4, abstract=None, summary="In our own words.")
    with LlmServer(answering(workspace)) as server:
        use_server(monkeypatch, server)
        assert cli(["eval", "--suite", str(path), "--workspace", str(workspace.root)]) == 0
    folder = workspace.root / "eval" / "recordings" / "suite" / "fake"
    assert not (folder / ".gitignore").exists()


def test_without_recording_nothing_is_kept(monkeypatch, workspace, suite):
    with LlmServer(answering(workspace)) as server:
        use_server(monkeypatch, server)
        assert cli(["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--no-record"]) == 0
    assert not (workspace.root / "eval").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--replay", "nowhere"], "no recordings found"),
        (["--replay", "RECORDINGS", "--engine", "offline"], "do not name another engine or model"),
        (["--replay", "RECORDINGS", "--model", "other"], "do not name another engine or model"),
        (["--replay", "RECORDINGS", "--suite", "gold"], "recorded on the suite suite"),
        (["--engine", "openai"], "--model"),
    ],
)
def test_what_cannot_be_replayed_or_asked_ends_with_2(capsys, monkeypatch, workspace, suite, more, said):
    with LlmServer(answering(workspace)) as server:
        use_server(monkeypatch, server)
        command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--limit", "1"]
        assert cli(command) == 0
    monkeypatch.delenv("CLASSIFIER_MODEL")
    recordings = str(workspace.root / "eval" / "recordings" / "suite" / "fake")
    capsys.readouterr()
    assert cli([*command, *(recordings if part == "RECORDINGS" else part for part in more)]) == 2
    assert said in capsys.readouterr().err


# -- interrupted -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_run_resumes_without_losing_or_repeating_anything(tmp_path, workspace, sent, code):
    suite = suite_of(tmp_path, 30)
    command = [sys.executable, "-m", "classifier", "eval", "--suite", str(suite), "--concurrency", "3",
               "--workspace", str(workspace.root), "--model", "fake", "--out", "o"]  # fmt: skip
    known, gate, asked = answering(workspace, wait_s=0.05), threading.Event(), itertools.count()

    def script(body: dict[str, Any]) -> Behaviour:
        return replace(known(body), gate=gate if next(asked) >= 12 else None)

    with LlmServer(script) as server:
        environment = os.environ | {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
        first = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        wait_beside(first, lambda: len(server.requests) >= 10)
        first.send_signal(sent)
        gate.set()
        _, told = first.communicate(timeout=WAIT_S)
        assert first.returncode == code, told
        done = {p.id for p in read_predictions(tmp_path / "o" / "predictions.jsonl", torn=True)}
        before = [f"item-{item_of(body):02}" for body in server.requests]
        second = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert second.returncode == 0, second.stderr
        after = [f"item-{item_of(body):02}" for body in server.requests][len(before) :]
    assert 5 <= len(done) < 30
    assert len(set(before) - done) <= 3  # in flight
    assert sorted(after) == sorted({f"item-{number:02}" for number in range(30)} - done)
    if sent == signal.SIGINT:
        assert f"{len(done)} of 30 items are saved in o" in told.decode()
        assert "classifier eval --suite" in told.decode()
    ids = [p.id for p in read_predictions(tmp_path / "o" / "predictions.jsonl")]
    assert ids == [f"item-{number:02}" for number in range(30)]
    assert report_of(tmp_path / "o")["n"] == 30


def test_a_run_that_failed_for_the_servers_sake_asks_again_for_those_items_only(
    tmp_path, capsys, monkeypatch, workspace, suite
):
    command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--out", "o"]
    well = answering(workspace)
    with LlmServer(lambda body: status(401) if item_of(body) > 8 else well(body)) as server:
        use_server(monkeypatch, server)
        assert cli(command) == 6
    with LlmServer(well) as server:
        use_server(monkeypatch, server)
        assert cli(command) == 0
        assert sorted(map(item_of, server.requests)) == [9, 10, 11]
    assert report_of(tmp_path / "o")["failed"] == []


def test_a_dead_server_ends_the_run_with_one_line_and_leaves_no_recording(
    tmp_path, capsys, monkeypatch, workspace
):
    suite = suite_of(tmp_path, 30)
    command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--out", "o"]
    well = answering(workspace)
    with LlmServer([status(401)]) as server:
        use_server(monkeypatch, server)
        assert cli(command) == 5
        assert len(server.requests) < 20
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("classifier: "))
    assert "stopped after 10 failures in a row" in line
    assert "0 of 30 items are saved in o" in line
    assert not (workspace.root / "eval").exists()
    with LlmServer(lambda body: well(body) if item_of(body) < 5 else status(401)) as server:
        use_server(monkeypatch, server)
        assert cli(command) == 5
    assert "5 of 30 items are saved in o" in capsys.readouterr().err
    with LlmServer(well) as server:
        use_server(monkeypatch, server)
        assert cli(command) == 0
        assert len(server.requests) == 25
    recordings = workspace.root / "eval" / "recordings" / "suite" / "fake"
    assert len(list(recordings.glob("*.json"))) == 31


def test_studies_and_items_may_share_an_id_without_harm(tmp_path, workspace):
    """A study that happens to be called like an item is left out for it: too careful, never wrong."""
    study: Study = workspace.studies[0]
    line = {"id": study.id, "title": "Another Paper", "label": LABELS[0], "abstract": "Trucks."}
    (tmp_path / "s.jsonl").write_text(json.dumps(line))
    assert cli(["eval", "--suite", "s.jsonl", "--workspace", str(workspace.root), "--protocol", "loo"]) == 0


def test_calibrate_writes_the_calibration_and_tells_the_threshold(tmp_path, capsys, workspace):
    suite = suite_of(tmp_path, 40)
    command = ["eval", "--suite", str(suite), "--workspace", str(workspace.root), "--out", "o", "--calibrate"]
    assert cli([*command, "--wanted-accuracy", "0.2"]) == 0
    told = capsys.readouterr().err
    (written,) = (workspace.root / "calibration").iterdir()
    assert json.loads(written.read_text())["suites"] == {
        "suite": report_of(tmp_path / "o")["run"]["suite_sha256"]
    }
    assert f"wrote {written}" in told
    assert "CLASSIFIER_REVIEW_BELOW=" in told
    assert report_of(tmp_path / "o")["run"]["calibration"] is None
    assert cli([*command[:-3], "--out", "p"]) == 0
    report = report_of(tmp_path / "p")
    assert "fitted to 40 answers of suite" in report["run"]["calibration"]
    assert any("calibrated on this suite" in warning for warning in report["warnings"])
    assert cli([*command[:-3], "--out", "o", "--calibrate"]) == 0  # the same run as the first, not a mix


def test_a_suite_that_the_weights_were_trained_on_is_called_so(tmp_path):
    suite = Path(__file__).parent.parent / "eval" / "suites" / "extended.jsonl"
    assert cli(["eval", "--suite", str(suite), "--engine", "offline", "--limit", "3", "--out", "seen"]) == 0
    assert cli(["eval", "--engine", "offline", "--limit", "3", "--out", "unseen"]) == 0
    seen, unseen = (" ".join(report_of(tmp_path / name)["warnings"]) for name in ("seen", "unseen"))
    assert "3 of 3 items were among the papers that this engine's weights were trained on" in seen
    assert "trained on" not in unseen


def test_a_report_goes_into_a_page_and_is_published_without_words_of_papers(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("# Before\n<!-- eval:gold -->\nstale\n<!-- /eval:gold -->\nafter\n")
    run = tmp_path / "run"
    assert cli(["eval", "--engine", "offline", "--limit", "4", "--out", str(run)]) == 0
    published_to = tmp_path / "out"
    assert (
        cli(["report", str(run), "--into", str(page), "--name", "gold", "--publish", str(published_to)]) == 0
    )
    text = page.read_text()
    assert "stale" not in text
    assert "| majority class" in text
    assert text.startswith("# Before\n")
    assert text.endswith("after\n")
    (published,) = published_to.glob("*.json")
    report = json.loads(published.read_text())
    assert [item["quotes"] for item in report["items"]] == [[]] * 4


def accuracies(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.root / "measured").glob("*.json"))


@pytest.mark.parametrize(
    ("items", "more", "kept"),
    [
        (12, [], True),
        (9, [], False),  # too few to say anything
        (12, ["--limit", "9"], False),
        (12, ["--cascade", "offline"], False),  # two engines answered
    ],
)
def test_an_evaluation_of_one_engine_on_enough_items_measures_it(
    tmp_path, monkeypatch, workspace, items, more, kept
):
    with LlmServer(answering(workspace)) as server:
        use_server(monkeypatch, server)
        arguments = ["eval", "--suite", str(suite_of(tmp_path, items)), "--workspace", str(workspace.root)]
        assert cli([*arguments, "--engine", "openai", "--out", "o", *more]) == 0
    assert bool(accuracies(workspace)) is kept


@pytest.fixture
def lopsided(workspace: Workspace) -> Workspace:
    """A workspace of 15 studies: all but the three out of scope belong to one leaf."""
    path = workspace.root / "gold" / "labels.jsonl"
    studies = [json.loads(line) for line in path.read_text().splitlines()]
    as_first = {key: studies[0][key] for key in ("label", "answers", "attributes")}
    path.write_text("".join(f"{json.dumps(study | as_first)}\n" for study in studies))
    return Workspace(workspace.root)


@pytest.mark.parametrize(
    "protocol", ["loo", "holdout"]
)  # the most frequent label of the studies, of the suite
@pytest.mark.parametrize(("knows_scope", "is_weak"), [(False, True), (True, False)])
def test_an_engine_that_is_not_better_than_the_most_frequent_leaf_sends_its_labels_to_review(
    capsys, monkeypatch, lopsided, knows_scope, is_weak, protocol
):
    beyond = [study.title for study in lopsided.studies if study.label == OUT_OF_SCOPE]

    def script(body: dict[str, Any]) -> Behaviour:
        asked = body["messages"][-1]["content"]
        is_beyond = knows_scope and any(title in asked for title in beyond)
        return reply(right_reply(lopsided, OUT_OF_SCOPE if is_beyond else LABELS[0]))

    given = ["--engine", "openai", "--workspace", str(lopsided.root)]
    with LlmServer(script) as server:
        use_server(monkeypatch, server)
        assert cli(["eval", "--suite", "gold", "--protocol", protocol, *given, "--out", "o"]) == 0
        capsys.readouterr()
        assert cli(["classify", str(PAPER), *given, "--json"]) == 0
    label = json.loads(capsys.readouterr().out)
    accuracy = label["provenance"]["accuracy"]
    assert (accuracy["accuracy"], accuracy["majority"]) == (1.0 if knows_scope else 0.8, 0.8)
    assert ("weak-engine" in label["review_reasons"]) is is_weak
    said = [warning["message"] for warning in label["warnings"] if warning["code"] == "weak-engine"]
    assert [text.partition("; ")[2] for text in said] == [
        "this is not better than the most frequent label (0.80)"
    ] * is_weak


def test_weights_that_were_trained_on_the_suite_are_not_measured_by_it(tmp_path, capsys):
    suite = Path(__file__).parent.parent / "eval" / "suites" / "extended.jsonl"
    assert cli(["eval", "--suite", str(suite), "--engine", "offline", "--out", "o"]) == 0
    assert not list((tmp_path / ".home").rglob("measured/**/*.json"))


def test_the_offline_engine_is_called_calibrated_in_the_report_as_in_its_labels(tmp_path, capsys):
    assert cli(["eval", "--engine", "offline", "--out", "o"]) == 0
    report = report_of(tmp_path / "o")
    predictions = read_predictions(tmp_path / "o" / "predictions.jsonl")
    assert {p.result.provenance.confidence for p in predictions} == {"calibrated"}
    assert "fitted when the offline engine was trained" in report["run"]["calibration"]
    assert "Confidences are calibrated" in (tmp_path / "o" / "report.html").read_text()


def test_a_folder_of_label_is_refused_and_nobody_is_told_to_remove_it(tmp_path, capsys, suite, workspace):
    source = tmp_path / "list.csv"
    source.write_text("title,abstract\nA Study of One Bridge and Its Deck,We watch a bridge.\n")
    given = ["--workspace", str(workspace.root), "--engine", "offline"]
    assert cli(["label", str(source), "--out", "run", *given]) == 0
    before = {path.name: path.read_bytes() for path in Path("run").iterdir() if path.is_file()}
    assert cli(["eval", "--suite", str(suite), "--out", "run", *given]) == 2
    said = capsys.readouterr().err
    assert "run: is a folder of `classifier label`; choose another --out" in said
    assert "remove" not in said
    assert {path.name: path.read_bytes() for path in Path("run").iterdir() if path.is_file()} == before
