"""The order in which a person is asked: why each paper is where it is, and that a seed decides the rest."""

from pathlib import Path

import pytest

from classifier.model.entries import ListEntry
from classifier.model.paper import Paper
from classifier.model.record import Notice
from classifier.review.decide import undo
from classifier.review.queue import QueueFilter, Why, conflicts, make_queue
from tests import review_kit as kit

A, B = kit.LEAVES[:2]


def warned(code: str, message: str) -> dict[str, object]:
    return {
        "needs_review": True,
        "review_reasons": (code,),
        "warnings": (Notice(code=code, message=message),),
    }


LABELS = [
    *(kit.label(number, A) for number in range(4)),  # e0 to e3: nothing speaks against them
    kit.label(4, A, **warned("unmeasured", "no accuracy is known")),
    kit.label(5, B),  # a leaf with one paper
    kit.label(6, A, confidence=0.4, runner_up=B, **warned("low-confidence", "confidence 0.40 is below 0.50")),
    kit.label(7, A, confidence=0.2, **warned("low-confidence", "confidence 0.20 is below 0.50")),
    kit.label(8, A, **warned("quote-absent", 'the quote for label is not in the paper: "x\x1b[31m"')),
    kit.label(9, "failed"),
    kit.label(10, A, confidence=None, **warned("low-confidence", "the confidence is unknown")),
    kit.label(11, A, **warned("title-mismatch", "expected 'x', but the PDF is titled 'y'")),
]
WEAK = kit.label(12, A, **warned("weak-engine", "baseline is weak on this taxonomy: accuracy 0.21"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return kit.write_run(tmp_path / "run", LABELS)


def queue(run: Path, plan: object, name: str = "Ada", **wanted: object) -> list:
    return make_queue(list(kit.papers(run, plan).values()), plan, name, QueueFilter(**wanted))


def keys(places: list) -> list[str]:
    return [place.paper.key for place in places]


def test_the_order_is_failed_evidence_margin_thin_leaf_unmeasured_other_rest(run):
    places = queue(run, kit.plan(run, audit=0))
    assert [(place.paper.key, place.why.value) for place in places][:8] == [
        ("e9", "failed"),
        ("e8", "evidence"),
        ("e10", "margin"),
        ("e7", "margin"),
        ("e6", "margin"),
        ("e5", "thin-leaf"),
        ("e4", "unmeasured"),
        ("e11", "other"),
    ]
    assert {place.why for place in places[8:]} == {Why.rest}


def test_every_place_explains_itself_in_one_plain_sentence(run):
    said = {place.paper.key: place.sentence for place in queue(run, kit.plan(run, audit=0))}
    assert said["e9"] == "It has no label: a scan."
    assert said["e6"] == f"The confidence is only 0.40, and the runner-up is {B}."
    assert said["e10"] == "The confidence is unknown."
    assert said["e5"] == f"Its label is rare: this is the only paper in {B}."
    assert said["e4"] == "No accuracy is known for this engine on this taxonomy."
    assert said["e0"] == "Nothing speaks against its label (confidence 0.90)."
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in said.values())
    assert not any("\x1b" in sentence for sentence in said.values())


def test_a_label_of_a_weak_engine_is_asked_after_those_of_unmeasured_ones(tmp_path):
    run = kit.write_run(tmp_path / "run", [*LABELS, WEAK])
    places = queue(run, kit.plan(run, audit=0))
    assert [(place.paper.key, place.why.value) for place in places][6:9] == [
        ("e4", "unmeasured"),
        ("e12", "weak-engine"),
        ("e11", "other"),
    ]
    assert (
        places[7].sentence == "The engine is often wrong: baseline is weak on this taxonomy: accuracy 0.21."
    )
    assert keys(queue(run, kit.plan(run), why=Why.weak_engine)) == ["e12"]


def test_one_place_in_four_is_of_the_sample_and_which_depends_on_the_seed_only(run):
    first, again, other = (queue(run, kit.plan(run, seed=seed, audit=6)) for seed in (1, 1, 2))
    assert keys(first) == keys(again)
    assert keys(first) != keys(other)
    sample = sorted((p.paper for p in first if p.paper.is_audit), key=lambda paper: paper.draw)
    assert len(sample) == 6
    assert first[0].paper is sample[0]
    asked = [place.paper.key for place in first]
    assert asked.index("e9") <= 1  # failed
    assert asked.index(next(p.key for p in sample if p.key not in asked[:4])) >= 4
    assert sorted(asked) == sorted(f"e{number}" for number in range(12))


def test_the_count_of_places_goes_on_with_each_decision(run):
    plan = kit.plan(run, seed=1, audit=6)
    whole = keys(queue(run, plan))
    asked = []
    for _ in range(8):
        asked.append(keys(queue(run, plan))[0])
        kit.say(run, plan, "Ada", asked[-1], A)
    assert len(set(asked)) == 8
    sample = [key for key, paper in kit.papers(run, plan).items() if paper.is_audit]
    assert asked[0] == whole[0]
    assert asked[4] in sample


def test_a_doubtful_paper_of_the_sample_says_both(run):
    (place,) = [p for p in queue(run, kit.plan(run, audit=12)) if p.paper.key == "e10"]
    assert place.why is Why.margin
    assert place.sentence == "The confidence is unknown. It is also in the random sample."
    assert "e10" in keys(queue(run, kit.plan(run), why=Why.audit))


def test_the_sample_does_not_depend_on_keys_or_places_and_new_papers_join_it(tmp_path):
    labels = [kit.label(number, A) for number in range(40)]
    run = kit.write_run(tmp_path / "a", labels)
    plan = kit.plan(run, audit=10)
    sample = {paper.filed.title for paper in kit.papers(run, plan).values() if paper.is_audit}
    turned = [kit.entry(number, key=f"x{number}") for number in reversed(range(40))]
    other = kit.write_run(tmp_path / "b", labels[::-1], turned)
    assert {paper.filed.title for paper in kit.papers(other, plan).values() if paper.is_audit} == sample
    more = kit.write_run(tmp_path / "c", [kit.label(number, A) for number in range(60)])
    grown = {paper.filed.title for paper in kit.papers(more, plan).values() if paper.is_audit}
    assert len(grown) == 10
    old = {kit.entry(number).paper.title for number in range(40)}
    assert grown & old <= sample


def test_papers_without_any_data_but_their_bytes_are_drawn_at_random(tmp_path):
    entries = [ListEntry(key=f"{n}.pdf", source="pdfs", line=n, paper=Paper()) for n in range(1, 41)]
    run = kit.write_run(tmp_path / "run", [kit.label(n, A) for n in range(40)], entries)
    plan = kit.plan(run, audit=10)
    drawn = [key for key, paper in kit.papers(run, plan).items() if paper.is_audit]
    assert len(drawn) == 10
    assert drawn != list(kit.papers(run, plan))[:10]


@pytest.mark.parametrize(
    ("papers", "audit", "size"),
    [
        (0, None, 0),
        (5, None, 5),
        (100, None, 30),
        (1000, None, 100),
        (10**6, None, 200),
        (5, 9, 5),
        (50, 0, 0),
    ],
)
def test_the_size_of_the_sample(run, papers, audit, size):
    assert kit.plan(run).model_copy(update={"audit": audit}).sample_size(papers) == size


def test_what_is_decided_leaves_the_queue_and_what_is_skipped_comes_last(run):
    plan = kit.plan(run, audit=0)
    kit.say(run, plan, "Ada", "e8")
    kit.say(run, plan, "Ada", "e9", None, skip=True)
    left = keys(queue(run, plan))
    assert "e8" not in left
    assert left[-1] == "e9"
    assert keys(queue(run, plan, "Bo"))[0] == "e9"
    undo(run, "Ada")
    assert keys(queue(run, plan))[0] == "e9"
    assert "e8" in keys(queue(run, plan, decided=True))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"why": Why.failed}, ["e9"]),
        ({"label": B}, ["e5"]),
        ({"label": B.partition("/")[0]}, None),
        ({"below": 0.3}, ["e9", "e10", "e7"]),
        ({"text": "NUMBER 7 was"}, ["e7"]),
        ({"text": "no such words"}, []),
    ],
)
def test_filters(run, wanted, found):
    plan = kit.plan(run, audit=0)
    got = keys(queue(run, plan, **wanted))
    assert got == found if found is not None else "e5" in got


def test_each_blind_reviewer_has_their_own_queue(run):
    plan = kit.plan(run, audit=0, reviewers=("Ada", "Bo"))
    kit.say(run, plan, "Ada", "e0", A)
    assert "e0" not in keys(queue(run, plan))
    assert "e0" in keys(queue(run, plan, "Bo"))
    assert queue(run, plan, "Cy") == []
    kit.say(run, plan, "Bo", "e0", B)
    assert keys(queue(run, plan, "Bo")) == [key for key in keys(queue(run, plan)) if key != "e0"]
    assert [paper.key for paper in conflicts(kit.papers(run, plan).values())] == ["e0"]


def test_a_hidden_engine_is_not_told_by_reasons_order_or_filters(run):
    plan = kit.plan(run, audit=3, reviewers=("Ada", "Bo"), hide_machine=True)
    places = queue(run, plan)
    assert {place.why for place in places} == {Why.audit, Why.rest}
    assert len({place.sentence for place in places}) == 2
    assert queue(run, plan, label=A) == queue(run, plan, below=0.5) == []
