"""Each metric against scikit-learn, brute force, or a worked example of its source."""

import math
from itertools import permutations, product
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from classifier.evaluation.metrics import TITLES
from classifier.evaluation.metrics.accuracy import (
    CLASS,
    SUBCLASS,
    labelled,
    reviewed,
    right_at,
    right_with_runner_up,
)
from classifier.evaluation.metrics.calibration_error import (
    expected_calibration_error,
    reliability,
    squared_errors,
)
from classifier.evaluation.metrics.cases import Case, case_of
from classifier.evaluation.metrics.f1 import label_scores, macro_f1
from classifier.evaluation.metrics.hierarchical import hierarchical
from classifier.evaluation.metrics.kappa import cohen_kappa
from classifier.evaluation.metrics.measure import measure
from classifier.evaluation.metrics.out_of_scope import kept_out
from classifier.evaluation.metrics.selective import accuracy_at, coverage_curve
from classifier.model.record import OUT_OF_SCOPE
from tests.eval_kit import APPLE, HARD, LABELS, PAN, PEAR, RYE, TREE, prediction

SOME_MISSING = st.lists(
    st.tuples(st.sampled_from(LABELS[:3]), st.sampled_from([*LABELS[:4], None])), min_size=2, max_size=5
)
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=30)
SURE = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=30)


def cases_of(pairs) -> list[Case]:
    return [Case(gold, predicted) for gold, predicted in pairs]


def sure_cases(answers) -> list[Case]:
    return [Case(PAN, PAN if right else RYE, confidence=sure) for sure, right in answers]


def known_value(cases, metric):
    return measure(cases, TREE, resamples=0)[metric].value


@given(PAIRS)
def test_kappa_equals_scikit_learn_if_gold_has_several_labels(pairs):
    gold, predicted = zip(*pairs, strict=True)
    if len(set(gold)) > 1:
        expected = sk.cohen_kappa_score(gold, predicted)
        assert cohen_kappa(cases_of(pairs)) == pytest.approx(expected, abs=1e-6)
    else:
        assert cohen_kappa(cases_of(pairs)) is None


@given(SOME_MISSING)
def test_kappa_takes_a_missing_label_for_the_worst_wrong_one(pairs):
    gold = {label for label, _ in pairs}
    if len(gold) < 2:
        return
    wrong = [[p] if p is not None else sorted(gold - {g}) for g, p in pairs]
    golds = [g for g, _ in pairs]
    worst = min(sk.cohen_kappa_score(golds, list(predicted)) for predicted in product(*wrong))
    assert cohen_kappa(cases_of(pairs)) == pytest.approx(worst, abs=1e-6)


def test_kappa_of_a_table_with_known_margins():
    # Agreement .7; margins .5/.5 and .6/.4 agree by chance in .5.
    table = [(PAN, PAN)] * 20 + [(PAN, RYE)] * 5 + [(RYE, PAN)] * 10 + [(RYE, RYE)] * 15
    assert cohen_kappa(cases_of(table)) == 0.4


@given(PAIRS)
def test_macro_f1_is_that_of_scikit_learn_over_the_labels_of_gold(pairs):
    gold, predicted = zip(*pairs, strict=True)
    expected = sk.f1_score(gold, predicted, labels=sorted(set(gold)), average="macro", zero_division=0)
    assert macro_f1(cases_of(pairs)) == pytest.approx(expected, abs=1e-6)


@given(SOME_MISSING)
def test_macro_f1_takes_missing_labels_for_the_worst_wrong_ones(pairs):
    gold = sorted({label for label, _ in pairs})
    wrong = [[p] if p is not None else [*(k for k in gold if k != g), "none"] for g, p in pairs]
    golds = [g for g, _ in pairs]
    worst = min(
        sk.f1_score(golds, list(predicted), labels=gold, average="macro", zero_division=0)
        for predicted in product(*wrong)
    )
    assert macro_f1(cases_of(pairs)) == pytest.approx(worst, abs=1e-6)


@given(PAIRS)
def test_label_scores_are_those_of_scikit_learn(pairs):
    gold, predicted = zip(*pairs, strict=True)
    expected = sk.precision_recall_fscore_support(gold, predicted, labels=LABELS, zero_division=np.nan)
    found = {score.label: score for score in label_scores(cases_of(pairs), LABELS)}
    assert found.keys() == {*gold, *predicted}
    for label, precision, recall, f1, support in zip(LABELS, *expected, strict=True):
        if label in found:
            assert found[label].support == support
            for got, wanted in ((found[label].precision, precision), (found[label].recall, recall)):
                assert (got is None) == math.isnan(wanted)
                assert got is None or got == pytest.approx(wanted, abs=1e-6)
            assert found[label].f1 == pytest.approx(f1, abs=1e-6)


def test_label_scores_keep_the_given_order_and_take_a_missing_label_for_lost_recall():
    scores = label_scores(cases_of([(PAN, PAN), (PAN, None), (RYE, None)]), [RYE, APPLE, PAN])
    assert [(s.label, s.precision, s.recall, s.support) for s in scores] == [
        (RYE, None, 0.0, 1),
        (PAN, 1.0, 0.5, 2),
    ]
    assert label_scores([], LABELS) == ()


@given(PAIRS)
def test_out_of_scope_scores_are_those_of_scikit_learn(pairs):
    gold, predicted = ([label == OUT_OF_SCOPE for label in column] for column in zip(*pairs, strict=True))
    found = measure(cases_of(pairs), TREE, resamples=0)
    names = [f"out_of_scope_{name}" for name in ("precision", "recall", "f1")]
    if not any(gold):
        assert [found[name].value for name in names] == [None] * 3
        return
    expected = sk.precision_recall_fscore_support(gold, predicted, average="binary", zero_division=np.nan)
    for name, wanted in zip(names, expected[:3], strict=True):
        got = found[name].value
        assert got is None if math.isnan(wanted) else got == pytest.approx(wanted, abs=1e-6)


def test_a_missing_label_is_wrong_on_either_side_of_the_scope():
    assert kept_out([Case(OUT_OF_SCOPE, None)]) == (0, 0, 1)
    assert kept_out([Case(PAN, None)]) == (0, 1, 0)


@pytest.mark.parametrize(
    ("gold", "predicted", "by_class", "by_subclass", "by_leaf"),
    [
        (PAN, PAN, 1, 1, 1),
        (PAN, HARD, 1, 1, 0),
        (PAN, RYE, 1, 0, 0),
        (APPLE, PEAR, 1, 0, 0),
        (RYE, RYE, 1, 1, 1),
        (PAN, APPLE, 0, 0, 0),
        (PAN, OUT_OF_SCOPE, 0, 0, 0),
        (OUT_OF_SCOPE, OUT_OF_SCOPE, 1, 1, 1),
        (PAN, None, 0, 0, 0),
        (OUT_OF_SCOPE, None, 0, 0, 0),
    ],
)
def test_accuracy_looks_as_deep_as_its_level(gold, predicted, by_class, by_subclass, by_leaf):
    case = [Case(gold, predicted)]
    assert (right_at(case, TREE, CLASS), right_at(case, TREE, SUBCLASS)) == (by_class, by_subclass)
    assert right_at(case, TREE) == by_leaf


@given(PAIRS)
def test_accuracy_is_that_of_scikit_learn(pairs):
    assert known_value(cases_of(pairs), "accuracy") == pytest.approx(
        sk.accuracy_score(*zip(*pairs, strict=True)), abs=1e-6
    )


@pytest.mark.parametrize(
    ("predicted", "runner_up", "right"),
    [(PAN, None, 1), (RYE, PAN, 1), (RYE, APPLE, 0), (None, PAN, 0)],
)
def test_the_runner_up_counts_only_behind_a_label(predicted, runner_up, right):
    assert right_with_runner_up([Case(PAN, predicted, runner_up)]) == right


def test_an_item_without_a_label_is_not_covered_and_needs_a_person():
    cases = [Case(PAN, RYE), Case(PAN, PAN, review=True), Case(PAN, None), Case(PAN, PAN)]
    assert (labelled(cases), reviewed(cases)) == (3, 2)


class Kiritchenko:
    """The paper's sample hierarchy, as far as its example goes: an F that is a G."""

    leaves = ("F", "G")

    @staticmethod
    def ancestors(label):
        return {"F": ("C", "F"), "G": ("B", "C", "E", "G")}[label]


def test_hierarchical_scores_of_the_example_by_kiritchenko_et_al():
    found = hierarchical([Case("G", "F")], Kiritchenko)
    assert (found.precision, found.recall) == (1 / 2, 1 / 4)
    assert found.f1 == pytest.approx(1 / 3, abs=1e-6)


def test_hierarchical_scores_are_averaged_over_nodes_not_over_items():
    # Nodes in common 3 + 1 + 0, predicted 3 + 2 + 1, gold 3 + 3 + 2.
    found = hierarchical(cases_of([(PAN, PAN), (PAN, RYE), (APPLE, OUT_OF_SCOPE)]), TREE)
    assert found == pytest.approx((4 / 6, 4 / 8, 8 / 14), abs=1e-6)


def test_a_missing_label_weighs_as_the_deepest_label_of_the_tree():
    assert hierarchical(cases_of([(APPLE, APPLE), (APPLE, None)]), TREE).precision == 2 / 5


@given(SURE)
def test_brier_score_is_that_of_scikit_learn(answers):
    sure, right = zip(*answers, strict=True)
    expected = sk.brier_score_loss(right, sure, labels=[False, True])
    assert fmean(squared_errors(sure_cases(answers))) == pytest.approx(expected)
    assert known_value(sure_cases(answers), "brier") == pytest.approx(expected, abs=1e-6)


@given(SURE)
def test_calibration_error_is_the_gap_a_bin_weighed_by_its_items(answers):
    sure, right = (np.array(column, dtype=float) for column in zip(*answers, strict=True))
    bin_of = np.minimum((sure * 10).astype(int), 9)
    expected = sum(
        (bin_of == b).sum() / len(sure) * abs(right[bin_of == b].mean() - sure[bin_of == b].mean())
        for b in set(bin_of)
    )
    assert expected_calibration_error(sure_cases(answers)) == pytest.approx(expected, abs=1e-6)


def test_calibration_error_of_a_worked_example():
    answers = [(0.95, True), (0.95, True), (0.95, False), (0.35, False)]  # .95 against 2/3; .35 against 0
    expected = 3 / 4 * (0.95 - 2 / 3) + 1 / 4 * 0.35
    assert expected_calibration_error(sure_cases(answers)) == pytest.approx(expected, abs=1e-6)
    assert expected_calibration_error([*sure_cases(answers), Case(PAN, None)]) == pytest.approx(
        (4 * expected + 1) / 5, abs=1e-6
    )


def test_a_bin_holds_its_lower_edge_and_the_last_one_both():
    bins = reliability(sure_cases([(0.0, False), (0.1, True), (0.9, True), (1.0, True)]))
    assert [part.n for part in bins] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (bins[9].low, bins[9].high, bins[9].confidence, bins[9].accuracy) == (0.9, 1.0, 0.95, 1.0)
    assert (bins[2].confidence, bins[2].accuracy) == (None, None)
    assert reliability([Case(PAN, PAN), Case(PAN, None)]) == ()


@given(
    st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.9]), st.booleans()), min_size=1, max_size=6),
    st.sampled_from([0.2, 0.5, 0.8, 1.0]),
)
def test_accuracy_of_the_most_confident_is_the_mean_over_the_orders_of_ties(answers, coverage):
    taken = math.ceil(coverage * len(answers))
    orders = [
        o for o in permutations(answers) if [s for s, _ in o] == sorted((s for s, _ in o), reverse=True)
    ]
    expected = fmean(sum(right for _, right in order[:taken]) / taken for order in orders)
    assert accuracy_at(sure_cases(answers), coverage) == pytest.approx(expected, abs=1e-6)


def test_failed_items_rank_first_among_the_most_confident():
    cases = [*sure_cases([(0.9, True), (0.8, True), (0.7, False)]), Case(PAN, None)]
    assert accuracy_at(cases, 0.5) == 0.5
    assert [(p.n, p.threshold, p.accuracy) for p in coverage_curve(cases)] == [
        (2, 0.9, 0.5),
        (3, 0.8, pytest.approx(2 / 3, abs=1e-6)),
        (4, 0.7, 0.5),
    ]


def test_the_coverage_curve_has_a_point_a_percent_at_most_and_ends_at_the_accuracy():
    cases = sure_cases([(n / 1000, n % 3 == 0) for n in range(1000)])
    curve = coverage_curve(cases)
    assert len(curve) == 100
    assert [point.n for point in curve[:3]] == [10, 20, 30]
    assert (curve[-1].coverage, curve[-1].accuracy) == (1.0, 0.334)


def test_without_confidences_their_metrics_are_left_out():
    cases = cases_of([(PAN, PAN), (RYE, None)])
    assert accuracy_at(cases, 0.5) is None
    assert coverage_curve(cases) == ()
    assert {"accuracy_at_50", "accuracy_at_80", "brier", "ece"}.isdisjoint(measure(cases, TREE, resamples=0))


def test_a_label_of_unknown_confidence_ranks_last_and_is_the_worst_calibrated():
    cases = [*sure_cases([(0.9, True), (0.4, True)]), Case(PAN, PAN), Case(PAN, None)]
    assert [(point.n, point.threshold) for point in coverage_curve(cases)] == [(2, 0.9), (3, 0.4), (4, 0.0)]
    assert accuracy_at(cases, 0.5) == 0.5  # the failed one and the surest
    assert squared_errors(cases) == pytest.approx((0.01, 0.36, 1.0, 1.0))
    assert expected_calibration_error(cases) == pytest.approx((0.1 + 0.6 + 1 + 1) / 4)


def test_measure_gives_every_metric_in_the_order_of_the_table():
    cases = [*sure_cases([(0.9, True), (0.4, False)]), Case(OUT_OF_SCOPE, OUT_OF_SCOPE, confidence=0.8)]
    assert list(measure(cases, TREE)) == list(TITLES)
    assert "review_rate" not in measure(cases, TREE, reviews=False)


def test_no_cases_give_no_values():
    assert {estimate.value for estimate in measure([], TREE).values()} == {None}


def test_a_case_keeps_what_the_metrics_need_of_a_prediction():
    got = case_of(prediction("a", PAN, RYE, confidence=0.7, result={"runner_up": PAN, "needs_review": True}))
    assert got == Case(PAN, RYE, PAN, 0.7, review=True)
    assert case_of(prediction("b", PAN, None)) == Case(PAN, None)
    assert case_of(prediction("c", PAN, None, status="unplaced")).confidence == 0.5
