"""Lists as a whole: real processes, a real server that misbehaves, and what is left on disk in any case."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from reportlab.pdfgen import canvas

from classifier.batch.estimate import estimate
from classifier.batch.job import Job
from classifier.batch.ledger.corrections import set_correction
from classifier.batch.ledger.rows import DUPLICATE, read_rows
from classifier.batch.session import label_lists
from classifier.cli.app import run as run_command
from classifier.errors import ConfigError
from classifier.model.entries import BrokenEntry, Correction, ListEntry
from classifier.model.paper import Paper
from classifier.settings import load_settings
from classifier.survey.workspace import Workspace
from tests import batch_kit as kit
from tests.arxiv_server import ArxivServer, Reply, html_reply
from tests.batch_kit import settings
from tests.llm_server import LlmServer, raw, reply, status
from tests.waiting import WAIT_S, wait_beside, wait_for


def run(tmp_path: Path, server: LlmServer, workspace: Workspace, rows: list, **job: object) -> dict:
    made = Job(sources=("list.jsonl",), out=tmp_path / "out", **{"concurrency": 4} | job)
    return label_lists(made, settings(server.url), workspace, entries=rows)


def test_a_list_is_labelled_in_its_order_with_totals(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with LlmServer(model) as server:
        summary = run(tmp_path, server, bridges_workspace, kit.entries(12))
    rows = list(read_rows(tmp_path / "out"))
    assert [row.entry.key for row in rows] == [f"e{n}" for n in range(12)]
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 12) == []
    assert {row.label.warnings[0].code for row in rows} == {"abstract-only"}
    assert summary["totals"]["labelled"] == 12
    assert summary["spent"]["replies"] == 12
    assert summary["spent"]["cost_usd"] == pytest.approx(
        sum(row.label.provenance.cost_usd for row in rows), abs=1e-5
    )
    assert json.loads((tmp_path / "out" / "run.json").read_text()) == summary


def test_no_secret_is_written(tmp_path):
    source = kit.write_list(tmp_path / "list.jsonl", 3)
    workspace = Workspace(kit.BRIDGES)

    def echo(body):
        return reply(kit.answer(workspace, kit.number_of(body)), model=f"fake of {kit.KEY}")

    with LlmServer(echo) as server:
        url = server.url.replace("http://", "http://user:hunter2@")
        done = subprocess.run(
            kit.command(source, tmp_path / "out"), env=kit.environment(url), capture_output=True, check=False
        )
    assert done.returncode == 0, done.stderr
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    with sqlite3.connect(tmp_path / "out" / "ledger.sqlite") as db:
        written += b"".join(zlib.decompress(body) for (body,) in db.execute("SELECT body FROM reply"))
    db.close()
    assert kit.KEY.encode() not in written
    assert b"hunter2" not in written


def test_the_same_command_again_asks_nothing(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    with LlmServer(model) as server:
        run(tmp_path, server, bridges_workspace, kit.entries(5))
        summary = run(tmp_path, server, bridges_workspace, kit.entries(7))
    assert model.answered == dict.fromkeys(range(7), 1)
    assert (summary["labelled_now"], summary["totals"]["labelled"]) == (2, 7)


def test_a_killed_run_goes_on_and_buys_at_most_what_was_in_flight_again(tmp_path, bridges_workspace):
    count, ceiling, kills = 40, 6, 3
    source, out = kit.write_list(tmp_path / "list.jsonl", count), tmp_path / "out"
    arguments = kit.command(source, out, "--concurrency", str(ceiling))
    model, chance = kit.Model(bridges_workspace, wait_s=0.05), random.Random(4)
    with LlmServer(model) as server:
        for _ in range(kills):
            process, before = kit.start(arguments, server.url), len(server.requests)
            wait_beside(process, lambda before=before: len(server.requests) > before)
            time.sleep(chance.uniform(0, 0.3))
            kit.kill(process)
        last = kit.start(arguments, server.url)
        told = last.communicate(timeout=WAIT_S)
        assert last.returncode == 0, told
        assert kit.wrong_labels(bridges_workspace, out, count) == []
        assert model.answered.total() - count <= kills * ceiling


def test_an_interrupt_waits_for_replies_that_are_paid_for_and_loses_none(tmp_path, bridges_workspace):
    count = 40
    source, out = kit.write_list(tmp_path / "list.jsonl", count), tmp_path / "out"
    arguments = kit.command(source, out, "--concurrency", "4")
    model = kit.Model(bridges_workspace, wait_s=0.1, free=8)
    with LlmServer(model) as server:
        process = kit.start(arguments, server.url)
        wait_beside(process, lambda: model.answered.total() >= 6)
        process.send_signal(signal.SIGINT)
        model.release()
        _, said = process.communicate(timeout=WAIT_S)
        assert process.returncode == 130, said
        assert "rerun to resume" in said
        labelled = len(kit.labels_of(out))
        assert 0 < labelled < count
        assert json.loads((out / "run.json").read_text())["stopped"]["code"] == "interrupted"
        last = kit.start(arguments, server.url)
        last.communicate(timeout=WAIT_S)
        assert last.returncode == 0
    assert kit.wrong_labels(bridges_workspace, out, count) == []
    assert model.answered == dict.fromkeys(range(count), 1)


def test_of_two_processes_at_once_one_works_and_the_other_is_told(tmp_path, bridges_workspace):
    count = 20
    source, out = kit.write_list(tmp_path / "list.jsonl", count), tmp_path / "out"
    arguments = kit.command(source, out, "--concurrency", "4")
    model = kit.Model(bridges_workspace, free=0)
    with LlmServer(model) as server:
        both = [kit.start(arguments, server.url) for _ in range(2)]
        wait_for(lambda: any(process.poll() is not None for process in both))
        model.release()
        said = [process.communicate(timeout=WAIT_S)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], said
    assert any("another process is labelling there" in words for words in said)
    assert kit.wrong_labels(bridges_workspace, out, count) == []
    assert model.answered == dict.fromkeys(range(count), 1)


def test_a_cost_cap_is_exceeded_by_no_more_than_what_is_in_flight(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace, wait_s=0.02)
    with LlmServer(model) as server:
        first = run(tmp_path, server, bridges_workspace, kit.entries(3))
        each = first["spent"]["cost_usd"] / 3
        capped = run(tmp_path, server, bridges_workspace, kit.entries(40), max_cost_usd=10 * each)
        spent = capped["spent"]["cost_usd"]
        assert 10 * each <= spent * 1.001
        assert spent <= (10 + 4) * each * 1.01
        assert capped["stopped"]["code"] == "budget-spent"
        assert capped["totals"]["waiting"] == 40 - capped["totals"]["labelled"] > 20
        assert len(kit.labels_of(tmp_path / "out")) == capped["totals"]["labelled"]
        again = run(tmp_path, server, bridges_workspace, kit.entries(40), max_cost_usd=10 * each)
        assert again["labelled_now"] == 0
        run(tmp_path, server, bridges_workspace, kit.entries(40), max_cost_usd=100 * each)
    assert model.answered == dict.fromkeys(range(40), 1)


def test_a_cap_that_stopped_the_run_is_exit_code_6(tmp_path):
    source = kit.write_list(tmp_path / "list.jsonl", 3)
    with LlmServer(kit.Model(Workspace(kit.BRIDGES))) as server:
        process = kit.start(kit.command(source, tmp_path / "out", "--max-cost", "0"), server.url)
        said = process.communicate(timeout=WAIT_S)
    assert (process.returncode, server.requests) == (6, []), said
    assert "--max-cost" in said[1]


@pytest.mark.parametrize("prices", [{}, {"another": {"input": 1, "output": 1}}])
def test_a_cap_without_a_price_is_refused_before_anything_is_sent(tmp_path, bridges_workspace, prices):
    job = Job(sources=("x",), out=tmp_path / "out", max_cost_usd=1.0)
    with LlmServer(kit.Model(bridges_workspace)) as server:
        unpriced = settings(server.url, prices=prices)
        with pytest.raises(ConfigError, match="CLASSIFIER_PRICES"):
            label_lists(job, unpriced, bridges_workspace, entries=kit.entries(2))
    assert server.requests == []
    assert not (tmp_path / "out").exists()


def test_a_cap_that_cannot_be_kept_stops_the_run(tmp_path, bridges_workspace):
    def silent(body):
        return reply(kit.answer(bridges_workspace, kit.number_of(body)), usage={})

    with LlmServer(silent) as server:
        summary = run(tmp_path, server, bridges_workspace, kit.entries(20), max_cost_usd=5.0, concurrency=1)
    assert "does not count" in summary["stopped"]["message"]
    assert len(server.requests) == 1


def test_the_range_of_a_dry_run_holds_what_the_run_then_costs(tmp_path, bridges_workspace):
    job = Job(sources=("list.jsonl",), out=tmp_path / "out", concurrency=4)
    with LlmServer(kit.Model(bridges_workspace)) as server:
        told = estimate(job, settings(server.url), bridges_workspace, entries=kit.entries(30))
        assert server.requests == []
        assert not (tmp_path / "out").exists()
        spent = label_lists(job, settings(server.url), bridges_workspace, entries=kit.entries(30))["spent"]
        rest = estimate(job, settings(server.url), bridges_workspace, entries=kit.entries(60))
    assert (told.papers, told.sampled) == (30, 24)
    assert told.tokens_in[0] <= spent["tokens_in"] <= told.tokens_in[1]
    assert told.tokens_out[0] <= spent["tokens_out"] <= told.tokens_out[1]
    assert told.cost_usd[0] <= spent["cost_usd"] <= told.cost_usd[1]
    assert (rest.papers, rest.done, rest.observed) == (30, 30, 30)
    assert rest.cost_usd[0] <= spent["cost_usd"] <= rest.cost_usd[1] < 1.3 * spent["cost_usd"]


def test_a_dry_run_that_could_read_nothing_says_why_and_tells_no_cost(tmp_path, bridges_workspace):
    rows = [ListEntry(key="bare", source="x", line=1)]
    job = Job(sources=("x",), out=tmp_path / "out")
    told = estimate(job, settings("http://127.0.0.1:9/v1"), bridges_workspace, entries=rows).in_words()
    assert "1 of 1 could not be read: 'bare' has no PDF" in told
    assert told.endswith("tokens and cost cannot be estimated")


def test_the_estimate_of_the_rest_is_near_after_twenty_replies(tmp_path, bridges_workspace):
    seen: list[tuple[float, float]] = []

    def watch(run):
        async def look() -> None:
            while run.progress.here < 20:
                await asyncio.sleep(0)
            seen.append((run.spending.cost_usd, run.spending.rest_usd(run.progress.waiting)))

        watch.task = asyncio.get_running_loop().create_task(look())

    rows = []
    for entry in kit.entries(160):  # the mean of twenty is nearer than 10 % to that of all
        words = f"{entry.paper.abstract} {'More was seen then. ' * random.Random(entry.key).randrange(300)}"
        rows.append(
            entry.model_copy(update={"paper": entry.paper.model_copy(update={"abstract": words.strip()})})
        )
    job = Job(sources=("x",), out=tmp_path / "out", concurrency=16)
    with LlmServer(kit.Model(bridges_workspace, wait_s=0.05)) as server:
        done = label_lists(job, settings(server.url), bridges_workspace, entries=rows, on_start=watch)
    so_far, rest = seen[0]
    assert rest == pytest.approx(done["spent"]["cost_usd"] - so_far, rel=0.1)


def test_other_settings_are_told_and_not_mixed_in(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace)
    job = Job(sources=("x",), out=tmp_path / "out", concurrency=4)
    with LlmServer(model) as server:
        label_lists(job, settings(server.url), bridges_workspace, entries=kit.entries(4))
        stricter = settings(server.url, review_below=0.95)
        with pytest.raises(ConfigError, match=r"review_below: 0.5 -> 0.95.*--out.*--relabel"):
            label_lists(job, stricter, bridges_workspace, entries=kit.entries(4))
        again = Job(sources=("x",), out=tmp_path / "out", relabel=True)
        summary = label_lists(again, stricter, bridges_workspace, entries=kit.entries(4))
    assert summary["totals"]["review"] == 4  # labelled again …
    assert model.answered.total() == 4  # … from replies that were paid for


def test_failed_entries_are_tried_again_only_when_asked_for(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace, faults={2: [status(400, "flagged by policy 17")]})
    with LlmServer(model) as server:
        first = run(tmp_path, server, bridges_workspace, kit.entries(4))
        assert (first["totals"]["failed"], first["totals"]["labelled"]) == (1, 3)
        failed = json.loads((tmp_path / "out" / "failed.jsonl").read_text())
        assert (failed["key"], failed["line"], failed["code"]) == ("e2", 3, "refused")
        assert kit.labels_of(tmp_path / "out")["e2"]["paper"]["title"] == kit.title(2)
        second = run(tmp_path, server, bridges_workspace, kit.entries(4))
        assert second["labelled_now"] == 0
        third = run(tmp_path, server, bridges_workspace, kit.entries(4), retry_failed=True)
    assert third["totals"]["failed"] == 0
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 4) == []


def test_the_same_command_asks_again_where_the_server_was_down(tmp_path, bridges_workspace):
    model = kit.Model(bridges_workspace, faults={1: [status(503, "down", headers={"retry-after": "0"})] * 6})
    with LlmServer(model) as server:
        first = run(tmp_path, server, bridges_workspace, kit.entries(3))
        failed = json.loads((tmp_path / "out" / "failed.jsonl").read_text())
        assert (failed["key"], failed["code"], first["totals"]["labelled"]) == ("e1", "model-unavailable", 2)
        job = Job(sources=("x",), out=tmp_path / "out")
        told = estimate(job, settings(server.url), bridges_workspace, entries=kit.entries(3))
        assert (told.papers, told.done) == (1, 2)
        second = run(tmp_path, server, bridges_workspace, kit.entries(3))
    assert (second["labelled_now"], second["totals"]["failed"]) == (1, 0)


def test_a_wrong_answer_that_was_paid_for_is_not_bought_again_but_for_a_retry(tmp_path, bridges_workspace):
    wrong = reply(kit.answer(bridges_workspace, 0, label="no such leaf"))
    model = kit.Model(bridges_workspace, faults={0: [wrong, wrong]})
    with LlmServer(model) as server:
        first = run(tmp_path, server, bridges_workspace, kit.entries(1))
        assert first["totals"]["failed"] == 1
        assert len(server.requests) == 2  # the question and one re-ask
        last = run(tmp_path, server, bridges_workspace, kit.entries(1), retry_failed=True)
    assert (last["totals"]["labelled"], len(server.requests)) == (1, 3)


def test_faults_of_the_server_change_no_label(tmp_path, bridges_workspace):
    cut = reply(json.dumps(kit.answer(bridges_workspace, 5))[:200])
    too_long = reply(json.dumps(kit.answer(bridges_workspace, 6))[:200], finish="length")
    slow_down = status(429, headers={"retry-after": "0.2"})
    faults = {
        1: [slow_down],
        2: [status(503, headers={"retry-after": "0"})],
        3: [raw(b"<html>", 200)],
        5: [cut],
        6: [too_long],
    }
    model = kit.Model(bridges_workspace, faults=faults)
    with LlmServer(model) as server:
        summary = run(tmp_path, server, bridges_workspace, kit.entries(8))
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 8) == []
    assert summary["spent"]["replies"] == 10  # those that were cut were paid for as well


def test_a_server_that_refuses_everybody_ends_the_run_and_no_entry_is_given_up(tmp_path, bridges_workspace):
    with LlmServer([status(401)]) as server:
        summary = run(tmp_path, server, bridges_workspace, kit.entries(60))
    assert "in a row" in summary["stopped"]["message"]
    assert "API key" in summary["stopped"]["message"]
    assert len(server.requests) < 30
    assert summary["totals"]["waiting"] == 60
    with LlmServer(kit.Model(bridges_workspace)) as server:
        other = settings(server.url)
        job = Job(sources=("x",), out=tmp_path / "out", relabel=True)  # another port is another server
        label_lists(job, other, bridges_workspace, entries=kit.entries(60))
    assert kit.wrong_labels(bridges_workspace, tmp_path / "out", 60) == []


def test_a_duplicate_gets_its_twins_label_with_a_note(tmp_path, bridges_workspace):
    rows = kit.entries(3)
    rows.append(rows[1].model_copy(update={"key": "again", "line": 4}))
    model = kit.Model(bridges_workspace)
    with LlmServer(model) as server:
        summary = run(tmp_path, server, bridges_workspace, rows)
    labels = kit.labels_of(tmp_path / "out")
    assert labels["again"]["leaf"] == labels["e1"]["leaf"]
    assert labels["again"]["warnings"][-1]["code"] == DUPLICATE
    assert "'e1'" in labels["again"]["warnings"][-1]["message"]
    assert model.answered.total() == 3
    assert summary["totals"]["duplicates"] == 1


def test_duplicates_of_a_failed_paper_are_counted_apart(tmp_path, bridges_workspace):
    source = kit.write_list(tmp_path / "list.jsonl", 2)
    source.write_text(source.read_text() + json.dumps({"id": "again", "title": kit.title(1)}) + "\n")
    model = kit.Model(bridges_workspace, faults={1: [status(400, "flagged by policy 17")]})
    with LlmServer(model) as server:
        process = kit.start(kit.command(source, tmp_path / "out"), server.url)
        _, said = process.communicate(timeout=WAIT_S)
    assert "not labelled: 1 refused, 1 as a duplicate of these; see failed.jsonl; --retry-failed" in said
    rows = [json.loads(line) for line in (tmp_path / "out" / "failed.jsonl").read_text().splitlines()]
    assert {row["key"]: row["duplicate_of"] for row in rows} == {"e1": None, "again": "e1"}


def test_a_duplicate_is_read_where_its_twin_cannot_be(tmp_path, bridges_workspace):
    bare = ListEntry(key="bare", source="x", line=1, paper=Paper(title=kit.title(0), arxiv_id="2301.00001"))
    full = kit.entries(1)[0]
    paper = full.paper.model_copy(update={"arxiv_id": "2301.00001"})
    rows = [bare, full.model_copy(update={"paper": paper})]
    job = Job(sources=("x",), out=tmp_path / "out", reading="abstract")
    with LlmServer(kit.Model(bridges_workspace)) as server, ArxivServer() as arxiv:
        told = settings(server.url, arxiv_url=arxiv.url)
        label_lists(job, told, bridges_workspace, entries=rows)
    labels = kit.labels_of(tmp_path / "out")
    assert labels["e0"]["leaf"] == kit.gold(bridges_workspace, 0)
    assert labels["bare"]["error"]["code"] == "paper-not-found"


def test_an_id_of_another_paper_is_reported_and_not_labelled(tmp_path, bridges_workspace):
    entry = kit.entries(1)[0]
    paper = entry.paper.model_copy(update={"arxiv_id": "2301.00001"})
    job = Job(sources=("x",), out=tmp_path / "out")
    with LlmServer(kit.Model(bridges_workspace)) as server, ArxivServer() as arxiv:
        arxiv.paper("2301.00001v1", "On the Colours of Sea Snails in Winter Storms")
        told = settings(server.url, arxiv_url=arxiv.url)
        rows = [entry.model_copy(update={"paper": paper})]
        label_lists(job, told, bridges_workspace, entries=rows)
    label = kit.labels_of(tmp_path / "out")["e0"]
    assert (label["status"], label["error"]["code"]) == ("failed", "wrong-paper")
    assert "Sea Snails" in label["error"]["message"]
    assert server.requests == []


def test_a_pdf_that_cannot_be_read_gives_way_to_the_abstract(tmp_path, bridges_workspace):
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"<html>403</html>")
    entry = kit.entries(1)[0].model_copy(update={"file": bad})
    with LlmServer(kit.Model(bridges_workspace)) as server:
        run(tmp_path, server, bridges_workspace, [entry])
    label = kit.labels_of(tmp_path / "out")["e0"]
    assert label["leaf"] == kit.gold(bridges_workspace, 0)
    codes = [warning["code"] for warning in label["warnings"]]
    assert "full-text-missing" in codes
    assert "abstract-only" in codes


@pytest.mark.parametrize(
    ("place", "answer"),
    [("arxiv", None), ("url", Reply(status=403)), ("url", Reply(status=404)), ("url", html_reply())],
    ids=["not on arXiv", "paywall", "gone", "a page"],
)
def test_a_paper_that_is_not_to_be_had_is_judged_by_its_abstract(tmp_path, bridges_workspace, place, answer):
    label, arxiv, _ = label_one_from(tmp_path, bridges_workspace, place, answer)
    assert arxiv.seen
    assert label["leaf"] == kit.gold(bridges_workspace, 0)
    assert {"full-text-missing", "abstract-only"} <= {warning["code"] for warning in label["warnings"]}


@pytest.mark.parametrize("place", ["arxiv", "url"])
def test_a_source_that_did_not_answer_fails_the_entry_until_the_next_run(tmp_path, bridges_workspace, place):
    label, _, model = label_one_from(tmp_path, bridges_workspace, place, Reply(status=500))
    assert label["error"]["code"] == "source-unavailable"
    assert "--read abstract" in label["error"]["message"]
    assert model.requests == []
    label, _, _ = label_one_from(tmp_path, bridges_workspace, place, Reply(status=404))
    assert label["leaf"] == kit.gold(bridges_workspace, 0)


def test_with_read_abstract_no_source_is_asked_for_what_brings_its_own(tmp_path, bridges_workspace):
    label, arxiv, _ = label_one_from(
        tmp_path, bridges_workspace, "arxiv", Reply(status=500), reading="abstract"
    )
    assert label["leaf"] == kit.gold(bridges_workspace, 0)
    assert arxiv.seen == []


@pytest.mark.parametrize("answer", [None, Reply(status=500)], ids=["not on arXiv", "no answer"])
def test_read_full_only_never_uses_the_abstract(tmp_path, bridges_workspace, answer):
    label, _, model = label_one_from(tmp_path, bridges_workspace, "arxiv", answer, reading="full-only")
    assert label["error"]["code"] == ("source-unavailable" if answer else "paper-not-found")
    assert model.requests == []


def test_read_full_only_says_what_an_abstract_alone_needs(tmp_path, bridges_workspace):
    entry = kit.entries(1)[0]
    with LlmServer(kit.Model(bridges_workspace)) as server:
        job = Job(sources=("x",), out=tmp_path / "out", reading="full-only")
        label_lists(job, settings(server.url), bridges_workspace, entries=[entry])
    error = kit.labels_of(tmp_path / "out")["e0"]["error"]
    assert (error["code"], "--read full" in error["message"]) == ("bad-reference", True)


def test_a_rerun_with_the_abstract_retries_what_a_source_did_not_answer_and_keeps_the_rest(
    tmp_path, bridges_workspace
):
    [entry] = kit.entries(1)
    entry = entry.model_copy(update={"paper": entry.paper.model_copy(update={"arxiv_id": "2301.00001"})})
    with LlmServer(kit.Model(bridges_workspace)) as server, ArxivServer() as arxiv:
        arxiv.on_id("2301.00001", Reply(status=500))
        given = settings(server.url, arxiv_url=arxiv.url, allow_private=True)
        leaves = []
        for reading in ("full", "abstract", "full"):
            job = Job(sources=("x",), out=tmp_path / "out", reading=reading)
            label_lists(job, given, bridges_workspace, entries=[entry])
            leaves.append(kit.labels_of(tmp_path / "out")["e0"]["leaf"])
    assert leaves == [None, kit.gold(bridges_workspace, 0), kit.gold(bridges_workspace, 0)]
    assert len(server.requests) == 1


def label_one_from(
    tmp_path: Path, workspace: Workspace, place: str, answer: Reply | None, reading: str = "full"
) -> tuple[dict, ArxivServer, LlmServer]:
    """The label of an entry with abstract whose arXiv id, or PDF's address, is answered so."""
    with LlmServer(kit.Model(workspace)) as server, ArxivServer() as arxiv:
        [entry] = kit.entries(1)
        if place == "url":
            entry = entry.model_copy(update={"url": f"{arxiv.url}/a.pdf"})
            arxiv.on("/a.pdf", answer)
        else:
            paper = entry.paper.model_copy(update={"arxiv_id": "2301.00001"})
            entry = entry.model_copy(update={"paper": paper})
            if answer is not None:
                arxiv.on_id("2301.00001", answer)
        job = Job(sources=("x",), out=tmp_path / "out", reading=reading, relabel=True)
        told = settings(server.url, arxiv_url=arxiv.url, allow_private=True)
        label_lists(job, told, workspace, entries=[entry])
    return kit.labels_of(tmp_path / "out")["e0"], arxiv, server


def test_entries_that_bring_nothing_and_lines_that_are_none_are_listed(tmp_path, bridges_workspace):
    rows = [
        *kit.entries(1),
        BrokenEntry(source="list.jsonl", line=2, reason="not valid JSON"),
        ListEntry(key="empty", source="list.jsonl", line=3),
    ]
    with LlmServer(kit.Model(bridges_workspace)) as server:
        summary = run(tmp_path, server, bridges_workspace, rows)
    failed = [json.loads(line) for line in (tmp_path / "out" / "failed.jsonl").read_text().splitlines()]
    assert [(row["line"], row["code"]) for row in failed] == [(3, "bad-reference"), (2, "broken-entry")]
    assert summary["totals"] | {"labelled": 1, "failed": 1, "unusable": 1} == summary["totals"]


def test_offline_processes_give_the_labels_that_one_process_gives(tmp_path):
    workspace = Workspace()
    rows = kit.entries(120)
    for name, workers in (("one", 1), ("two", 2)):
        made = load_settings(engine="offline", workers=workers)
        label_lists(Job(sources=("x",), out=tmp_path / name, dedupe=False), made, workspace, entries=rows)
    one, two = kit.labels_of(tmp_path / "one"), kit.labels_of(tmp_path / "two")
    assert list(one) == list(two) == [f"e{n}" for n in range(120)]
    assert [label["confidence"] for label in one.values()] == [label["confidence"] for label in two.values()]
    assert {label["paper"]["source"] for label in two.values()} == {"list"}


# -- what the screen says, exit codes, changed files ----------------------------------------------


def screen(source: Path, out: Path, url: str, *more: str, code: int = 0) -> tuple[str, str]:
    """Runs the command; its standard output and standard error."""
    process = kit.start(kit.command(source, out, *more), url)
    said = process.communicate(timeout=WAIT_S)
    assert process.returncode == code, said
    return said


def test_the_screen_shows_the_tree_what_needs_review_and_the_next_command(tmp_path, bridges_workspace):
    source, out = kit.write_list(tmp_path / "list.jsonl", 14), tmp_path / "out"
    with LlmServer(kit.Model(bridges_workspace)) as server:
        said, _ = screen(source, out, server.url)
        leaves = len(bridges_workspace.taxonomy.leaves)
        titles = " > ".join(bridges_workspace.taxonomy.titles(kit.gold(bridges_workspace, 0)))
        assert f"{-(-14 // leaves)}  {titles}" in said
        assert "warnings: 14 abstract-only" in said
        assert f"next: classifier export {out} --format html" in said

    def unsure(body):
        return reply(kit.answer(bridges_workspace, kit.number_of(body), confidence=0.2))

    with LlmServer(unsure) as server:
        said, _ = screen(source, tmp_path / "unsure", server.url)
    keys = ", ".join(f"e{n}" for n in range(10))
    assert f"review, low-confidence (14): {keys} and 4 more" in said
    assert f"next: classifier review {tmp_path / 'unsure'} --as " in said
    assert f"then: classifier export {tmp_path / 'unsure'} --format html" in said


@pytest.mark.parametrize("count", [2, 40])
def test_a_dead_server_that_let_nothing_be_labelled_is_exit_code_5(tmp_path, count):
    source = kit.write_list(tmp_path / "list.jsonl", count)
    with LlmServer([status(401)]) as server:
        screen(source, tmp_path / "out", server.url, code=5)


def test_a_server_that_died_after_some_labels_is_exit_code_6(tmp_path, bridges_workspace):
    source = kit.write_list(tmp_path / "list.jsonl", 3)
    with LlmServer(kit.Model(bridges_workspace, faults={1: [status(400, "no")]})) as server:
        screen(source, tmp_path / "out", server.url, code=6)


def offline(out: Path, *sources: Path, **job: object) -> dict:
    made = Job(sources=tuple(map(str, sources)), out=out, **job)
    return label_lists(made, load_settings(engine="offline", workers=1), Workspace())


def test_a_pdf_whose_bytes_changed_is_labelled_again_and_one_that_was_renamed_is_not(tmp_path):
    folder, out = tmp_path / "pdfs", tmp_path / "out"
    folder.mkdir()
    write_pdf(folder / "a.pdf", "Rewards by Language Models", "A language model writes the reward function.")
    write_pdf(folder / "b.pdf", "Bridges of Steel in Wind", "Bridges of steel are measured under wind.")
    assert offline(out, folder)["labelled_now"] == 2
    assert offline(out, folder, relabel=True)["labelled_now"] == 0
    before = kit.labels_of(out)
    write_pdf(folder / "a.pdf", "Tuning by Preferences", "A chat model is tuned by human preferences.")
    (folder / "b.pdf").rename(folder / "c.pdf")
    assert offline(out, folder)["labelled_now"] == 1
    after = kit.labels_of(out)
    assert after["a.pdf"]["paper"]["sha256"] != before["a.pdf"]["paper"]["sha256"]
    assert after["c.pdf"]["paper"]["sha256"] == before["b.pdf"]["paper"]["sha256"]
    (folder / "c.pdf").touch()
    assert offline(out, folder)["labelled_now"] == 0


def test_two_saves_of_one_pdf_are_one_paper_in_the_counts_and_two_rows(tmp_path):
    folder, out = tmp_path / "pdfs", tmp_path / "out"
    folder.mkdir()
    words = (
        "Rewards That a Language Model Writes for Robots",
        "A language model writes the reward function.",
    )
    write_pdf(folder / "a.pdf", *words)
    write_pdf(folder / "b.pdf", *words, more="Saved again.")
    (folder / "c.pdf").write_bytes((folder / "a.pdf").read_bytes())
    summary = offline(out, folder)
    titles = {label["paper"]["title"] for label in kit.labels_of(out).values()}
    assert titles == {words[0]}
    assert (summary["totals"]["labelled"], summary["totals"]["duplicates"]) == (1, 2)
    assert sum(summary["labels"].values()) == 1
    assert len(list(read_rows(out))) == 3


def test_a_correction_of_a_pdf_follows_its_bytes_and_not_its_name(tmp_path):
    folder, out = tmp_path / "pdfs", tmp_path / "out"
    folder.mkdir()
    write_pdf(folder / "a.pdf", "Rewards by Language Models", "A language model writes the reward function.")
    offline(out, folder)
    set_correction(out, Correction(key="a.pdf", label="unplaced"))
    (folder / "a.pdf").rename(folder / "z.pdf")
    write_pdf(folder / "a.pdf", "Bridges of Steel in Wind", "Bridges of steel are measured under wind.")
    summary = offline(out, folder)
    assert {row.entry.key: bool(row.correction) for row in read_rows(out)} == {"a.pdf": False, "z.pdf": True}
    assert kit.labels_of(out)["z.pdf"]["status"] == "unplaced"
    assert summary["corrections"] == {"made": 1, "kept_aside": 0, "aside": []}


def test_corrections_made_while_a_run_is_killed_again_and_again_are_all_there(tmp_path, bridges_workspace):
    count = 30
    source, out = kit.write_list(tmp_path / "list.jsonl", count), tmp_path / "out"
    arguments = kit.command(source, out, "--concurrency", "4")
    made, chance = {}, random.Random(7)
    with LlmServer(kit.Model(bridges_workspace, wait_s=0.5)) as server:
        for number in range(4):
            process, before = kit.start(arguments, server.url), len(server.requests)
            wait_beside(process, lambda before=before: len(server.requests) > before)
            key = f"e{chance.randrange(count)}"
            set_correction(out, Correction(key=key, label="unplaced", note=str(number)))
            made[key] = str(number)
            assert export_to(out, tmp_path / "out.csv") == 0  # beside the run
            time.sleep(chance.uniform(0, 0.2))
            kit.kill(process) if process.poll() is None else process.communicate()
            found = {row.entry.key: row.correction.note for row in read_rows(out) if row.correction}
            assert found == made
        last = kit.start(arguments, server.url)
        said = last.communicate(timeout=WAIT_S)
        assert last.returncode == 0, said
    labels = {key: label.get("correction") for key, label in kit.labels_of(out).items()}
    assert {key: correction["note"] for key, correction in labels.items() if correction} == made
    wrong = set(kit.wrong_labels(bridges_workspace, out, count))
    assert wrong == set(made)


def test_two_processes_that_correct_at_once_lose_no_correction(tmp_path, bridges_workspace):
    source, out = kit.write_list(tmp_path / "list.jsonl", 8), tmp_path / "out"
    with LlmServer(kit.Model(bridges_workspace)) as server:
        screen(source, out, server.url)
    command = [sys.executable, "-m", "classifier", "correct", str(out)]
    both = [subprocess.Popen([*command, f"e{n}", "unplaced"], stderr=subprocess.PIPE) for n in range(4)]
    for process in both:
        _, said = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, said
    assert sum(row.correction is not None for row in read_rows(out)) == 4
    assert sum("correction" in label for label in kit.labels_of(out).values()) == 4


def export_to(out: Path, file: Path) -> int:
    return run_command(["export", str(out), "--out", str(file), "--workspace", str(kit.BRIDGES)])


def write_pdf(path: Path, title: str, text: str, more: str = "") -> None:
    """A paper of two pages; `more` changes its bytes and not what it is about."""
    sheet = canvas.Canvas(str(path), pagesize=(612, 792), invariant=1)
    sheet.setFont("Helvetica-Bold", 18)
    sheet.drawString(72, 720, title)
    sheet.setFont("Helvetica", 10)
    sheet.drawString(72, 690, "Ada Ng and Bo Li")
    sheet.drawString(72, 660, "Abstract")
    for line in range(40):
        sheet.drawString(
            72, 640 - 12 * line, f"{text} We report what was seen in trial {line} of this study."
        )
    sheet.showPage()
    sheet.setFont("Helvetica", 10)
    for line in range(30):
        sheet.drawString(72, 700 - 12 * line, f"{text} {more} The results of trial {line} are given here.")
    sheet.save()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for child processes in /proc")
def test_an_interrupt_while_the_processes_start_leaves_no_traceback(tmp_path):
    """Ctrl-C reaches the whole group, and children that Python is still starting, too."""
    source = kit.write_list(tmp_path / "list.jsonl", 400)
    command = [*(sys.executable, "-m", "classifier", "label", str(source), "--out", str(tmp_path / "out"))]
    command += ["--workspace", str(kit.BRIDGES), "--engine", "offline", "--concurrency", "4"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and len(children.read_text().split()) < 2:  # the tracker, and a worker
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode in (0, 130), said
    assert "Traceback" not in said
