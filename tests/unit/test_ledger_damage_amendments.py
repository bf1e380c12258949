"""Amendments of a ledger that is damaged, emptied or gone: saved, put into another run, never invented."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from classifier.batch.amendments import amend, checked_changes, take_back_amendments
from classifier.batch.decisions import correct
from classifier.batch.ledger.rescue import readable_amendments
from classifier.cli import exits
from classifier.cli.app import run
from classifier.model.amendment import Amendment
from classifier.model.entries import Correction
from classifier.model.run_files import AMENDMENTS_FILE
from tests.unit.test_ledger_damage import (
    at,
    bytes_of,
    copied,
    cut,
    labelled,
    overwritten,
    said_of,
    settle,
    sql,
)

ENTRIES, AMENDED, PAGE = 30, 12, 4096
ABSTRACT = "A robot is trained by reinforcement learning. A large language model writes its rewards. " * 9


def title(number: int) -> str:
    return f"{'How Bridge Number ' * 2}{number} Was Watched for {number + 2} Years"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 30 entries; 12 amended, one twice, one taken back, one cleared field, one correction."""
    folder = tmp_path_factory.mktemp("whole")
    lines = [
        {"id": f"k{n}", "title": title(n), "year": 2000 + n, "abstract": ABSTRACT + str(n)}
        for n in range(ENTRIES)
    ]
    out = labelled(folder, lines)

    def change(number: int, **typed: str) -> None:
        made = Amendment(key=f"k{number}", changes=checked_changes(typed), by="Ada", note="n" * 400)
        amend(out, [made])

    change(20, title="Taken Back")
    take_back_amendments(out, "k20", "Bo")
    for number in range(AMENDED):
        change(number, title=f"=Of Ropes, “{number}”", abstract=f"{ABSTRACT} amended {number}")
    change(3, year="")
    correct(out, Correction(key="k5", label="unplaced", by="Ada"))
    settle(out)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return copied(whole, tmp_path / "run")


ALL = AMENDED + 1
DAMAGES = {
    "intact": (lambda path: None, range(ALL, ALL + 1)),
    "gone": (Path.unlink, range(1)),
    "emptied": (bytes_of(b""), range(1)),
    "a text file": (bytes_of(b"key,title\n" * 900), range(1)),
    "zeros of the same length": (at(0, 10_000, b"\0"), range(1)),
    "its first page overwritten": (at(0, 1), range(1)),
    "cut after a page": (cut(0, PAGE), range(1)),
    "cut in the middle of a page": (cut(0.5, 777), range(ALL + 1)),
    "without its last tenth": (cut(0.9), range(ALL + 1)),
    "pages of entries overwritten": (overwritten("item"), range(ALL, ALL + 1)),
    "the table of the run overwritten": (overwritten("run"), range(ALL, ALL + 1)),
    "amendments overwritten": (overwritten("amendment"), range(1)),
    "no entries": (sql("DROP TABLE item"), range(ALL, ALL + 1)),
    "no amendments": (sql("DROP TABLE amendment"), range(1)),
    "entries that are no JSON": (sql("UPDATE item SET entry = '{'"), range(ALL, ALL + 1)),
    "an amendment's entry that is no JSON": (
        sql("UPDATE amendment SET listed = '[' WHERE key = 'k4'"),
        range(ALL, ALL + 1),
    ),
    "changes that are no JSON": (
        sql("UPDATE amendment SET changes = '[' WHERE key = 'k4'"),
        range(ALL - 1, ALL),
    ),
    "a time that is bytes": (
        sql("UPDATE amendment SET at = CAST(x'ff00fe' AS TEXT) WHERE key = 'k4'"),
        range(ALL - 1, ALL),
    ),
}


@pytest.mark.parametrize(("damage", "in_the_ledger"), DAMAGES.values(), ids=DAMAGES)
def test_all_amendments_come_back_from_the_ledger_or_from_the_file_beside_it(
    folder, capsys, damage, in_the_ledger
):
    out, table = folder / "out", folder / "amendments.csv"
    before = (out / AMENDMENTS_FILE).read_bytes()
    damage(out / "ledger.sqlite")
    (folder / "alone").mkdir()
    if (out / "ledger.sqlite").exists():
        shutil.copyfile(out / "ledger.sqlite", folder / "alone" / "ledger.sqlite")
    assert len(readable_amendments(folder / "alone" / "ledger.sqlite")) in in_the_ledger
    code, _, message = said_of(["export", str(out), "-f", "amendments-csv", "--out", str(table)], capsys)
    assert code in (exits.DONE, exits.PARTIAL), message
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["key"] for row in rows] == [*(f"k{n}" for n in range(AMENDED)), "k3"]
    assert {row["by"] for row in rows} == {"Ada"}
    assert [row["year"] for row in rows] == [*[""] * AMENDED, "'-"]
    assert [row["title"] for row in rows] == [*(f"'=Of Ropes, “{n}”" for n in range(AMENDED)), ""]
    assert {row["note"] for row in rows} == {"n" * 400}
    count = rf"{ALL} amendments"
    for command in (
        ["export", str(out), "-f", "jsonl"],
        ["label", str(folder / "list.jsonl"), "--out", str(out), "--engine", "offline", "--dry-run"],
        ["label", str(folder / "list.jsonl"), "--out", str(out), "--engine", "offline"],
        ["correct", str(out), "k3", "unplaced"],
        ["amend", str(out), "k3", "--year", "2001"],
        ["amend", str(out), "--undo"],
        ["amend", str(out), "--history"],
    ):
        code, _, message = said_of(command, capsys)
        if code == exits.DONE or "saved in the ledger" in message:
            count = r"\d+ amendments"  # this command changed how many there are
        if code == exits.DONE:  # it needs nothing of what is damaged
            continue
        assert message.count("\n") == 1, (command, message)
        assert "internal error" not in message, (command, message)
        if "is missing; the run would replace it" in message:
            continue
        assert code == exits.FAILURE, (command, message)
        assert re.search(f" {count} are readable", message), (command, message)
        assert "-f amendments-csv" in message
    assert _amended_keys(before) <= _amended_keys((out / AMENDMENTS_FILE).read_bytes())


def _amended_keys(lines: bytes) -> set[str]:
    return {json.loads(line)["key"] for line in lines.splitlines()}


@pytest.mark.parametrize("damage", ["gone", "emptied", "amendments overwritten", "no entries"])
def test_saved_amendments_and_corrections_go_into_another_run(folder, capsys, damage):
    out, again, source = folder / "out", folder / "again", str(folder / "list.jsonl")
    expected = _exported(out, capsys)
    DAMAGES[damage][0](out / "ledger.sqlite")
    for what in ("amendments", "corrections"):
        table = str(folder / f"{what}.csv")
        assert run(["export", str(out), "-f", f"{what}-csv", "--out", table]) in (exits.DONE, exits.PARTIAL)
    assert run(["label", source, "--out", str(again), "--engine", "offline"]) == exits.DONE
    assert run(["amend", str(again), "--from", str(folder / "amendments.csv")]) == exits.DONE
    assert run(["correct", str(again), "--from", str(folder / "corrections.csv")]) == exits.DONE
    assert _exported(again, capsys) == expected
    first = json.loads((again / AMENDMENTS_FILE).read_text().splitlines()[0])
    kept = json.loads((out / AMENDMENTS_FILE).read_text().splitlines()[0])
    assert {**first, "number": 0} == {**kept, "number": 0}  # who, when and why came along


def _exported(out: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, ...]]:
    code, text, message = said_of(["export", str(out), "-f", "csv"], capsys)
    assert code == exits.DONE, message
    return [
        (row["key"], row["title"], row["year"], row["label"]) for row in csv.DictReader(text.splitlines())
    ]


def test_a_table_of_another_list_amends_nothing(folder, capsys):
    """The keys are the same, the papers are not."""
    table, source = str(folder / "amendments.csv"), folder / "other.jsonl"
    assert run(["export", str(folder / "out"), "-f", "amendments-csv", "--out", table]) == exits.DONE
    lines = [{"id": f"k{n}", "title": f"Tea and Chess in Year {n}", "abstract": ABSTRACT} for n in range(20)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = str(folder / "other")
    assert run(["label", str(source), "--out", out, "--engine", "offline"]) == exits.DONE
    code, _, message = said_of(["amend", out, "--from", table], capsys)
    assert code != exits.DONE
    assert "'k0' is 'Tea and Chess in Year 0' in the lists, not 'How Bridge" in message
    assert not (folder / "other" / AMENDMENTS_FILE).exists()


def test_the_file_follows_each_amendment_and_each_undo(folder):
    out = folder / "out"
    assert len((out / AMENDMENTS_FILE).read_bytes().splitlines()) == ALL
    take_back_amendments(out, "k3", "Bo")
    assert len((out / AMENDMENTS_FILE).read_bytes().splitlines()) == ALL - 1
    (folder / "other.jsonl").write_text(json.dumps({"id": "x", "title": "Tea", "abstract": ABSTRACT}) + "\n")
    assert run(["label", str(folder / "other.jsonl"), "--out", str(out), "--engine", "offline"]) == exits.DONE
    assert len((out / AMENDMENTS_FILE).read_bytes().splitlines()) == ALL - 1  # in no list, but not lost


@pytest.mark.parametrize(
    "line",
    [
        b"[1]",
        b'{"changes"',
        b'{"number": "x", "key": "k", "changes": {"title": "T"}, "at": "2026-01-01"}',
        b'{"number": 99, "key": "", "changes": {"title": "T"}, "at": "2026-01-01"}',
        b'{"number": 99, "key": "k9", "changes": {}, "at": "2026-01-01"}',
        b'{"number": 99, "key": "k9", "changes": {"venue": "T"}, "at": "2026-01-01"}',
        b'{"number": 99, "key": "k9", "changes": {"year": "soon"}, "at": "2026-01-01"}',
        b'{"number": 99, "key": "k9", "changes": {"year": 2000}, "at": "once"}',
        b'{"number": 99, "key": ["k9"], "changes": {"year": 2000}, "at": "2026-01-01"}',
        b"\xff\xfe\x00changes",
    ],
)
def test_a_line_of_the_file_that_makes_no_sense_is_left_out(folder, line):
    out = folder / "out"
    with (out / AMENDMENTS_FILE).open("ab") as file:
        file.write(line + b"\n")
    (out / "ledger.sqlite").unlink()
    assert len(readable_amendments(out / "ledger.sqlite")) == ALL


def test_what_was_taken_back_in_the_ledger_does_not_come_back_from_the_file(folder):
    """The file is behind, as after a kill between the ledger and the file."""
    out = folder / "out"
    before = (out / AMENDMENTS_FILE).read_bytes()
    take_back_amendments(out, "k3", "Bo")
    (out / AMENDMENTS_FILE).write_bytes(before)
    overwritten("item")(_at_rest(out))
    assert len(readable_amendments(out / "ledger.sqlite")) == ALL - 1


def _at_rest(out: Path) -> Path:
    with closing(sqlite3.connect(out / "ledger.sqlite")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return out / "ledger.sqlite"
