"""Damaged ledgers: the messages, and the corrections that can still be saved."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from classifier.batch.decisions import correct_many
from classifier.batch.ledger.rescue import readable_corrections
from classifier.batch.ledger.wished import Wish, Wished
from classifier.cli import exits
from classifier.cli.app import run
from classifier.model.entries import Correction

ENTRIES, CORRECTED, PAGE = 60, 20, 4096
ABSTRACT = "A robot is trained by reinforcement learning. A large language model writes its rewards. " * 9


def labelled(folder: Path, records: list[dict[str, str | int]]) -> Path:
    """The run of a list with these records, beside the list."""
    (folder / "list.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    out = folder / "out"
    with pytest.MonkeyPatch.context() as patch:  # as for each test
        patch.setenv("CLASSIFIER_ACCEPT_UNMEASURED", "true")
        patch.setenv("CLASSIFIER_AUDIT_SHARE", "0")
        assert run(["label", str(folder / "list.jsonl"), "--out", str(out), "--engine", "offline"]) == 0
    return out


def settle(out: Path) -> None:
    """Writes all that is in the ledger's log into the ledger itself."""
    with closing(sqlite3.connect(out / "ledger.sqlite")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copied(whole: Path, place: Path) -> Path:
    """A copy of a list and its run, without the ledger's log."""
    shutil.copytree(whole, place)
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (place / "out" / name).unlink(missing_ok=True)
    return place


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 60 entries, 20 of them corrected, and its list beside it."""
    folder = tmp_path_factory.mktemp("whole")
    records = [
        {
            "id": f"k{number}",
            "title": f"Rewards for robot number {number}",
            "abstract": ABSTRACT + str(number),
        }
        for number in range(ENTRIES)
    ]
    out = labelled(folder, records)
    made = [Correction(key=f"k{n}", label="unplaced", by="Ada", note="n" * 200) for n in range(CORRECTED)]
    correct_many(out, Wished([Wish(one) for one in made], []), "test")
    settle(out)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return copied(whole, tmp_path / "run")


def root_of(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0])


def overwritten(name: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        data, at = bytearray(path.read_bytes()), (root_of(path, name) - 1) * PAGE
        data[at : at + PAGE] = b"\xff" * PAGE
        path.write_bytes(data)

    return damage


def at(share: float, pages: int, byte: bytes = b"\xff") -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        data = bytearray(path.read_bytes())
        start = int(len(data) * share)
        data[start : start + pages * PAGE] = byte * len(data[start : start + pages * PAGE])
        path.write_bytes(data)

    return damage


def cut(share: float, more: int = 0) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share) + more])

    return damage


def bytes_of(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def sql(script: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.executescript(script)

    return damage


NONE, SOME, ALL = range(1), range(1, CORRECTED), range(CORRECTED, CORRECTED + 1)
DAMAGES = {
    "a text file": (bytes_of(b"key,label\n" * 900), NONE),
    "an HTML page": (bytes_of(b"<!DOCTYPE html><p>Not found</p>"), NONE),
    "zeros of the same length": (at(0, 10_000, b"\0"), NONE),
    "its first page overwritten": (at(0, 1), NONE),
    "cut within its header": (cut(0, 50), NONE),
    "cut after its header": (cut(0, 100), NONE),
    "cut after a page": (cut(0, PAGE), NONE),
    "cut in the middle of a page": (cut(0.5, 777), range(CORRECTED + 1)),
    "without its last tenth": (cut(0.9), range(CORRECTED + 1)),
    "pages of entries overwritten": (overwritten("item"), ALL),
    "the table of the run overwritten": (overwritten("run"), ALL),
    "corrections overwritten": (overwritten("correction"), NONE),
    "no entries": (sql("DROP TABLE item"), ALL),
    "no replies": (sql("DROP TABLE reply"), ALL),
    "no settings": (sql("DROP TABLE run"), ALL),
    "no corrections": (sql("DROP TABLE correction"), NONE),
    "entries that are no JSON": (sql("UPDATE item SET entry = '{'"), ALL),
    "entries that are bytes": (sql("UPDATE item SET entry = CAST(x'ff00fe' AS TEXT)"), ALL),
    "labels that are bytes": (sql("UPDATE item SET label = CAST(x'ff00fe' AS TEXT)"), ALL),
    "a correction's entry that is no JSON": (sql("UPDATE correction SET entry = '[' WHERE key = 'k3'"), ALL),
    "a correction that is bytes": (
        sql("UPDATE correction SET label = CAST(x'ff00fe' AS TEXT) WHERE key = 'k3'"),
        range(CORRECTED - 1, CORRECTED),
    ),
    "another program's tables": (
        sql("DROP TABLE item; DROP TABLE correction; CREATE TABLE bookmarks (address)"),
        NONE,
    ),
}


def said_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(arguments)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize(("damage", "saved"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_ledger_is_one_line_and_offers_only_corrections_that_can_be_read(
    folder, capsys, damage, saved
):
    out, source = folder / "out", str(folder / "list.jsonl")
    damage(out / "ledger.sqlite")
    before = (out / "labels.jsonl").read_bytes()
    table = folder / "saved.csv"
    code, _, message = said_of(["export", str(out), "-f", "corrections-csv", "--out", str(table)], capsys)
    found = list(csv.DictReader(table.read_text().splitlines())) if table.exists() else []
    assert code in (exits.DONE, exits.PARTIAL), message
    assert len(found) == CORRECTED  # what the ledger lacks is in labels.jsonl
    (folder / "alone").mkdir()
    alone = shutil.copyfile(out / "ledger.sqlite", folder / "alone" / "ledger.sqlite")
    assert len(readable_corrections(alone)) in saved
    assert {(row["label"], row["by"], row["note"]) for row in found} <= {("unplaced", "Ada", "n" * 200)}
    assert all(row["key"] in {f"k{n}" for n in range(CORRECTED)} for row in found)
    for command in (
        ["export", str(out), "-f", "jsonl"],
        ["label", source, "--out", str(out), "--engine", "offline"],
        ["correct", str(out), "k3", "unplaced"],
    ):
        code, printed, message = said_of(command, capsys)
        if code == exits.DONE:  # this command needs nothing of what is damaged
            continue
        assert (code, printed) == (exits.FAILURE, ""), (command, message)
        assert message.count("\n") == 1, message
        assert "damaged" in message
        assert "disk space" not in message
        assert "internal error" not in message
        assert f"labels.jsonl has {ENTRIES} labels" in message
        offered = "is readable" in message or "are readable" in message
        assert offered == bool(found), message
        if offered:
            assert f"{len(found)} correction" in message
    assert len((out / "labels.jsonl").read_bytes().splitlines()) == len(before.splitlines())


def test_saved_corrections_go_into_another_run(folder, capsys):
    out, again, table = folder / "out", folder / "again", str(folder / "saved.csv")
    overwritten("item")(out / "ledger.sqlite")
    assert run(["export", str(out), "-f", "corrections-csv", "--out", table]) == exits.PARTIAL
    source = str(folder / "list.jsonl")
    assert run(["label", source, "--out", str(again), "--engine", "offline"]) == exits.DONE
    assert run(["correct", str(again), "--from", table]) == exits.DONE
    lines = [json.loads(line) for line in (again / "labels.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines].count("unplaced") >= CORRECTED
    assert {line["status"] for line in lines[:CORRECTED]} == {"unplaced"}


@pytest.mark.parametrize("kind", ["empty", "missing"])
def test_corrections_of_a_ledger_that_is_gone_are_saved_from_its_labels(folder, capsys, kind):
    ledger = folder / "out" / "ledger.sqlite"
    ledger.unlink()
    if kind == "empty":
        ledger.write_bytes(b"")
    with (folder / "out" / "labels.jsonl").open("a") as labels:
        labels.write('{"ref": "k9", "correction": {"by": 3}}\n{"correction"\n[1]\n')
    for command in (
        ["export", str(folder / "out"), "-f", "jsonl"],
        ["correct", str(folder / "out"), "k", "x"],
    ):
        code, printed, message = said_of(command, capsys)
        assert (code, printed) == (exits.FAILURE, "")
        assert f"the ledger is {kind}" in message
        assert f"{CORRECTED} corrections are readable" in message
    code, printed, _ = said_of(["export", str(folder / "out"), "-f", "corrections-csv"], capsys)
    assert code == exits.PARTIAL
    rows = list(csv.DictReader(printed.splitlines()))
    assert {row["key"] for row in rows} == {f"k{n}" for n in range(CORRECTED)}
    assert {(row["label"], row["by"]) for row in rows} == {("unplaced", "Ada")}


def test_a_folder_in_the_ledgers_place_is_named(folder, capsys):
    source = str(folder / "list.jsonl")
    (folder / "other" / "ledger.sqlite").mkdir(parents=True)
    code, _, message = said_of(
        ["label", source, "--out", str(folder / "other"), "--engine", "offline"], capsys
    )
    assert code == exits.FAILURE
    assert "it is a folder" in message
    assert "disk space" not in message


def test_an_empty_ledger_beside_labels_is_not_begun_again(folder, capsys):
    (folder / "out" / "ledger.sqlite").write_bytes(b"")
    for command in (
        ["export", str(folder / "out"), "-f", "jsonl"],
        ["correct", str(folder / "out"), "k", "x"],
    ):
        code, printed, message = said_of(command, capsys)
        assert (code, printed) == (exits.FAILURE, "")
        assert "the ledger is empty" in message


def test_a_database_of_another_program_is_left_as_it_is(folder, capsys):
    path = folder / "other" / "ledger.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE bookmarks (address)")
    before = path.read_bytes()
    source = str(folder / "list.jsonl")
    code, _, message = said_of(["label", source, "--out", str(path.parent), "--engine", "offline"], capsys)
    assert code == exits.FAILURE
    assert "a database of another program (it has a table 'bookmarks')" in message
    assert path.read_bytes() == before


def test_a_correction_is_saved_although_its_files_cannot_follow(folder, capsys):
    out = folder / "out"
    (out / "failed.jsonl").unlink()
    (out / "failed.jsonl").mkdir()  # nothing can be written in its place, not by root either
    code, _, message = said_of(["correct", str(out), "k50", "unplaced", "--by", "Bo"], capsys)
    assert code == exits.FAILURE
    assert message.count("\n") == 1
    for words in ("'k50' is now unplaced", "saved in the ledger", "failed.jsonl", "rerun"):
        assert words in message
    code, printed, _ = said_of(["export", str(out), "-f", "corrections-csv"], capsys)
    assert code == exits.DONE
    assert [row["by"] for row in csv.DictReader(printed.splitlines()) if row["key"] == "k50"] == ["Bo"]
    (out / "failed.jsonl").rmdir()
    assert run(["correct", str(out), "k50", "unplaced", "--by", "Bo"]) == exits.DONE
    lines = [json.loads(line) for line in (out / "labels.jsonl").read_text().splitlines()]
    assert lines[50]["status"] == "unplaced"
