"""`classifier export` and `correct` on the folder of a run: whole flows, from a list back into it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.batch.ledger.items import ItemOutcome
from classifier.batch.ledger.lock import open_ledger
from classifier.cli import exits
from classifier.cli.app import run
from classifier.export.render import FORMATS
from classifier.export.target import replace_with_backup
from classifier.model.entries import Row
from classifier.model.record import Notice
from tests.labelled_rows import row, rows_of, sample, taxonomy

ROOT = Path(__file__).parent.parent
LISTS = ROOT / "examples" / "lists"
SURVEY = ("--workspace", str(ROOT / "tests" / "workspaces" / "bridges"))
LEAF = "capacity/with-load-test"


def folder_of(folder: Path, rows: list[Row]) -> Path:
    """The folder that a run with these labels leaves."""
    with open_ledger(folder, {}, taxonomy().labels) as ledger:
        listing = ledger.begin_listing()
        with ledger.transaction():
            for place, row in enumerate(rows):
                ledger.add(listing, place, row.entry)
        waiting = ledger.waiting(-1, len(rows))
        ledger.save(ItemOutcome(item, row.label) for item, row in zip(waiting, rows, strict=True))
    return folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "out", sample())


def own_list(tmp_path: Path, name: str) -> tuple[Path, Path]:
    """A copy of an example list, and the folder of a run over it."""
    copy = tmp_path / name
    shutil.copy(LISTS / name, copy)
    return copy, folder_of(tmp_path / "out", rows_of(copy))


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet"])
def test_every_format_goes_to_a_file_and_to_standard_output_alike(labelled, tmp_path, capfdbinary, name):
    out = tmp_path / "deep" / f"list.{name}"
    assert run(["export", str(labelled), "--format", name, "--out", str(out), *SURVEY]) == exits.DONE
    assert run(["export", str(labelled), "--format", name, *SURVEY]) == exits.DONE
    assert capfdbinary.readouterr().out == out.read_bytes() != b""


@pytest.mark.parametrize("name", ["png", "parquet"])
def test_binary_formats_are_not_written_to_a_terminal(labelled, name):
    primary, secondary = pty.openpty()
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "classifier", "export", str(labelled), "-f", name, *SURVEY],
            stdout=secondary,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(primary)
        os.close(secondary)
    assert ended.returncode == exits.USAGE
    assert ended.stderr == f"classifier: {name} is nothing for a terminal; use --out FILE, or a pipe\n"


def test_a_reader_that_goes_away_early_ends_the_export_quietly(tmp_path):
    folder = folder_of(tmp_path / "out", [row(f"k{n}", LEAF) for n in range(300)])
    command = [sys.executable, "-m", "classifier", "export", str(folder), "-f", "jsonl", *SURVEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as export:
        assert export.stdout
        assert export.stderr
        assert export.stdout.readline().startswith(b"{")
        export.stdout.close()
        assert export.stderr.read() == b""
    assert export.returncode == exits.DONE


@pytest.mark.parametrize(
    ("name", "form", "code"),
    [
        ("jabref.bib", "bibtex", exits.PARTIAL),
        ("latin1.bib", "bibtex", exits.DONE),
        ("zotero.bib", "bibtex", exits.DONE),
        ("endnote.ris", "ris", exits.DONE),
        ("csl.json", "csl-json", exits.PARTIAL),
    ],
)
def test_a_list_gets_its_labels_keeps_a_backup_and_can_lose_them_again(tmp_path, capsys, name, form, code):
    copy, out = own_list(tmp_path, name)
    old = copy.read_bytes()
    command = ["export", str(out), "--format", form, "--into", str(copy), *SURVEY]
    assert run(command) == code
    new = copy.read_bytes()
    assert b"classifier:" in new
    assert copy.with_name(f"{name}.bak").read_bytes() == old
    said = capsys.readouterr().err
    assert ("left as it is" in said) == (code == exits.PARTIAL)
    assert run(command) == code
    assert copy.read_bytes() == new
    assert "nothing changed" in capsys.readouterr().err
    assert run([*command, "--remove"]) == code
    assert copy.read_bytes() == old
    assert copy.with_name(f"{name}.bak2").read_bytes() == new


def test_a_correction_rules_exports_until_it_is_taken_back(tmp_path):
    copy, out = own_list(tmp_path, "zotero.bib")
    into = ["export", str(out), "-f", "bibtex", "--into", str(copy), *SURVEY]
    key = json_lines(out, tmp_path)[0]["ref"]
    assert run(["correct", str(out), key, "unplaced", "--by", "Ada", "--note", "p. 3"]) == exits.DONE
    assert run(into) == exits.DONE
    assert b"classifier:unplaced, classifier:corrected" in copy.read_bytes()
    first = json_lines(out, tmp_path)[0]
    assert (first["status"], first["correction"]["by"], first["correction"]["note"]) == (
        "unplaced",
        "Ada",
        "p. 3",
    )
    assert run(["correct", str(out), key, "--undo"]) == exits.DONE
    assert run(into) == exits.DONE
    assert b"corrected" not in copy.read_bytes()
    assert "correction" not in json_lines(out, tmp_path)[0]


def json_lines(out: Path, tmp_path: Path) -> list[dict[str, object]]:
    file = tmp_path / "lines.jsonl"
    assert run(["export", str(out), "--format", "jsonl", "--out", str(file), *SURVEY]) == exits.DONE
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_markdown_sections_live_side_by_side_in_one_readme(labelled, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_bytes(b"# Mine\r\n\r\nbefore  \r\n")
    for _ in range(2):
        for form in ("markdown", "table1", "tables"):
            assert run(["export", str(labelled), "-f", form, "--into", str(readme), *SURVEY]) == exits.DONE
    text = readme.read_bytes()
    assert text.startswith(b"# Mine\r\n\r\nbefore  \r\n")
    for mark in ("tree", "classes", "tables"):
        assert text.count(f"<!-- classifier:{mark} -->\r\n".encode()) == 1
    assert len(list(tmp_path.glob("README.md.bak*"))) == 3  # the second round changed nothing


@pytest.mark.parametrize("text", [b"# Mine\r\n\r\nbefore  \r\n", b"# Mine", b"", b"one\n\n\n"])
def test_remove_takes_all_sections_out_of_markdown(labelled, tmp_path, capsys, text):
    readme = tmp_path / "README.md"
    readme.write_bytes(text)
    for name in ("markdown", "table1", "tables"):
        assert run(["export", str(labelled), "-f", name, "--into", str(readme), *SURVEY]) == exits.DONE
    assert "<!-- /classifier:tables -->" in readme.read_text(encoding="utf-8")
    remove = ["export", str(labelled), "--into", str(readme), "--remove"]
    assert run(remove) == exits.DONE
    assert readme.read_bytes() == text
    assert "3 cleared of what is ours; what it was" in capsys.readouterr().err
    assert run(remove) == exits.DONE
    assert "0 cleared of what is ours; nothing changed" in capsys.readouterr().err


def test_a_section_that_failed_papers_are_in_counts_and_explains_them_plainly(tmp_path, capsys):
    message = "cannot resolve export.arxiv.org: [Errno -2] Name or service not known (3 attempts)"
    failed = row("gone", "failed")
    error = Notice(code="source-unavailable", message=message)
    failed = failed.model_copy(update={"label": failed.label.model_copy(update={"error": error})})
    folder = folder_of(tmp_path / "out", [row("here", LEAF), failed])
    readme = tmp_path / "README.md"
    readme.write_bytes(b"")
    assert run(["export", str(folder), "--into", str(readme), *SURVEY]) == exits.DONE
    assert "1 labelled, 1 without a label" in capsys.readouterr().err
    text = readme.read_text(encoding="utf-8")
    assert "it could not be fetched" in text
    assert "Errno" not in text


def test_a_rationale_goes_into_the_named_field_and_out_again(tmp_path):
    copy, out = own_list(tmp_path, "endnote.ris")
    old = copy.read_bytes()
    command = ["export", str(out), "-f", "ris", "--into", str(copy), "--rationale", "N1", *SURVEY]
    assert run(command) == exits.DONE
    assert b"N1  - classifier: It says so." in copy.read_bytes()
    assert run([*command, "--remove"]) == exits.DONE
    assert copy.read_bytes() == old


@pytest.mark.parametrize(
    ("name", "form", "field"),
    [
        ("zotero.bib", "bibtex", "annote"),
        ("zotero.bib", "bibtex", "note"),
        ("endnote.ris", "ris", "N1"),
        ("csl.json", "csl-json", "annote"),
    ],
)
def test_a_rationale_in_a_usual_field_goes_without_naming_it_again(tmp_path, capsys, name, form, field):
    copy, out = own_list(tmp_path, name)
    old = copy.read_bytes()
    command = ["export", str(out), "-f", form, "--into", str(copy), *SURVEY]
    run([*command, "--rationale", field])
    assert b"classifier: It says so." in copy.read_bytes()
    run([*command, "--remove"])
    assert copy.read_bytes() == old
    capsys.readouterr()
    run([*command, "--remove"])
    assert ": 0 cleared of what is ours; nothing changed" in capsys.readouterr().err


def test_another_prefix_has_keywords_of_its_own(tmp_path):
    copy, out = own_list(tmp_path, "zotero.bib")
    for prefix in ("one/", "two/"):
        assert (
            run(["export", str(out), "-f", "bibtex", "--into", str(copy), "--prefix", prefix, *SURVEY]) == 0
        )
    text = copy.read_text(encoding="utf-8")
    assert f"one/{LEAF}, two/{LEAF}" in text


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--format", "html", "--into", "x.bib"], exits.USAGE, "--into works with bibtex, ris"),
        (["--format", "bibtex", "--into", "x.bib", "--out", "y"], exits.USAGE, "exclude one another"),
        (["--format", "bibtex", "--remove"], exits.USAGE, "--remove needs --into"),
        (["--format", "html", "--into", "x.bib", "--remove"], exits.USAGE, "--remove works with"),
        (["--format", "bibtex", "--into", "missing.bib"], exits.BAD_INPUT, "cannot be read"),
        (["--format", "bibtex", "--prefix", "no end"], exits.USAGE, "expected as letters"),
        (["--format", "bibtex", "--rationale", "keywords"], exits.USAGE, "use annote"),
        (["--format", "ris", "--rationale", "annote"], exits.USAGE, "use N1"),
        (["--format", "ris", "--into", "x.bib"], exits.USAGE, "x.bib: it is bibtex, not ris"),
        (["--format", "csl-json", "--into", "x.bib", "--remove"], exits.USAGE, "it is bibtex, not csl-json"),
        (["--format", "table1", "--into", "x.bib"], exits.USAGE, "it is bibtex, not markdown"),
        (["--format", "bibtex", "--into", "empty.bib"], exits.USAGE, "no bibtex entry found"),
        (["--format", "docx"], exits.USAGE, "docx"),
    ],
)
def test_a_wrong_command_is_one_line_that_says_what_to_do(
    labelled, tmp_path, monkeypatch, capsys, options, code, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.bib").write_text("@a{k}", encoding="utf-8")
    (tmp_path / "empty.bib").write_text("% nothing yet", encoding="utf-8")
    assert run(["export", str(labelled), *options, *SURVEY]) == code
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert (tmp_path / "x.bib").read_text(encoding="utf-8") == "@a{k}"


def test_rows_of_another_survey_are_refused_and_the_file_stays(tmp_path, capsys):
    copy, out = own_list(tmp_path, "zotero.bib")
    old = copy.read_bytes()
    assert run(["export", str(out), "-f", "bibtex", "--into", str(copy)]) == exits.USAGE
    assert "--workspace" in capsys.readouterr().err
    assert copy.read_bytes() == old


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such-key", "unplaced"], "no entry 'no-such-key' in the ledger; the keys"),
        (["outsid", "unplaced"], "did you mean 'outside'?"),
        (["outside", "no/leaf"], "not known"),
        (["outside"], "LABEL"),
        (["outside", "--undo"], "nothing to undo"),
    ],
)
def test_a_wrong_correction_is_refused(labelled, capsys, words, said):
    assert run(["correct", str(labelled), *words]) in (exits.BAD_INPUT, exits.USAGE)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", [["correct", "nope", "k", "l"], ["export", "nope", "-f", "csv"]])
def test_a_folder_without_a_ledger_is_refused_alike_by_all_commands(command, capsys):
    assert run(command) == exits.USAGE
    assert "nope: no ledger found; expected the --out folder" in capsys.readouterr().err


def test_a_link_stays_a_link_and_permissions_stay(tmp_path):
    copy, out = own_list(tmp_path, "zotero.bib")
    copy.chmod(0o640)
    link = tmp_path / "link.bib"
    link.symlink_to(copy)
    assert run(["export", str(out), "-f", "bibtex", "--into", str(link), *SURVEY]) == exits.DONE
    assert link.is_symlink()
    assert copy.stat().st_mode & 0o777 == 0o640
    assert b"classifier:" in copy.read_bytes()


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path):
    from classifier.errors import StoreError

    file = tmp_path / "list.bib"
    file.write_bytes(b"theirs")
    with pytest.raises(StoreError, match="changed by somebody else"):
        replace_with_backup(file, b"old", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["list.bib"]
    assert file.read_bytes() == b"theirs"


def test_no_backup_takes_the_place_of_another(tmp_path):
    file = tmp_path / "list.bib"
    for old, new in ((b"a", b"b"), (b"b", b"c"), (b"c", b"d")):
        file.write_bytes(old)
        replace_with_backup(file, old, new)
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert found == {"list.bib": b"d", "list.bib.bak": b"a", "list.bib.bak2": b"b", "list.bib.bak3": b"c"}
