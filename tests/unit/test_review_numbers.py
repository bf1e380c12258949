"""Agreement, the audit sample and the flow of papers: against scikit-learn, scipy and a published example."""

import csv
import io
import itertools
import random
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from scipy.stats import beta, binom
from sklearn.metrics import cohen_kappa_score

from classifier.errors import ConfigError
from classifier.evaluation.metrics.agreement import krippendorff_alpha
from classifier.model.entries import BrokenEntry
from classifier.review.agreement import cohen, krippendorff_of, measure_reviewers, tree_distance
from classifier.review.flow import count_flow, flow_csv, flow_svg
from classifier.review.methods import write_methods
from classifier.review.papers import read_review
from classifier.review.stopping import advise, exact_interval, lower_bound, sample_accuracy
from tests import review_kit as kit

A, B, C = kit.LEAVES[:3]

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: four observers, twelve units.
PUBLISHED = """
    1 2 3 3 2 1 4 1 2 . . .
    1 2 3 3 2 2 4 1 2 5 . 3
    . 3 3 3 2 3 4 2 2 5 1 .
    1 2 3 3 2 4 4 1 2 5 1 .
"""


def published() -> list[list[str | None]]:
    observers = [line.split() for line in PUBLISHED.strip().splitlines()]
    return [[None if value == "." else value for value in unit] for unit in zip(*observers, strict=True)]


def test_alpha_of_the_published_example():
    # By hand: 40 pairable values, 9, 13, 10, 5 and 3 of each; disagreement 2 + 4 + 2 in units 2, 6 and 8.
    assert krippendorff_of(published(), None) == pytest.approx(1 - 39 * 8 / (40**2 - 384))
    assert krippendorff_of(published(), None) == pytest.approx(0.743, abs=5e-4)


def test_alpha_equals_that_of_the_evaluation():
    rows = [[label for label in row if label is not None] for row in published()]
    assert krippendorff_of(published(), None) == pytest.approx(krippendorff_alpha(rows), abs=1e-6)


@pytest.mark.parametrize("rows", [[], [["a", None]], [["a", "a"], ["a", "a"]], [["a", "a"], ["b", None]]])
def test_alpha_without_two_labels_to_compare_is_not_defined(rows):
    assert krippendorff_of(rows, None) is None


def by_definition(rows: list[list[str | None]], distance: object) -> float:
    """Alpha from all pairs of values, without a coincidence matrix."""
    units = [[value for value in row if value is not None] for row in rows]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    observed = sum(
        distance(a, b) / (len(unit) - 1) for unit in units for a, b in itertools.permutations(unit, 2)
    )
    expected = sum(distance(a, b) for a, b in itertools.permutations(values, 2)) / (len(values) - 1)
    return 1 - observed / expected


@pytest.mark.parametrize("seed", range(5))
def test_alpha_in_the_tree_by_its_definition(seed):
    tree, draw = kit.taxonomy(), random.Random(seed)
    rows = [[draw.choice([*tree.labels, None]) for _ in range(3)] for _ in range(30)]
    squared = by_definition(rows, lambda a, b: tree_distance(tree, a, b) ** 2)
    assert krippendorff_of(rows, tree) == pytest.approx(squared)
    assert krippendorff_of(rows, None) == pytest.approx(by_definition(rows, lambda a, b: float(a != b)))


def test_a_disagreement_inside_a_branch_weighs_less():
    tree = kit.taxonomy()
    near = [[A, B], [A, A], [C, C], ["out-of-scope", "out-of-scope"]]
    far = [[A, "out-of-scope"], [A, A], [C, C], ["out-of-scope", B]]
    assert krippendorff_of(near, tree) > krippendorff_of(near, None)
    assert krippendorff_of(far, tree) < krippendorff_of(near, tree)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        (A, A, 0.0),
        (A, B, 0.5),  # siblings at depth 2
        (A, C, 1.0),
        (A, "out-of-scope", 1.0),
        ("unplaced", "out-of-scope", 1.0),
        ("unplaced", "unplaced", 0.0),
    ],
)
def test_distances_in_the_tree(first, second, distance):
    tree = kit.taxonomy()
    assert tree_distance(tree, first, second) == tree_distance(tree, second, first) == distance


@pytest.mark.parametrize("seed", range(5))
def test_kappa_equals_scikit_learns(seed):
    draw = random.Random(seed)
    first, second = ([draw.choice("abc") for _ in range(20)] for _ in range(2))
    assert cohen(first, second) == pytest.approx(cohen_kappa_score(first, second))


@pytest.mark.parametrize("same", [[], ["a", "a"]])
def test_kappa_of_one_label_is_not_defined(same):
    assert cohen(same, same) is None


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return kit.write_run(tmp_path / "run", [kit.label(number) for number in range(8)])


SAID = {  # paper: Ada's label, Bo's label
    "e0": (A, A),
    "e1": (B, A),
    "e2": (C, C),
    "e3": (B, "out-of-scope"),
    "e4": (A, None),
    "e5": (A, B),
}


def two_reviewers(run: Path) -> object:
    plan = kit.plan(run, audit=4, reviewers=("Ada", "Bo"))
    for key, (ada, bo) in SAID.items():
        kit.say(run, plan, "Ada", key, ada, note=f"Ada on {key}")
        if bo:
            kit.say(run, plan, "Bo", key, bo, note=f"Bo on {key}")
    return plan


def test_agreement_of_two_reviewers_in_a_run(run):
    plan = two_reviewers(run)
    found = measure_reviewers(read_review(run, plan), kit.taxonomy())
    both = [pair for pair in SAID.values() if pair[1]]
    assert (found.reviewers, found.papers, found.equal) == (("Ada", "Bo"), 5, 2)
    assert found.kappas[0].kappa == pytest.approx(cohen_kappa_score(*map(list, zip(*both, strict=True))))
    assert found.alpha == pytest.approx(krippendorff_of(list(SAID.values()), None))
    assert found.tree_alpha == pytest.approx(krippendorff_of(list(SAID.values()), kit.taxonomy()))
    by_label = {one.label: (one.both, one.either, one.specific) for one in found.by_label}
    assert by_label[A] == (1, 3, pytest.approx(2 / 4))
    assert by_label[C] == (1, 1, 1.0)
    confused = found.confused[0]
    assert (confused.labels, confused.count) == (tuple(sorted((A, B))), 2)
    assert confused.papers[0].said == (("Ada", B, "Ada on e1"), ("Bo", A, "Bo on e1"))
    assert confused.papers[0].quotes == ("Bridge 1.",)
    machine = [kit.LEAVES[n % len(kit.LEAVES)] for n in (0, 1, 2, 3, 5)]  # e4 is not decided by both
    assert found.machine[0].kappa == pytest.approx(cohen_kappa_score([ada for ada, _ in both], machine))


def test_a_mind_changed_after_seeing_the_other_does_not_count_as_agreement(run):
    plan = two_reviewers(run)
    before = measure_reviewers(read_review(run, plan), kit.taxonomy())
    kit.say(run, plan, "Ada", "e1", A)
    kit.say(run, plan, "Ada", "e3", "unplaced", resolve=True)
    after = measure_reviewers(read_review(run, plan), kit.taxonomy())
    assert (after.alpha, after.kappas, after.equal) == (before.alpha, before.kappas, before.equal)
    (pair,) = [one for one in after.confused if "out-of-scope" in one.labels]
    assert pair.papers[0].resolved == "unplaced"


def test_agreement_without_shared_papers_has_no_numbers(run):
    found = measure_reviewers(read_review(run, kit.plan(run)), kit.taxonomy())
    assert (found.papers, found.alpha, found.tree_alpha, found.kappas) == (0, None, None, ())


# -- the sample --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 30), (30, 30), (17, 24), (20, 24), (1, 200)])
def test_the_interval_is_the_exact_binomial_one(hits, n):
    low, high = exact_interval(hits, n)
    assert low == pytest.approx(beta.ppf(0.025, hits, n - hits + 1) if hits else 0.0)
    assert high == pytest.approx(beta.ppf(0.975, hits + 1, n - hits) if hits < n else 1.0)
    if hits:  # at the lower end, so many or more hits have a probability of 2.5 %
        assert binom.sf(hits - 1, n, low) == pytest.approx(0.025)
        assert binom.sf(hits - 1, n, lower_bound(hits, n, 0.99)) == pytest.approx(0.01)


def reviewed(folder: Path, right: int, wrong: int, rest: int, confidence: float = 0.97) -> tuple:
    """A run whose sample is decided: so many right and wrong; `rest` papers are not in the sample."""
    total = right + wrong + rest
    run = kit.write_run(folder, [kit.label(n, A, confidence=confidence) for n in range(total)])
    plan = kit.plan(run, audit=right + wrong)
    sample = [key for key, paper in kit.papers(run, plan).items() if paper.is_audit]
    kit.say(run, plan, "Ada", " ".join(sample[:right]), A)
    if wrong:
        kit.say(run, plan, "Ada", " ".join(sample[right:]), B)
    return run, plan


def test_the_accuracy_is_that_of_the_sample_alone(tmp_path):
    run, plan = reviewed(tmp_path / "run", 8, 2, 10)
    others = [key for key, paper in kit.papers(run, plan).items() if not paper.is_audit]
    kit.say(run, plan, "Ada", " ".join(others), B)  # all wrong, but chosen by hand
    found = sample_accuracy(read_review(run, plan))
    assert (found.papers, found.sampled, found.decided, found.right) == (20, 10, 10, 8)
    assert found.accuracy == 0.8
    assert (found.low, found.high) == exact_interval(8, 10)


def test_a_failed_paper_of_the_sample_is_wrong_and_an_undecided_one_is_reported(tmp_path):
    run = kit.write_run(tmp_path / "run", [kit.label(0, "failed"), kit.label(1, A), kit.label(2, A)])
    plan = kit.plan(run, audit=3)
    in_order = sorted(kit.papers(run, plan).values(), key=lambda paper: paper.draw)
    for paper in in_order[:2]:
        kit.say(run, plan, "Ada", paper.key, A)
    found = sample_accuracy(read_review(run, plan))
    assert (found.sampled, found.decided) == (3, 2)
    assert found.right == sum(paper.key != "e0" for paper in in_order[:2])


def test_papers_of_the_sample_that_were_asked_out_of_turn_do_not_count_yet(tmp_path):
    run = kit.write_run(tmp_path / "run", [kit.label(n, A) for n in range(10)])
    plan = kit.plan(run, audit=10)
    in_order = [paper.key for paper in sorted(kit.papers(run, plan).values(), key=lambda p: p.draw)]
    kit.say(run, plan, "Ada", " ".join(in_order[5:]), B)  # they looked wrong, and were
    kit.say(run, plan, "Ada", in_order[0], A)
    assert sample_accuracy(read_review(run, plan)).model_dump(include={"decided", "right"}) == {
        "decided": 1,
        "right": 1,
    }
    kit.say(run, plan, "Ada", " ".join(in_order[1:5]), A)
    assert sample_accuracy(read_review(run, plan)).accuracy == 0.5


def test_without_decisions_nothing_is_claimed(run):
    found = advise(read_review(run, kit.plan(run)), 0.9)
    assert (found.accuracy.accuracy, found.accuracy.low, found.threshold, found.left) == (None, None, None, 8)


@pytest.mark.parametrize(
    ("right", "wrong", "confidence", "threshold"),
    [
        (60, 0, 0.97, 0.0),  # 60 of 60: the lower bound at 0.05 / 7 is 0.92
        (40, 0, 0.97, None),  # 40 of 40: 0.88
        (58, 2, 0.97, None),
    ],
)
def test_the_threshold_is_the_lowest_that_shows_the_wanted_accuracy(
    tmp_path, right, wrong, confidence, threshold
):
    run, plan = reviewed(tmp_path / "run", right, wrong, 5, confidence)
    found = advise(read_review(run, plan), 0.9)
    assert found.threshold == threshold
    assert found.left == (0 if threshold is not None else 5)
    assert found.checks[0].low == pytest.approx(lower_bound(right, right + wrong, 1 - 0.05 / 7))


def test_low_confidences_do_not_count_for_a_higher_threshold(tmp_path):
    labels = [kit.label(n, A, confidence=0.97 if n < 70 else 0.3) for n in range(100)]
    run = kit.write_run(tmp_path / "run", labels)
    plan = kit.plan(run, audit=100)
    kit.say(run, plan, "Ada", " ".join(f"e{n}" for n in range(70)), A)
    kit.say(run, plan, "Ada", " ".join(f"e{n}" for n in range(70, 100)), B)
    found = advise(read_review(run, plan), 0.9)
    assert (found.accuracy.accuracy, found.threshold) == (0.7, 0.5)
    kit.say(run, plan, "Ada", "e0", B)
    assert advise(read_review(run, plan), 0.9).threshold == 0.5  # 69 of 70
    kit.say(run, plan, "Ada", "e1 e2 e3", B)
    assert advise(read_review(run, plan), 0.9).threshold is None


def test_an_open_sample_gives_no_threshold(tmp_path):
    run = kit.write_run(tmp_path / "run", [kit.label(n, A, confidence=0.97) for n in range(101)])
    plan = kit.plan(run, audit=101)
    kit.say(run, plan, "Ada", " ".join(f"e{n}" for n in range(100)), A)
    assert advise(read_review(run, plan), 0.9).threshold is None
    kit.say(run, plan, "Ada", "e100", A)
    assert advise(read_review(run, plan), 0.9).threshold == 0.0


@pytest.mark.parametrize("wanted", [0, 1, -1, 2])
def test_the_wanted_accuracy_is_a_share(run, wanted):
    with pytest.raises(ConfigError, match="expected a number between 0 and 1"):
        advise(read_review(run, kit.plan(run)), wanted)


# -- the flow ----------------------------------------------------------------------------------------


@pytest.fixture
def varied(tmp_path: Path) -> Path:
    """Two duplicates, an unusable entry, a failure, two out of scope, one unplaced, and six in leaves."""
    from classifier.batch.ledger.lock import open_ledger

    labels = [kit.label(n, A) for n in range(6)]
    labels += [kit.label(6, "out-of-scope", scope_reason=next(iter(kit.taxonomy().rules)))]
    labels += [kit.label(7, "out-of-scope"), kit.label(8, "unplaced"), kit.label(9, "failed")]
    entries = [kit.entry(n) for n in range(10)] + [kit.entry(0, key="again"), kit.entry(0, key="third")]
    run = kit.write_run(tmp_path / "run", [*labels, kit.label(0, A), kit.label(0, A)], entries)
    with open_ledger(run, {}, kit.taxonomy().labels, relabel=False) as ledger, ledger.transaction():
        ledger.add_broken(1, BrokenEntry(source="list.bib", line=3, reason="no title"))
    return run


def test_the_counts_of_the_flow_add_up(varied):
    plan = kit.plan(varied)
    flow = count_flow(varied, read_review(varied, plan), kit.taxonomy())
    assert (flow.identified, flow.duplicates, flow.unusable, flow.waiting) == (13, 2, 1, 0)
    assert (flow.screened, flow.not_assessed, flow.unplaced, flow.included) == (10, 1, 1, 6)
    assert sum(flow.excluded.values()) == 2
    assert flow.identified == flow.duplicates + flow.unusable + flow.waiting + flow.screened
    parts = flow.not_assessed + sum(flow.excluded.values()) + flow.unplaced + flow.included
    assert flow.screened == parts


def test_a_persons_reason_decides_why_a_paper_is_excluded(varied):
    plan = kit.plan(varied)
    first, *_, last = kit.taxonomy().rules
    kit.say(varied, plan, "Ada", "e0", "out-of-scope", scope_reason=last)
    kit.say(varied, plan, "Ada", "e6", "out-of-scope", scope_reason=last)
    flow = count_flow(varied, read_review(varied, plan), kit.taxonomy())
    assert flow.excluded == dict.fromkeys(kit.taxonomy().rules, 0) | {last: 2, "no reason given": 1}
    assert first != last
    assert flow.by_people == 2


def test_the_flow_as_csv_and_as_a_picture(varied):
    plan, tree = kit.plan(varied), kit.taxonomy()
    flow = count_flow(varied, read_review(varied, plan), tree)
    rows = list(csv.DictReader(io.StringIO("".join(flow_csv(flow, tree)))))
    counts = {(row["what"], row["reason"]): int(row["count"]) for row in rows}
    assert counts["records identified", ""] == 13
    assert counts["records removed before screening", "duplicate"] == 2
    assert counts["papers included", ""] == 6
    drawn = ET.fromstring(flow_svg(flow, tree))
    texts = ["".join(node.itertext()) for node in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Records identified", "Papers screened", "Papers included", "13", "10", "6"} <= set(texts)


# -- the paragraph -----------------------------------------------------------------------------------


def paragraph(run: Path, plan: object, *, agreement: bool = False) -> object:
    papers = read_review(run, plan)
    return write_methods(
        plan,
        papers,
        count_flow(run, papers, kit.taxonomy()),
        advise(papers, 0.9),
        measure_reviewers(papers, kit.taxonomy()) if agreement else None,
    )


def test_every_number_of_the_paragraph_is_traceable(tmp_path):
    run, plan = reviewed(tmp_path / "run", 70, 0, 5)
    made = paragraph(run, plan)
    rest = made.text
    for number in made.numbers:
        before, found, rest = rest.partition(number.value)
        assert found
        assert not any(char.isdigit() for char in before.replace("95 %", "").replace("0.05", "")), before
        assert number.source
    assert not any(char.isdigit() for char in rest)
    assert "accuracy 1.00, 95 % exact binomial interval 0.95 to 1.00" in made.text
    assert "so 5 such papers were left as the engine labelled them" in made.text


def test_the_paragraph_claims_no_accuracy_without_a_decided_sample(run):
    text = paragraph(run, kit.plan(run)).text
    assert "The first 0 of it, all decided, count" in text
    assert "It was right" not in text
    assert "{" not in text


def test_the_paragraph_of_two_reviewers_has_their_agreement(run):
    plan = two_reviewers(run)
    found = measure_reviewers(read_review(run, plan), kit.taxonomy())
    text = paragraph(run, plan, agreement=True).text
    assert f"Krippendorff's alpha (nominal) was {found.alpha:.2f}." in text
    assert "On 5 papers that two people decided independently, they gave 2 the same label" in text
    assert "two people who did not see each other's decisions, seeing the engine's label" in text
