"""Each command that the program prints as the next step works as it was printed, in the same folder."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.cli.app import run as cli
from classifier.review.plan import open_plan
from tests import batch_kit, pdfs
from tests import review_kit as kit
from tests.lists_of_papers import dated_list
from tests.llm_server import LlmServer
from tests.test_drafts import drafted
from tests.test_eval import KEY, answering, suite_of

WORKSPACE = "our survey"
LIST = "my list.jsonl"
A, B = kit.LEAVES[:2]
Printed = Callable[..., list[list[str]]]


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a workspace and a list with spaces in their names, and no shorthand for them."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("CLASSIFIER_ARXIV_URL", "http://127.0.0.1:9")
    shutil.copytree(kit.BRIDGES, folder / WORKSPACE)
    batch_kit.write_list(folder / LIST, 3)
    return folder


@pytest.fixture
def printed(
    in_a_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Printed:
    """Runs a command; returns the commands that it printed, as a shell would split them."""

    def told(*arguments: str, code: int = 0, keys: str = "") -> list[list[str]]:
        monkeypatch.setattr("sys.stdin", io.StringIO(keys))
        assert cli(list(arguments)) == code, capsys.readouterr()
        said = "".join(capsys.readouterr())
        found = re.findall(r"`(classifier .+?)`|(?:: )(classifier .+?)(?= \(|$)", said, re.MULTILINE)
        return [shlex.split(one or other)[1:] for one, other in found]

    return told


def label(printed: Printed, out: str = "my run") -> list[list[str]]:
    return printed("label", LIST, "--out", out, "--engine", "offline", "--workspace", WORKSPACE)


def test_label_and_what_follows_it(printed, monkeypatch):
    monkeypatch.delenv("CLASSIFIER_ACCEPT_UNMEASURED")
    measure, review, export = label(printed)
    assert measure[:3] == ["eval", "--suite", "gold"]
    assert measure[3:] == ["--engine", "offline", "--workspace", WORKSPACE]
    assert printed(*measure) == []
    assert review == ["review", "my run", "--as", "ada", "--workspace", WORKSPACE]
    assert export[:4] == ["export", "my run", "--format", "html"]
    assert printed(*export) == []
    assert Path("my run/labels.html").is_file()
    (methods,) = printed(*review, keys="a\nq\n")
    assert printed(*methods) == []
    again = label(printed, "other run")
    assert printed(*again[-1]) == []  # the pages of two runs do not meet


def test_label_with_two_reviewers_names_one_of_them(printed, monkeypatch):
    monkeypatch.delenv("CLASSIFIER_ACCEPT_UNMEASURED")
    label(printed)
    open_plan(Path("my run"), reviewers=("Bo", "Cy"))
    review = label(printed)[1]
    assert review[:4] == ["review", "my run", "--as", "Bo"]
    printed(*review, keys="q\n")


def test_a_bulk_of_decisions_is_taken_back(printed):
    kit.write_run(Path("my run"), [kit.label(n, A) for n in range(3)])
    start = ("review", "my run", "--workspace", WORKSPACE, "--as", "Ada B", "--bulk", "accept")
    assert printed(*start) == []
    (undo,) = printed(*start, "--yes")
    assert printed(*undo) == []
    printed(*undo, code=2)  # nothing is left to undo
    assert printed(*start, "--reason", "failed", "--yes") == []  # no paper was decided


@pytest.mark.parametrize("named", [True, False])
def test_conflicts_are_resolved(printed, named):
    run = kit.write_run(Path("my run"), [kit.label(n, A) for n in range(3)])
    plan = kit.plan(run, reviewers=("Ada B", "Bo"))
    kit.say(run, plan, "Ada B", "e0", A)
    kit.say(run, plan, "Bo", "e0", B)
    name = ("--as", "Cy") if named else ()
    (resolve,) = printed("review", "my run", "--agreement", "--workspace", WORKSPACE, *name)
    assert resolve[resolve.index("--as") + 1] == ("Cy" if named else "Ada B")
    printed(*resolve, keys="a\n")
    assert printed("review", "my run", "--agreement", "--workspace", WORKSPACE) == []


@pytest.mark.parametrize("what", [LIST, "my papers"])
def test_a_list_or_a_folder_in_a_papers_place(printed, what):
    Path("my papers").mkdir()
    pdfs.write_paper(Path("my papers/a.pdf"))
    Path("run").mkdir()
    given = ("--engine", "offline", "--workspace", WORKSPACE)
    (labelling,) = printed("classify", what, *given, code=3)
    assert labelling == ["label", what, "--out", "run-2", *given]
    printed(*labelling)


@pytest.mark.parametrize(("name", "is_list"), [("a.CSV", True), ("a.dat", False), ("a", False)])
def test_only_a_file_that_is_named_as_a_list_is_called_one(printed, name, is_list):
    Path(name).write_bytes(b"@misc{a, title={A}}")
    assert len(printed("classify", name, code=3)) == is_list


def test_classify_says_how_to_measure(printed, monkeypatch):
    monkeypatch.delenv("CLASSIFIER_ACCEPT_UNMEASURED")
    pdfs.write_paper(Path("a.pdf"))
    (measure,) = printed("classify", "a.pdf", "--engine", "offline", "--workspace", WORKSPACE)
    assert printed(*measure) == []


def test_init_and_drafts(printed):
    Path("my list.md").write_text(dated_list(), encoding="utf-8")
    (lint,) = printed("init", "new ws", "--from", "my list.md", "--offline")
    assert lint == ["lint", "--workspace", "new ws"]
    (drafts,) = printed(*lint)
    (accept,) = printed(*drafts)
    printed(*accept)
    (listing,) = printed("draft", "new ws", "--accept", code=2)
    (second,) = printed(*listing)
    assert second != accept


def test_a_workspace_with_several_errors(printed):
    file = Path(WORKSPACE, "taxonomy.yaml")
    file.write_text(file.read_text().replace("definition:", "definitoin:"))
    (lint,) = printed("tree", "--workspace", WORKSPACE, code=2)
    printed(*lint, code=3)


def test_recorded_replies_are_scored_again(printed, monkeypatch, bridges_workspace):
    suite_of(Path(), 6).rename("my suite.jsonl")
    with LlmServer(answering(bridges_workspace)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        start = ("eval", "--suite", "my suite.jsonl", "--model", "fake", "--workspace", WORKSPACE)
        (replay,) = printed(*start, "--limit", "4", "--repeat", "2")
    assert printed(*replay) == []  # the server is gone


def test_corrections_that_fit_no_paper(printed):
    run = Path("my run")
    kit.write_run(run, [kit.label(n, A) for n in range(8)])
    for number in range(7):
        printed("correct", "my run", f"e{number}", B)
    kit.write_run(run, [kit.label(7, A)], [kit.entry(7)])
    (table,) = printed("export", "my run", "--format", "csv", "--out", "a.csv", "--workspace", WORKSPACE)
    assert printed(*table) == []


def test_backups_and_users(printed):
    kit.write_run(Path("all runs/one"), [kit.label(0, A)])
    (owner,) = printed("serve", "all runs", "--host", "0.0.0.0", "--workspace", WORKSPACE, code=2)
    printed(*owner)
    (restore,) = printed("backup", "all runs", "my backup.tar.gz")
    (serve,) = printed(*restore)
    printed(*serve, "--add-user", "somebody")  # as printed, it would run until it is stopped
    (restore,) = printed("backup", "all runs/one", "one.tar.gz")
    restore[-1] = "one"
    assert printed(*restore) == []  # one run is nothing to serve


def test_drafts_by_a_model_end_with_the_command_that_lists_them(printed, monkeypatch):
    Path("my list.md").write_text(dated_list(), encoding="utf-8")
    with LlmServer(drafted) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        made = printed("init", "new ws", "--from", "my list.md", "--model", "fake", code=6)
    assert [one[0] for one in made] == ["draft", "lint"]
    for one in made:
        printed(*one)
