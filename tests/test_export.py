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
from classifier.batch.ledger.wished import known_label
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
    assert ended.stderr == f"classifier: {name} is binary; write it to a file with --out FILE, or pipe it\n"


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
    assert ("not changed" in said) == (code == exits.PARTIAL)
    assert run(command) == code
    assert copy.read_bytes() == new
    assert "nothing changed" in capsys.readouterr().err
    assert run([*command, "--remove"]) == code
    assert copy.read_bytes() == old
    assert copy.with_name(f"{name}.bak2").read_bytes() == new


RECORDS = [
    {
        "id": "one",
        "title": "Bridges that were watched for a year",
        "author": [{"family": "Ng"}],
        "note": '{["',
    },
    {"citationKey": "two", "itemType": "book", "title": "Arches in ‘wind’ and rain, a survey", "tags": []},
    {"paperId": "c0ffee", "externalIds": {"DOI": "10.9999/three"}, "title": "Gauges read hourly at night"},
]
PREFERENCES = {f"option {number}": f'value {{[ "items": [ {number}' for number in range(200)}
WRAPPERS = {
    "bare": RECORDS,
    "better bibtex": {
        "config": {"label": "BetterBibTeX JSON", "preferences": PREFERENCES},
        "collections": {"ABC": {"name": "Bridges", "items": [17, 18], "collections": []}},
        "items": RECORDS,
    },
    **{
        name: {"total": 3, name: RECORDS} for name in ("data", "results", "papers", "documents", "references")
    },
    "message.items": {"status": "ok", "message": {"query": {"rows": 3}, "items": RECORDS}},
    "items, then more": {"items": RECORDS, "next": {"items": [], "cursor": "]}"}},
}
WRITTEN = {
    "minified": lambda value: json.dumps(value, separators=(",", ":")).encode(),
    "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False).encode(),
    "tabs and CRLF": lambda value: json.dumps(value, indent="\t").replace("\n", "\r\n").encode(),
    "with a mark": lambda value: b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode(),
    "UTF-16": lambda value: json.dumps(value, indent=1, ensure_ascii=False).encode("utf-16"),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("value", WRAPPERS.values(), ids=WRAPPERS)
def test_a_json_list_gets_its_labels_wherever_its_array_is(tmp_path, value, written):
    copy = tmp_path / "list.json"
    copy.write_bytes(old := written(value))
    rows = rows_of(copy)
    out = folder_of(tmp_path / "out", rows)
    command = ["export", str(out), "--format", "csl-json", "--into", str(copy), *SURVEY]
    assert run(command) == exits.DONE
    labels = {row.entry.paper.title: f"classifier:{row.label.leaf}" for row in rows}
    assert len(labels) == 3

    def labelled(part: object) -> object:
        if isinstance(part, dict):
            label = labels.get(part.get("title"), "")
            is_zoteros = "itemType" in part  # it reads labels from the tags
            own = ({"tags": [{"tag": label}]} if is_zoteros else {"keyword": label}) if label else {}
            return {name: labelled(inner) for name, inner in part.items()} | own
        return [labelled(inner) for inner in part] if isinstance(part, list) else part

    new = copy.read_bytes()
    encoding = "utf-16" if old[:2] == b"\xff\xfe" else "utf-8-sig"
    assert json.loads(new.decode(encoding)) == labelled(value)
    assert run(command) == exits.DONE
    assert copy.read_bytes() == new
    assert run([*command, "--remove"]) == exits.DONE
    assert copy.read_bytes() == old


@pytest.mark.parametrize("value", [{"my bridges": RECORDS}, {record["title"]: record for record in RECORDS}])
def test_papers_under_a_name_that_is_not_known_are_left_as_they_are(tmp_path, capsys, value):
    copy = tmp_path / "list.json"
    copy.write_text(json.dumps(value))
    old, rows = copy.read_bytes(), rows_of(copy)
    assert len(rows) == 3
    out = folder_of(tmp_path / "out", rows)
    assert run(["export", str(out), "--into", str(copy), *SURVEY]) == exits.PARTIAL
    assert copy.read_bytes() == old
    assert "put them into an array named items" in capsys.readouterr().err


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
    assert "3 cleared of our keywords and notes; what it was" in capsys.readouterr().err
    assert run(remove) == exits.DONE
    assert "0 cleared of our keywords and notes; nothing changed" in capsys.readouterr().err


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
    assert ": 0 cleared of our keywords and notes; nothing changed" in capsys.readouterr().err


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
    with pytest.raises(StoreError, match="changed by another program"):
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


# -- files that this run did not make, and a person's word ----------------------------------------


def export(folder: Path, *options: str) -> int:
    return run(["export", str(folder), *options, *SURVEY])


def test_an_own_export_is_replaced_and_any_other_file_is_not(labelled, tmp_path, capsys):
    mine, out = tmp_path / "mine.bib", tmp_path / "out.bib"
    mine.write_bytes(b"@book{mine}" * 1000)
    assert export(labelled, "--out", str(mine)) == exits.USAGE
    said = capsys.readouterr().err
    assert "is not an export of this run" in said
    assert said.count("\n") == 1
    assert mine.read_bytes() == b"@book{mine}" * 1000
    for _ in range(2):
        assert export(labelled, "--out", str(out)) == exits.DONE
        assert f"wrote {len(sample())} entries as bibtex to {out}" in capsys.readouterr().err
    out.write_bytes(out.read_bytes() + b"% my note")
    assert export(labelled, "--out", str(out)) == exits.USAGE
    assert out.read_bytes().endswith(b"% my note")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_in_a_folder_that_may_only_be_read_is_exported(labelled, tmp_path, capsys):
    labelled.chmod(0o555)
    try:
        assert export(labelled, "--out", str(tmp_path / "x.csv")) == exits.DONE
    finally:
        labelled.chmod(0o755)
    assert "the next export to this file needs --force" in capsys.readouterr().err


def test_force_replaces_another_file_and_keeps_what_it_was(labelled, tmp_path, capsys):
    mine = tmp_path / "mine.bib"
    mine.write_bytes(b"@book{mine}")
    mine.chmod(0o640)
    assert export(labelled, "--out", str(mine), "--force") == exits.DONE
    assert "the old content is in " in capsys.readouterr().err
    assert (tmp_path / "mine.bib.bak").read_bytes() == b"@book{mine}"
    assert mine.stat().st_mode & 0o777 == 0o640
    assert export(labelled, "--out", str(mine)) == exits.DONE
    assert not (tmp_path / "mine.bib.bak2").exists()


@pytest.mark.parametrize("name", ["ledger.sqlite-wal", "ledger.sqlite-shm", "failed.jsonl", "exports.jsonl"])
@pytest.mark.parametrize("force", [("--force",), ()])
def test_a_file_of_the_run_that_does_not_exist_yet_is_not_made_by_an_export(labelled, name, force, capsys):
    (labelled / name).unlink(missing_ok=True)
    assert export(labelled, "-f", "jsonl", "--out", str(labelled / "." / name), *force) == exits.USAGE
    assert "belongs to the run itself" in capsys.readouterr().err
    file = labelled / name  # SQLite makes its own ones when the ledger is read
    assert not file.exists() or b'"ref"' not in file.read_bytes()


@pytest.mark.parametrize("name", ["ledger.sqlite", "run.json", "labels.jsonl"])
def test_the_runs_own_files_are_never_an_exports_place(labelled, name, capsys):
    (labelled / "run.json").write_text("{}")
    (labelled / "labels.jsonl").write_text("{}\n")
    before = (labelled / name).read_bytes()
    assert export(labelled, "-f", "jsonl", "--out", str(labelled / name), "--force") == exits.USAGE
    assert "belongs to the run itself" in capsys.readouterr().err
    assert (labelled / name).read_bytes() == before


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to another file", "dangling link"])
def test_what_is_no_file_of_its_own_is_not_replaced(labelled, tmp_path, kind, capsys):
    out, other = tmp_path / "x.csv", tmp_path / "other.csv"
    if kind == "folder":
        out.mkdir()
        assert export(labelled, "--out", str(out)) == exits.USAGE
        assert "is a folder" in capsys.readouterr().err
    elif kind == "pipe":
        os.mkfifo(out)
        with subprocess.Popen(["cat", str(out)], stdout=subprocess.PIPE) as reader:
            assert export(labelled, "--out", str(out)) == exits.DONE
            assert reader.stdout
            assert reader.stdout.read().startswith(b'"key"')
        assert out.is_fifo()
    elif kind == "dangling link":
        out.symlink_to(other)
        assert export(labelled, "--out", str(out)) == exits.DONE
        assert out.is_symlink()
        assert other.read_bytes().startswith(b'"key"')
    else:
        other.write_bytes(b"theirs")
        out.symlink_to(other)
        assert export(labelled, "--out", str(out)) == exits.USAGE
        assert other.read_bytes() == b"theirs"


def test_the_other_name_of_a_hard_link_is_told(tmp_path, capsys):
    copy, out = own_list(tmp_path, "zotero.bib")
    (tmp_path / "second.bib").hardlink_to(copy)
    assert export(out, "-f", "bibtex", "--into", str(copy)) == exits.DONE
    assert "had 1 other name (hard link), still with its old content" in capsys.readouterr().err
    assert b"classifier:" not in (tmp_path / "second.bib").read_bytes()


def test_a_damaged_ledger_is_told_before_anything_is_printed(tmp_path, capfdbinary):
    folder = folder_of(tmp_path / "out", [row(f"k{n}", LEAF, rationale="x" * 900) for n in range(300)])
    (folder / "labels.jsonl").write_text("{}\n" * 300)
    path = folder / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3 : len(data) * 2 // 3 + 40960] = b"\xff" * 40960
    path.write_bytes(data)
    assert export(folder, "-f", "jsonl") == exits.FAILURE
    printed = capfdbinary.readouterr()
    assert printed.out == b""
    assert b"damaged" in printed.err
    assert b"labels.jsonl has 300 labels" in printed.err
    assert b"disk space" not in printed.err


def test_a_word_of_a_person_is_in_all_that_is_written(tmp_path, capsys):
    folder = folder_of(
        tmp_path / "out", [row("a", LEAF, needs_review=True), row("b", "failed"), row("c", LEAF)]
    )
    (folder / "run.json").write_text('{"totals": {}, "engine": "kept"}')
    assert run(["correct", str(folder), "a", "unplaced"]) == exits.DONE
    assert run(["correct", str(folder), "b", LEAF, "--by", "Ada"]) == exits.DONE
    lines = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    assert [(line["ref"], line["status"], line["leaf"]) for line in lines] == [
        ("a", "unplaced", None),
        ("b", "placed", LEAF),
        ("c", "placed", LEAF),
    ]
    assert lines[1]["path"] == lines[2]["path"] != []
    assert lines[1]["error"] is None
    assert (folder / "failed.jsonl").read_text() == ""
    summary = json.loads((folder / "run.json").read_text())
    assert summary["totals"] | {"labelled": 3, "failed": 0, "review": 0, "corrected": 2} == summary["totals"]
    assert (summary["labels"], summary["engine"]) == ({LEAF: 2, "unplaced": 1}, "kept")
    assert run(["correct", str(folder), "b", "--undo"]) == exits.DONE
    assert json.loads((folder / "failed.jsonl").read_text())["key"] == "b"
    assert json.loads((folder / "run.json").read_text())["totals"]["failed"] == 1


def test_corrections_go_out_as_a_table_and_come_back(tmp_path):
    rows = [row(key, LEAF, title=f"Bridges called {key}") for key in ("a", "=1+1", "ü;é", "d")]
    folder, table = folder_of(tmp_path / "out", rows), tmp_path / "made.csv"
    for key, label in (("a", "unplaced"), ("=1+1", "out-of-scope"), ("ü;é", "unplaced")):
        assert run(["correct", str(folder), key, label, "--by", "Ada", "--note", "=no; really"]) == exits.DONE
    assert export(folder, "-f", "corrections-csv", "--out", str(table)) == exits.DONE
    again = folder_of(tmp_path / "again", rows)
    assert run(["correct", str(again), "--from", str(table)]) == exits.DONE
    second = tmp_path / "second.csv"
    assert export(again, "-f", "corrections-csv", "--out", str(second)) == exits.DONE
    assert second.read_bytes() == table.read_bytes()
    assert table.read_text(encoding="utf-8").count("Ada") == 3


@pytest.mark.parametrize(
    "data", ["key;label\r\na;unplaced\r\n", "\ufeffKey\tLabel\na\tunplaced\n", 'label,key\n"unplaced",a\n\n']
)
def test_a_table_of_corrections_is_read_as_spreadsheets_save_it(tmp_path, data):
    folder, table = folder_of(tmp_path / "out", [row("a", LEAF)]), tmp_path / "t.csv"
    table.write_text(data, encoding="utf-8", newline="")
    assert run(["correct", str(folder), "--from", str(table), "--by", "Ada"]) == exits.DONE
    assert json_lines(folder, tmp_path)[0]["correction"]["by"] == "Ada"


def test_rows_without_a_label_are_no_decisions(tmp_path, capsys):
    folder, table = folder_of(tmp_path / "out", [row("a", LEAF), row("b", LEAF)]), tmp_path / "t.csv"
    table.write_text("sep=;\nkey;label\na;unplaced\nb;\n")
    assert run(["correct", str(folder), "--from", str(table)]) == exits.DONE
    assert "1 correction of" in (said := capsys.readouterr().err)
    assert "1 row without a label: left as before" in said
    assert ["correction" in line for line in json_lines(folder, tmp_path)] == [True, False]


def test_of_an_export_of_all_labels_only_what_a_person_changed_is_a_decision(tmp_path, capsys):
    folder, table = folder_of(tmp_path / "out", [row("a", LEAF), row("b", LEAF)]), tmp_path / "t.csv"
    assert export(folder, "-f", "csv", "--out", str(table)) == exits.DONE
    first, changed, same = table.read_text(encoding="utf-8").splitlines()
    assert changed.count(LEAF) == 1
    table.write_text("\n".join([first, changed.replace(LEAF, "unplaced"), same]), encoding="utf-8")
    assert run(["correct", str(folder), "--from", str(table)]) == exits.DONE
    assert "1 row with the label that was there already: no decision" in capsys.readouterr().err
    assert ["correction" in line for line in json_lines(folder, tmp_path)] == [True, False]


def test_two_labels_for_one_paper_in_a_table_are_a_problem(tmp_path, capsys):
    title = "How the bridges of a large city were watched for forty years"
    folder = folder_of(tmp_path / "out", [row("a", LEAF, title=title), row("b", LEAF, title=title)])
    (tmp_path / "t.csv").write_text("key,label\na,unplaced\nb,out-of-scope\n")
    assert run(["correct", str(folder), "--from", str(tmp_path / "t.csv")]) == exits.BAD_INPUT
    assert "line 3: 'b' is the paper of 'a' on line 2" in capsys.readouterr().err
    assert all("correction" not in line for line in json_lines(folder, tmp_path))


LABELS = ["capacity/with-load-test", "capacity/without-load-test", "wear/rust", "out-of-scope", "unplaced"]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("wear/rust", "wear/rust"),
        ("Wear/Rust", "wear/rust"),
        ("Wear › Rust", "wear/rust"),
        ("WEAR > rust", "wear/rust"),
        ("Rust", "wear/rust"),
        ("With load test", "capacity/with-load-test"),
        ("Out of scope", "out-of-scope"),
        ("out_of_scope", "out-of-scope"),
        ("Unplaced", "unplaced"),
        ("wear", None),
        ("load test", None),
        ("capacity", None),
        ("Rust › Wear", None),
        ("", None),
        ("/", None),
    ],
)
def test_a_label_is_known_by_its_id_or_its_titles(written, label):
    assert known_label(written, LABELS) == label


def test_a_title_that_two_leaves_have_is_no_label():
    assert known_label("goal", ["a/goal", "b/goal"]) is None
    assert known_label("B › Goal", ["a/goal", "b/goal"]) == "b/goal"


def test_all_problems_of_a_table_are_named_and_nothing_of_it_is_saved(tmp_path, capsys):
    folder, table = folder_of(tmp_path / "out", [row("a", LEAF), row("b", LEAF)]), tmp_path / "t.csv"
    table.write_text(
        "key,label,title,at\na,unplaced,,\nc,unplaced,,\nb,no/leaf,,\na,out-of-scope,,\n,unplaced,,\nb,,,\n"
        "b,unplaced,Steel,\na,unplaced,Steel in wind,\na,unplaced,,yesterday\na,unplaced,,,x\n"
    )
    assert run(["correct", str(folder), "--from", str(table)]) == exits.BAD_INPUT
    said = capsys.readouterr().err
    for words in (
        "line 3: no entry 'c'",
        "line 4: label 'no/leaf' is not known",
        "line 5: 'a' is out-of-scope here, and unplaced on line 2",
        "line 6: no key",
        "line 8: 'b' is unplaced here, and no/leaf on line 4",
        "line 9: 'a' is 'On a' in the lists, not 'Steel in wind'",
        "line 10: at 'yesterday' is no date such as 2026-11-27",
        "line 11: 5 cells under 4 names",
        "nothing is saved",
    ):
        assert words in said
    assert all("correction" not in line for line in json_lines(folder, tmp_path))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "no column key and no column label"),
        ("key,label\n", "no row below"),
        ("key,label\na,\n", "no row has a label"),
        ('key,label\na,unplaced,\nb,"x\n', "line"),
        ("key,title\na,b\n", "no column label"),
    ],
)
def test_a_table_that_is_none_is_one_line(tmp_path, capsys, data, words):
    folder, table = folder_of(tmp_path / "out", [row("a", LEAF)]), tmp_path / "t.csv"
    table.write_text(data)
    assert run(["correct", str(folder), "--from", str(table)]) == exits.BAD_INPUT
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_paper_counts_once_in_trees_and_tables_and_has_all_its_rows_in_lists(tmp_path, capsys):
    title = "How the bridges of a large city were watched for forty years"
    rows = [
        row("a", LEAF, title=title),
        row("b", LEAF, title=title),
        row("save-1.pdf", LEAF, title=None, arxiv_id=None),
        row("other", LEAF),
    ]
    found = rows[2].label.paper.model_copy(update={"title": title})
    rows[2] = rows[2].model_copy(update={"label": rows[2].label.model_copy(update={"paper": found})})
    folder = folder_of(tmp_path / "out", rows)
    assert export(folder, "-f", "markdown", "--out", str(tmp_path / "x.md")) == exits.DONE
    assert "2 of them are duplicates, and each paper counts once" in capsys.readouterr().err
    text = (tmp_path / "x.md").read_text(encoding="utf-8")
    assert text.count("How the bridges of a large city") == 1
    assert "(2)" in text.splitlines()[0]
    assert len(json_lines(folder, tmp_path)) == 4
    assert export(folder, "-f", "bibtex", "--out", str(tmp_path / "x.bib")) == exits.DONE
    assert (tmp_path / "x.bib").read_text(encoding="utf-8").count(f"classifier:{LEAF}") == 4
