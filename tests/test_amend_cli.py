"""`classifier amend` as a user meets it: one entry, a table, history, undo, and what it refuses."""

import json
from pathlib import Path

import pytest

from tests import review_kit as kit
from tests.test_cli import run as command


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return kit.write_run(tmp_path / "run", [kit.label(n) for n in range(3)])


def titles(run: Path) -> dict[str, str]:
    lines = (run / "labels.jsonl").read_text().splitlines()
    return {one["ref"]: one["paper"]["title"] for one in map(json.loads, lines)}


def test_one_entry_a_table_history_and_undo(run, tmp_path):
    abstract = tmp_path / "a.txt"
    abstract.write_text("Ropes and dampers.\n")
    done = command(
        "amend", str(run), "e0", "--title", "Of Ropes", "--abstract-file", str(abstract), "--by", "Ada"
    )
    assert done.returncode == 0, done.stderr
    assert "'e0' is amended; export again, and rerun `classifier label`" in done.stderr
    assert titles(run)["e0"] == "Of Ropes"
    table = tmp_path / "t.csv"
    table.write_text("key,title,by\ne1,Of Cables,Bo\ne2,Of Towers,Bo\n")
    assert "2 entries are amended" in command("amend", str(run), "--from", str(table)).stderr
    assert "2 entries are as before" in command("amend", str(run), "--undo", "--by", "Cy").stderr
    history = command("amend", str(run), "--history").stdout.splitlines()
    assert [line.split("  ", 1)[1].partition("; taken")[0] for line in history] == [
        "e0  Ada: title “Of Ropes”, abstract “Ropes and dampers.”",
        "e1  Bo: title “Of Cables”",
        "e2  Bo: title “Of Towers”",
    ]
    assert [line.endswith("by Cy") for line in history] == [False, True, True]
    assert {key: title for key, title in titles(run).items() if title.startswith("Of ")} == {"e0": "Of Ropes"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("e0",), 2, "expected KEY with --title, --year"),
        (("e0", "--title", "x", "--undo"), 2, "expected KEY with --title"),
        (("--title", "x"), 2, "expected KEY, the entry whose data is to be changed"),
        (("e0", "--undo"), 2, "no amendment of 'e0' counts: nothing to undo"),
        (("e9", "--title", "x"), 3, "no entry 'e9' in the ledger"),
        (("e0", "--year", "soon"), 3, "'soon' is not a year; expected one from 1800 to 2099"),
        (("e0", "--abstract-file", "/none.txt"), 3, "/none.txt: cannot be read"),
        (("e0", "--from", "t.csv"), 2, "expected KEY with --title"),
    ],
)
def test_what_it_refuses_and_why(run, arguments, code, message):
    before = titles(run)
    done = command("amend", str(run), *arguments)
    assert message in done.stderr
    assert (done.returncode, titles(run)) == (code, before)
