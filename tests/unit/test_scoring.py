import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import ConfigError
from classifier.evaluation.records import Report, System, Times
from classifier.evaluation.scoring import score
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.reply import Usage
from tests.eval_kit import APPLE, HARD, LABELS, PAN, RUN, RYE, TREE, prediction

TIMES = Times(started_at="2026-01-01", seconds=3.5, latency_median_s=0.1, latency_p95_s=0.4)

QUOTES = [
    {"quote": "of wheat", "supports": "label", "page": 2, "verdict": "verbatim"},
    {"quote": "off wheat", "supports": "label", "page": 3, "verdict": "near"},
    {"quote": "of gold", "supports": "label", "verdict": "absent"},
]
RUN_OF_EIGHT = [
    prediction("h", PAN, PAN, confidence=0.9, difficulty="easy", labels=(PAN, PAN, PAN)),
    prediction("g", PAN, HARD, confidence=0.6, difficulty="hard", labels=(PAN, HARD, PAN), contested=True),
    prediction("f", PAN, HARD, confidence=0.7, difficulty="hard", labels=(HARD, PAN, PAN), contested=True),
    prediction("e", HARD, PAN, confidence=0.8, labels=(HARD, HARD, HARD), text_kind="summary"),
    prediction("d", APPLE, OUT_OF_SCOPE, confidence=0.4, labels=(APPLE, OUT_OF_SCOPE, APPLE)),
    prediction("c", OUT_OF_SCOPE, OUT_OF_SCOPE, confidence=0.95, result={"evidence": QUOTES}),
    prediction("b", RYE, None, status="unplaced"),
    prediction("a", RYE, None),
]


@pytest.fixture(scope="module")
def report() -> Report:
    return score(RUN, TREE, RUN_OF_EIGHT, times=TIMES)


def test_the_engine_is_first_and_baselines_follow():
    baseline = System(name="chance", is_baseline=True, metrics={})
    systems = score(RUN.model_copy(update={"model": "m-1"}), TREE, RUN_OF_EIGHT, [baseline]).systems
    assert [(system.name, system.is_baseline) for system in systems] == [
        ("scripted m-1", False),
        ("chance", True),
    ]


def test_items_without_a_label_stay_in_the_denominator_and_are_listed(report):
    accuracy = report.systems[0].metrics["accuracy"]
    assert (accuracy.value, accuracy.n) == (0.25, 8)
    assert (report.failed, report.unplaced) == (("a",), ("b",))
    assert "2 of 8 items got no label; they count as wrong in every score" in report.warnings


def test_the_confusion_matrix_parts_unplaced_from_failed(report):
    assert report.confusion.rows == (PAN, HARD, RYE, APPLE, OUT_OF_SCOPE)
    assert report.confusion.columns == (PAN, HARD, RYE, APPLE, OUT_OF_SCOPE, "unplaced", "failed")
    assert report.confusion.counts == (
        (1, 2, 0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 1, 1),
        (0, 0, 0, 0, 1, 0, 0),
        (0, 0, 0, 0, 1, 0, 0),
    )


def test_confused_pairs_have_both_definitions_and_the_most_frequent_is_first(report):
    assert [(pair.gold, pair.predicted, pair.n, pair.item_ids) for pair in report.confused] == [
        (PAN, HARD, 2, ("f", "g")),
        (HARD, PAN, 1, ("e",)),
        (APPLE, OUT_OF_SCOPE, 1, ("d",)),
    ]
    assert (report.confused[0].gold_definition, report.confused[0].predicted_definition) == (
        "All of pan.",
        "All of hard.",
    )
    assert report.confused[2].predicted_definition == TREE.scope.definition


def test_accuracy_is_grouped_by_difficulty_by_contested_and_by_text(report):
    assert [(g.by, g.value, g.accuracy.value, g.accuracy.n) for g in report.groups] == [
        ("contested", "no", round(2 / 6, 6), 6),
        ("contested", "yes", 0.0, 2),
        ("difficulty", "easy", 1.0, 1),
        ("difficulty", "hard", 0.0, 2),
        ("text_kind", "abstract", round(2 / 7, 6), 7),
        ("text_kind", "summary", 0.0, 1),
    ]
    assert report.text_kinds == {"abstract": 7, "summary": 1}


def test_annotators_are_compared_on_the_items_that_several_labelled(report):
    agreement = report.agreement
    assert (agreement.annotators, agreement.cohen_human_human.n) == (3, 5)
    assert [(pair.gold, pair.predicted, pair.n) for pair in agreement.confused] == [
        (PAN, HARD, 2),
        (APPLE, OUT_OF_SCOPE, 1),
    ]


def test_without_several_annotators_there_is_no_agreement():
    assert score(RUN, TREE, [prediction("a", PAN, PAN, labels=(PAN,))]).agreement is None


def test_quotes_are_counted_by_verdict_and_listed_with_their_item(report):
    assert report.quotes == {"verbatim": 1, "near": 1, "absent": 1}
    row = next(row for row in report.items if row.id == "c")
    assert row.quotes[0] == (2, "verbatim", "of wheat")


def test_items_keep_the_order_of_the_predictions_and_have_their_errors(report):
    assert [row.id for row in report.items] == list("hgfedcba")
    assert (report.items[-1].status, report.items[-1].error) == ("failed", "no reply")
    assert (report.items[-2].status, report.items[-2].error) == ("unplaced", None)


def test_titles_are_kept_for_the_labels_that_occur(report):
    assert report.label_titles[PAN] == ("Grain", "Wheat", "Pan")
    assert set(report.label_titles) == {PAN, HARD, RYE, APPLE}


@pytest.mark.parametrize(
    ("costs", "total"), [([0.1, 0.25], 0.35), ([0.1, None], None), ([None, None], None), ([0.0, 0.0], 0.0)]
)
def test_cost_is_summed_only_if_every_item_has_one(costs, total):
    rows = [
        prediction(str(number), PAN, PAN, provenance={"cost_usd": cost, "tokens_in": 5, "attempts": 2})
        for number, cost in enumerate(costs)
    ]
    spending = score(RUN, TREE, [*rows, prediction("failed", PAN, None)]).spending
    assert (spending.cost_usd, spending.tokens_in, spending.tokens_out, spending.requests) == (
        total,
        10,
        None,
        4,
    )


def test_what_failed_items_took_is_counted():
    priced = {"cost_usd": 0.1, "tokens_in": 5, "tokens_out": 1, "tokens_cached": 0, "attempts": 1}
    paid = Usage(tokens_in=7, tokens_out=2, tokens_cached=0, cost_usd=0.2)
    rows = [
        prediction("a", PAN, PAN, provenance=priced),
        prediction("b", PAN, None, attempts=2, usage=paid),
        prediction("c", PAN, None, attempts=6, usage=Usage()),  # nobody answered: nothing was paid
    ]
    spending = score(RUN, TREE, rows).spending
    assert (spending.requests, spending.tokens_in, spending.tokens_out) == (9, 12, 3)
    assert spending.cost_usd == pytest.approx(0.3)


@settings(max_examples=20)
@given(st.permutations(RUN_OF_EIGHT))
def test_a_permutation_of_rows_changes_the_order_of_items_and_nothing_else(shuffled):
    apart = {"items"}
    one, other = (score(RUN, TREE, rows, times=TIMES) for rows in (RUN_OF_EIGHT, shuffled))
    assert one.model_dump_json(exclude=apart) == other.model_dump_json(exclude=apart)
    assert sorted(one.items, key=repr) == sorted(other.items, key=repr)


def test_equal_predictions_give_equal_bytes_but_for_the_times(report):
    later = Times(started_at="2026-02-02", seconds=9.0, latency_median_s=None, latency_p95_s=None)
    again = score(RUN, TREE, RUN_OF_EIGHT, times=later)
    assert again.times != report.times
    assert again.model_dump_json(exclude={"times"}) == report.model_dump_json(exclude={"times"})


def test_a_report_survives_its_own_json(report):
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_a_label_of_another_tree_is_shown_and_is_wrong():
    report = score(RUN, TREE, [prediction("a", PAN, "stone"), prediction("b", RYE, RYE)])
    assert report.confusion.columns == (PAN, RYE, "stone", "unplaced", "failed")
    assert report.systems[0].metrics["class_accuracy"].value == 0.5
    assert report.confused[0].predicted_definition == ""


def test_no_predictions_give_a_report_without_values():
    report = score(RUN, TREE, [])
    assert {estimate.value for estimate in report.systems[0].metrics.values()} == {None}
    assert (report.n, report.confusion.counts, report.items, report.coverage) == (0, (), (), ())
    assert report.warnings == ("no items were scored",)


def test_a_reader_is_warned_of_few_items_rare_labels_and_stated_confidences(report):
    assert report.warnings[0] == "8 items are few: compare the intervals, not the numbers"
    assert report.warnings[1].startswith("fewer than 5 items: ")
    assert report.warnings[-1] == "confidences are the model's own words, not calibrated"
    many = [prediction(f"{n}", LABELS[n % 6], LABELS[n % 6], source="logprobs") for n in range(120)]
    assert score(RUN, TREE, many).warnings == ()


def test_a_missing_package_is_named_with_the_extra_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ConfigError, match=r"'sklearn'; run: pip install 'survey-classifier\[eval\]'"):
        score(RUN, TREE, RUN_OF_EIGHT)
