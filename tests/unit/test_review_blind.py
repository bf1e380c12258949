"""A blind review keeps its promise: what was seen once is not blind again, and what is hidden is named."""

from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.review.agreement import blind_decisions
from classifier.review.contrast import contrast, text_pieces
from classifier.review.methods import write_methods
from classifier.review.queue import QueueFilter
from classifier.review.session import DecisionWish, ReviewSession
from classifier.review.veil import hidden_keys
from classifier.survey.workspace import Workspace
from tests import review_kit as kit

A, B, C = kit.LEAVES[:3]
BLIND = {"reviewers": ("Ada", "Bo"), "hide_machine": True}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return kit.write_run(tmp_path / "run", [kit.label(n, A, runner_up=B) for n in range(4)])


def session(run: Path, name: str, **given: object) -> ReviewSession:
    return ReviewSession.open(run, kit.taxonomy(), name, **{"seed": 7, **given})


def say(run: Path, name: str, key: str, label: str, **more: object) -> int:
    opened = session(run, name)
    return opened.decide(opened.place(key), DecisionWish(label=label, **more))[0].act


def test_who_has_seen_the_other_decision_does_not_decide_blind_again(run):
    session(run, "Ada", **BLIND)
    say(run, "Ada", "e0", A)
    act = say(run, "Bo", "e0", B)
    assert session(run, "Bo").undo(act)
    assert session(run, "Bo").place("e0").paper.shows_machine(session(run, "Bo").plan) is False
    say(run, "Bo", "e0", A)
    paper = session(run, "Bo").place("e0").paper
    assert [made.seen for made in paper.decisions] == ["nothing", "all"]
    assert blind_decisions(paper).keys() == {"Ada"}
    assert paper.decided == A


def test_an_undo_before_the_other_has_decided_leaves_it_blind(run):
    session(run, "Ada", **BLIND)
    session(run, "Ada").undo(say(run, "Ada", "e0", B))
    say(run, "Bo", "e0", A)
    say(run, "Ada", "e0", A)
    assert blind_decisions(session(run, "Bo").place("e0").paper).keys() == {"Ada", "Bo"}


def test_the_veil_is_lifted_paper_by_paper(run):
    session(run, "Ada")
    assert hidden_keys(run) == frozenset()
    session(run, "Ada", **BLIND)
    assert hidden_keys(run) == {"e0", "e1", "e2", "e3"}
    say(run, "Ada", "e0", A)
    assert "e0" in hidden_keys(run)
    say(run, "Bo", "e0", B)
    assert hidden_keys(run) == {"e1", "e2", "e3"}
    session(run, "", hide_machine=False)
    assert hidden_keys(run) == frozenset()


def test_looking_at_a_run_draws_no_seed(run):
    looked = ReviewSession.view(run, kit.taxonomy(), "Ada")
    assert (looked.started, looked.plan.seed) == (False, 0)
    assert ReviewSession.view(run, kit.taxonomy(), "Ada").started is False
    kept = session(run, "Ada").plan
    assert ReviewSession.view(run, kit.taxonomy(), "Bo").plan == kept


def test_a_decision_is_taken_back_by_who_made_it_or_by_anybody_if_it_is_no_review(run):
    opened = session(run, "Ada")
    made = opened.decide_all([opened.place(key) for key in ("e0", "e1")], DecisionWish(label=B))
    assert len({one.act for one in made}) == 1
    assert opened.take_back("e0") is True
    assert (opened.place("e0").paper.decided, opened.place("e1").paper.decided) == (None, B)
    assert session(run, "Bo").take_back("e1") is True
    assert session(run, "Bo").place("e1").paper.decided is None
    assert session(run, "Bo").take_back("e1") is False
    with pytest.raises(InputError, match="no labelled paper"):
        session(run, "Bo").take_back("e9")


def test_in_a_blind_review_nobody_takes_back_what_another_decided(run):
    session(run, "Ada", **BLIND)
    say(run, "Ada", "e0", A)
    with pytest.raises(InputError, match="only who decided"):
        session(run, "Bo").take_back("e0")


def test_the_queue_is_filtered_by_engine_and_year(run):
    opened = session(run, "Ada")
    assert len(opened.queue(QueueFilter(year=2020))) == 4
    assert opened.queue(QueueFilter(year=2021)) == []
    assert opened.queue(QueueFilter(engine="gpt")) == []


def test_each_number_of_the_methods_text_is_at_its_place(run):
    from classifier.review.flow import count_flow
    from classifier.review.stopping import advise

    opened = session(run, "Ada")
    opened.decide_all(opened.queue(), DecisionWish(label="accept"))
    flow = count_flow(run, opened.papers, kit.taxonomy())
    text = write_methods(opened.plan, opened.papers, flow, advise(opened.papers, 0.9), None)
    assert len(text.numbers) > 15
    for number in text.numbers:
        assert text.text[number.start :].startswith(number.value)


@pytest.mark.parametrize(
    ("root", "first", "second", "questions"),
    [
        (None, "llm4rl/goal", "llm4rl/policy", 1),  # siblings
        (None, "llm4rl/goal", "rl4llm/prompt", 3),
        (None, "llm4rl/goal", "out-of-scope", 0),  # by which rule is not known
        (kit.BRIDGES, A, B, 1),
    ],
)
def test_two_labels_side_by_side_with_the_questions_that_decide(root, first, second, questions):
    tree = Workspace(root).taxonomy
    found = contrast(tree, first, second)
    assert found is not None
    assert found.second is not None
    assert len(found.questions) == questions
    shown = " ".join(piece.text for piece in found.first.definition)
    assert shown == tree.leaves[first].node.definition
    if questions:
        one, other = tree.leaves[first].answers, tree.leaves[second].answers
        wanted = [each.ask for each in tree.questions if one.get(each.id) != other.get(each.id)]
        assert [question.ask for question in found.questions] == wanted


@pytest.mark.parametrize(
    ("text", "other", "marked"),
    [
        ("Gauges were read each hour.", "Gauges were read each day.", ["hour."]),
        ("A model of the bridge, made by hand", "A model of the bridge", ["made by hand"]),
        ("The same words", "the same words.", []),
        ("Nothing in common", "other texts share no word", []),  # marks would be everywhere
        ("Alone", "", []),
    ],
)
def test_words_are_marked_where_texts_are_alike(text, other, marked):
    pieces = text_pieces(text, other)
    assert [piece.text for piece in pieces if piece.differs] == marked
    assert " ".join(piece.text for piece in pieces) == text


@pytest.mark.parametrize(
    ("first", "second", "sides"),
    [(A, None, 1), (A, A, 1), (A, "nonsense", 1), (A, "out-of-scope", 2), ("unplaced", A, 2)],
)
def test_labels_without_another_side_are_shown_alone(first, second, sides):
    found = contrast(kit.taxonomy(), first, second)
    assert found is not None
    assert 1 + (found.second is not None) == sides
    assert found.first.path


def test_a_paper_without_label_has_no_definition():
    assert contrast(kit.taxonomy(), "failed", A) is None


def test_a_scope_rule_is_defined_if_it_is_known():
    tree = kit.taxonomy()
    rule = next(iter(tree.rules.values()))
    found = contrast(tree, "out-of-scope", A, rule.id)
    assert found is not None
    assert found.first.path == ("Out of scope", rule.title)
    assert " ".join(piece.text for piece in found.first.definition) == rule.definition
