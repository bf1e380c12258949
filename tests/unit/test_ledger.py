"""The ledger: what it keeps from one reading of the lists to the next, and what it rejects."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import classifier
from classifier.batch.ledger.corrections import remove_correction, set_correction
from classifier.batch.ledger.items import ItemOutcome, State, pack, unpack
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.lock import open_ledger
from classifier.batch.ledger.rows import read_broken, read_corrections, read_rows
from classifier.batch.ledger.schema import _MIGRATIONS, connect
from classifier.batch.results import write_rows, write_summary
from classifier.errors import ConfigError, InputError, StoreError
from classifier.model.entries import BrokenEntry, Correction, ListEntry, PersonName
from classifier.model.label import Label, LabelledPaper
from classifier.model.paper import Paper
from classifier.model.record import Notice
from classifier.model.reply import Usage
from classifier.model.run_files import EXPORTS_FILE, LABELS_FILE, LEDGER_FILE, RESULTS_LOCK_FILE


def entry(key: str, **more: object) -> ListEntry:
    return ListEntry(key=key, source="list", line=1, **more)


def label(key: str, leaf: str | None = "a", **more: object) -> Label:
    return Label(ref=key, paper=LabelledPaper(), status="placed" if leaf else "failed", leaf=leaf, **more)


def failed(key: str, code: str = "needs-ocr") -> Label:
    return label(key, None, error=Notice(code=code, message="no"))


def take(ledger: Ledger, *given: ListEntry, twins: dict[str, str] | None = None) -> None:
    listing = ledger.begin_listing()
    with ledger.transaction():
        for place, one in enumerate(given, 1):
            ledger.add(listing, place, one, (twins or {}).get(one.key))
    ledger.end_listing(listing)


def waiting(ledger: Ledger) -> list[str]:
    return [item.entry.key for item in ledger.waiting(0, 100)]


def save(ledger: Ledger, *labels: Label) -> None:
    items = {item.entry.key: item for item in ledger.waiting(0, 100)}
    ledger.save(ItemOutcome(items[one.ref], one, 1) for one in labels)


def test_items_wait_in_list_order_until_they_have_a_label(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("b"), entry("a"), entry("c"))
        assert waiting(ledger) == ["b", "a", "c"]
        save(ledger, label("a"), failed("c"))
        assert waiting(ledger) == ["b"]
        counts = ledger.counts()
    assert (counts.total, counts.done, counts.failed, counts.waiting) == (3, 1, 1, 1)


def test_a_second_reading_keeps_labels_moves_places_and_forgets_no_one(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"))
        save(ledger, label("a"), label("b"))
        take(ledger, entry("c"), entry("b"))
        assert waiting(ledger) == ["c"]
        assert ledger.counts().total == 2
        save(ledger, label("c"))
    assert [row.entry.key for row in read_rows(tmp_path)] == ["c", "b"]
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"))
        assert waiting(ledger) == []


def test_an_entry_that_brings_something_else_waits_again(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"))
        save(ledger, label("a"), label("b"))
        take(ledger, entry("a", paper=Paper(abstract="now there is one")), entry("b"))
        assert waiting(ledger) == ["a"]
    assert [row.entry.key for row in read_rows(tmp_path)] == ["b"]


def test_an_entry_that_only_brings_type_journal_or_names_keeps_its_label(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"))
        save(ledger, label("a"))
    stored = sqlite3.connect(tmp_path / "ledger.sqlite")
    with stored:  # as earlier versions wrote it
        stored.execute("UPDATE item SET entry = json_remove(entry, '$.type', '$.journal', '$.names')")
    stored.close()
    with open_ledger(tmp_path, {}) as ledger:
        more = {"type": "book", "journal": "J", "names": (PersonName(family="Muster", given="Anna"),)}
        take(ledger, entry("a").model_copy(update=more))
        assert waiting(ledger) == []
    assert [row.entry.journal for row in read_rows(tmp_path)] == ["J"]


def test_a_key_that_comes_twice_in_one_reading_is_taken_once(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        listing = ledger.begin_listing()
        assert ledger.add(listing, 1, entry("a"))
        assert not ledger.add(listing, 2, entry("a", paper=Paper(title="another")))
        assert ledger.waiting(0, 9)[0].entry.paper.title is None


def test_replies_belong_to_an_item_and_its_round(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"))
        first, second = ledger.waiting(0, 9)
        ledger.save_reply(
            first, ("hash", 0), pack({"x": "é"}), Usage(tokens_in=5, tokens_out=2, cost_usd=0.5)
        )
        first, second = ledger.waiting(0, 9)
        assert {key: unpack(body) for key, body in first.replies.items()} == {("hash", 0): {"x": "é"}}
        assert second.replies == {}
        save(ledger, failed("a"))
        assert ledger.retry_failed() == 1
        assert ledger.waiting(0, 9)[0].replies == {}
        spent = ledger.spent()
    assert (spent.replies, spent.tokens_in, spent.cost_usd, spent.unpriced) == (1, 5, 0.5, 0)


def test_a_transaction_that_fails_leaves_nothing(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:

        def fail() -> None:
            with ledger.transaction():
                ledger.keep("x", 1)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert ledger.value("x") is None
        ledger.keep("x", 2)
        assert ledger.value("x") == 2


def test_no_twin_stands_in_for_one_that_the_engine_could_not_label(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"), twins={"b": "a"})
        save(ledger, failed("a", "refused"))
        assert ledger.promote_duplicates() == 0
        assert waiting(ledger) == []


def test_the_first_twin_stands_in_for_one_that_cannot_be_read(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"), entry("c"), twins={"b": "a", "c": "a"})
        assert waiting(ledger) == ["a"]
        save(ledger, failed("a"))
        assert ledger.promote_duplicates() == 1
        assert waiting(ledger) == ["b"]
        save(ledger, label("b"))
        assert ledger.promote_duplicates() == 0
    rows = {row.entry.key: row.label for row in read_rows(tmp_path)}
    assert (rows["a"].status, rows["b"].leaf, rows["c"].leaf) == ("failed", "a", "a")
    assert rows["c"].ref == "c"
    assert "'b'" in rows["c"].warnings[0].message


def test_a_fingerprint_that_changed_is_told_by_name_and_relabel_keeps_replies(tmp_path):
    with open_ledger(tmp_path, {"model": "m", "prompt_sha256": "1"}) as ledger:
        take(ledger, entry("a"))
        ledger.save_reply(ledger.waiting(0, 1)[0], ("hash", 0), b"", Usage())
        save(ledger, label("a"))
    changed = {"model": "n", "prompt_sha256": "2"}
    with (
        pytest.raises(ConfigError, match=r"model: m -> n, the prompts.*--out.*--relabel"),
        open_ledger(tmp_path, changed),
    ):
        pass
    with open_ledger(tmp_path, changed, relabel=True) as ledger:
        assert [item.replies for item in ledger.waiting(0, 9)] == [{("hash", 0): b""}]
    with open_ledger(tmp_path, changed):
        pass


def test_a_ledger_without_labels_and_replies_goes_on_with_other_settings(tmp_path):
    with open_ledger(tmp_path, {"model": "m"}) as ledger:
        take(ledger, entry("a"), entry("b"))
        save(ledger, failed("a"))
    with open_ledger(tmp_path, {"model": "n"}) as ledger:
        assert waiting(ledger) == ["a", "b"]
        save(ledger, label("a"))
    with pytest.raises(ConfigError, match="model: n -> m"), open_ledger(tmp_path, {"model": "m"}):
        pass


def test_a_correction_holds_for_the_papers_duplicates_unless_they_have_their_own(tmp_path):
    with open_ledger(tmp_path, {}, ["a", "b", "c"]) as ledger:
        take(ledger, entry("x"), entry("y"), entry("z"), twins={"y": "x", "z": "x"})
        save(ledger, label("x"))
    set_correction(tmp_path, Correction(key="x", label="b"))
    set_correction(tmp_path, Correction(key="z", label="c"))
    rows = [(row.entry.key, row.correction) for row in read_rows(tmp_path)]
    assert [(key, made.key, made.label) for key, made in rows if made] == [
        ("x", "x", "b"),
        ("y", "y", "b"),
        ("z", "z", "c"),
    ]


def test_a_failed_papers_duplicates_say_so(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"), twins={"b": "a"})
        save(ledger, failed("a"))
        write_rows(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "failed.jsonl").read_text().splitlines()]
    assert [(row["key"], row["duplicate_of"]) for row in rows] == [("a", None), ("b", "a")]


def test_a_ledger_has_one_run_at_a_time(tmp_path):
    with (
        open_ledger(tmp_path, {}),
        pytest.raises(ConfigError, match="another process"),
        open_ledger(tmp_path, {}),
    ):
        pass


def test_a_newer_ledger_is_refused_and_something_else_is_none(tmp_path):
    with open_ledger(tmp_path, {}):
        pass
    with sqlite3.connect(tmp_path / LEDGER_FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="version 99"), open_ledger(tmp_path, {}):
        pass
    (tmp_path / LEDGER_FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        connect(tmp_path / LEDGER_FILE)
    with pytest.raises(ConfigError, match="no ledger"):
        list(read_rows(tmp_path / "nowhere"))


def test_a_correction_outlives_runs_and_is_held_to_the_closed_set(tmp_path):
    with open_ledger(tmp_path, {}, ["a", "b"]) as ledger:
        take(ledger, entry("x"))
        save(ledger, label("x"))
        kept = set_correction(tmp_path, Correction(key="x", label="b", by="me"))  # while a run is at work
    assert kept.at.endswith("+00:00")
    with pytest.raises(InputError, match="expected one of a, b"):
        set_correction(tmp_path, Correction(key="x", label="c"))
    with pytest.raises(InputError, match="no entry 'y'"):
        set_correction(tmp_path, Correction(key="y", label="a"))
    with open_ledger(tmp_path, {"new": 1}, ["a", "b"], relabel=True) as ledger:
        take(ledger, entry("x"))
        save(ledger, label("x"))
    assert [row.correction for row in read_rows(tmp_path)] == [kept]
    assert remove_correction(tmp_path, "x")
    assert not remove_correction(tmp_path, "x")
    assert [row.correction for row in read_rows(tmp_path)] == [None]


def test_half_surrogate_pairs_are_no_reason_to_fail(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a", paper=Paper(title="half \ud800 a pair")))
        assert ledger.waiting(0, 1)[0].entry.paper.title == "half ? a pair"
        save(ledger, label("a", rationale="\udfff"))
    assert [row.label.rationale for row in read_rows(tmp_path)] == ["?"]


def test_results_are_rewritten_as_a_whole(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"))
        listing = ledger.value("listing")
        with ledger.transaction():
            ledger.add_broken(listing, BrokenEntry(source="l", line=7, reason="bad \ud800 half"))
        save(ledger, failed("a"))
        write_rows(tmp_path)
        write_summary(tmp_path, {"n": 1})
    assert [found.line for found in read_broken(tmp_path)] == [7]
    assert len((tmp_path / "labels.jsonl").read_text().splitlines()) == 1
    assert len((tmp_path / "failed.jsonl").read_text().splitlines()) == 2
    assert (tmp_path / "run.json").read_text() == '{\n "n": 1\n}\n'
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".labels")]


def test_a_label_that_is_saved_again_changes_nothing(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, entry("a"), entry("b"))
        first, second = ledger.waiting(0, 2)
        ledger.save([ItemOutcome(first, label("a"), 1)])
        ledger.save([ItemOutcome(first, failed("a"), 1), ItemOutcome(second, failed("b"), 1)])
        ledger.retry_failed()
        ledger.save([ItemOutcome(second, label("b"), 1)])  # of the round before
        assert (ledger.counts().done, waiting(ledger)) == (1, ["b"])


def test_the_states_in_the_schema_are_those_of_the_enum(tmp_path):
    with closing(connect(tmp_path / LEDGER_FILE)) as connection:
        (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'item'").fetchone()
    stored = re.search(r"state IN \(([^)]*)\)", made)
    assert stored is not None
    assert {name.strip(" '") for name in stored[1].split(",")} == {*State} - {State.asked}


def test_the_names_of_a_runs_files_stand_in_one_module():
    package = Path(classifier.__file__).parent
    literals = {f'"{name}' for name in (LEDGER_FILE, LABELS_FILE, RESULTS_LOCK_FILE, EXPORTS_FILE)}
    homes = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if any(literal in file.read_text(encoding="utf-8") for literal in literals)
    }
    assert homes == {"model/run_files.py"}


def test_no_sql_stands_outside_the_ledgers_room():
    package = Path(classifier.__file__).parent
    statements = re.compile(r"\b(?:SELECT .+ FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b|\bsqlite3\b")
    found = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if statements.search(file.read_text(encoding="utf-8"))
    }
    assert {Path(name).parent.as_posix() for name in found} == {
        "batch/ledger",
        "service/store",  # the service's own database
    }


def test_corrections_are_changed_in_one_place_so_that_no_caller_forgets_the_files():
    package = Path(classifier.__file__).parent
    callers = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if re.search(r"\b(?:set_corrections?|remove_correction)\(", file.read_text(encoding="utf-8"))
    }
    assert callers == {"batch/decisions.py", "batch/ledger/corrections.py"}


# -- corrections belong to papers -----------------------------------------------------------------

REWARDS = "Rewards that a language model writes"
TUNING = "Tuning a chat model by what people prefer"
STEEL = "Bridges of steel in wind"


def paper(key: str, title: str | None = None, **more: object) -> ListEntry:
    return entry(key, paper=Paper(title=title, **more))


def listed(folder: Path, *given: ListEntry, twins: dict[str, str] | None = None) -> list[str]:
    """Reads the entries in and labels what waits; the keys that waited."""
    with open_ledger(folder, {}, ["a", "b", "c"]) as ledger:
        take(ledger, *given, twins=twins)
        waited = waiting(ledger)
        save(ledger, *(label(key) for key in waited))
        ledger.bind_corrections()
    return waited


def corrected(folder: Path) -> dict[str, str]:
    return {row.entry.key: row.correction.label for row in read_rows(folder) if row.correction}


def aside(folder: Path) -> list[tuple[str, str]]:
    return [(made.correction.key, made.aside) for made in read_corrections(folder) if made.aside]


def correct(folder: Path, key: str, chosen: str = "b") -> None:
    set_correction(folder, Correction(key=key, label=chosen, by="me"))


def test_a_correction_and_a_label_follow_their_paper_to_another_key(tmp_path):
    listed(tmp_path, paper("2023a", REWARDS), paper("2023b", TUNING))
    correct(tmp_path, "2023a")
    waited = listed(tmp_path, paper("2023a", STEEL), paper("2023b", REWARDS), paper("2023c", TUNING))
    assert waited == ["2023a"]  # the others have their labels
    assert corrected(tmp_path) == {"2023b": "b"}
    assert {row.label.ref for row in read_rows(tmp_path)} == {"2023a", "2023b", "2023c"}
    listed(tmp_path, paper("2023a", REWARDS), paper("2023b", TUNING))  # and back
    assert corrected(tmp_path) == {"2023a": "b"}


def test_a_correction_whose_paper_is_gone_is_kept_aside_and_counts_when_it_is_back(tmp_path):
    listed(tmp_path, paper("k", REWARDS))
    correct(tmp_path, "k")
    listed(tmp_path, paper("k", STEEL))
    assert corrected(tmp_path) == {}
    assert aside(tmp_path) == [("k", f"its key now names another paper: '{STEEL}'")]
    listed(tmp_path, paper("other", TUNING))
    assert aside(tmp_path) == [("k", "its paper is not in the lists")]
    listed(tmp_path, paper("new", REWARDS))
    assert (corrected(tmp_path), aside(tmp_path)) == ({"new": "b"}, [])


def test_the_second_of_two_equal_keys_keeps_its_correction_when_one_is_added_above(tmp_path):
    listed(tmp_path, paper("smith", TUNING), paper("smith#2", REWARDS))
    correct(tmp_path, "smith#2")
    listed(tmp_path, paper("smith", STEEL), paper("smith#2", TUNING), paper("smith#3", REWARDS))
    assert corrected(tmp_path) == {"smith#3": "b"}


@pytest.mark.parametrize(
    ("before", "now", "stays"),
    [
        (paper("k", REWARDS, doi="10.9999/x"), paper("k", "Rewards a model wrote", doi="10.9999/x"), True),
        (paper("k", REWARDS), paper("k", f"{REWARDS}.", abstract="Now there is one."), True),
        (paper("k", REWARDS), paper("k", REWARDS, arxiv_id="2401.00001"), True),
        (paper("k", REWARDS, doi="10.9999/x"), paper("new", None, doi="10.9999/X"), True),
        (paper("k", None, abstract="only this"), paper("k", None, abstract="only this!"), True),
        (paper("k", REWARDS), paper("k", TUNING), False),
        (paper("k", REWARDS, doi="10.9999/x"), paper("k", STEEL, doi="10.9999/x"), False),
    ],
)  # fmt: skip
def test_a_corrected_entry_that_changes(tmp_path, before, now, stays):
    listed(tmp_path, before)
    correct(tmp_path, before.key)
    listed(tmp_path, now)
    assert corrected(tmp_path) == ({now.key: "b"} if stays else {})
    assert len(aside(tmp_path)) == (not stays)


def test_a_correction_follows_a_paper_through_several_changes(tmp_path):
    listed(tmp_path, paper("a", REWARDS))
    correct(tmp_path, "a")
    listed(tmp_path, paper("b", REWARDS, doi="10.9999/x"))
    listed(tmp_path, paper("c", None, doi="10.9999/x"))
    assert corrected(tmp_path) == {"c": "b"}


def test_a_later_correction_replaces_one_that_the_paper_got_under_another_key(tmp_path):
    listed(tmp_path, paper("a", REWARDS))
    correct(tmp_path, "a", "b")
    listed(tmp_path, paper("x", STEEL), paper("z", REWARDS))
    correct(tmp_path, "z", "c")
    assert corrected(tmp_path) == {"z": "c"}
    assert len(list(read_corrections(tmp_path))) == 1
    assert remove_correction(tmp_path, "z")
    assert corrected(tmp_path) == {}


def test_a_correction_of_a_duplicate_counts_for_its_paper(tmp_path):
    given = [paper("x", REWARDS), paper("y", REWARDS), paper("z", REWARDS)]
    listed(tmp_path, *given, twins={"y": "x", "z": "x"})
    correct(tmp_path, "z")
    assert corrected(tmp_path) == {"x": "b", "y": "b", "z": "b"}
    correct(tmp_path, "x", "c")
    assert corrected(tmp_path) == {"x": "c", "y": "c", "z": "b"}
    listed(tmp_path, *given, twins={"y": "x", "z": "x"})
    assert corrected(tmp_path) == {"x": "c", "y": "c", "z": "b"}


def test_a_waiting_entry_that_a_person_labelled_is_a_row(tmp_path):
    with open_ledger(tmp_path, {}, ["a", "b"]) as ledger:
        take(ledger, paper("x", REWARDS), paper("y", TUNING))
    correct(tmp_path, "x")
    assert [(row.entry.key, row.correction.label) for row in read_rows(tmp_path)] == [("x", "b")]


def test_a_label_and_its_replies_move_with_the_paper_and_a_new_paper_waits(tmp_path):
    with open_ledger(tmp_path, {}) as ledger:
        take(ledger, paper("a", REWARDS), paper("b", TUNING))
        for item in ledger.waiting(0, 9):
            ledger.save_reply(item, (item.entry.key, 0), b"", Usage())
        save(ledger, label("a", "a"))
        take(ledger, paper("a", TUNING), paper("b", STEEL), paper("c", REWARDS))
        found = {item.entry.key: list(item.replies) for item in ledger.waiting(0, 9)}
        assert found == {"a": [("b", 0)], "b": []}
        assert (ledger.counts().done, ledger.unlisted()) == (1, 0)


def old_ledger(folder: Path) -> None:
    """A ledger as version 2 left it: corrections by key, one of a duplicate."""
    with closing(sqlite3.connect(folder / LEDGER_FILE, isolation_level=None)) as db:
        for step in _MIGRATIONS[:2]:
            db.executescript(step)
        db.execute("PRAGMA user_version = 2")
        db.execute("""INSERT INTO run VALUES ('listing', '1'), ('labels', '["a", "b"]')""")
        for place, (key, title, twin) in enumerate(
            [("k", REWARDS, None), ("l", TUNING, None), ("m", REWARDS, "k")], 1
        ):
            db.execute(
                "INSERT INTO item (key, place, listing, entry, state, twin, label)"
                " VALUES (?, ?, 1, ?, ?, ?, ?)",
                (
                    key,
                    place,
                    paper(key, title).model_dump_json(),
                    "twin" if twin else "done",
                    twin,
                    None if twin else label(key).model_dump_json(),
                ),
            )
        db.execute("INSERT INTO correction VALUES ('k', 'b', 'me', 'why', '2026-01-01')")


def test_corrections_of_an_older_ledger_bind_from_its_entries(tmp_path):
    old_ledger(tmp_path)
    assert listed(tmp_path, paper("k", STEEL), paper("new", REWARDS), paper("l", TUNING)) == ["k"]
    assert corrected(tmp_path) == {"new": "b"}


def test_an_older_ledger_is_read_without_being_changed(tmp_path):
    old_ledger(tmp_path)
    before = (tmp_path / LEDGER_FILE).read_bytes()
    assert corrected(tmp_path) == {"k": "b", "m": "b"}
    assert [(one.correction.note, one.aside) for one in read_corrections(tmp_path)] == [("why", "")]
    assert (tmp_path / LEDGER_FILE).read_bytes() == before


def test_a_row_of_a_reading_that_was_killed_is_still_read(tmp_path):
    listed(tmp_path, paper("a", REWARDS), paper("b", TUNING))
    correct(tmp_path, "b")
    with open_ledger(tmp_path, {}) as ledger:
        listing = ledger.begin_listing()
        with ledger.transaction():
            ledger.add(listing, 1, paper("a", REWARDS))
    assert [row.entry.key for row in read_rows(tmp_path)] == ["a", "b"]
    assert corrected(tmp_path) == {"b": "b"}
