"""Decisions in the ledger: what counts, what undo restores, what outlives reruns, what reviewers see."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from classifier.batch.ledger.corrections import read_corrections, remove_correction, set_correction
from classifier.batch.ledger.decisions import read_decisions
from classifier.batch.ledger.schema import _MIGRATIONS
from classifier.batch.papers import read_papers
from classifier.batch.results import refresh
from classifier.errors import ConfigError, InputError
from classifier.export.render import FORMATS, Options, render
from classifier.model.entries import Correction
from classifier.model.paper import Paper
from classifier.model.run_files import LEDGER_FILE
from classifier.review.decide import DecisionWish, decide, undo
from classifier.review.plan import open_plan
from tests import review_kit as kit

A, B = kit.LEAVES[:2]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return kit.write_run(tmp_path / "run", [kit.label(number) for number in range(6)])


def exports(folder: Path) -> dict[str, bytes]:
    """Every export, and the run's own files."""
    refresh(folder)
    made = {}
    for name in FORMATS:
        if name not in ("parquet", "png"):
            made[name] = b"".join(render(name, read_papers(folder), kit.taxonomy(), Options()))
    own = {name: (folder / name).read_bytes() for name in ("labels.jsonl", "failed.jsonl", "run.json")}
    stored = [str(one).encode() for one in read_corrections(folder)]
    return made | own | {"corrections": b"\n".join(stored)}


def labels(folder: Path) -> dict[str, str]:
    return {row.entry.key: row.correction.label for row in read_papers(folder) if row.correction}


def test_a_decision_rules_exports_as_a_correction_does(run):
    plan = kit.plan(run)
    (made,) = kit.say(run, plan, "Ada", "e0", B, note="the deck was loaded")
    assert (made.kind, made.seen, made.machine, made.by) == ("change", "all", kit.LEAVES[0], "Ada")
    (row,) = [row for row in read_papers(run) if row.correction]
    assert (row.correction.label, row.correction.by, row.correction.note) == (B, "Ada", "the deck was loaded")
    line = json.loads(exports(run)["jsonl"].splitlines()[0])
    assert (line["leaf"], line["confidence"], line["correction"]["was"]) == (B, None, kit.LEAVES[0])


@pytest.mark.parametrize(
    ("value", "more", "kind", "note"),
    [
        ("accept", {}, "accept", ""),
        (kit.LEAVES[0], {}, "accept", ""),
        (B, {}, "change", ""),
        ("out-of-scope", {"scope_reason": "review"}, "out-of-scope", "review"),
        ("out-of-scope", {"scope_reason": "review", "note": "a guide"}, "out-of-scope", "review: a guide"),
        ("unplaced", {}, "unplaced", ""),
    ],
)
def test_each_kind_of_decision_gives_its_label(run, value, more, kind, note):
    if "scope_reason" in more:
        more = more | {"scope_reason": next(iter(kit.taxonomy().rules))}
        note = note.replace("review", more["scope_reason"], 1)
    (made,) = kit.say(run, kit.plan(run), "Ada", "e0", value, **more)
    assert made.kind == kind
    (row,) = [row for row in read_papers(run) if row.correction]
    assert row.correction.label == (kit.LEAVES[0] if value == "accept" else value)
    assert row.correction.note == note


@pytest.mark.parametrize("wanted", [{"skip": True}, {"note": "look at the appendix"}])
def test_skips_and_notes_give_no_label(run, wanted):
    before = exports(run)
    kit.say(run, kit.plan(run), "Ada", "e0", None, **wanted)
    assert exports(run) == before


@pytest.mark.parametrize(
    ("value", "more", "says"),
    [
        ("no-such-leaf", {}, "label 'no-such-leaf' is not known"),
        (A, {"scope_reason": "x"}, "'x' is no reason for"),
        ("out-of-scope", {"scope_reason": "x"}, "'x' is no reason for out-of-scope"),
        (None, {}, "nothing is decided"),
        (None, {"note": "  "}, "nothing is decided"),
        (A, {"note": "x" * 5000}, "the note has 5000 characters"),
        (A, {"resolve": True}, "is in no conflict"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_nothing_is_kept(run, value, more, says):
    before = exports(run)
    with pytest.raises(InputError, match=says):
        kit.say(run, kit.plan(run), "Ada", "e0 e1", value, **more)
    assert exports(run) == before
    assert read_decisions(run) == []


@pytest.mark.parametrize("note", ["\ud800 half a pair", "a\x00b", "'); DROP TABLE decision; --", "ü\u202e"])
def test_notes_of_any_characters_are_kept_and_exported(run, note):
    (made,) = kit.say(run, kit.plan(run), "Ada \ud800 'x'", "e0", B, note=note)
    assert made.note == note.encode("utf-8", "replace").decode()
    assert labels(run) == {"e0": B}
    exports(run)
    undo(run, "Ada \ud800 'x'")
    assert labels(run) == {}


@pytest.mark.parametrize("name", ["", "  ", "\u200b\x1b", "x" * 101])
def test_a_decision_needs_a_name(run, name):
    with pytest.raises(ConfigError, match="the reviewer's name has"):
        kit.say(run, kit.plan(run), name, "e0", A)


def test_a_failed_paper_has_no_label_to_accept(tmp_path):
    run = kit.write_run(tmp_path / "run", [kit.label(0, "failed")])
    with pytest.raises(InputError, match="no label that could be accepted"):
        kit.say(run, kit.plan(run), "Ada", "e0")
    kit.say(run, kit.plan(run), "Ada", "e0", A)
    assert labels(run) == {"e0": A}


# -- undo --------------------------------------------------------------------------------------------


def decided_before(run: Path) -> None:
    set_correction(run, Correction(key="e0", label=B, by="Eve", note="by hand", at="2026-01-01T00:00:00Z"))


@pytest.mark.parametrize("earlier", [lambda run: None, decided_before], ids=["engine", "corrected"])
@pytest.mark.parametrize(
    "acts",
    [
        [("e0", "accept")],
        [("e0", A)],
        [("e0", "unplaced"), ("e0", "out-of-scope")],
        [("e0 e1 e2", "accept")],
        [("e1", B), ("e0 e1", "unplaced")],
    ],
    ids=str,
)
def test_undo_restores_every_byte_of_every_export(run, earlier, acts):
    earlier(run)
    plan = kit.plan(run)
    states = [exports(run)]
    for keys, value in acts:
        kit.say(run, plan, "Ada", keys, value)
        states.append(exports(run))
        assert states[-1] != states[-2]
    for keys, _ in reversed(acts):
        states.pop()
        assert [made.key for made in undo(run, "Ada")] == keys.split()
        assert exports(run) == states[-1]
    assert undo(run, "Ada") == []


def test_undo_is_a_persons_own(run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e0", A)
    kit.say(run, plan, "Bo", "e0", B)
    undo(run, "Ada")
    assert labels(run) == {"e0": B}
    undo(run, "Bo")
    assert labels(run) == {}


def test_undo_of_the_earlier_of_two_acts_leaves_the_later(run):
    plan = kit.plan(run)
    (first,) = kit.say(run, plan, "Ada", "e0", A)
    kit.say(run, plan, "Ada", "e1", B)
    undo(run, "Ada", first.act)
    assert labels(run) == {"e1": B}
    assert undo(run, "Ada", first.act) == []  # only once


def test_undo_leaves_a_correction_that_somebody_made_since(run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e0", A)
    set_correction(run, Correction(key="e0", label="unplaced", by="Eve"))
    undo(run, "Ada")
    assert labels(run) == {"e0": "unplaced"}
    kit.say(run, plan, "Ada", "e0", B)
    undo(run, "Ada")
    assert labels(run) == {"e0": "unplaced"}


def test_undo_after_the_correction_was_removed_brings_nothing_back(run):
    kit.say(run, kit.plan(run), "Ada", "e0", A)
    remove_correction(run, "e0")
    undo(run, "Ada")
    assert labels(run) == {}


# -- identity ----------------------------------------------------------------------------------------


def renamed(keys: list[str], **more: object) -> list:
    return [kit.entry(number, key=key, **more) for number, key in enumerate(keys)]


def relabel(run: Path, entries: list) -> None:
    kit.write_run(run, [kit.label(number) for number in range(len(entries))], entries)


def test_decisions_follow_their_paper_and_not_the_key(run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e0", B)
    kit.say(run, plan, "Ada", "e1", "unplaced")
    relabel(run, renamed(["e1", "e0", "e2", "e3", "e4", "e5"]))
    assert labels(run) == {"e1": B, "e0": "unplaced"}
    assert {k: [d.label for d in p.decisions] for k, p in kit.papers(run, plan).items() if p.decisions} == {
        "e1": [B],
        "e0": ["unplaced"],
    }
    undo(run, "Ada")
    assert labels(run) == {"e1": B}


def test_a_decision_whose_paper_is_not_listed_is_kept_and_counts_again(run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e5", B)
    everything = renamed([f"e{n}" for n in range(6)])
    relabel(run, everything[:5])
    assert (labels(run), [kept.entry for kept in read_decisions(run)]) == ({}, [None])
    relabel(run, everything)
    assert (labels(run), [kept.entry for kept in read_decisions(run)]) == ({"e5": B}, ["e5"])


def test_a_decision_undone_while_its_paper_was_away_does_not_come_back(run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e5", B)
    everything = renamed([f"e{n}" for n in range(6)])
    relabel(run, everything[:5])
    undo(run, "Ada")
    relabel(run, everything)
    assert labels(run) == {}


def test_another_paper_under_the_same_key_has_no_decisions(run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e0", B)
    other = kit.entry(0).model_copy(
        update={
            "paper": Paper(title="An Entirely Different Study of Dams in Winter", abstract="Dams.", year=1999)
        }
    )
    relabel(run, [other, *renamed([f"e{n}" for n in range(6)])[1:]])
    assert labels(run) == {}
    assert kit.papers(run, plan)["e0"].decisions == ()


# -- blind -------------------------------------------------------------------------------------------


def blind(run: Path, **more: object) -> object:
    return kit.plan(run, reviewers=("Ada", "Bo"), **more)


def test_one_of_two_reviewers_decides_nothing_and_is_not_seen(run):
    plan = blind(run)
    before = exports(run)
    (made,) = kit.say(run, plan, "Ada", "e0", B, note="secret")
    assert made.seen == "machine"
    assert exports(run) == before
    paper = kit.papers(run, plan)["e0"]
    assert paper.seen_by("Bo", plan) == ()
    assert [one.note for one in paper.seen_by("Ada", plan)] == ["secret"]
    assert paper.waits_for("Bo", plan)
    assert not paper.waits_for("Ada", plan)


def test_two_reviewers_who_agree_give_the_label(run):
    plan = blind(run)
    kit.say(run, plan, "Ada", "e0", B, note="loaded")
    kit.say(run, plan, "Bo", "e0", B, note="trucks")
    (row,) = [row for row in read_papers(run) if row.correction]
    assert (row.correction.label, row.correction.by) == (B, "Ada, Bo")
    assert row.correction.note == "Ada: loaded; Bo: trucks"
    assert len(kit.papers(run, plan)["e0"].seen_by("Bo", plan)) == 2


def test_a_conflict_is_resolved_by_a_third_decision(run):
    plan = blind(run)
    kit.say(run, plan, "Ada", "e0", A, note="a")
    before = exports(run)
    kit.say(run, plan, "Bo", "e0", B, note="b")
    assert exports(run) == before
    paper = kit.papers(run, plan)["e0"]
    assert paper.opinions.is_conflict
    assert [(one.by, one.note) for one in paper.seen_by("Ada", plan)] == [("Ada", "a"), ("Bo", "b")]
    kit.say(run, plan, "Cy", "e0", "unplaced", resolve=True, note="neither")
    assert labels(run) == {"e0": "unplaced"}
    assert not kit.papers(run, plan)["e0"].opinions.is_conflict
    undo(run, "Cy")
    assert exports(run) == before


def test_undo_of_one_reviewer_reopens_the_paper(run):
    plan = blind(run)
    before = exports(run)
    kit.say(run, plan, "Ada", "e0", B)
    kit.say(run, plan, "Bo", "e0", B)
    assert labels(run) == {"e0": B}
    undo(run, "Ada")
    assert exports(run) == before
    assert kit.papers(run, plan)["e0"].waits_for("Ada", plan)


def test_a_changed_mind_that_ends_the_agreement_takes_the_label_back(run):
    plan = blind(run)
    decided_before(run)
    before = exports(run)
    kit.say(run, plan, "Ada", "e0", A)
    kit.say(run, plan, "Bo", "e0", A)
    assert labels(run) == {"e0": A}
    kit.say(run, plan, "Bo", "e0", "unplaced")
    assert exports(run) == before  # Eve's correction is back
    undo(run, "Bo")
    assert labels(run) == {"e0": A}
    undo(run, "Bo")
    undo(run, "Ada")
    assert exports(run) == before


def test_a_hidden_engine_shows_nothing_until_both_are_done(run):
    plan = blind(run, hide_machine=True)
    with pytest.raises(InputError, match="is hidden"):
        kit.say(run, plan, "Ada", "e0")
    (made,) = kit.say(run, plan, "Ada", "e0", A)
    assert made.seen == "nothing"
    assert not kit.papers(run, plan)["e0"].shows_machine(plan)
    kit.say(run, plan, "Bo", "e0", A)
    assert kit.papers(run, plan)["e0"].shows_machine(plan)


def test_a_stranger_cannot_decide_in_a_blind_review(run):
    with pytest.raises(ConfigError, match="'Cy' does not review this run; its reviewers are Ada, Bo"):
        kit.say(run, blind(run), "Cy", "e0", A)


@pytest.mark.parametrize("names", [("Ada",), ("Ada", "Ada"), ("Ada", " "), ("Ada", "x" * 101)])
def test_a_plan_needs_two_different_names(run, names):
    with pytest.raises(ConfigError, match="reviewers is"):
        open_plan(run, reviewers=names)


def test_anyone_may_leave_a_note_which_is_not_seen_before_the_end(run):
    plan = blind(run)
    kit.say(run, plan, "Cy", "e0", None, note="see page 3")
    assert kit.papers(run, plan)["e0"].seen_by("Ada", plan) == ()


def test_a_plan_is_kept_with_the_run(run):
    plan = open_plan(run, audit=5)
    assert open_plan(run) == plan
    assert open_plan(run, seed=3).seed == 3
    assert open_plan(run).audit == 5


# -- the file ----------------------------------------------------------------------------------------


def downgrade(path: Path) -> None:
    """The ledger as the version before decisions left it."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "DROP TABLE decision; DROP TABLE amendment; ALTER TABLE item DROP COLUMN listed;"
            "PRAGMA user_version = 3;"
        )


def test_an_older_ledger_is_read_as_it_is_and_upgraded_by_the_first_decision(run):
    path = run / LEDGER_FILE
    downgrade(path)
    before = path.read_bytes()
    assert read_decisions(run) == []
    assert path.read_bytes() == before
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e0", B)
    assert labels(run) == {"e0": B}
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(_MIGRATIONS),)


def test_a_ledger_of_version_0_1_can_be_reviewed(tmp_path):
    old = Path(__file__).parent.parent / "data" / "version_0_1"
    shutil.copytree(old / "run_offline" / "out", tmp_path / "out")
    assert read_decisions(tmp_path / "out") == []
    plan = open_plan(tmp_path / "out")
    known = kit.papers(tmp_path / "out", plan)
    key = next(key for key, paper in known.items() if paper.decided is None and paper.machine != "failed")
    from classifier.survey.workspace import Workspace

    taxonomy = Workspace(old / "workspace").taxonomy
    decide(tmp_path / "out", plan, taxonomy, "Ada", [(known[key], "")], DecisionWish(label="unplaced"))
    assert labels(tmp_path / "out")[key] == "unplaced"


def test_a_repeated_request_counts_once(run):
    plan = kit.plan(run)
    first = kit.say(run, plan, "Ada", "e0 e1", A, token="t1")
    again = kit.say(run, plan, "Ada", "e0 e1", A, token="t1")
    assert again == first
    assert len(read_decisions(run)) == 2
    undo(run, "Ada")
    assert labels(run) == {}


CHILD = """
import sys
from pathlib import Path
from tests import review_kit as kit
folder, name = Path(sys.argv[1]), sys.argv[2]
plan = kit.plan(folder)
for number in range(6):
    value = kit.LEAVES[(number + (name == "Bo")) % len(kit.LEAVES)]
    (made,) = kit.say(folder, plan, name, f"e{number}", value)
    print(made.id, flush=True)
"""


@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_kill_loses_no_acknowledged_decision_of_two_people_at_once(run, after):
    kit.plan(run)
    people = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(run), name], stdout=subprocess.PIPE, text=True)
        for name in ("Ada", "Bo")
    ]
    with people[0], people[1]:
        told = [int(people[0].stdout.readline()) for _ in range(after)]
        people[0].send_signal(signal.SIGKILL)
        told += [int(line) for one in people for line in one.stdout]
    assert people[0].returncode in (-signal.SIGKILL, 0)  # it may have been at its end
    assert people[1].returncode == 0
    kept = [one.decision for one in read_decisions(run)]
    assert sorted(told) == sorted(set(told))
    assert set(told) <= {made.id for made in kept}
    assert [made.key for made in kept if made.by == "Bo"] == [f"e{number}" for number in range(6)]
    last = {made.key: made.label for made in kept}
    assert labels(run) == last
