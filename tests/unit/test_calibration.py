import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from classifier.errors import ConfigError, StoreError
from classifier.evaluation.calibration import fit_calibration, threshold_for
from classifier.model.reply import Answer, Reply
from classifier.settings import Settings
from classifier.survey.workspace import Workspace
from classifier.verdict.calibration import (
    Calibration,
    Curve,
    apply,
    calibration_path,
    load_calibration,
    logit,
    save_calibration,
)
from tests.eval_kit import PAN, RYE, prediction

SUITES = {"food": "0" * 64}


def predictions(answers, **more):
    return [
        prediction(f"{n:04}", PAN, PAN if right else RYE, confidence=sure, **more)
        for n, (sure, right) in enumerate(answers)
    ]


def simulated(n, chance_of, *, seed=0, sures=(0.55, 0.65, 0.75, 0.85, 0.9, 0.95, 0.98)):
    random_ = random.Random(seed)
    sure = [random_.choice(sures) for _ in range(n)]
    return [(s, random_.random() < chance_of(s)) for s in sure]


def overconfident(sure):
    return 1 / (1 + math.exp(-(0.5 * logit(sure) - 0.8)))


def calibration(**changes) -> Calibration:
    values = {
        "method": "platt",
        "slope": 0.5,
        "intercept": -0.8,
        "engine": "scripted",
        "model": "m/1",
        "source": "stated",
        "n": 100,
        "suites": SUITES,
        "ece_before": 0.2,
        "ece_after": 0.05,
        "brier_before": 0.3,
        "brier_after": 0.2,
    }
    return Calibration(**(values | changes))


def reply(**changes) -> Reply:
    answer = Answer(answers=(), evidence=(), rationale="", label=PAN, confidence=0.9)
    return Reply(**({"answer": answer, "engine": "scripted", "model": "m/1"} | changes))


def test_a_matching_reply_gets_the_calibrated_confidence_and_keeps_its_label():
    got = apply(calibration(), reply())
    assert got.answer.confidence == pytest.approx(overconfident(0.9), abs=5e-5)
    assert got.confidence_source == "calibrated:stated"
    assert got.answer.label == PAN


@pytest.mark.parametrize(
    "other", [{"engine": "offline"}, {"model": "m/2"}, {"model": None}, {"confidence_source": "logprobs"}]
)
def test_a_reply_of_anything_else_stays_as_it_is(other):
    assert apply(calibration(), reply(**other)) == reply(**other)


def test_nothing_is_calibrated_twice_or_without_a_calibration():
    once = apply(calibration(), reply())
    assert apply(calibration(), once) == once
    assert apply(None, reply()) == reply()


@given(
    st.floats(0.05, 20),
    st.floats(-5, 5),
    st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted),
)
def test_a_curve_keeps_the_order_of_confidences_and_stays_a_probability(slope, intercept, pair):
    curve = Curve(method="platt", slope=slope, intercept=intercept)
    low, high = map(curve, pair)
    assert 0 <= low <= high <= 1


def test_an_unknown_confidence_stays_unknown():
    answer = Answer(answers=(), evidence=(), rationale="", label=PAN, confidence=None)
    unknown = Reply(answer=answer, engine="openai", model="m/1")
    calibration = Calibration(
        method="temperature", slope=0.5, engine="openai", model="m/1", source="stated", n=30, suites={},
        ece_before=0.2, ece_after=0.1, brier_before=0.2, brier_after=0.1,
    )  # fmt: skip
    assert apply(calibration, unknown) == unknown


def test_slope_one_does_not_change_confidences():
    assert [Curve(method="temperature", slope=1.0)(sure) for sure in (0.1, 0.5, 0.93)] == [0.1, 0.5, 0.93]


def test_fitting_corrects_an_overconfident_engine_and_reports_out_of_sample_errors():
    found = fit_calibration(predictions(simulated(3000, overconfident)), SUITES)
    assert found.method == "platt"
    assert (found.slope, found.intercept) == (pytest.approx(0.5, abs=0.1), pytest.approx(-0.8, abs=0.15))
    assert found.ece_before > 0.25
    assert found.ece_after < 0.05
    assert found.brier_after < found.brier_before
    assert (found.engine, found.model, found.source, found.n) == ("scripted", None, "stated", 3000)


def test_the_fit_equals_logistic_regression_if_the_prior_hardly_matters():
    answers = simulated(4000, overconfident, seed=2)
    model = LogisticRegression(C=1e6).fit(
        [[logit(sure)] for sure, _ in answers], [right for _, right in answers]
    )
    found = fit_calibration(predictions(answers), SUITES)
    assert found.slope == pytest.approx(model.coef_[0][0], abs=0.02)
    assert found.intercept == pytest.approx(model.intercept_[0], abs=0.02)


def test_a_temperature_is_chosen_if_an_intercept_does_not_help():
    answers = simulated(1500, lambda sure: 1 / (1 + math.exp(-0.5 * logit(sure))))
    found = fit_calibration(predictions(answers), SUITES)
    assert (found.method, found.intercept) == ("temperature", 0.0)
    assert found.slope == pytest.approx(0.5, abs=0.1)


def test_errors_after_are_not_those_of_the_answers_fitted_to():
    # Confidence that tells nothing: a fit to its own sample looks better than it is.
    answers = simulated(40, lambda _: 0.6, seed=4)
    found = fit_calibration(predictions(answers), SUITES)
    in_sample = sum((found(sure) - right) ** 2 for sure, right in answers) / len(answers)
    assert found.brier_after > in_sample


def test_the_order_of_predictions_changes_nothing():
    rows = predictions(simulated(60, overconfident))
    assert fit_calibration(rows[::-1], SUITES) == fit_calibration(rows, SUITES)


@pytest.mark.parametrize("right", [True, False])
def test_answers_that_are_all_right_or_all_wrong_move_confidences_without_running_off(right):
    found = fit_calibration(predictions([(0.7, right)] * 30), SUITES)
    assert 0.001 < found(0.7) < 0.999
    assert (found(0.7) > 0.7) == right


def test_failed_answers_and_rare_sources_are_left_out():
    rows = [
        *predictions(simulated(30, overconfident)),
        *(prediction(f"failed {n}", PAN, None) for n in range(9)),
        *(prediction(f"other {n}", PAN, PAN, source="logprobs") for n in range(9)),
    ]
    assert fit_calibration(rows, SUITES).n == 30


def test_answers_without_a_confidence_do_not_choose_the_source():
    rows = [
        *predictions(simulated(30, overconfident)),
        *(prediction(f"unknown {n}", PAN, PAN, confidence=None, source="unknown") for n in range(40)),
    ]
    fitted = fit_calibration(rows, SUITES)
    assert (fitted.source, fitted.n) == ("stated", 30)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (predictions([(None, True)] * 30, source="unknown"), "0 answers .* are too few"),
        (predictions([(0.5, True)] * 19), "19 answers .* are too few .* at least 20"),
        ([], "found none"),
        (predictions([(0.5, True)] * 20, source="calibrated:stated"), "already calibrated"),
        (
            [*predictions([(0.5, True)] * 20), prediction("x", PAN, PAN, model="m/2")],
            "found scripted, scripted m/2",
        ),
    ],
)
def test_what_cannot_be_calibrated_is_refused_with_the_reason(rows, message):
    with pytest.raises(ConfigError, match=message):
        fit_calibration(rows, SUITES)


ANSWERS = [(0.9, True), (0.8, True), (0.8, False), (0.7, True), (0.6, True), (0.5, False)]


@pytest.mark.parametrize(
    ("wanted", "expected"), [(1.0, 0.9), (0.8, 0.6), (0.75, 0.6), (0.66, 0.5), (0.01, 0.5)]
)
def test_the_threshold_is_the_least_one_that_reaches_the_accuracy(wanted, expected):
    assert threshold_for(predictions(ANSWERS), wanted) == expected


def test_answers_with_equal_confidence_are_accepted_together():
    assert threshold_for(predictions([(0.8, True), (0.8, False)]), 0.9) is None


def test_unplaced_answers_are_wrong_and_failed_ones_are_never_accepted():
    rows = predictions([(0.9, True)])
    assert threshold_for([*rows, prediction("x", PAN, None)], 1.0) == 0.9
    assert threshold_for([*rows, prediction("x", PAN, None, confidence=0.9, status="unplaced")], 1.0) is None


def test_the_lower_bound_asks_for_more_than_luck():
    few, many = predictions([(0.9, True)] * 3), predictions([(0.9, True)] * 40)
    assert threshold_for(few, 0.9, lower_bound=True) is None
    assert threshold_for(many, 0.9, lower_bound=True) == 0.9


def test_the_threshold_is_a_calibrated_confidence():
    got = threshold_for(predictions(ANSWERS), 0.8, calibration=calibration(model=None))
    assert got == calibration()(0.6)


def test_no_answers_have_no_threshold():
    assert threshold_for([], 0.5) is None


@pytest.mark.parametrize("wanted", [0, -0.1, 1.1, math.nan])
def test_a_wanted_accuracy_that_is_no_share_is_refused(wanted):
    with pytest.raises(ConfigError, match="expected a number above 0 and at most 1"):
        threshold_for([], wanted)


@pytest.fixture
def workspace(bridges, tmp_path) -> Workspace:
    root = tmp_path / "survey"
    root.mkdir()
    (root / "taxonomy.yaml").write_bytes((bridges / "taxonomy.yaml").read_bytes())
    return Workspace(root)


@pytest.fixture
def own_settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_a_calibration_is_found_again_by_engine_and_model(workspace, own_settings):
    path = save_calibration(calibration(), workspace, own_settings)
    assert path.parent == workspace.root / "calibration"
    assert load_calibration(workspace, own_settings, "scripted", "m/1") == calibration()
    assert load_calibration(workspace, own_settings, "scripted", "m/2") is None
    assert load_calibration(workspace, own_settings, "offline", None) is None


def test_models_whose_names_differ_in_signs_have_files_of_their_own(workspace, own_settings):
    names = ["m/1", "m-1", "M/1", "../m", None, "é" * 300]
    paths = {calibration_path(workspace, own_settings, "openai", name) for name in names}
    assert len(paths) == len(names)
    assert {path.parent for path in paths} == {workspace.root.resolve() / "calibration"}


def test_a_later_calibration_takes_the_place_of_an_earlier(workspace, own_settings):
    save_calibration(calibration(), workspace, own_settings)
    path = save_calibration(calibration(n=500), workspace, own_settings)
    assert load_calibration(workspace, own_settings, "scripted", "m/1") == calibration(n=500)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_installed_workspace_is_left_alone_and_what_it_ships_is_second(
    workspace, own_settings, monkeypatch, tmp_path
):
    installed = tmp_path / "site-packages" / "_workspace"
    installed.parent.mkdir()
    workspace.root.rename(installed)
    monkeypatch.setattr("classifier.verdict.engine_files.builtin_root", lambda: installed)
    shipped = Workspace(installed)
    path = calibration_path(shipped, own_settings, "scripted", "m/1")
    assert path.is_relative_to(own_settings.data_dir)
    (installed / "calibration").mkdir()
    (installed / "calibration" / path.name).write_text(calibration(n=1).model_dump_json())
    assert load_calibration(shipped, own_settings, "scripted", "m/1") == calibration(n=1)
    save_calibration(calibration(n=2), shipped, own_settings)
    assert load_calibration(shipped, own_settings, "scripted", "m/1") == calibration(n=2)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"schema_version": 2}', calibration().model_dump_json().replace("0.5", "-1", 1), "\xff"],
)
def test_a_damaged_file_is_named_with_what_to_do(workspace, own_settings, content):
    path = save_calibration(calibration(), workspace, own_settings)
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"not a calibration: .*fit it again") as caught:
        load_calibration(workspace, own_settings, "scripted", "m/1")
    assert str(path) in caught.value.message


def test_a_file_under_another_s_name_is_refused(workspace, own_settings):
    save_calibration(calibration(), workspace, own_settings).replace(
        calibration_path(workspace, own_settings, "offline", None)
    )
    with pytest.raises(ConfigError, match="belongs to scripted m/1; expected offline"):
        load_calibration(workspace, own_settings, "offline", None)


def test_a_file_that_cannot_be_written_is_a_store_error(workspace, own_settings):
    (workspace.root / "calibration").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="make the folder writable"):
        save_calibration(calibration(), workspace, own_settings)
