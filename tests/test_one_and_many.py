"""Counts of one: every command, and every page of the service, says "1 paper is", never "1 papers are"."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from classifier.cli.app import run as cli
from classifier.text.counting import count_of, plural
from tests import review_kit as kit
from tests.lists_of_papers import dated_list
from tests.llm_server import LlmServer
from tests.service.kit import serving
from tests.test_drafts import drafted
from tests.test_eval import KEY

_SINGULAR = {"is", "was", "has", "says", "waits", "needs", "counts", "alias", "class", "this", "bus", "bytes"}
_ONE = re.compile(
    r"(?<![\w.,$:-])1 (?:of 1 )?(?:more |labelled |waiting |new )?(?P<noun>[a-z]+s|are|were|have)\b"
    r"|(?<![\w.,$:-])1 (?:of 1 )?[a-z]+(?: [a-z]+)? (?P<verb>are|were|have|wait|need)\b"
)


def wrong_plurals(text: str) -> list[str]:
    return [found[0] for found in _ONE.finditer(text) if (found["verb"] or found["noun"]) not in _SINGULAR]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("1 papers labelled", 1),
        ("1 of 1 papers labelled", 1),
        ("1 of 1 paper labelled; 1 failed", 0),
        ("1 entry is here", 0),
        ("1 were there", 1),
        ("1 text are drafts", 1),
        ("21 papers, 0.1 papers, e1 papers", 0),
        ("1 more papers", 1),
    ],
)
def test_the_check_finds_what_it_looks_for(text, wrong):
    assert len(wrong_plurals(text)) == wrong


@pytest.mark.parametrize(("number", "said"), [(0, "0 papers are"), (1, "1 paper is"), (2, "2 papers are")])
def test_a_number_with_its_noun(number, said):
    assert f"{count_of(number, 'paper')} {plural(number, 'is', 'are')}" == said
    assert count_of(number, "study", "studies") == f"{number} {'study' if number == 1 else 'studies'}"


@pytest.fixture
def say(tmp_path, monkeypatch, capsys):
    """Runs a command in a folder with a workspace, a list and a run that have one of everything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLASSIFIER_ARXIV_URL", "http://127.0.0.1:9")
    shutil.copytree(kit.BRIDGES, "ws")
    kit.write_run(Path("run"), [kit.label(0)])
    kit.write_run(Path("bad"), [kit.label(0), kit.label(1, "failed")])
    Path("one.csv").write_text("title,abstract\nA Bridge,Trucks crossed the bridge while gauges were read.\n")
    Path("mixed.csv").write_text(
        "title,abstract\nA Bridge,Trucks crossed it.\n,\nA Bridge,Trucks crossed it.\n"
    )
    Path("list.md").write_text(
        "# Bridges\n\n## Loads\n\nOf loads.\n- [Cars](https://arxiv.org/abs/2301.00001)\n"
    )
    Path("fixes.csv").write_text(f"key,label\ne0,{kit.LEAVES[1]}\n")
    row = {"id": "a", "title": "A", "abstract": "Trucks crossed it.", "label": kit.LEAVES[0]}
    Path("suite.jsonl").write_text(json.dumps(row) + "\n")

    def told(*command: str, keys: str = "") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(keys))
        capsys.readouterr()
        code = cli(list(command))
        said = "".join(capsys.readouterr())
        assert code in (0, 3, 4, 6), said
        return said

    return told


OFFLINE = ("--engine", "offline", "--workspace", "ws")
WS = ("--workspace", "ws")
COMMANDS = [
    [
        ("label", "one.csv", "--out", "new", *OFFLINE),
        ("label", "one.csv", "--out", "new", "--dry-run", *OFFLINE),
    ],
    [
        ("label", "mixed.csv", "--out", "new", *OFFLINE),
        ("label", "mixed.csv", "--out", "new", "--dry-run", *OFFLINE),
    ],
    [("init", "new", "--from", "list.md", "--offline"), ("lint", "--workspace", "new"), ("draft", "new")],
    [("init", "new", "--from", "list.md", "--offline"), ("fetch-gold", "--workspace", "new")],
    [("eval", "--suite", "suite.jsonl", "--out", "a", *OFFLINE), ("compare", "a", "a")],
    [("eval", "--suite", "suite.jsonl", "--out", "a", "--repeat", "2", *OFFLINE), ("report", "a")],
    [("review", "run", "--list", *WS), ("review", "run", "--methods", *WS)],
    [("review", "run", "--as", "Ada", "--bulk", "accept", *WS)],
    [
        ("review", "run", "--as", "Ada", "--bulk", "accept", "--yes", *WS),
        ("gold", "add", "run", "--dry-run", *WS),
    ],
    [("review", "bad", "--flow", "flow.svg", *WS), ("review", "run", "--flow", "flow.csv", *WS)],
    [("correct", "run", "--from", "fixes.csv"), ("export", "run", "-f", "corrections-csv", "--out", "c.csv")],
    [
        ("export", "run", "-f", "html", "--out", "o.html", *WS),
        ("export", "run", "-f", "svg", "--out", "o.svg", *WS),
    ],
    [("export", "run", "-f", "markdown", *WS), ("export", "run", "-f", "csv", "--reviewed-only", *WS)],
    [("amend", "run", "e0", "--year", "2021"), ("amend", "run", "--undo")],
    [("backup", "run", "b.tar.gz"), ("restore", "b.tar.gz", "back")],
    [("tree", *WS), ("lint", *WS)],
]


@pytest.mark.parametrize("commands", COMMANDS, ids=lambda commands: " ".join(commands[-1][:3]))
def test_every_command_has_the_singular_for_one(say, commands):
    for command in commands:
        assert wrong_plurals(say(*command)) == []
    for path in Path().glob("*.svg"):
        assert wrong_plurals(path.read_text()) == []


def test_keys_and_reports_of_reviews(say):
    said = say("review", "run", "--as", "Ada", *WS, keys="a\n")
    assert "classifier: 1 decision saved" in said
    assert wrong_plurals(said) == []
    said = say("gold", "add", "run", *WS)
    assert "1 study added" in said
    assert "1 summary is drafted" in said
    assert wrong_plurals(said + say("gold", "add", "run", *WS)) == []
    plan = kit.plan(Path("bad"), reviewers=("Ada", "Bo"))
    kit.say(Path("bad"), plan, "Ada", "e0", kit.LEAVES[0])
    kit.say(Path("bad"), plan, "Bo", "e0", kit.LEAVES[1])
    said = say("review", "bad", "--agreement", *WS)
    assert "1 paper with two blind decisions" in said
    assert "1 conflict is open" in said
    assert wrong_plurals(said) == []


def test_drafts_of_a_model(say, monkeypatch):
    Path("birds.md").write_text(dated_list(), encoding="utf-8")
    with LlmServer(drafted) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        say("init", "new", "--from", "birds.md", "--model", "fake")
    rows = say("draft", "new", "--json")
    last = [row["id"] for row in json.loads(rows)]
    said = say("draft", "new", *last[:-1], "--reject") if len(last) > 1 else ""
    assert wrong_plurals(said + say("draft", "new") + say("lint", "--workspace", "new")) == []


PAGES = [
    "/",
    "/tree",
    "/tree?run={}",
    "/lists",
    "/lists/{}",
    "/lists/{}/progress",
    "/review",
    "/review/{}",
    "/review/{}/stop",
    "/review/{}/agreement",
    "/review/{}/gold",
    "/review/{}/bulk?label=accept",
    "/review/{}/decisions",
    "/evaluation",
    "/drafts",
]


def test_every_page_has_the_singular_for_one(tmp_path):
    line = json.dumps(
        {"id": "x", "title": "A Bridge", "abstract": "Cables were loaded.", "year": 1999}
    ).encode()
    with serving(tmp_path / "runs") as served:
        run = served.upload(line, "one.jsonl", start="true").json()["id"]
        served.finished(run)
        for started in (False, True):
            if started:
                kit.plan(tmp_path / "runs" / run)
            for page in PAGES:
                answer = served.client.get(page.format(run))
                assert answer.status_code in (200, 303, 404, 409), page
                text = html.unescape(
                    re.sub(r"<(?:script|style)\b.*?</(?:script|style)>", "", answer.text, flags=re.S)
                )
                words = " ".join(re.sub(r"<[^>]+>", "", text).split())
                assert wrong_plurals(words) == [], page
