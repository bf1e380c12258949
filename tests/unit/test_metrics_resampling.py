import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from classifier.evaluation.metrics import resampling
from classifier.evaluation.metrics.cases import Case
from classifier.evaluation.metrics.confusion import mean_of
from classifier.evaluation.metrics.f1 import macro_f1, macro_f1_statistic
from classifier.evaluation.metrics.kappa import cohen_kappa, kappa_statistic
from classifier.evaluation.metrics.resampling import bootstrap, draw, wilson
from classifier.evaluation.metrics.selective import accuracy_at, accuracy_at_statistic
from tests.eval_kit import APPLE, LABELS, PAN, RYE


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe(hits, n, low, high):
    found = wilson(hits, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert (found.value, found.n, found.method) == (round(hits / n, 6), n, "wilson")


def test_a_share_of_nothing_has_no_value():
    assert wilson(0, 0).model_dump(exclude_defaults=True) == {"value": None, "n": 0}


def test_the_bootstrap_is_that_of_scipy():
    values = np.random.default_rng(5).exponential(size=37)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=2000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval
    found = bootstrap(mean_of(values.tolist()), 37, seed=3)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-6)
    assert found.value == pytest.approx(values.mean(), abs=1e-6)
    assert found.method == "bootstrap"


def test_a_seed_repeats_an_interval_and_another_seed_does_not():
    statistic = mean_of([n**0.5 for n in range(30)])
    assert bootstrap(statistic, 30, seed=1) == bootstrap(statistic, 30, seed=1)
    assert bootstrap(statistic, 30, seed=1) != bootstrap(statistic, 30, seed=2)


def test_batches_draw_the_same_resamples(monkeypatch):
    whole = np.concatenate(list(draw(7, seed=0, resamples=50)))
    monkeypatch.setattr(resampling, "_BATCH", 7 * 8)
    parts = list(draw(7, seed=0, resamples=50))
    assert len(parts) == 7
    assert (np.concatenate(parts) == whole).all()
    assert (whole.sum(axis=1) == 7).all()


def test_resamples_that_do_not_define_a_value_are_left_out():
    cases = [Case(PAN, PAN), Case(RYE, RYE)]  # half of the resamples have one label only
    found = bootstrap(kappa_statistic(cases), 2, seed=0)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_there_is_no_interval_if_no_resample_defines_a_value():
    found = bootstrap(mean_of([0.5, 0.5]), 2, seed=0, resamples=0)
    assert (found.value, found.low, found.high, found.method) == (0.5, None, None, "")


@given(
    st.lists(
        st.builds(
            Case,
            gold=st.sampled_from([PAN, RYE, APPLE]),
            predicted=st.sampled_from([*LABELS, None]),
            confidence=st.sampled_from([0.2, 0.6, 0.9]),
        ),
        min_size=2,
        max_size=10,
    ),
    st.integers(0, 99),
)
def test_a_resample_s_value_is_the_metric_of_the_items_drawn(cases, seed):
    (draws,) = draw(len(cases), seed, resamples=3)
    for row in draws:
        drawn = [case for case, times in zip(cases, row, strict=True) for _ in range(int(times))]
        for metric, statistic in (
            (cohen_kappa, kappa_statistic(cases)),
            (macro_f1, macro_f1_statistic(cases)),
        ):
            value = statistic(row[None])[0]
            expected = metric(drawn)
            assert np.isnan(value) if expected is None else value == pytest.approx(expected, abs=1e-6)
        if all(case.predicted for case in cases):
            value = accuracy_at_statistic(cases, 0.5)(row[None])[0]
            assert value == pytest.approx(accuracy_at(drawn, 0.5), abs=1e-6)
