"""`classifier init --from survey.pdf` with a model: what it reads waits in a file for a person."""

# ruff: noqa: E501

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace

import pytest
import yaml

from classifier.drafting.kept import REPLIES_FILE
from tests.llm_server import LlmServer, reply, status
from tests.pdfs import FILLER
from tests.survey_pdfs import ANSWERS, DEFINITION, PAGES, TITLE, careful, part_of, write_survey
from tests.test_cli import run
from tests.waiting import wait_beside

PRICES = '{"fake":{"input":1.0,"output":10.0}}'
DRAFT = "survey-draft.yaml"


@pytest.fixture
def pdf(tmp_path):
    return write_survey(tmp_path / "survey.pdf")


def make(pdf, server, *options):
    return run(
        "init", str(pdf.parent / "ws"), "--from", str(pdf), "--model", "fake", *options,
        OPENAI_BASE_URL=server.url, CLASSIFIER_PRICES=PRICES,
    )  # fmt: skip


def accept(pdf, *options):
    ws = pdf.parent / "ws"
    return run("init", str(ws), "--from", str(ws / DRAFT), "--offline", *options)


@pytest.fixture
def drafted(pdf):
    with LlmServer(careful) as server:
        done = make(pdf, server)
        assert done.returncode == 0, done.stderr
        assert Counter(part_of(body) for body in server.requests) == Counter(
            ["section 2.1 By Song", "section 2.2 By Sight", "section 3 Homes", "Table 1, page 2"]
        )
    return pdf, done


def test_a_model_reads_where_the_survey_files_its_papers_and_nothing_uses_it(drafted):
    pdf, done = drafted
    assert "The model read 4 of 4 parts of the survey" in done.stdout
    assert "it files 6 of 7 references under 6 topics" in done.stdout
    assert f"Next: classifier init {pdf.parent / 'ws'} --from {pdf.parent / 'ws' / DRAFT}" in done.stdout
    ws = pdf.parent / "ws"
    assert not (ws / "gold/labels.jsonl").exists()
    data = yaml.safe_load((ws / DRAFT).read_text())
    assert data["title"] == TITLE
    song = data["children"][0]["children"][0]
    assert song == {
        "title": "By Song",
        "definition": DEFINITION,
        "papers": [
            {
                "title": "Dawn choruses of small towns",
                "year": 2021,
                "arxiv": "2101.00001",
                "reference": "[2] Bea Lark and Cy Wren. Dawn choruses of small towns. arXiv preprint arXiv:2101.00001, 2021.",
                "found": "section 2.1 By Song, page 1",
            },
            {
                "title": "Listening posts on tall roofs",
                "year": 2022,
                "reference": "[3] Dora Finch, Eli Crow, et al. Listening posts on tall roofs. In Proceedings of Ears, pages 1-9, 2022.",
                "found": "section 2.1 By Song, page 1",
            },
        ],
    }  # fmt: skip
    homes = data["children"][1]
    assert [(topic["title"], topic["papers"][0]["found"]) for topic in homes["children"]] == [
        ("Boxes", "Table 1, page 2"),
        ("Roofs", "Table 1, page 2"),
    ]
    assert homes["children"][0]["papers"][0]["doi"] == "10.1000/nests.7"
    assert [text[:9] for text in data["not_placed"]] == ["[1] Ada O"]


def test_the_corrected_file_becomes_the_workspace(drafted):
    pdf, _ = drafted
    path = pdf.parent / "ws" / DRAFT
    text = path.read_text().replace("title: Boxes", "title: Nest boxes")
    path.write_text(text)
    done = accept(pdf)
    assert done.returncode == 0, done.stderr
    assert f"{TITLE}: 4 leaves, 6 labelled papers, from 6 entries" in done.stdout
    rows = [json.loads(line) for line in (pdf.parent / "ws/gold/labels.jsonl").read_text().splitlines()]
    assert Counter(row["label"] for row in rows) == {
        "counting/by-song": 2, "counting/by-sight": 2, "homes/nest-boxes": 1, "homes/roofs": 1,
    }  # fmt: skip
    assert {row["title"]: row.get("arxiv") for row in rows}["Dawn choruses of small towns"] == "2101.00001"
    tree = yaml.safe_load((pdf.parent / "ws/taxonomy.yaml").read_text())["tree"]
    song = tree[0]["children"][0]
    assert (song["definition"], song.get("drafts")) == (DEFINITION, None)  # the survey's own sentence
    lint = run("lint", "--workspace", str(pdf.parent / "ws"))
    assert lint.returncode == 0, lint.stdout
    again = accept(pdf)
    assert "Nothing changed" in again.stdout


def test_running_it_again_costs_nothing_and_keeps_an_edited_file(drafted):
    pdf, _ = drafted
    path = pdf.parent / "ws" / DRAFT
    whole = path.read_bytes()
    with LlmServer(careful) as server:
        done = make(pdf, server, "--json")
        assert (done.returncode, server.requests) == (0, [])
        assert path.read_bytes() == whole
        facts = json.loads(done.stdout)["survey_draft"]
        assert (facts["replies"], facts["papers"], facts["left_as_edited"]) == (0, 6, False)
        path.write_bytes(whole + b"# mine\n")
        done = make(pdf, server)
        assert path.read_bytes() == whole + b"# mine\n"
        assert "was edited since it was drafted, so it was left as it is" in done.stdout
        path.unlink()
        make(pdf, server)
        assert path.read_bytes() == whole
        assert server.requests == []


def test_a_part_that_fails_is_named_and_the_same_command_asks_only_for_it(pdf):
    def script(body):
        return reply("no JSON") if part_of(body).startswith("section 3") else careful(body)

    with LlmServer(script) as server:
        done = make(pdf, server)
        assert done.returncode == 6
        assert "  not read: section 3 Homes: " in done.stdout
        assert "it files 6 of 7 references" in done.stdout  # the table has them, too
    with LlmServer(careful) as server:
        done = make(pdf, server)
        assert (done.returncode, [part_of(body) for body in server.requests]) == (0, ["section 3 Homes"])


def test_a_limit_on_money_stops_it_and_a_higher_one_resumes(pdf):
    with LlmServer(careful) as server:
        done = make(pdf, server, "--max-cost", "0.0001")
        assert (done.returncode, server.requests) == (6, [])
        assert "stopped: --max-cost 0.0001 leaves no room" in done.stdout
        assert "The model read 0 of 4 parts" in done.stdout
        assert "Check " not in done.stdout
        assert not (pdf.parent / "ws" / DRAFT).exists()
        assert make(pdf, server, "--max-cost", "5").returncode == 0
        assert len(server.requests) == len(ANSWERS)


def test_a_server_that_is_down_leaves_the_workspace_of_headings(pdf):
    with LlmServer(lambda _: status(401)) as server:
        done = make(pdf, server)
    assert done.returncode == 6
    assert "Next: classifier lint" in done.stdout
    tree = yaml.safe_load((pdf.parent / "ws/taxonomy.yaml").read_text())["tree"]
    assert [node["id"] for node in tree] == ["counting", "homes"]


def test_a_killed_init_pays_for_no_reply_twice(pdf):
    gate, come = threading.Event(), threading.Event()
    answered = []

    def script(body):
        if len(answered) < 2:
            answered.append(part_of(body))
            return careful(body)
        come.set()
        return replace(careful(body), gate=gate)

    replies = pdf.parent / "ws" / REPLIES_FILE
    with LlmServer(script) as server:
        environment = os.environ | {"OPENAI_BASE_URL": server.url, "CLASSIFIER_PRICES": PRICES}
        command = ("init", str(pdf.parent / "ws"), "--from", str(pdf), "--model", "fake")
        killed = subprocess.Popen([sys.executable, "-m", "classifier", *command], env=environment)
        wait_beside(killed, come.is_set)
        wait_beside(killed, lambda: replies.exists() and replies.read_bytes().count(b"\n") == 2)
        assert killed.poll() is None
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        gate.set()
    with LlmServer(careful) as server:
        done = make(pdf, server)
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == len(ANSWERS) - 2
        assert not {part_of(body) for body in server.requests} & set(answered)


def test_a_survey_without_reference_list_is_not_asked_about(tmp_path):
    pdf = write_survey(tmp_path / "survey.pdf", (PAGES[0], PAGES[1][:8] + FILLER * 3))
    with LlmServer(careful) as server:
        done = make(pdf, server)
        assert (done.returncode, server.requests) == (0, [])
    assert "No reference list was recognised in the PDF" in done.stdout


def test_without_a_model_there_are_headings_and_it_is_said_how_to_have_more(pdf):
    done = run("init", str(pdf.parent / "ws"), "--from", str(pdf), "--offline")
    assert done.returncode == 0
    assert "With --model NAME, a model reads in the PDF where the survey files its papers." in done.stdout
    assert not (pdf.parent / "ws" / DRAFT).exists()
    shutil.rmtree(pdf.parent / "ws")
