"""Two runs side by side: McNemar, intervals, what moved, and what a sample cannot tell."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.cli.compare import render_comparison
from classifier.errors import InputError, ModelTimeout
from classifier.evaluation.comparison import compare_runs, mcnemar_p, needed_discordant
from classifier.evaluation.journal import PREDICTIONS_FILE, RUN_FILE
from classifier.evaluation.records import Prediction, RunFacts
from classifier.evaluation.report import write_json
from classifier.evaluation.scoring import score
from classifier.evaluation.stability import measure_stability
from classifier.model.label import Evidence, Label, LabelledPaper
from classifier.model.record import OUT_OF_SCOPE
from classifier.verdict.labelling import failed_label
from tests.engine_kit import TAXONOMY

LEAVES = tuple(TAXONOMY.leaves)


def prediction(item_id: str, label: str, leaf: str | None, quotes: tuple[str, ...] = ()) -> Prediction:
    result = (
        failed_label(item_id, ModelTimeout("no answer"))
        if leaf is None
        else Label(
            ref=item_id,
            paper=LabelledPaper(),
            status="out_of_scope" if leaf == OUT_OF_SCOPE else "placed",
            leaf=None if leaf == OUT_OF_SCOPE else leaf,
            rationale=f"It is {leaf}.",
            evidence=tuple(Evidence(quote=quote, supports="label", verdict="absent") for quote in quotes),
        )
    )
    return Prediction(
        id=item_id,
        title=f"On {item_id}",
        label=label,
        leaf=leaf,
        correct=leaf == label,
        text_kind="abstract",
        result=result,
    )


def run_of(folder: Path, predictions: list[Prediction], suite: str = "s") -> Path:
    folder.mkdir()
    lines = "".join(f"{one.model_dump_json()}\n" for one in predictions)
    (folder / PREDICTIONS_FILE).write_text(lines)
    (folder / RUN_FILE).write_text(json.dumps({"model": folder.name, "suite": suite}))
    facts = RunFacts(
        suite=suite,
        suite_sha256=suite,
        protocol="loo",
        engine="offline",
        model=folder.name,
        examples="all",
        taxonomy_sha256="",
        prompt_sha256=None,
        classifier_version="0",
    )
    write_json(score(facts, TAXONOMY, predictions), folder / "report.json")
    return folder


def of_rights(rights: list[bool], prefix: str = "i") -> list[Prediction]:
    """Items of all labels in turn, right or wrong as told."""
    labels = [LEAVES[n % len(LEAVES)] for n in range(len(rights))]
    return [
        prediction(f"{prefix}{n:02}", label, label if right else LEAVES[(n + 1) % len(LEAVES)])
        for n, (label, right) in enumerate(zip(labels, rights, strict=True))
    ]


@pytest.mark.parametrize(
    ("b", "c", "p"),
    # By hand: 2 * sum of C(n, k) / 2^n up to the smaller one, at most 1.
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (0, 6, 0.03125), (1, 8, 0.0390625), (5, 5, 1.0)],
)
def test_mcnemar_is_the_exact_two_sided_binomial_test(b, c, p):
    assert mcnemar_p(b, c) == pytest.approx(p)


@given(st.integers(0, 30), st.integers(0, 30))
def test_mcnemar_does_not_depend_on_which_run_is_called_a(b, c):
    assert mcnemar_p(b, c) == pytest.approx(mcnemar_p(c, b))


@pytest.mark.parametrize(
    ("b", "c", "needed"), [(0, 1, 6), (3, 0, 6), (0, 0, None), (4, 4, None), (500, 501, None)]
)
def test_the_discordant_items_that_a_split_would_need(b, c, needed):
    assert needed_discordant(b, c) == needed


@given(st.integers(0, 12), st.integers(0, 12))
def test_as_many_discordant_items_as_needed_are_indeed_significant(b, c):
    needed = needed_discordant(b, c)
    if needed is not None:
        more = round(max(b, c) / (b + c) * needed)
        assert mcnemar_p(more, needed - more) < 0.05


def test_a_clear_difference_is_reported_with_the_changed_items(tmp_path):
    a = run_of(tmp_path / "a", of_rights([False] * 10 + [True] * 20))
    b = run_of(tmp_path / "b", of_rights([True] * 30))
    found = compare_runs(a, b)
    assert (found.n, found.only_a_right, found.only_b_right) == (30, 0, 10)
    assert (found.can_tell, found.better) == (True, "b")
    assert found.accuracy_difference.value == pytest.approx(1 / 3, abs=1e-6)
    assert found.accuracy_difference.low > 0
    assert found.kappa_difference.value == pytest.approx(found.b.kappa.value - found.a.kappa.value, abs=1e-5)
    assert [moved.id for moved in found.moved] == [f"i{n:02}" for n in range(10)]
    assert found.moved[0].b_reason == f"It is {LEAVES[0]}."
    text = "\n".join(render_comparison(found))
    assert "B is better on this sample" in text
    assert "A -> B: model: a -> b" in text


def test_the_order_of_lines_changes_nothing_and_swapping_the_runs_swaps_the_sign(tmp_path):
    one, other = of_rights([True, False, True, True] * 5), of_rights([False, True, True, True] * 5)
    a, b = run_of(tmp_path / "a", one), run_of(tmp_path / "b", other)
    shuffled = run_of(tmp_path / "c", other[::-1])
    forth, back, again = compare_runs(a, b), compare_runs(b, a), compare_runs(a, shuffled)
    assert forth.accuracy_difference == again.accuracy_difference
    assert forth.kappa_difference == again.kappa_difference
    assert forth.moved == again.moved
    assert forth.p_value == back.p_value
    assert forth.kappa_difference.value == -back.kappa_difference.value


def test_a_small_sample_reports_how_many_items_are_needed(tmp_path):
    a = run_of(tmp_path / "a", of_rights([True] * 8 + [False, False]))
    b = run_of(tmp_path / "b", of_rights([True] * 10))
    found = compare_runs(a, b)
    assert (found.can_tell, found.better, found.needed_discordant, found.needed_items) == (
        False,
        "neither",
        6,
        30,
    )
    text = "\n".join(render_comparison(found))
    assert (
        "cannot tell A from B: 2 discordant items; with the same split, 6 discordant items would be needed"
        in text
    )


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ([True, False], [True, False], "right on the same items"),
        ([True, False], [False, True], "evenly split"),
    ],
)
def test_equal_runs_and_evenly_split_runs_are_distinguished(tmp_path, a, b, said):
    found = compare_runs(run_of(tmp_path / "a", of_rights(a)), run_of(tmp_path / "b", of_rights(b)))
    assert said in "\n".join(render_comparison(found))


def test_a_failed_item_counts_as_wrong_and_its_reason_is_the_error(tmp_path):
    ok = of_rights([True, True])
    a = run_of(tmp_path / "a", ok)
    b = run_of(tmp_path / "b", [ok[0], prediction("i01", ok[1].label, None)])
    found = compare_runs(a, b)
    assert (found.only_a_right, found.b.failed) == (1, 1)
    assert found.moved[0].b_reason == "model-timeout: no answer"


def test_no_escape_sequence_of_a_title_or_reason_reaches_the_terminal(tmp_path):
    wrong, right = of_rights([False])[0], of_rights([True])[0]
    label = wrong.result.model_copy(update={"rationale": "red\x1b[31m\u202ealert"})
    hostile = wrong.model_copy(update={"title": "On\x1b]0;x\x07 bread", "result": label})
    found = compare_runs(run_of(tmp_path / "a", [hostile]), run_of(tmp_path / "b", [right]))
    text = "".join(render_comparison(found))
    assert "alert" in text
    assert all(char.isprintable() for char in text)


def test_two_suites_are_compared_on_shared_items_with_a_note(tmp_path):
    a = run_of(tmp_path / "a", of_rights([True] * 4), suite="one")
    b = run_of(tmp_path / "b", of_rights([True] * 2) + of_rights([True], "other"), suite="two")
    found = compare_runs(a, b)
    assert (found.n, found.same_suite) == (2, False)
    assert "2 items in common of two suites, one and two" in next(iter(render_comparison(found)))


def test_items_whose_gold_label_differs_are_left_out_and_named(tmp_path):
    a = run_of(tmp_path / "a", of_rights([True, True]))
    changed = [of_rights([True, True])[0], prediction("i01", OUT_OF_SCOPE, OUT_OF_SCOPE)]
    found = compare_runs(a, run_of(tmp_path / "b", changed))
    assert (found.n, found.relabelled) == (1, ("i01",))


def test_runs_without_a_common_item_are_refused(tmp_path):
    a, b = run_of(tmp_path / "a", of_rights([True])), run_of(tmp_path / "b", of_rights([True], "x"))
    with pytest.raises(InputError, match="share no item"):
        compare_runs(a, b)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        compare_runs(tmp_path, tmp_path)


def test_stability_counts_items_that_never_moved_pairs_that_agree_and_quotes_in_common():
    label = LEAVES[0]

    def run(*leaves: str | None, quotes: tuple[str, ...] = ()) -> list[Prediction]:
        return [prediction(f"i{n}", label, leaf, quotes) for n, leaf in enumerate(leaves)]

    found = measure_stability(
        [
            run(LEAVES[0], LEAVES[1], quotes=("one", "two")),
            run(LEAVES[0], LEAVES[1], quotes=("two ", "three")),
            run(LEAVES[0], LEAVES[2]),
        ]
    )
    assert (found.runs, found.n, found.moved) == (3, 2, ("i1",))
    assert found.same_label == 0.5
    assert found.pairwise_agreement == pytest.approx(4 / 6, abs=1e-6)
    assert found.quote_overlap == pytest.approx((1 / 3 + 0 + 0) / 3, abs=1e-6)


def test_items_that_fail_each_time_are_not_stable():
    failed = [prediction("i", LEAVES[0], None)]
    found = measure_stability([failed, failed])
    assert (found.same_label, found.quote_overlap) == (0.0, None)


def test_one_run_tells_nothing_about_stability():
    assert measure_stability([of_rights([True])]).same_label is None
