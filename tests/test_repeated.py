"""What a person said stays if a command is repeated without it; another label is another decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.batch.ledger.corrections import read_corrections
from classifier.cli.app import run as cli
from tests import review_kit as kit
from tests.lists_of_papers import WORDS, dated_list, title

A, B = kit.LEAVES[:2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return kit.write_run(tmp_path / "run", [kit.label(n, A) for n in range(2)])


def correction(run: Path) -> tuple[str, str, str]:
    [stored] = read_corrections(run)
    made = stored.correction
    return made.label, made.by, made.note


@pytest.mark.parametrize(
    ("label", "more", "kept"),
    [
        (B, (), (B, "Ada", "loaded")),
        (B, ("--by", "Bo"), (B, "Bo", "loaded")),
        (B, ("--note", "heavy"), (B, "Ada", "heavy")),
        (B, ("--note", "heavy", "--by", "Bo"), (B, "Bo", "heavy")),
        (A, (), (A, "", "")),
        (A, ("--by", "Bo"), (A, "Bo", "")),
        ("unplaced", ("--note", "none"), ("unplaced", "", "none")),
    ],
)
@pytest.mark.parametrize("by_table", [False, True])
def test_a_repeated_correction_keeps_name_and_note(run, label, more, kept, by_table):
    assert cli(["correct", str(run), "e0", B, "--by", "Ada", "--note", "loaded"]) == 0
    if by_table:
        Path("t.csv").write_text(f"key,label\ne0,{label}\n")
        assert cli(["correct", str(run), "--from", "t.csv", *more]) == 0
    else:
        assert cli(["correct", str(run), "e0", label, *more]) == 0
    assert correction(run) == kept


def test_it_says_whose_correction_it_is(run, capsys):
    cli(["correct", str(run), "e0", B, "--by", "Ada"])
    capsys.readouterr()
    cli(["correct", str(run), "e0", B])
    assert f"'e0' is now {B}, by Ada; " in capsys.readouterr().err
    cli(["correct", str(run), "e0", A])
    assert f"'e0' is now {A}; " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ({"note": "loaded"}, {}, "loaded"),
        ({"note": "loaded"}, {"note": "heavy"}, "heavy"),
        ({"value": "out-of-scope", "scope_reason": "RULE"}, {"value": "out-of-scope"}, "RULE"),
        (
            {"value": "out-of-scope", "scope_reason": "RULE"},
            {"value": "out-of-scope", "note": "so"},
            "RULE: so",
        ),
        ({"note": "loaded"}, {"value": B}, ""),
    ],
)
def test_a_repeated_decision_keeps_what_was_said(run, first, second, kept):
    rule = next(iter(kit.taxonomy().rules))
    plan = kit.plan(run)
    for said in (first, second):
        given = {name: rule if text == "RULE" else text for name, text in said.items()}
        kit.say(run, plan, "Ada", "e0", given.pop("value", A), **given)
    assert correction(run)[1:] == ("Ada", kept.replace("RULE", rule))


def test_another_persons_decision_has_only_what_they_said(run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e0", A, note="loaded")
    kit.say(run, plan, "Bo", "e0", A)
    assert correction(run) == (A, "Bo", "")


@pytest.fixture
def birds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list, and another one that has the abstracts of its papers."""
    monkeypatch.chdir(tmp_path)
    Path("README.md").write_text(dated_list(), encoding="utf-8")
    rows = [f"{title(topic, n)},About {topic} {n}: heard or seen." for topic in WORDS for n in range(9)]
    Path("abstracts.csv").write_text("title,abstract\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


INIT = ("init", "ws", "--from", "README.md", "--offline")


def test_an_init_again_keeps_the_options_of_the_last_time_and_says_so(birds, capsys, monkeypatch):
    options = ("--abstracts", "abstracts.csv", "--several", "first", "--facets", "drop")
    assert cli([*INIT, *options]) == 0
    before = {path: path.read_bytes() for path in Path("ws").rglob("*.jsonl")}
    assert b"heard or seen" in before[Path("ws/gold/labels.jsonl")]
    capsys.readouterr()
    assert cli(list(INIT)) == 0
    assert {path: path.read_bytes() for path in Path("ws").rglob("*.jsonl")} == before
    said = capsys.readouterr().out
    assert "  as the last time: --facets drop, --several first, --abstracts abstracts.csv\n" in said
    (birds / "ws/README").mkdir()
    monkeypatch.chdir(birds / "ws/README")
    assert cli(["init", "..", "--from", "../../README.md", "--offline", "--facets", "keep"]) == 0
    assert "--several first, --abstracts ../../abstracts.csv\n" in capsys.readouterr().out


def test_an_abstracts_list_that_is_gone_is_an_error_and_can_be_given_up(birds, capsys):
    assert cli([*INIT, "--abstracts", "abstracts.csv"]) == 0
    before = Path("ws/gold/labels.jsonl").read_bytes()
    Path("abstracts.csv").unlink()
    assert cli(list(INIT)) == 2
    assert "abstracts.csv: the list of abstracts of the last time is not there" in capsys.readouterr().err
    assert Path("ws/gold/labels.jsonl").read_bytes() == before
    assert cli([*INIT, "--abstracts", ""]) == 0
    assert b"heard or seen" not in Path("ws/gold/labels.jsonl").read_bytes()
    assert cli(list(INIT)) == 0


def test_an_init_again_keeps_the_field_that_the_tree_of_a_library_comes_from(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = [
        f"@misc{{b{n}, title={{Birds of the town, part {n}}}, keywords={{towns, n{n % 3}}}, type={{{kind}}}}}"
        for n, kind in enumerate(["Counts", "Nests"] * 4)
    ]
    Path("birds.bib").write_text("\n".join(entries), encoding="utf-8")
    init = ["init", "ws", "--from", "birds.bib", "--offline"]
    assert cli([*init, "--by", "type"]) == 0
    tree = Path("ws/taxonomy.yaml").read_text(encoding="utf-8")
    assert "title: Counts" in tree
    capsys.readouterr()
    assert cli(init) == 0
    assert "  as the last time: --by type\n" in capsys.readouterr().out
    assert Path("ws/taxonomy.yaml").read_text(encoding="utf-8") == tree
