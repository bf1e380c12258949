import pytest
from sklearn.metrics import cohen_kappa_score

from classifier.evaluation.metrics.agreement import (
    engine_kappa_statistic,
    human_kappa_statistic,
    krippendorff_alpha,
    measure_agreement,
)
from classifier.evaluation.metrics.resampling import value_of


def units(*raters: str) -> list[list[str]]:
    """One entry a unit; a dot is a missing value."""
    return [[value for value in unit if value != "."] for unit in zip(*raters, strict=True)]


@pytest.mark.parametrize(
    ("raters", "alpha"),
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability", examples A, B and C.
    [
        (("0100000010", "1110010000"), 0.095),
        (("aabbdcccedda", "babbbccceddd"), 0.692),
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),
    ],
)
def test_alpha_of_the_examples_by_krippendorff(raters, alpha):
    assert krippendorff_alpha(units(*raters)) == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize("labels", [[], [["a"]], [["a", "a"], ["a", "a"]]])
def test_alpha_is_undefined_without_two_labels(labels):
    assert krippendorff_alpha(labels) is None


LABELS = [["a", "a", "b"], ["b", "b", "b"], ["a", "b", "b"], ["a", "a", "a"], ["c", "c", "b"]]
PREDICTED = ["a", "b", "a", "a", "b"]


def test_kappa_of_people_is_the_mean_over_their_pairs():
    a, b, c = zip(*LABELS, strict=True)
    pairs = (cohen_kappa_score(a, b), cohen_kappa_score(a, c), cohen_kappa_score(b, c))
    assert value_of(human_kappa_statistic(LABELS), 5) == pytest.approx(sum(pairs) / 3, abs=1e-6)


def test_kappa_with_the_engine_is_the_mean_over_people():
    each = [cohen_kappa_score(column, PREDICTED) for column in zip(*LABELS, strict=True)]
    assert value_of(engine_kappa_statistic(LABELS, PREDICTED), 5) == pytest.approx(sum(each) / 3, abs=1e-6)


def test_people_who_labelled_only_some_items_count_in_those():
    labels = [["a", "a"], ["b", "b", "a"], ["a", "b", "b"], ["b", "b", "b"]]
    ab = cohen_kappa_score(["a", "b", "a", "b"], ["a", "b", "b", "b"])
    ac = cohen_kappa_score(["b", "a", "b"], ["a", "b", "b"])
    assert value_of(human_kappa_statistic(labels), 4) == pytest.approx(
        (ab + ac) / 2, abs=1e-6
    )  # b, c: undefined


def test_agreement_leaves_out_items_of_one_annotator():
    found = measure_agreement([*LABELS, ["a"], []], [*PREDICTED, "a", None])
    assert found is not None
    assert (found.annotators, found.cohen_human_human.n, found.cohen_human_engine.n) == (3, 5, 5)
    assert found == measure_agreement(LABELS, PREDICTED)


def test_without_several_annotators_there_is_no_agreement():
    assert measure_agreement([["a"], []], ["a", "b"]) is None
    assert measure_agreement([], []) is None


def test_annotators_who_always_agree_have_both_coefficients_at_one():
    found = measure_agreement([["a", "a"], ["b", "b"]] * 5, ["a", "b"] * 5)
    assert found is not None
    assert (found.cohen_human_human.value, found.krippendorff_human.value) == (1.0, 1.0)
    assert found.cohen_human_engine.value == 1.0
