"""Broken PDFs fail with their own reason, and empty lists end with one exit code, whatever the command."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.cli.app import run as cli
from tests import pdfs
from tests import review_kit as kit

OFFLINE = ("--engine", "offline", "--workspace", str(kit.BRIDGES))


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("papers").mkdir()
    monkeypatch.setenv("CLASSIFIER_ARXIV_URL", "http://127.0.0.1:9")


def damaged(path: Path, keep: int) -> None:
    """A PDF of which only the first bytes are there."""
    path.write_bytes(pdfs.write_paper(path).read_bytes()[:keep])


NO_FILE = "a link to a file that does not exist"
NOISE = b"%PDF-1.4\n" + bytes(range(256)) * 40
BROKEN: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "nothing.pdf": (lambda p: p.write_bytes(b""), "not-a-pdf", "is empty"),
    "refusal.pdf": (lambda p: p.write_bytes(b"<!DOCTYPE html><title>403</title>"), "not-a-pdf", "HTML page"),
    "xml.PDF": (lambda p: p.write_bytes(b"<?xml version='1.0'?><html/>"), "not-a-pdf", "HTML page"),
    "zeros.pdf": (lambda p: p.write_bytes(bytes(4000)), "not-a-pdf", "is not a PDF"),
    "list.pdf": (lambda p: p.write_bytes(b"@misc{a, title={A}}"), "not-a-pdf", "is not a PDF"),
    "2301.00001.pdf": (lambda p: p.write_bytes(b"no paper"), "not-a-pdf", "is not a PDF"),
    "head.pdf": (lambda p: p.write_bytes(b"%PDF-1.4\n"), "unreadable-pdf", "no engine could read it"),
    "half.pdf": (lambda p: damaged(p, 900), "unreadable-pdf", "no engine could read it"),
    "noise.pdf": (
        lambda p: p.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 40),
        "unreadable-pdf",
        "damaged",
    ),
    "locked.pdf": (lambda p: pdfs.write_paper(p, encrypt=pdfs.locked("secret")), "encrypted-pdf", "password"),
    "scan.pdf": (pdfs.write_scan, "needs-ocr", "OCR"),
    "stub.pdf": (lambda p: pdfs.write_lines(p, [["Moved."]]), "not-a-paper", "too short for a paper"),
    "link.pdf": (
        lambda p: p.symlink_to("/nowhere.pdf"),
        "broken-entry",
        "a link to a file that does not exist",
    ),
    "pipe.pdf": (os.mkfifo, "broken-entry", "no regular file"),
}


def failures() -> dict[str, tuple[str, str]]:
    rows = [json.loads(line) for line in Path("run/failed.jsonl").read_text().splitlines()]
    return {row["key"]: (row["code"], row["message"]) for row in rows}


def test_each_broken_pdf_of_a_folder_has_its_own_reason(capsys):
    for name, (write, _, _) in BROKEN.items():
        write(Path("papers") / name)
    pdfs.write_paper(Path("papers/sound.pdf"))
    assert cli(["label", "papers", "--out", "run", *OFFLINE]) == 6
    printed = capsys.readouterr()
    found = failures()
    assert {name: code for name, (code, _) in found.items()} == {
        n: code for n, (_, code, _) in BROKEN.items()
    }
    for name, (_, _, words) in BROKEN.items():
        assert words in found[name][1]
    assert "1 of 13 papers labelled; 12 failed; 2 unusable" in printed.out
    for told in ("6 not-a-pdf", "3 unreadable-pdf", "2 broken-entry", "1 encrypted-pdf", "1 needs-ocr"):
        assert told in printed.err


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("place", ["papers", "papers/{}"])
def test_a_broken_pdf_alone_ends_as_it_does_in_classify(capsys, name, place):
    write, code, words = BROKEN[name]
    write(Path("papers") / name)
    source = place.format(name)
    if source == "papers" or code != "broken-entry":
        assert cli(["label", source, "--out", "run", *OFFLINE]) == 3
        assert [found[0] for found in failures().values()] == [code]
        assert words in capsys.readouterr().err
    if code != "broken-entry":
        assert cli(["classify", f"papers/{name}", *OFFLINE]) == 3
        assert words in capsys.readouterr().err


EMPTY = {
    "papers": None,
    "zero.bib": "",
    "zero.jsonl": "",
    "blank.md": "\n",
    "comment.bib": "% nothing\n",
    "head.csv": "title,abstract\n",
    "list.json": "[]",
    "prose.md": "# Title\n\nNo papers.\n",
    "entry.ris": "TY  - JOUR\nER  - \n",
    "noid.bib": "@misc{a, note={x}}\n",
}


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize(
    "command",
    [
        ("label", "{}", "--out", "run", *OFFLINE),
        ("label", "{}", "--out", "run", "--dry-run", *OFFLINE),
        ("init", "ws", "--from", "{}", "--offline"),
        ("eval", "--suite", "{}", *OFFLINE),
        ("classify", "{}", *OFFLINE),
    ],
)
def test_an_empty_list_is_bad_input_for_every_command(capsys, name, command):
    text = EMPTY[name]
    if text is not None:
        Path(name).write_text(text)
    assert cli([part.format(name) for part in command]) == 3
    assert name in capsys.readouterr().err or "--dry-run" in command


@pytest.mark.parametrize(
    "command",
    [
        ("export", "run", "-f", "csv", "--out", "out.csv"),
        ("export", "run", "--into", "my.bib"),
        ("review", "run", "--list"),
        ("review", "run", "--as", "Ada"),
        ("review", "run", "--methods"),
        ("gold", "add", "run"),
    ],
)
def test_a_run_without_a_label_has_nothing_to_export_or_review(capsys, command):
    shutil.copytree(kit.BRIDGES, "ws")
    Path("my.bib").write_text("@misc{a, title={A Paper on Bridges}}")
    Path("head.csv").write_text("title,abstract\n")
    cli(["label", "head.csv", "--out", "run", *OFFLINE])
    capsys.readouterr()
    assert cli([*command, "--workspace", "ws"]) == 3
    assert "run: no entry of a list is labelled in this run" in capsys.readouterr().err
    assert not Path("out.csv").exists()


def test_two_empty_lists_are_as_one():
    Path("head.csv").write_text("title,abstract\n")
    assert cli(["label", "head.csv", "papers", "--out", "run", *OFFLINE]) == 3


def test_one_empty_list_among_others_leaves_the_others_labels():
    Path("head.csv").write_text("title,abstract\n")
    Path("one.csv").write_text("title,abstract\nA Bridge,Trucks crossed the bridge while gauges were read.\n")
    assert cli(["label", "head.csv", "one.csv", "--out", "run", *OFFLINE]) == 6
