"""A whole cascade: confident papers never reach the server, the others do, and every cent is counted."""

import asyncio
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from classifier import Classifier, Paper, ScriptedEngine, Workspace
from classifier.batch.estimate import estimate
from classifier.batch.job import Job, fingerprint
from classifier.batch.session import label_lists
from classifier.cli.app import run as cli
from classifier.engines.cascade import confidence_of
from classifier.engines.offline import OfflineEngine
from classifier.errors import BudgetSpent, ConfigError, ModelTimeout, StoreError, UnknownLabel
from classifier.evaluation.comparison import compare_runs
from classifier.evaluation.report import read_json, render_markdown
from classifier.model.reply import Answer, Reply, Usage
from classifier.model.task import Task
from classifier.settings import Settings, first_stage, load_settings
from tests import batch_kit as kit
from tests.llm_server import LlmServer, reply, status
from tests.waiting import WAIT_S, wait_beside

CHEAP = "cheap"
PRICES = kit.PRICES | {CHEAP: {"input": 0.1, "output": 1.0}}
LEAF = "capacity/with-load-test"
OTHER = "upkeep/fixed-schedule"
PAPER = Paper(title="Trucks on a Deck", abstract="We watch a bridge for a year and say what was seen.")


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(kit.BRIDGES)


def settings(url: str = "http://127.0.0.1:9/v1", **more: object) -> Settings:
    given = {"engine": "openai", "base_url": url, "model": kit.MODEL, "prices": PRICES, "examples": "none"}
    return load_settings(**given | more)


def said(confidence: float | None, label: str = LEAF, **more: object) -> Reply:
    """What an engine says; `more` are fields of the reply."""
    answer = Answer(answers=(), evidence=(), rationale="So.", label=label, confidence=confidence)
    return Reply(answer=answer, engine="scripted", **more)


def classify(workspace: Workspace, first: list, second: list, **more: object):
    """The label of one paper, and the two engines."""
    one, two = (ScriptedEngine(workspace.taxonomy, lines) for lines in (first, second))

    async def go():
        async with Classifier(two, first=one, workspace=workspace, **more) as classifier:
            return await classifier.aclassify_text(PAPER)

    return asyncio.run(go()), one, two


# -- the rule ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "cautious", "escalated"),
    [
        (0.9, None, False),
        (0.8, None, False),
        (0.79, None, True),
        (0.9, 0.79, True),
        (0.9, 0.85, False),
        (0.7, 0.9, True),
        (None, None, True),
        (None, 0.79, True),
        (None, 0.85, False),
    ],
)
def test_a_paper_is_escalated_if_either_probability_is_low(workspace, confidence, cautious, escalated):
    label, _, second = classify(workspace, [said(confidence, cautious=cautious)], [said(0.6, OTHER)])
    assert (label.leaf, len(second.tasks)) == ((OTHER, 1) if escalated else (LEAF, 0))
    assert bool(label.provenance.first_opinion) is escalated


def test_what_both_engines_spent_is_summed_and_the_first_opinion_kept(workspace):
    cheap = Usage(tokens_in=100, tokens_out=10, tokens_cached=0, cost_usd=0.001)
    dear = Usage(tokens_in=100, tokens_out=20, tokens_cached=80, cost_usd=0.05)
    label, _, _ = classify(
        workspace,
        [said(0.3, model="small", usage=cheap, attempts=2, latency_s=1.0)],
        [said(0.9, OTHER, model="large", usage=dear, attempts=1, latency_s=2.0)],
    )
    made = label.provenance
    assert (made.model, made.tokens_in, made.tokens_out, made.tokens_cached) == ("large", 200, 30, 80)
    assert (made.cost_usd, made.attempts, made.latency_s) == (pytest.approx(0.051), 3, 3.0)
    before = made.first_opinion
    assert (before.model, before.label, before.confidence, before.cost_usd) == ("small", LEAF, 0.3, 0.001)


def test_a_first_engine_that_asked_nobody_leaves_the_second_ones_usage_as_it_is(workspace):
    dear = Usage(tokens_in=100, tokens_out=20, cost_usd=0.05)
    label, _, _ = classify(workspace, [said(0.3)], [said(0.9, usage=dear, attempts=1)])
    assert (label.provenance.tokens_in, label.provenance.cost_usd) == (100, 0.05)


def test_an_unknown_price_of_one_makes_the_sum_unknown(workspace):
    first = said(0.3, usage=Usage(tokens_in=1, tokens_out=1), attempts=1)
    second = said(0.9, usage=Usage(tokens_in=1, tokens_out=1, cost_usd=0.05), attempts=1)
    label, _, _ = classify(workspace, [first], [second])
    assert (label.provenance.tokens_in, label.provenance.cost_usd) == (2, None)


@pytest.mark.parametrize("error", [ModelTimeout("late"), UnknownLabel("nowhere", "{}")])
def test_a_failure_of_the_first_engine_sends_the_paper_on(workspace, error):
    error.attempts, error.usage = 4, Usage(tokens_in=7, tokens_out=1, cost_usd=0.5)
    second = said(0.9, OTHER, usage=Usage(tokens_in=1, tokens_out=1, cost_usd=0.25), attempts=1)
    label, _, _ = classify(workspace, [error], [second])
    made = label.provenance
    assert (label.leaf, made.first_opinion.error, made.attempts) == (OTHER, error.code, 5)
    assert (made.tokens_in, made.cost_usd) == (8, 0.75)


@pytest.mark.parametrize("error", [BudgetSpent("spent"), ConfigError("wrong"), StoreError("full")])
def test_a_failure_that_no_other_engine_can_fix_is_raised(workspace, error):
    with pytest.raises(type(error)):
        classify(workspace, [error], [said(0.9)])


def test_a_failure_of_the_second_engine_tells_what_both_spent(workspace):
    error = ModelTimeout("late")
    error.attempts, error.usage = 4, Usage(tokens_in=7, tokens_out=1, cost_usd=0.5)
    first = said(0.1, usage=Usage(tokens_in=1, tokens_out=1, cost_usd=0.25), attempts=1)
    with pytest.raises(ModelTimeout) as caught:
        classify(workspace, [first], [error])
    assert (caught.value.attempts, caught.value.usage) == (
        5,
        Usage(tokens_in=8, tokens_out=2, cost_usd=0.75),
    )


def test_a_second_engine_that_never_answered_leaves_the_cost_of_the_first_known(workspace):
    first = said(0.1, usage=Usage(tokens_in=100, tokens_out=10, cost_usd=0.01), attempts=1)
    silent = ModelTimeout("no answer")
    silent.attempts, silent.usage = 3, Usage()
    with pytest.raises(ModelTimeout) as raised:
        classify(workspace, [first], [silent])
    assert (raised.value.attempts, raised.value.usage) == (4, first.usage)


def test_the_offline_engine_is_at_most_as_confident_as_its_training_frequencies_allow(builtin):
    engine = OfflineEngine(builtin.taxonomy, builtin.offline_dir)
    replies = [
        asyncio.run(engine.answer(Task(paper=PAPER, document=document)))
        for document in map(_document, builtin.studies)
    ]
    assert all(0 <= reply.cautious <= 1 for reply in replies)
    assert any(confidence_of(reply) < reply.answer.confidence for reply in replies)


def _document(study):
    from classifier.pdf.abstracts import document_from_text

    return document_from_text(Paper(title=study.title, abstract=study.summary))


def test_an_engine_that_nothing_was_trained_for_goes_by_its_confidence_alone(workspace):
    engine = OfflineEngine(workspace.taxonomy, workspace.offline_dir)
    answered = asyncio.run(engine.answer(Task(paper=PAPER, document=_document(workspace.studies[0]))))
    assert answered.cautious is None
    assert confidence_of(answered) == answered.answer.confidence


# -- settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"engine": "offline", "cascade": "offline"}, "no model to escalate to"),
        ({"engine": "offline", "cascade": CHEAP}, "no model to escalate to"),
        ({"cascade": kit.MODEL}, "is the same as the model"),
    ],
)
def test_a_cascade_without_two_engines_is_refused(given, said):
    with pytest.raises(ConfigError, match=said):
        first_stage(settings(**given))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--engine", "offline", "--cascade", "offline"], "no model to escalate to"),
        (["--engine", "openai", "--model", "m", "--cascade", "m"], "is the same as the model"),
        (["--engine", "offline", "--cascade-below", "0.5"], "requires --cascade"),
    ],
)
@pytest.mark.parametrize("command", ["label", "label --dry-run", "eval", "classify"])
def test_contradictory_options_end_with_2_and_one_line(tmp_path, capsys, monkeypatch, command, more, said):
    monkeypatch.setenv("OPENAI_API_KEY", kit.KEY)
    source = str(kit.write_list(tmp_path / "list.jsonl", 1))
    where = {"eval": ["--out", str(tmp_path / "o")], "classify": [source]}
    name, *dry = command.split()
    given = where.get(name, [source, "--out", str(tmp_path / "o")])
    assert cli([name, *given, *dry, *more]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
    assert not (tmp_path / "o").exists()


def test_calibrate_refuses_a_cascade(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", kit.KEY)
    assert cli(["eval", "--engine", "openai", "--model", "m", "--cascade", "offline", "--calibrate"]) == 2
    assert "--calibrate works with one engine" in capsys.readouterr().err


# -- lists ---------------------------------------------------------------------------------------------


class Two(kit.Model):
    """A server of two models: the cheap one is sure of even papers only; both answer right."""

    def __init__(self, workspace: Workspace, free: int | None = None) -> None:
        super().__init__(workspace, free=free)
        self.asked: Counter[tuple[str, int]] = Counter()
        self._bridges = workspace

    def __call__(self, body):
        number = kit.number_of(body)
        self.asked[body["model"], number] += 1
        sure = body["model"] != CHEAP or number % 2 == 0
        made = reply(
            kit.answer(self._bridges, number, confidence=0.9 if sure else 0.3),
            model=body["model"],
            usage={"prompt_tokens": 1000, "completion_tokens": 100},
        )
        return self.held(made)


COST = {CHEAP: (1000 * 0.1 + 100 * 1.0) / 1e6, kit.MODEL: (1000 * 1.0 + 100 * 10.0) / 1e6}


def label(tmp_path: Path, made: Settings, workspace: Workspace, count: int, **job: object) -> dict:
    wanted = Job(sources=("list.jsonl",), out=tmp_path / "out", **{"concurrency": 4} | job)
    return label_lists(wanted, made, workspace, entries=kit.entries(count))


def test_a_list_asks_a_cheap_model_about_all_and_the_other_about_the_rest(tmp_path, workspace):
    model = Two(workspace)
    with LlmServer(model) as server:
        done = label(tmp_path, settings(server.url, cascade=CHEAP), workspace, 10)
    assert model.asked == Counter(
        {(CHEAP, n): 1 for n in range(10)} | {(kit.MODEL, n): 1 for n in range(10) if n % 2}
    )
    assert kit.wrong_labels(workspace, tmp_path / "out", 10) == []
    assert done["spent"]["cost_usd"] == pytest.approx(10 * COST[CHEAP] + 5 * COST[kit.MODEL])
    labels = kit.labels_of(tmp_path / "out")
    assert labels["e0"]["provenance"]["cost_usd"] == pytest.approx(COST[CHEAP])
    assert labels["e1"]["provenance"]["cost_usd"] == pytest.approx(sum(COST.values()))
    assert [labels[f"e{n}"]["provenance"]["model"] for n in range(2)] == [CHEAP, kit.MODEL]


def test_papers_with_a_confident_offline_label_are_never_sent(tmp_path, workspace):
    model = Two(workspace)
    with LlmServer(model) as server:
        made = settings(server.url, cascade="offline", cascade_below=0.0)
        done = label(tmp_path, made, workspace, 4)
        assert (len(server.requests), done["spent"]["replies"], done["requests"]) == (0, 0, 0)
        made = settings(server.url, cascade="offline", cascade_below=1.0)
        label(tmp_path, made, workspace, 4, relabel=True)
    assert model.asked == Counter({(kit.MODEL, n): 1 for n in range(4)})
    engines = {n: made["provenance"]["engine"] for n, made in kit.labels_of(tmp_path / "out").items()}
    assert set(engines.values()) == {"openai"}


def test_a_first_model_that_always_fails_costs_no_paper_its_label(tmp_path, workspace):
    model = Two(workspace)

    def script(body):
        return status(404, "no such model") if body["model"] == CHEAP else model(body)

    with LlmServer(script) as server:
        done = label(tmp_path, settings(server.url, cascade=CHEAP), workspace, 12)
    assert (done["totals"]["labelled"], done["stopped"]) == (12, None)
    opinions = [made["provenance"]["first_opinion"] for made in kit.labels_of(tmp_path / "out").values()]
    assert {opinion["error"] for opinion in opinions} == {"refused"}


def test_ledgers_of_other_cascades_are_told_apart_and_those_of_none_are_what_they_were(workspace):
    plain = fingerprint(settings(), workspace)
    assert not {"cascade", "cascade_below", "offline_sha256"} & plain.keys()
    below = {"cascade": "offline", "cascade_below": 0.5}
    made = [fingerprint(settings(**given), workspace) for given in (below, {"cascade": "offline"})]
    made += [plain, fingerprint(settings(cascade=CHEAP), workspace)]
    assert len({json.dumps(one, sort_keys=True) for one in made}) == 4
    assert "offline_sha256" in made[0]
    assert "offline_sha256" not in made[3]


def test_a_cap_needs_the_price_of_both_models(tmp_path, workspace):
    with pytest.raises(ConfigError, match=f"none is known for {CHEAP}"):
        label(tmp_path, settings(cascade=CHEAP, prices=kit.PRICES), workspace, 2, max_cost_usd=1.0)


def test_after_a_kill_neither_model_is_paid_again_for_what_is_there(tmp_path):
    count, ceiling = 24, 4
    workspace = Workspace(kit.BRIDGES)
    source, out = kit.write_list(tmp_path / "list.jsonl", count), tmp_path / "out"
    arguments = kit.command(source, out, "--concurrency", str(ceiling), "--cascade", CHEAP)
    model = Two(workspace, free=15)
    with LlmServer(model) as server:
        more = {"CLASSIFIER_PRICES": json.dumps(PRICES)}
        process = kit.start(arguments, server.url, **more)
        # Fifteen are answered and the rest is held: nothing more is on its way when the process is killed.
        wait_beside(process, lambda: model.asked.total() == 15 + ceiling)
        kit.kill(process)
        with closing(sqlite3.connect(out / "ledger.sqlite")) as db:
            (saved,) = db.execute("SELECT count(*) FROM reply").fetchone()
        model.asked.clear()
        model.release()
        last = kit.start(arguments, server.url, **more)
        told = last.communicate(timeout=WAIT_S)
    assert last.returncode == 0, told
    assert kit.wrong_labels(workspace, out, count) == []
    assert saved > 0
    assert model.asked.total() == count * 3 // 2 - saved
    assert json.loads((out / "run.json").read_text())["spent"]["cost_usd"] == pytest.approx(
        count * COST[CHEAP] + count // 2 * COST[kit.MODEL]
    )


@pytest.mark.parametrize("below", [0.0, 1.0])
def test_a_dry_run_asks_the_offline_engine_what_share_is_escalated(tmp_path, workspace, below):
    job = Job(sources=("x",), out=tmp_path / "out")
    alone = estimate(job, settings(), workspace, entries=kit.entries(5))
    made = settings(cascade="offline", cascade_below=below)
    found = estimate(job, made, workspace, entries=kit.entries(5))
    assert found.escalated_share == (below, below)
    assert found.tokens_in == (alone.tokens_in if below else (0.0, 0.0))
    sample = estimate(job, made, workspace, entries=kit.entries(60))
    low, high = sample.escalated_share
    assert 0 <= low < high <= 1
    assert low < 0.2 if below == 0 else high > 0.8
    assert f"escalated to {kit.MODEL}" in sample.in_words()


def test_a_dry_run_of_two_models_reaches_from_the_cheap_one_alone_to_both(tmp_path, workspace):
    job = Job(sources=("x",), out=tmp_path / "out")
    cheap = estimate(job, settings(model=CHEAP), workspace, entries=kit.entries(5))
    dear = estimate(job, settings(), workspace, entries=kit.entries(5))
    both = estimate(job, settings(cascade=CHEAP), workspace, entries=kit.entries(5))
    assert both.escalated_share == (0.0, 1.0)
    assert both.cost_usd == pytest.approx((cheap.cost_usd[0], cheap.cost_usd[1] + dear.cost_usd[1]))
    assert both.tokens_in == pytest.approx((cheap.tokens_in[0], 2 * dear.tokens_in[1]))


# -- eval ----------------------------------------------------------------------------------------------


def suite_of(folder: Path, workspace: Workspace, count: int) -> Path:
    """Papers as the lists have them; the model is wrong about the last one's label."""
    rows = [
        {"id": f"e{n}", "title": kit.title(n), "abstract": kit.abstract(n), "label": kit.gold(workspace, n)}
        for n in range(count)
    ]
    rows[-1]["label"] = kit.gold(workspace, count)
    path = folder / "suite.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def in_folder(tmp_path, monkeypatch, bridges):
    """A suite and a copy of the workspace, since recordings are written into it."""
    monkeypatch.chdir(tmp_path)
    copy = Workspace(shutil.copytree(bridges, tmp_path / "ws"))
    path = suite_of(tmp_path, copy, 10)
    return copy, ["eval", "--suite", str(path), "--workspace", str(copy.root), "--engine", "openai"]


def use(monkeypatch, server: LlmServer) -> None:
    for name, value in kit.environment(server.url, CLASSIFIER_PRICES=json.dumps(PRICES)).items():
        monkeypatch.setenv(name, value)


def report_of(name: str) -> dict:
    found = json.loads((Path(name) / "report.json").read_text())
    del found["times"]
    return found


def test_eval_tells_who_decided_what_and_what_was_saved(capsys, monkeypatch, in_folder):
    workspace, command = in_folder
    with LlmServer(Two(workspace)) as server:
        use(monkeypatch, server)
        assert cli([*command, "--cascade", CHEAP, "--out", "both"]) == 0
        assert cli([*command, "--out", "alone"]) == 0
    found = report_of("both")
    made = found["cascade"]
    first, second = made["first"], made["second"]
    assert (found["run"]["cascade"], found["run"]["cascade_below"]) == (f"openai ({CHEAP})", 0.8)
    assert [stage["accuracy"]["n"] for stage in (first, second)] == [5, 5]
    assert [stage["accuracy"]["value"] for stage in (first, second)] == [1.0, 0.8]
    assert [stage["spending"]["requests"] for stage in (first, second)] == [10, 5]
    assert first["spending"]["cost_usd"] == pytest.approx(10 * COST[CHEAP])
    assert second["spending"]["cost_usd"] == pytest.approx(5 * COST[kit.MODEL])
    assert made["first_on_rest"]["value"] == 0.8
    assert made["without"] == report_of("alone")["spending"]
    assert made["saved_usd"] == pytest.approx(5 * COST[kit.MODEL] - 10 * COST[CHEAP])
    assert made["saved_tokens"] == 10 * 1100 - 15 * 1100
    shown = capsys.readouterr().out
    assert f"openai ({CHEAP}), then openai ({kit.MODEL})" in shown
    assert "5 of 10" in shown
    assert "5 of 10" in render_markdown(read_json(Path("both") / "report.json"))
    page = (Path("both") / "report.html").read_text()
    assert 'id="cascade"' in page
    assert 'id="cascade"' not in (Path("alone") / "report.html").read_text()
    compared = compare_runs(Path("alone"), Path("both"))
    assert (compared.n, compared.only_a_right, compared.only_b_right) == (10, 0, 0)
    assert any("cascade" in difference for difference in compared.differences)


def test_runs_of_other_thresholds_are_not_joined(capsys, monkeypatch, in_folder):
    workspace, command = in_folder
    with LlmServer(Two(workspace)) as server:
        use(monkeypatch, server)
        assert cli([*command, "--cascade", "offline", "--out", "o"]) == 0
        assert cli([*command, "--cascade", "offline", "--cascade-below", "0.5", "--out", "o"]) == 2
    assert "cascade_below: 0.8 -> 0.5" in capsys.readouterr().err


def test_a_cascade_is_replayed_and_a_plain_recording_can_be_replayed_as_one(monkeypatch, in_folder):
    workspace, command = in_folder
    with LlmServer(Two(workspace)) as server:
        use(monkeypatch, server)
        assert cli([*command, "--cascade", CHEAP, "--out", "both"]) == 0
        assert cli([*command, "--out", "alone"]) == 0
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "CLASSIFIER_MODEL"):
        monkeypatch.delenv(name)
    recorded = workspace.root / "eval" / "recordings" / "suite"
    cascade, plain = sorted(recorded.iterdir(), key=lambda path: len(path.name))
    command = command[:-2]
    assert cli([*command, "--replay", str(cascade), "--out", "again"]) == 0
    assert report_of("again") == report_of("both")
    assert cli([*command, "--replay", str(plain), "--out", "alone-again"]) == 0
    assert report_of("alone-again") == report_of("alone")
    offline = ["--cascade", "offline", "--cascade-below"]
    assert cli([*command, "--replay", str(plain), *offline, "1", "--out", "offline"]) == 0
    made = report_of("offline")["cascade"]
    assert (made["second"]["accuracy"]["n"], made["saved_tokens"]) == (10, 0)
    assert made["without"] == report_of("alone")["spending"]
    # A recording without the first model's replies does not pass as one in which it was unsure.
    assert cli([*command, "--replay", str(plain), "--cascade", CHEAP, "--out", "none"]) == 6
    assert len(report_of("none")["failed"]) == 10
