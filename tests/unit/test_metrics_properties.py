"""What holds for every metric and every run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.evaluation.metrics import LOWER_IS_BETTER
from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.measure import measure
from classifier.model.record import OUT_OF_SCOPE
from tests.eval_kit import APPLE, LABELS, PAN, RYE, TREE

FAILED = st.sampled_from(LABELS).map(lambda gold: Case(gold, None))
ANSWERED = st.builds(
    Case,
    gold=st.sampled_from(LABELS),
    predicted=st.sampled_from(LABELS),
    runner_up=st.sampled_from([*LABELS, None]),
    confidence=st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.7, 0.9, 1.0]),
    review=st.booleans(),
)
UNPLACED = st.builds(
    Case,
    gold=st.sampled_from(LABELS),
    predicted=st.none(),
    runner_up=st.sampled_from(LABELS),
    confidence=st.sampled_from([0.1, 0.9]),
)
RUNS = st.lists(st.one_of(ANSWERED, ANSWERED, FAILED, UNPLACED), min_size=1, max_size=14)


def values(cases):
    return {name: found.value for name, found in measure(cases, TREE, resamples=0).items()}


@given(RUNS, st.randoms())
def test_a_permutation_of_rows_changes_nothing(cases, random):
    shuffled = list(cases)
    random.shuffle(shuffled)
    assert values(shuffled) == pytest.approx(values(cases), abs=2e-6, nan_ok=False)


@settings(max_examples=500)
@given(RUNS, st.data())
def test_replacing_an_answer_by_a_failure_never_raises_a_score(cases, data):
    index = data.draw(st.integers(0, len(cases) - 1))
    before = values(cases)
    cases[index] = Case(cases[index].gold, None)
    for name, after in values(cases).items():
        if before.get(name) is None or after is None:
            continue
        worse = before[name] - after if name in LOWER_IS_BETTER else after - before[name]
        assert worse <= 2e-6, name


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=20))
def test_the_perfect_system_reaches_every_best_value(golds):
    found = values([Case(gold, gold, confidence=1.0) for gold in golds])
    best = {name: 0.0 if name in LOWER_IS_BETTER else 1.0 for name in found}
    if len(set(golds)) == 1:
        best["kappa"] = None
    if OUT_OF_SCOPE not in golds:
        best |= dict.fromkeys(name for name in found if name.startswith("out_of_scope"))
    assert found == best


def test_the_majority_class_has_no_kappa_and_one_label_s_share_of_macro_f1():
    golds = [PAN] * 6 + [RYE] * 3 + [APPLE]
    found = values([Case(gold, PAN) for gold in golds])
    assert (found["accuracy"], found["kappa"], found["macro_f1"]) == (0.6, 0.0, 0.25)  # F1 .75, 0, 0


def test_a_system_that_always_fails_scores_nothing():
    found = values([Case(gold, None) for gold in LABELS])
    assert {name: value for name, value in found.items() if value} == {
        "kappa": pytest.approx(-0.2, abs=1e-6),  # less than chance: never right
        "review_rate": 1.0,
    }


@pytest.mark.parametrize("predicted", [PAN, RYE, OUT_OF_SCOPE, None])
@pytest.mark.parametrize("gold", [PAN, OUT_OF_SCOPE])
@pytest.mark.parametrize("n", [1, 5])
def test_a_suite_of_one_label_is_scored_without_kappa(gold, predicted, n):
    found = measure([Case(gold, predicted, confidence=0.5)] * n, TREE)
    assert found["kappa"].value is None
    assert found["accuracy"].value == found["macro_f1"].value == float(gold == predicted)
