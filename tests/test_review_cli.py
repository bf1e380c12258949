"""`classifier review` and `gold add` as a user meets them: processes, keys, pipes, files."""

import csv
import json
import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.batch.ledger.decisions import read_decisions, read_plan
from classifier.survey.workspace import Workspace
from tests import review_kit as kit
from tests.test_cli import run as command
from tests.waiting import WAIT_S

A, B = kit.LEAVES[:2]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    labels = [kit.label(n, A, runner_up=B) for n in range(4)]
    return kit.write_run(tmp_path / "run", labels)


def review(run: Path, *arguments: str, keys: str | None = None) -> subprocess.CompletedProcess[str]:
    stdin = None if keys is None else keys.encode()
    return command("review", str(run), "--workspace", str(kit.BRIDGES), *arguments, stdin=stdin)


def decided(run: Path) -> dict[str, str]:
    lines = (run / "labels.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return {one["ref"]: one["leaf"] or one["status"] for one in found if "correction" in one}


def order(run: Path, *arguments: str) -> list[str]:
    done = review(run, "--list", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["key"] for line in done.stdout.splitlines()]


def test_the_queue_is_listed_with_reasons_and_the_same_for_a_seed(run):
    first = order(run, "--seed", "3")
    assert sorted(first) == ["e0", "e1", "e2", "e3"]
    assert order(run) == first
    listed = review(run, "--list").stdout
    assert "It is in the random sample that measures how often the labels are right." in listed
    assert order(run, "--reason", "rest") == []


def test_a_sentence_that_supports_several_answers_is_shown_once(tmp_path):
    one = kit.label(0, A).evidence[0]
    other = one.model_copy(update={"quote": "Another sentence."})
    evidence = (one, other, one.model_copy(update={"supports": "traffic"}), other)
    run = kit.write_run(tmp_path / "run", [kit.label(0, A, evidence=evidence)])
    shown = review(run, "--as", "Ada", keys="q\n").stdout
    assert [line.strip() for line in shown.splitlines() if "“" in line] == [
        "page 1: “Bridge 0.”",
        "page 1: “Another sentence.”",
    ]


def test_decisions_by_lines_of_a_pipe(run):
    first, second, third, fourth = order(run, "--seed", "3", "--audit", "4")
    done = review(run, "--as", "Ada", keys=f"a\nc {B} the deck was loaded\no\nu no idea\n")
    assert done.returncode == 0, done.stderr
    again = f"classifier review {run} --workspace {kit.BRIDGES} --methods"
    assert f"4 decisions saved; `{again}` says when to stop" in done.stderr
    assert "The queue is empty." in done.stdout
    assert decided(run) == {first: A, second: B, third: "out_of_scope", fourth: "unplaced"}
    notes = {kept.decision.key: kept.decision.note for kept in read_decisions(run)}
    assert (notes[second], notes[fourth]) == ("the deck was loaded", "no idea")
    # With fewer than four papers left in it, the leaf is thin.
    assert {kept.decision.asked for kept in read_decisions(run)} == {"audit", "thin-leaf"}


def test_undo_skip_note_and_wrong_keys(run):
    first, second, *_ = order(run, "--seed", "3")
    done = review(run, "--as", "Ada", keys="x\na\nz\ns\nn look again\nc nonsense\n2\nq\n")
    assert done.returncode == 0, done.stderr
    assert "'x' is no key here" in done.stdout
    assert f"taken back: {first}" in done.stdout
    assert "none of these matches 'nonsense'" in done.stdout
    assert decided(run) == {second: B}
    kinds = [(kept.decision.kind, kept.decision.key) for kept in read_decisions(run) if not kept.undone]
    assert kinds == [("skip", first), ("note", second), ("change", second)]


def test_a_leaf_is_picked_by_a_part_or_a_number(run):
    unique = next(leaf for leaf in kit.LEAVES if sum(leaf[-6:] in other for other in kit.LEAVES) == 1)
    review(run, "--as", "Ada", keys=f"c {unique[-6:]}\nc 2\n")
    assert sorted(decided(run).values()) == sorted([unique, kit.LEAVES[1]])


def test_single_keys_in_a_terminal_decide_a_paper_each(run):
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "classifier",
            "review",
            str(run),
            "--as",
            "Ada",
            "--workspace",
            str(kit.BRIDGES),
        ],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
    )
    os.close(slave)
    screen = b""
    for left in (4, 3, 2, 1):  # a key is pressed when its paper is on the screen
        while f"[{left} left]".encode() not in screen:
            assert select.select([master], [], [], WAIT_S)[0]
            screen += os.read(master, 65536)
        os.write(master, b"a")
    try:
        while screen_part := os.read(master, 65536):
            screen += screen_part
    except OSError:  # the terminal is closed at the end
        pass
    with child:
        said = child.stderr.read()
    os.close(master)
    assert child.returncode == 0, said
    assert b"4 decisions saved" in said
    assert set(decided(run).values()) == {A}


def test_who_decides_must_be_known(run):
    done = review(run, keys="a\n")
    assert (done.returncode, decided(run)) == (2, {})
    assert "give --as NAME" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--list", "--methods"], "--list and --methods exclude one another"),
        (["--yes"], "--yes needs --bulk"),
        (["--reason", "nonsense"], "--reason is 'nonsense'; expected one of audit"),
        (["--reviewers", "Ada"], "expected no names, or at least two"),
        (["--undo", "--as", "Bo"], "'Bo' has no decision"),
        (["--flow", "x.pdf"], "ends in '.pdf'; expected .svg or .csv"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run, arguments, says):
    done = review(run, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_bulk_is_shown_first_and_undone_as_one(run):
    shown = review(run, "--bulk", "accept", "--as", "Ada", "--text", "number")
    assert shown.stdout.count(f"\t{A}\taccept\t") == 4
    assert "4 papers would be decided; add --yes to save" in shown.stderr
    assert decided(run) == {}
    before = (run / "labels.jsonl").read_bytes()
    review(run, "--bulk", "accept", "--as", "Ada", "--yes")
    assert len(decided(run)) == 4
    undone = review(run, "--undo", "--as", "Ada")
    assert undone.stderr.startswith("classifier: taken back: ")
    assert (run / "labels.jsonl").read_bytes() == before


def test_a_bulk_of_nothing_saves_nothing(run):
    done = review(run, "--bulk", "accept", "--as", "Ada", "--text", "no such words", "--yes")
    assert (done.returncode, done.stderr) == (
        0,
        "classifier: 0 papers decided\n",
    )
    assert read_decisions(run) == []


def test_two_blind_reviewers_a_conflict_and_their_agreement(run):
    review(run, "--reviewers", "Ada,Bo", "--hide-machine", "--seed", "1", "--list")
    ada = review(run, "--as", "Ada", keys=f"c {A} weighed\nc {A}\n")
    assert "The engine's label is hidden" in ada.stdout
    assert A not in ada.stdout.replace(f"  {A}\n", "")
    bo = review(run, "--as", "Bo", keys=f"c {A}\nc {B} not weighed\n")
    assert "weighed" not in bo.stdout
    assert list(decided(run).values()) == [A]
    said = review(run, "--agreement").stdout
    assert "2 papers with two blind decisions; 1 with the same label" in said
    assert f"1 x  {' and '.join(sorted((A, B)))}" in said
    assert "Bo: " + B + " (not weighed)" in said
    assert "1 conflict is open" in said
    solved = review(run, "--conflicts", "--as", "Cy", keys=f"c {B} agreed\n")
    assert "Ada said" in solved.stdout
    assert "Bo said" in solved.stdout
    assert sorted(decided(run).values()) == sorted([A, B])
    assert json.loads(review(run, "--agreement", "--json").stdout)["papers"] == 2


def test_the_methods_paragraph_and_the_flow(run, tmp_path):
    review(run, "--as", "Ada", "--seed", "1", keys="a\na\na\na\n")
    said = review(run, "--methods").stdout
    assert "Random sample: 4 of 4 decided; 4 papers in all" in said
    assert "Accuracy of the engine: 1.000 [0.398, 1.000] (exact, 95 %)" in said
    assert "Clopper-Pearson" in said
    data = json.loads(review(run, "--methods", "--json").stdout)
    assert data["stopping"]["accuracy"]["right"] == 4
    for name in ("flow.svg", "flow.csv"):
        assert review(run, "--flow", str(tmp_path / name)).returncode == 0
        assert review(run, "--flow", str(tmp_path / name)).returncode == 0  # its own file
    rows = list(csv.reader((tmp_path / "flow.csv").read_text().splitlines()))
    assert rows[-1] == ["included", "papers included", "", "4"]
    foreign = tmp_path / "mine.csv"
    foreign.write_text("mine")
    assert review(run, "--flow", str(foreign)).returncode == 2
    assert foreign.read_text() == "mine"


def test_gold_add_takes_decided_papers_and_a_table_of_summaries(run, tmp_path):
    space = Path(shutil.copytree(kit.BRIDGES, tmp_path / "space"))
    before = len(Workspace(space).studies)
    review(run, "--as", "Ada", "--bulk", "accept", "--yes")
    table = tmp_path / "own.csv"
    table.write_text("key,summary\ne0,Trucks were weighed.\ne1,\n")
    arguments = ["gold", "add", str(run), "--workspace", str(space), "--summaries", str(table)]
    done = command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["added"]) == 4
    assert len(Workspace(space).studies) == before + 4
    again = command(*arguments)
    assert "0 studies added, 0 changed, 4 are there already" in again.stderr
    assert "3 summaries are drafted" in again.stderr
    assert command("lint", "--workspace", str(space)).returncode == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("key\ne0\n", "no column summary"),
        ("key,summary\ne9,x\n", "'e9' has a summary, but is no decided paper"),
    ],
)
def test_a_wrong_table_of_summaries_is_refused(run, tmp_path, text, says):
    table = tmp_path / "own.csv"
    table.write_text(text)
    space = Path(shutil.copytree(kit.BRIDGES, tmp_path / "space"))
    done = command("gold", "add", str(run), "--workspace", str(space), "--summaries", str(table))
    assert done.returncode == 3
    assert says in done.stderr


def test_a_run_of_another_tree_is_not_reviewed(run):
    """A person would be offered labels that the run does not have."""
    done = command("review", str(run), "--as", "Ada", "--list")
    assert done.returncode == 2
    assert f"is labelled '{A}', which 'The RL/LLM Taxonomy Tree' does not have" in done.stderr
    assert "add --workspace DIR" in done.stderr
    assert decided(run) == {}
    assert read_plan(run) is None
