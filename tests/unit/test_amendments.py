"""A person's changes to an entry's title, year, ids and abstract: who has them, and what they outlive."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from classifier.batch.amendment_table import read_amendments_table
from classifier.batch.amendments import amend, checked_changes, take_back_amendments
from classifier.batch.intake import duplicate_finder, take_in
from classifier.batch.ledger.amendments import read_amendments
from classifier.batch.ledger.corrections import set_correction
from classifier.batch.ledger.items import ItemOutcome
from classifier.batch.ledger.lock import open_ledger
from classifier.batch.ledger.migrations import MIGRATIONS
from classifier.batch.ledger.rows import AMENDED, read_rows
from classifier.batch.ledger.view import LedgerView
from classifier.batch.papers import read_papers
from classifier.errors import InputError
from classifier.export.splice.bibtex import splice_bibtex
from classifier.export.splice.csl_json import splice_csl_json
from classifier.export.splice.results import Results
from classifier.export.splice.ris import splice_ris
from classifier.model.amendment import Amendment
from classifier.model.entries import Correction, ListEntry
from classifier.model.label import Label, LabelledPaper
from classifier.model.paper import Paper
from classifier.model.run_files import LEDGER_FILE
from tests.labelled_rows import filed, row

TEA = "Teaching a Chat Model to Explain Tea by Asking Tea Drinkers"
STEEL = "Fatigue of Steel Bridges Under Traffic of Heavy Lorries"
ROPES = "On the Ropes of Suspension Bridges and Their Dampers"


def paper(key: str, title: str, **more: object) -> ListEntry:
    return ListEntry(key=key, source="list", line=1, paper=Paper(title=title, **more))


def listed(folder: Path, *entries: ListEntry) -> list[str]:
    """Reads the lists and labels what waits; the keys that had to be labelled."""
    with open_ledger(folder, {}, ["a", "b"]) as ledger:
        take_in(ledger, entries, duplicate_finder())
        items = ledger.waiting(0, 99)
        made = [
            ItemOutcome(
                item,
                Label(
                    ref=item.entry.key,
                    paper=LabelledPaper(title=item.entry.paper.title, arxiv_id=item.entry.paper.arxiv_id),
                    status="placed",
                    leaf="a",
                ),
            )
            for item in items
        ]
        ledger.save(made)
        ledger.bind_corrections()
    return [item.entry.key for item in items]


def change(folder: Path, key: str, **typed: str) -> None:
    amend(folder, [Amendment(key=key, changes=checked_changes(typed), by="Ada")])


def titles(folder: Path) -> dict[str, str | None]:
    return {one.entry.key: one.entry.paper.title for one in read_rows(folder)}


def corrected(folder: Path) -> dict[str, str]:
    return {one.entry.key: one.correction.label for one in read_rows(folder) if one.correction}


def test_all_fields_are_amended_cleared_and_restored(tmp_path):
    before = paper("k", TEA, year=2020, arxiv_id="2001.00001", doi="10.1000/x", abstract="Tea.")
    listed(tmp_path, before)
    change(
        tmp_path, "k", title=STEEL, year="2021", doi="10.5000/y", arxiv_id="2101.00002v2", abstract="Steel."
    )
    (now,) = read_rows(tmp_path)
    assert now.entry.paper == Paper(
        title=STEEL, year=2021, arxiv_id="2101.00002v2", doi="10.5000/y", abstract="Steel."
    )
    assert now.listed == before.paper
    assert (now.label.paper.title, now.label.paper.arxiv_id) == (STEEL, "2101.00002v2")
    assert [note.code for note in now.label.warnings] == [AMENDED]
    change(tmp_path, "k", doi="", year="")
    (now,) = read_rows(tmp_path)
    assert (now.entry.paper.doi, now.entry.paper.year, now.entry.paper.title) == (None, None, STEEL)
    take_back_amendments(tmp_path, "k", "Bo")
    assert next(read_rows(tmp_path)).entry.paper.doi == "10.5000/y"
    take_back_amendments(tmp_path, "k", "Bo")
    (now,) = read_rows(tmp_path)
    assert (now.entry, now.listed, now.label.warnings) == (before, None, ())
    assert take_back_amendments(tmp_path, "k", "Bo") is None
    assert [(one.amendment.by, one.undone_by) for one in read_amendments(tmp_path)] == [("Ada", "Bo")] * 2


def test_an_amended_entry_is_asked_again_once_and_its_neighbours_are_not(tmp_path):
    entries = (paper("k", TEA), paper("l", STEEL))
    assert listed(tmp_path, *entries) == ["k", "l"]
    assert listed(tmp_path, *entries) == []
    change(tmp_path, "k", title=ROPES)
    view = LedgerView(tmp_path, {}, relabel=False, retry_failed=False)
    assert [view.state_of(view.amended(one)) for one in entries] == ["waiting", "done"]
    view.close()
    assert listed(tmp_path, *entries) == ["k"]
    assert listed(tmp_path, *entries) == []
    assert titles(tmp_path) == {"k": ROPES, "l": STEEL}
    assert all(not one.label.warnings for one in read_rows(tmp_path))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param([paper("k", TEA, doi="10.1000/x")], {"k": ROPES}, id="same-list"),
        pytest.param([paper("new", TEA, doi="10.1000/x")], {"new": ROPES}, id="key-renamed"),
        pytest.param([paper("k", f"{TEA}.", doi="10.1000/x")], {"k": ROPES}, id="a-dot-added-in-the-list"),
        pytest.param([paper("k", ROPES, doi="10.1000/x")], {"k": ROPES}, id="list-changed-by-hand-too"),
        pytest.param([paper("k", STEEL)], {"k": STEEL}, id="the-key-is-another-papers-now"),
        pytest.param(
            [paper("k", STEEL), paper("new", TEA, doi="10.1000/x")],
            {"k": STEEL, "new": ROPES},
            id="another-paper-took-the-key",
        ),
    ],
)
def test_an_amendment_follows_its_paper_through_other_lists(tmp_path, now, expected):
    listed(tmp_path, paper("k", TEA, doi="10.1000/x"))
    change(tmp_path, "k", title=ROPES)
    listed(tmp_path, *now)
    assert titles(tmp_path) == expected
    listed(tmp_path, *now)
    assert titles(tmp_path) == expected


def test_an_amendment_without_its_paper_waits_for_it(tmp_path):
    listed(tmp_path, paper("k", TEA), paper("l", STEEL))
    change(tmp_path, "k", title=ROPES)
    listed(tmp_path, paper("l", STEEL))
    assert [one.is_listed for one in read_amendments(tmp_path)] == [False]
    listed(tmp_path, paper("k", TEA), paper("l", STEEL))
    assert titles(tmp_path) == {"k": ROPES, "l": STEEL}
    assert [one.is_listed for one in read_amendments(tmp_path)] == [True]


def test_a_correction_stays_with_an_entry_whose_whole_identity_is_amended(tmp_path):
    entries = (paper("k", TEA, arxiv_id="2001.00001"), paper("l", STEEL))
    listed(tmp_path, *entries)
    set_correction(tmp_path, Correction(key="k", label="b", by="Ada"))
    change(tmp_path, "k", title=ROPES, arxiv_id="2102.00003")
    assert corrected(tmp_path) == {"k": "b"}
    listed(tmp_path, *entries)
    assert corrected(tmp_path) == {"k": "b"}
    take_back_amendments(tmp_path, "k", "")
    assert corrected(tmp_path) == {"k": "b"}
    listed(tmp_path, *entries)
    assert corrected(tmp_path) == {"k": "b"}


@pytest.mark.parametrize("wrong", ["first", "second"])
def test_a_wrong_id_that_made_two_papers_one_is_amended_and_both_are_labelled(tmp_path, wrong):
    """The titles are alike enough not to contradict the shared id."""
    first = paper("k", "Tea", arxiv_id="2001.00001")
    second = paper("l", "Tea and Chat Models", arxiv_id="2001.00001")
    assert listed(tmp_path, first, second) == ["k"]
    change(tmp_path, "k" if wrong == "first" else "l", arxiv_id="2003.00007")
    assert listed(tmp_path, first, second) == (["k", "l"] if wrong == "first" else ["l"])
    assert [one.duplicate_of for one in read_papers(tmp_path)] == [None, None]
    assert titles(tmp_path) == {"k": "Tea", "l": "Tea and Chat Models"}


def test_an_entry_that_is_no_duplicate_any_more_waits_at_once(tmp_path):
    listed(tmp_path, paper("k", TEA), paper("l", TEA))
    change(tmp_path, "l", title=STEEL)
    with open_ledger(tmp_path, {}, ["a", "b"]) as ledger:
        assert [(item.entry.key, item.entry.paper.title) for item in ledger.waiting(0, 9)] == [("l", STEEL)]


def test_an_amended_entry_can_become_a_duplicate_and_counts_once(tmp_path):
    entries = (paper("k", TEA), paper("l", "Tee"))
    listed(tmp_path, *entries)
    change(tmp_path, "l", title=TEA)
    assert [one.duplicate_of for one in read_papers(tmp_path)] == [None, "k"]
    assert listed(tmp_path, *entries) == []
    assert [one.duplicate_of for one in read_papers(tmp_path)] == [None, "k"]


def test_the_other_entries_of_a_paper_keep_what_their_list_says(tmp_path):
    listed(tmp_path, paper("k", TEA, year=2020), paper("l", TEA, year=2021))
    change(tmp_path, "k", year="2019")
    listed(tmp_path, paper("k", TEA, year=2020), paper("l", TEA, year=2021))
    assert {one.entry.key: one.entry.paper.year for one in read_rows(tmp_path)} == {"k": 2019, "l": 2021}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "nothing to change"),
        ({"year": "20021"}, "'20021' is not a year; expected one from 1800 to 2099"),
        ({"year": "next"}, "'next' is not a year"),
        ({"doi": "chess"}, "'chess' is not a DOI"),
        ({"doi": "10.48550/arXiv.2001.00001"}, "give the arXiv id 2001.00001 instead"),
        ({"arxiv_id": "2013.00001"}, "'2013.00001' is not an arXiv id"),
        ({"title": "x" * 1001}, "the title has 1001 characters; expected at most 1000"),
    ],
)
def test_what_is_no_year_or_id_is_refused_with_what_was_expected(typed, message):
    with pytest.raises(InputError) as caught:
        checked_changes(typed)
    assert message in caught.value.message


def test_text_is_one_line_without_control_characters():
    assert checked_changes({"title": " Tea\x1b[31m\n for  \u202etwo "}).title == "Tea [31m for two"


def test_nothing_is_saved_if_one_row_cannot_be_used(tmp_path):
    listed(tmp_path, paper("k", TEA), paper("l", STEEL))
    good = Amendment(key="k", changes=checked_changes({"title": ROPES}))
    for bad in (
        Amendment(key="m", changes=checked_changes({"title": ROPES})),
        Amendment(key="l", changes=checked_changes({"title": ""})),
    ):
        with pytest.raises(InputError):
            amend(tmp_path, [good, bad])
    assert titles(tmp_path) == {"k": TEA, "l": STEEL}
    assert read_amendments(tmp_path) == []


def test_a_table_is_one_act_and_undone_at_once(tmp_path):
    listed(tmp_path, paper("k", TEA, year=2020), paper("l", STEEL, doi="10.1000/x"))
    change(tmp_path, "l", year="1999")
    table = tmp_path / "t.csv"
    table.write_text("key,title,year,doi,other\nk,,2021,,x\nl,'=Steel,,-,y\n,,,,\n")
    amend(tmp_path, read_amendments_table(table, by="Ada"))
    found = {one.entry.key: one.entry.paper for one in read_rows(tmp_path)}
    assert (found["k"].title, found["k"].year) == (TEA, 2021)
    assert (found["l"].title, found["l"].year, found["l"].doi) == ("=Steel", 1999, None)
    done = take_back_amendments(tmp_path, None, "Ada")
    assert done is not None
    assert len(done.amendments) == 2
    found = {one.entry.key: one.entry.paper for one in read_rows(tmp_path)}
    assert (found["k"].year, found["l"].title, found["l"].year) == (2020, STEEL, 1999)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("key,label\nk,a\n", "expected the column key and at least one of title"),
        ("title\nx\n", "expected the column key"),
        ("key,title\n", "no row below its first line"),
        ("key,year\nk,x\n,2001\nl,\n", "line 2: 'x' is not a year"),
        ("key,year\nk,x\n,2001\nl,\n", "line 3: no key; line 4: nothing to change"),
    ],
)
def test_every_line_of_a_table_that_cannot_be_used_is_named(tmp_path, text, message):
    table = tmp_path / "t.csv"
    table.write_text(text)
    with pytest.raises(InputError) as caught:
        read_amendments_table(table)
    assert message in caught.value.message


def test_a_ledger_from_before_amendments_is_read_as_it_is_and_upgraded_by_the_first(tmp_path):
    listed(tmp_path, paper("k", TEA))
    set_correction(tmp_path, Correction(key="k", label="b"))
    path = tmp_path / LEDGER_FILE
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "DROP TABLE amendment; ALTER TABLE item DROP COLUMN listed; PRAGMA user_version = 4;"
            "PRAGMA wal_checkpoint(TRUNCATE);"
        )
    before = path.read_bytes()
    assert (titles(tmp_path), corrected(tmp_path), read_amendments(tmp_path)) == ({"k": TEA}, {"k": "b"}, [])
    assert path.read_bytes() == before
    change(tmp_path, "k", title=STEEL)
    assert (titles(tmp_path), corrected(tmp_path)) == ({"k": STEEL}, {"k": "b"})
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


@pytest.mark.parametrize("others", ["et al.", "et al", "and others", "Others", "et alii."])
def test_an_entry_whose_others_an_older_version_took_for_an_author_keeps_its_label(tmp_path, others):
    assert listed(tmp_path, paper("k", TEA, authors=("Ada One", others))) == ["k"]
    entry = paper("k", TEA, authors=("Ada One", others)).model_dump_json()
    with closing(sqlite3.connect(tmp_path / LEDGER_FILE)) as db:
        db.execute("UPDATE item SET entry = ?, material = 'of version 4'", (entry,))
        db.executescript(
            "DROP TABLE amendment; ALTER TABLE item DROP COLUMN listed; PRAGMA user_version = 4;"
        )
    now = paper("k", TEA, authors=("Ada One",)).model_copy(update={"more_authors": True})
    assert listed(tmp_path, now) == []
    assert listed(tmp_path, paper("k", TEA, authors=("Bo Two",))) == ["k"]


# -- the user's own file -----------------------------------------------------------------------------

BIB = """% mine
@article{k,
  title     = {{Old} Title},
  subtitle  = "of old",
  year      = 2019,
  doi       = {10.1000/old},
  abstract  = {Old.},
  keywords  = {own},
}

@misc{other, title = {Other Thing of Some Length}, year = 1999}
"""
RIS = (
    "TY  - JOUR\r\nID  - k\r\nTI  - Old\r\n  Title: of old\r\nPY  - 2019/05/01/\r\nDO  - 10.1000/old\r\n"
    "AB  - Old.\r\nKW  - own\r\nER  - \r\n"
)
CSL = (
    '[ {"id": "k", "title": "Old Title: of old",\n  "issued": {"date-parts": [["2019", 5]]}, '
    '"DOI": "10.1000/old", "abstract": "Old."} ]'
)
OLD = Paper(title="Old Title: of old", year=2019, doi="10.1000/old", abstract="Old.")
SPLICERS = {"bib": splice_bibtex, "ris": splice_ris, "csl": splice_csl_json}


def written(kind: str, text: str, **changes: object) -> tuple[str, list[str]]:
    new = row("k", title=OLD.title, year=OLD.year, doi=OLD.doi, abstract=OLD.abstract, authors=())
    amended = new.entry.model_copy(update={"paper": new.entry.paper.model_copy(update=changes)})
    rows = [new.model_copy(update={"entry": amended, "listed": new.entry.paper})]
    done = SPLICERS[kind](text.encode(), Results(filed(rows), "classifier:"))
    return done.data.decode(), [f"{one.key}: {one.reason}" for one in done.untouched]


def labelled(kind: str, text: str) -> str:
    """The file with the keyword only."""
    return written(kind, text)[0]


@pytest.mark.parametrize(
    ("kind", "text", "changes", "replaced"),
    [
        ("bib", BIB, {"year": 2020}, [("2019", "2020")]),
        ("bib", BIB.replace("= 2019", "= {2019}"), {"year": 2020}, [("{2019}", "{2020}")]),
        ("bib", BIB.replace("year      = 2019", "date = {2019-05}"), {"year": 2020}, [("{2019-", "{2020-")]),
        ("bib", BIB, {"doi": "10.5000/new"}, [("10.1000/old", "10.5000/new")]),
        ("bib", BIB, {"doi": None}, [("\n  doi       = {10.1000/old},", "")]),
        (
            "bib",
            BIB,
            {"title": "100 % New & $"},
            [
                ("{{Old} Title}", r"{100 \% New \& \$}"),
                ('\n  subtitle  = "of old",', ""),
            ],
        ),
        ("bib", BIB, {"abstract": "New."}, [("{Old.}", "{New.}")]),
        ("ris", RIS, {"year": 2020}, [("2019/05", "2020/05")]),
        ("ris", RIS, {"title": "New"}, [("TI  - Old\r\n  Title: of old", "TI  - New")]),
        ("ris", RIS, {"doi": None, "abstract": "New."}, [("DO  - 10.1000/old\r\n", ""), ("Old.", "New.")]),
        ("ris", RIS, {"arxiv_id": "2001.00001"}, [("ER", "UR  - https://arxiv.org/abs/2001.00001\r\nER")]),
        ("csl", CSL, {"year": 2020}, [('"2019"', '"2020"')]),
        ("csl", CSL, {"title": 'A "New" é'}, [("Old Title: of old", 'A \\"New\\" \\u00e9')]),
        (
            "csl",
            CSL,
            {"doi": None, "year": None},
            [('\n  "issued": {"date-parts": [["2019", 5]]},', ""), (' "DOI": "10.1000/old",', "")],
        ),
    ],
)  # fmt: skip
def test_only_the_amended_fields_change_beside_the_keyword(kind, text, changes, replaced):
    expected = labelled(kind, text)
    for old, new in replaced:
        assert old in expected
        expected = expected.replace(old, new, 1)
    new, left = written(kind, text, **changes)
    assert new == expected
    assert left == []
    assert written(kind, new, **changes) == (new, [])


@pytest.mark.parametrize(
    ("kind", "text", "changes", "reason"),
    [
        (
            "bib",
            BIB.replace("doi       =", "url = {https://doi.org/10.1000/old},\n  doi       ="),
            {"doi": None},
            (
                "k: its DOI could not be changed here (the entry would be read back with 10.1000/old; "
                "another field may have it); change it by hand"
            ),
        ),
        (
            "bib",
            "@string{t = {Old Title: of old}}\n@article{k, title = t, doi = {10.1000/old}}\n",
            {"title": "New"},
            (
                "k: its title could not be changed here (its title are not a single text in braces or "
                "quotes); change it by hand"
            ),
        ),
        (
            "csl",
            CSL.replace('"DOI"', '"URL": "https://example.org/a.pdf", "DOI"'),
            {"arxiv_id": "2001.00001"},
            (
                "k: its arXiv id could not be changed here (CSL-JSON has no field of its own for it); "
                "change it by hand"
            ),
        ),
    ],
)
def test_a_field_that_cannot_be_changed_safely_is_reported_and_the_label_is_written(
    kind, text, changes, reason
):
    assert written(kind, text, **changes) == (labelled(kind, text), [reason])


def test_an_arxiv_id_is_changed_wherever_the_entry_has_it():
    text = "@misc{k, title = {Old Title: of old}, eprint = {2001.00001}, archiveprefix = {arXiv}}\n"
    new, left = written("bib", text, arxiv_id="2002.00002")
    assert "eprint = {2002.00002}" in new
    assert left == []
    bare, _ = written("bib", "@misc{k, title = {Old Title: of old}}\n", arxiv_id="2002.00002")
    assert "archiveprefix = {arXiv}, eprint = {2002.00002}" in bare
