"""Decided papers become studies: with provenance, once, all or none, and lint finds nothing new."""

import json
import os
import shutil
from pathlib import Path

import pytest

from classifier.errors import ConfigError, InputError, StoreError
from classifier.export.filed import Filed
from classifier.model.decision import ReviewDecision
from classifier.model.entries import Correction, ListEntry, Row
from classifier.model.label import Label, LabelledPaper
from classifier.model.paper import Paper
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR
from classifier.model.reply import GivenAnswer
from classifier.review import gold, gold_files
from classifier.review.gold import add_gold, answers_for
from classifier.review.papers import ReviewPaper, read_review
from classifier.review.ruling import Opinions
from classifier.survey.lint import lint_workspace
from classifier.survey.workspace import GOLD_FILES, Workspace, builtin_root
from tests import review_kit as kit
from tests.unit.test_taxonomy import OPEN

A, B = kit.LEAVES[:2]


@pytest.fixture
def space(tmp_path: Path) -> Path:
    return Path(shutil.copytree(kit.BRIDGES, tmp_path / "space"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return kit.write_run(tmp_path / "run", [kit.label(number) for number in range(6)])


def add(space: Path, run: Path, **more: object) -> object:
    summaries = more.pop("summaries", {})
    return add_gold(Workspace(space), read_review(run, kit.plan(run)), summaries, **more)


def files(space: Path) -> dict[str, bytes]:
    return {name: (space / name).read_bytes() for name in GOLD_FILES if (space / name).is_file()}


def studies(space: Path) -> dict:
    return {study.id: study for study in Workspace(space).studies}


@pytest.mark.parametrize("value", [*kit.LEAVES, "out-of-scope"])
@pytest.mark.parametrize("number", [0, 1])
def test_each_label_becomes_a_study_that_lint_accepts(space, run, value, number):
    before = lint_workspace(Workspace(space))
    kit.say(run, kit.plan(run), "Ada", f"e{number}", value, note="seen on page 2")
    (name,) = add(space, run).added
    made = studies(space)[name]
    assert made.label == value
    assert made.rationale == "seen on page 2"
    assert made.provenance["by"] == "Ada"
    assert made.provenance["at"].startswith("20")
    assert made.provenance["paper_sha256"] == f"{number:064x}"
    assert lint_workspace(Workspace(space)) == before


@pytest.mark.parametrize("rule", list(kit.taxonomy().rules))
def test_a_scope_rule_that_a_person_gave_is_the_studys(space, run, rule):
    kit.say(run, kit.plan(run), "Ada", "e0", "out-of-scope", scope_reason=rule)
    (name,) = add(space, run).added
    assert studies(space)[name].scope_reason == rule


def test_a_second_time_nothing_changes(space, run):
    kit.say(run, kit.plan(run), "Ada", "e0 e1 e2")
    first = add(space, run)
    after = files(space)
    second = add(space, run)
    assert len(first.added) == 3
    assert (second.added, second.renewed, second.known) == ((), (), first.added)
    assert files(space) == after


def test_lines_that_are_there_keep_every_byte(space, run):
    before = files(space)
    kit.say(run, kit.plan(run), "Ada", "e0")
    kit.say(run, kit.plan(run), "Ada", "e1", "out-of-scope")
    add(space, run)
    for name, data in files(space).items():
        assert data.startswith(before[name])
        assert len(data.splitlines()) == len(before[name].splitlines()) + 1


def test_a_changed_decision_renews_the_study_and_moves_it_to_the_other_file(space, run):
    plan = kit.plan(run)
    kit.say(run, plan, "Ada", "e0", A)
    (name,) = add(space, run, summaries={"e0": "Trucks were weighed."}).added
    kit.say(run, plan, "Ada", "e0", "out-of-scope", note="a dam")
    assert add(space, run).renewed == (name,)
    made = studies(space)[name]
    assert (made.label, made.rationale, made.summary) == ("out-of-scope", "a dam", "Trucks were weighed.")
    assert name not in (space / GOLD_FILES[0]).read_text()


def test_a_summary_is_taken_or_marked_as_drafted(space, run):
    kit.say(run, kit.plan(run), "Ada", "e0 e1")
    change = add(space, run, summaries={"e0": "  Trucks\nwere weighed. "})
    made = {study.title: study for study in studies(space).values()}
    written, drafted = (made[kit.entry(number).paper.title] for number in (0, 1))
    assert (written.summary, written.provenance["summary"]) == ("Trucks were weighed.", gold.WRITTEN)
    assert change.drafted == (drafted.id,)
    assert drafted.provenance["summary"] == gold.DRAFTED
    assert not any(title in drafted.summary for title in kit.taxonomy().titles(drafted.label))
    again = add(space, run, summaries={"e1": "Two decks were compared."})
    assert (again.renewed, again.drafted) == ((drafted.id,), ())


def test_what_people_edited_in_the_file_stays(space, run):
    kit.say(run, kit.plan(run), "Ada", "e0")
    (name,) = add(space, run).added
    path = space / GOLD_FILES[0]
    *others, last = path.read_text().splitlines()
    edited = json.loads(last) | {"rationale": "Edited by hand."}
    path.write_text("\n".join([*others, json.dumps(edited)]) + "\n")
    before = files(space)
    assert add(space, run).known == (name,)
    assert files(space) == before


def test_what_makes_no_study_is_named_with_its_reason(space, tmp_path):
    known = next(iter(studies(space).values()))
    entries = [kit.entry(n) for n in range(3)]
    entries[1] = entries[1].model_copy(update={"paper": Paper(title=known.title)})
    run = kit.write_run(tmp_path / "run", [kit.label(n, A) for n in range(3)], entries)
    kit.say(run, kit.plan(run), "Ada", "e0", "unplaced")
    kit.say(run, kit.plan(run), "Ada", "e1")
    change = add(space, run)
    assert change.added == ()
    assert change.skipped == {
        "e0": "its label is unplaced, which is no place in the tree",
        "e1": f"it is the study '{known.id}' already, which was not added by a review",
    }


def test_a_dry_run_writes_nothing(space, run):
    kit.say(run, kit.plan(run), "Ada", "e0")
    before = files(space)
    assert len(add(space, run, dry_run=True).added) == 1
    assert files(space) == before


def test_nothing_is_written_if_lint_finds_something_new(space, run, monkeypatch):
    kit.say(run, kit.plan(run), "Ada", "e0 e1")
    before = files(space)
    monkeypatch.setattr(gold, "answers_for", lambda taxonomy, paper: {"span": "nowhere"})
    with pytest.raises(
        InputError, match=r"lint would find .* new problems, so nothing is written: gold/labels"
    ):
        add(space, run)
    assert files(space) == before


def test_a_summary_for_an_undecided_paper_is_refused(space, run):
    with pytest.raises(InputError, match="'e0' has a summary, but is no decided paper"):
        add(space, run, summaries={"e0": "x"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_file_that_cannot_be_written_leaves_both_as_they_were(space, run):
    kit.say(run, kit.plan(run), "Ada", "e0")
    (space / "gold").chmod(0o500)
    with pytest.raises(StoreError):
        add(space, run)


def test_if_the_second_file_cannot_be_written_the_first_is_put_back(space, run):
    kit.say(run, kit.plan(run), "Ada", "e0")
    kit.say(run, kit.plan(run), "Ada", "e1", "out-of-scope")
    (space / GOLD_FILES[1]).unlink()
    before = files(space)
    original = gold_files.replace_bytes
    blocked = space / GOLD_FILES[1]

    def fill_disk(path: Path, parts: object, **more: object) -> None:
        if path == blocked:
            raise StoreError(f"cannot write {path}: No space left on device")
        original(path, parts, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gold_files, "replace_bytes", fill_disk)
        with pytest.raises(StoreError):
            add(space, run)
    assert files(space) == before


def test_the_installed_programs_own_studies_are_not_changed(run, space, monkeypatch):
    installed = space.rename(space.with_name("_workspace"))
    monkeypatch.setattr(gold, "builtin_root", lambda: installed)
    assert builtin_root() != installed
    with pytest.raises(ConfigError, match="is part of the installed program"):
        add(installed, run)


def test_two_papers_of_one_author_and_year_get_different_ids(space, run):
    kit.say(run, kit.plan(run), "Ada", "e0 e1 e2")
    made = add(space, run).added
    assert len(set(made)) == 3
    assert made[0] + "b" == made[1]


@pytest.mark.parametrize(
    ("label", "reason", "said", "taken"),
    [
        (OUT_OF_SCOPE, "other", {"kind": "own"}, {"kind": "own"}),
        (OUT_OF_SCOPE, "review", {"kind": "own"}, {"kind": "review"}),
        (OUT_OF_SCOPE, None, {"kind": "own"}, {"kind": "own"}),
        ("a", None, {"kind": "own"}, {"kind": "own"}),
        ("a", None, {"kind": "review"}, {"kind": UNCLEAR}),
        (OUT_OF_SCOPE, "other", {"kind": "review"}, {"kind": UNCLEAR}),
    ],
)
def test_a_decided_paper_becomes_a_study_without_answers_that_lead_to_its_label(
    tmp_path, label, reason, said, taken
):
    given = tuple(GivenAnswer(question=question, answer=answer) for question, answer in said.items())
    made = Label(ref="p", paper=LabelledPaper(), status="placed", leaf="a", answers=given)
    correction = Correction(key="p", label=label, by="Ada", note="", at="")
    row = Row(entry=ListEntry(key="p", source="", line=1), label=made, correction=correction)
    decision = ReviewDecision(kind="accept", key="p", label=label, scope_reason=reason, by="Ada")
    opinions = Opinions({"Ada": decision}, resolution=None, needed=1)
    paper = ReviewPaper(Filed(row, label, ()), (decision,), opinions, draw="")
    (tmp_path / "taxonomy.yaml").write_text(OPEN)
    assert answers_for(Workspace(tmp_path).taxonomy, paper) == taken
