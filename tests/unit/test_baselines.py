from dataclasses import dataclass

import pytest

from classifier.evaluation.baselines import (
    MAJORITY,
    MAJORITY_OF_SUITE,
    TFIDF_CENTROID,
    majority_class,
    run_baselines,
    tfidf_centroid,
)
from classifier.evaluation.records import Suite, SuiteItem
from classifier.evaluation.texts import choose_texts
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.study import Study
from classifier.survey.workspace import Workspace
from tests.eval_kit import APPLE, PAN, PEAR, RYE, TREE

NOBODY: frozenset[str] = frozenset()


def study(name: str, label: str, summary: str = "") -> Study:
    return Study(id=name, title=f"On {name}", label=label, summary=summary)


STUDIES = [
    study("loaf", PAN, "Loaves rise in the oven."),
    study("crust", PAN, "Loaves brown in the oven."),
    study("vodka", RYE, "Spirits are distilled from rye mash."),
    study("cider", APPLE, "Orchards give apples that are pressed to cider."),
]


def accuracy(system) -> float | None:
    return system.metrics["accuracy"].value


SEEN_BY_NOBODY = frozenset({"loaf", "crust", "vodka"})


@pytest.mark.parametrize(
    ("gold", "left_out", "expected"),
    [
        ({"loaf": PAN, "x": RYE}, {"loaf": frozenset({"loaf", "crust"}), "x": NOBODY}, (MAJORITY, 0.5)),
        # Leave-one-out on a balanced suite: the share of one label, not 0.
        (
            {"vodka": RYE, "cider": APPLE, "loaf": PAN},
            {name: frozenset({name}) for name in ("vodka", "cider", "loaf")},
            (MAJORITY, 1 / 3),
        ),
        # Holdout: studies that no item may see do not count.
        ({"loaf": PAN, "x": APPLE}, dict.fromkeys(("loaf", "x"), SEEN_BY_NOBODY), (MAJORITY, 0.5)),
        ({"loaf": PAN}, {"loaf": SEEN_BY_NOBODY}, (MAJORITY, 0.0)),
        ({"loaf": PAN}, {"loaf": frozenset(one.id for one in STUDIES)}, (MAJORITY_OF_SUITE, 1.0)),
    ],
)
def test_the_majority_class_is_one_label_for_all_items(gold, left_out, expected):
    system = majority_class(gold, STUDIES, left_out, TREE)
    assert (system.name, accuracy(system)) == (expected[0], pytest.approx(expected[1]))


def test_without_studies_the_majority_is_that_of_the_suite():
    gold = {"a": PAN, "b": PAN, "c": PAN, "d": RYE}
    system = majority_class(gold, [], dict.fromkeys(gold, NOBODY), TREE)
    assert (system.name, accuracy(system)) == (MAJORITY_OF_SUITE, 0.75)


def test_the_centroid_follows_words_of_studies_and_definitions():
    texts = {"a": "Oven and loaves", "b": "A mash is distilled", "c": "Cider of apples", "d": "All of pear"}
    gold = {"a": PAN, "b": RYE, "c": APPLE, "d": PEAR}
    system = tfidf_centroid(gold, texts, STUDIES, dict.fromkeys(gold, NOBODY), taxonomy=TREE)
    assert (system.name, system.is_baseline, accuracy(system)) == (TFIDF_CENTROID, True, 1.0)
    assert "review_rate" not in system.metrics


def test_a_study_is_no_centroid_for_itself():
    gold = {"vodka": RYE}
    texts = {"vodka": "Spirits are distilled from a mash in the oven"}
    seen = tfidf_centroid(gold, texts, STUDIES, {"vodka": NOBODY}, taxonomy=TREE)
    hidden = tfidf_centroid(gold, texts, STUDIES, {"vodka": frozenset({"vodka"})}, taxonomy=TREE)
    assert (accuracy(seen), accuracy(hidden)) == (1.0, 0.0)


@dataclass
class Tree:
    """A workspace as far as baselines look at it."""

    studies: tuple[Study, ...]
    taxonomy = TREE


def suite(*items: SuiteItem) -> Suite:
    return Suite(name="food", sha256="0", items=items)


def test_another_file_of_the_scored_paper_is_not_seen_either():
    twin = Study(
        id="twin",
        title="Rye Spirits Distilled from Sour Mash",
        label=RYE,
        summary="A mash in vats.",
        arxiv="2601.00001",
    )
    item = SuiteItem(
        id="x", title="Another Title", label=RYE, abstract="A mash in vats.", arxiv="2601.00001v2"
    )
    stranger = item.model_copy(update={"arxiv": None})
    for scored, expected in ((item, 0.0), (stranger, 1.0)):
        one = suite(scored)
        _, centroid = run_baselines(one, choose_texts(one), Tree((*STUDIES[:2], twin)), "loo")
        assert accuracy(centroid) == expected


def test_hold_out_hides_every_study_of_the_suite():
    items = [SuiteItem(id=s.id, title=s.title, label=s.label, summary=s.summary) for s in STUDIES[:2]]
    one = suite(*items)
    majority, _ = run_baselines(one, choose_texts(one), Tree((*STUDIES[:2], study("x", RYE))), "holdout")
    assert accuracy(majority) == 0.0


def test_of_a_pdf_the_centroid_reads_the_title():
    one = suite(SuiteItem(id="x", title="Loaves in the oven", label=PAN, pdf="x.pdf"))
    _, centroid = run_baselines(one, choose_texts(one), Tree(tuple(STUDIES)), "loo")
    assert accuracy(centroid) == 1.0


@pytest.mark.parametrize("studies", [(), tuple(STUDIES)])
def test_an_empty_suite_gives_systems_without_values(studies):
    for system in run_baselines(suite(), (), Tree(studies), "loo"):
        assert accuracy(system) is None


def test_both_run_on_a_real_workspace(bridges):
    workspace = Workspace(bridges)
    items = [SuiteItem(id=s.id, title=s.title, label=s.label, summary=s.summary) for s in workspace.studies]
    one = suite(*items)
    majority, centroid = run_baselines(one, choose_texts(one), workspace, "loo")
    assert (majority.name, centroid.name) == (MAJORITY, TFIDF_CENTROID)
    assert accuracy(centroid) > accuracy(majority)
    assert OUT_OF_SCOPE in {item.label for item in items}
