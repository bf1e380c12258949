"""Blind decisions of several reviewers -> their agreement, by leaf, and the labels that they confuse.

What enters: papers under review. What leaves: numbers, and the pairs of labels that are confused most, with
the sentences that led to it. Only decisions made without seeing the other reviewer's count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations
from typing import Any

from classifier.errors import ConfigError
from classifier.export.filed import FAILED
from classifier.model.decision import ReviewDecision
from classifier.model.record import Record
from classifier.review.papers import ReviewPaper
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown

MOST_EXAMPLES = 3
"""Most papers that are shown for a confused pair."""


class PairKappa(Record):
    """Cohen's kappa of two raters on the n papers that both labelled; None if it is not defined."""

    raters: tuple[str, str]
    n: int
    kappa: float | None


class LeafAgreement(Record):
    """Agreement on one label.

    Attributes:
        either: Pairs of decisions in which at least one reviewer gave the label.
        both: Those in which both did.
        specific: 2 both / (given by the first + given by the second): the chance that the other agrees if one
            gives it (Fleiss 1975; positive agreement of Cicchetti and Feinstein 1990).
    """

    label: str
    either: int
    both: int
    specific: float


class ConfusedPaper(Record):
    """A paper on which two reviewers differ, and the sentences that they read.

    Attributes:
        said: Each reviewer, their label and their note.
        quotes: Sentences of the paper that the engine's label rests on.
        resolved: The label that ended the conflict; None if it is open.
    """

    key: str
    title: str
    said: tuple[tuple[str, str, str], ...]
    quotes: tuple[str, ...]
    resolved: str | None


class ConfusedLabels(Record):
    """Two labels that reviewers gave to the same paper, how often, and some of these papers."""

    labels: tuple[str, str]
    count: int
    papers: tuple[ConfusedPaper, ...]


class ReviewAgreement(Record):
    """The agreement of the reviewers of a run.

    Attributes:
        papers: Papers on which at least two reviewers decided blind.
        equal: Of these, papers on which all gave the same label.
        kappas: Cohen's kappa of each pair of reviewers.
        machine: Cohen's kappa of each reviewer with the engine on these papers; "failed" counts as a separate
        label.
        alpha: Krippendorff's alpha for nominal data.
        tree_alpha: Krippendorff's alpha with the squared distance in the tree (`tree_distance`).
        weights: The distance of each pair of occurring labels: the weights of `tree_alpha`.
        by_label: In the order of the taxonomy.
        confused: The most frequent first.
    """

    reviewers: tuple[str, ...]
    papers: int
    equal: int
    kappas: tuple[PairKappa, ...]
    machine: tuple[PairKappa, ...]
    alpha: float | None
    tree_alpha: float | None
    weights: tuple[tuple[str, str, float], ...]
    by_label: tuple[LeafAgreement, ...]
    confused: tuple[ConfusedLabels, ...]


@dataclass(frozen=True)
class _Unit:
    """A paper and each reviewer's blind decision on it."""

    paper: ReviewPaper
    by_name: dict[str, ReviewDecision]

    def label(self, name: str) -> str | None:
        made = self.by_name.get(name)
        return made.label if made else None


def measure_reviewers(papers: Sequence[ReviewPaper], taxonomy: Taxonomy) -> ReviewAgreement:
    """The agreement of all who decided blind; numbers are None if no two decided on the same paper.

    Raises:
        ConfigError: The packages are missing.
    """
    need_agreement_packages()
    units = [_Unit(paper, blind_decisions(paper)) for paper in papers]
    shared = [unit for unit in units if len(unit.by_name) > 1]
    names = sorted({name for unit in units for name in unit.by_name})
    rows = [[unit.label(name) for name in names] for unit in shared]
    found = sorted({label for row in rows for label in row if label is not None})
    return ReviewAgreement(
        reviewers=tuple(names),
        papers=len(shared),
        equal=sum(len({label for label in row if label is not None}) == 1 for row in rows),
        kappas=tuple(_kappa_of(rows, names, a, b) for a, b in combinations(range(len(names)), 2)),
        machine=tuple(_machine_kappa(shared, name) for name in names),
        alpha=krippendorff_of(rows, None),
        tree_alpha=krippendorff_of(rows, taxonomy),
        weights=tuple((a, b, tree_distance(taxonomy, a, b)) for a, b in combinations(found, 2)),
        by_label=tuple(_by_label(rows, taxonomy.labels)),
        confused=tuple(_confused(shared)),
    )


def blind_decisions(paper: ReviewPaper) -> dict[str, ReviewDecision]:
    """Each reviewer's last label that was given without knowledge of another reviewer's."""
    found = {}
    for made in paper.decisions:
        if made.rules and made.kind != "resolve" and made.seen != "all":
            found[made.by] = made
    return found


def cohen(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa by scikit-learn; None without items, or if both gave one and the same label only.

    Source: Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    from sklearn.metrics import cohen_kappa_score

    if not first or len({*first, *second}) == 1:
        return None
    return float(cohen_kappa_score(list(first), list(second)))


def krippendorff_of(rows: Sequence[Sequence[str | None]], taxonomy: Taxonomy | None) -> float | None:
    """Krippendorff's alpha; None if it is not defined (no paper with two labels, or only one label).

    Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C for nominal data with
    missing values; with a taxonomy, the metric difference is `tree_distance` squared (section D's form).

    Args:
        rows: One row per paper; the n-th value is the n-th reviewer's label, None if missing.
        taxonomy: None for nominal data.
    """
    import krippendorff
    import numpy as np

    domain = sorted({label for row in rows if sum(x is not None for x in row) > 1 for label in row if label})
    if len(domain) < 2:
        return None
    counts = np.array([[list(row).count(label) for label in domain] for row in rows])
    if taxonomy is None:
        return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
    distances = np.array([[tree_distance(taxonomy, a, b) ** 2 for b in domain] for a in domain])

    def metric(v1: Any, v2: Any, i1: Any, i2: Any, n_v: Any, dtype: Any = np.float64) -> Any:  # noqa: ARG001
        return distances[i1, i2].astype(dtype)

    return float(krippendorff.alpha(value_counts=counts, value_domain=domain, level_of_measurement=metric))


def tree_distance(taxonomy: Taxonomy, first: str, second: str) -> float:
    """The distance of two labels in the tree, in [0, 1]: 1 - 2 |A ∩ B| / (|A| + |B|).

    A and B are the label and its ancestors without the root. 0 for the same label; 1 for different classes,
    and between out-of-scope or unplaced and anything else; 1/2 for siblings at depth 2, 1/3 at depth 3.

    Source: the Dice distance of the ancestor sets of Kiritchenko et al. 2005, as in hierarchical F.
    """
    a, b = set(taxonomy.ancestors(first)), set(taxonomy.ancestors(second))
    return 1 - 2 * len(a & b) / (len(a) + len(b))


def need_agreement_packages() -> None:
    """Checks that scikit-learn and krippendorff are installed, without importing them.

    Raises:
        ConfigError: One is missing; the message says what to install.
    """
    for package in ("sklearn", "krippendorff"):
        if find_spec(package) is None:
            raise ConfigError(
                f"agreement needs the package '{package}'; run: pip install 'survey-classifier[review]'"
            )


def _kappa_of(rows: Sequence[Sequence[str | None]], names: Sequence[str], a: int, b: int) -> PairKappa:
    both = [(x, y) for row in rows if (x := row[a]) is not None and (y := row[b]) is not None]
    kappa = cohen([x for x, _ in both], [y for _, y in both])
    return PairKappa(raters=(names[a], names[b]), n=len(both), kappa=_rounded(kappa))


def _machine_kappa(units: Sequence[_Unit], name: str) -> PairKappa:
    pairs = [(made.label or "", made.machine or FAILED) for unit in units if (made := unit.by_name.get(name))]
    kappa = cohen([x for x, _ in pairs], [y for _, y in pairs])
    return PairKappa(raters=(name, "engine"), n=len(pairs), kappa=_rounded(kappa))


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _by_label(rows: Sequence[Sequence[str | None]], labels: Sequence[str]) -> list[LeafAgreement]:
    pairs = [(a, b) for row in rows for a, b in combinations([x for x in row if x is not None], 2)]
    found = []
    for label in labels:
        both = sum(a == b == label for a, b in pairs)
        given = sum((a == label) + (b == label) for a, b in pairs)
        if given:
            found.append(
                LeafAgreement(label=label, either=given - both, both=both, specific=2 * both / given)
            )
    return found


def _confused(units: Sequence[_Unit]) -> list[ConfusedLabels]:
    found: dict[tuple[str, str], list[_Unit]] = {}
    for unit in units:
        labels = sorted({made.label for made in unit.by_name.values() if made.label})
        for pair in combinations(labels, 2):
            found.setdefault(pair, []).append(unit)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        ConfusedLabels(labels=pair, count=len(those), papers=tuple(map(_example, those[:MOST_EXAMPLES])))
        for pair, those in ordered
    ]


def _example(unit: _Unit) -> ConfusedPaper:
    row = unit.paper.filed.row
    quotes = {shown(piece.quote): None for piece in row.label.evidence if piece.verdict != "absent"}
    resolution = unit.paper.opinions.resolution
    return ConfusedPaper(
        key=unit.paper.filed.key,
        title=unit.paper.filed.title,
        said=tuple((made.by, made.label or "", shown(made.note)) for made in unit.by_name.values()),
        quotes=tuple(quotes),
        resolved=resolution.label if resolution else None,
    )
