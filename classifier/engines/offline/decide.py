"""Scores of the engine's parts -> one probability for each label.

What enters: the log-probabilities of answers by cues, the text model's scores, and similarities to
definitions and examples. What leaves: probabilities of the leaves, `out-of-scope` and `unplaced`, which sum
to 1. The meaning of the labels comes only from the taxonomy: the probability of a leaf is that of all the
answers that lead to it; the probability of `out-of-scope` is that of meeting at least one scope rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.engines.offline.cues import Hit, log_softmax
from classifier.engines.offline.nearness import LabelNearness
from classifier.engines.offline.words import Sentence
from classifier.model.record import OUT_OF_SCOPE, UNPLACED
from classifier.model.study import Study
from classifier.survey.conditions import Conditions
from classifier.survey.taxonomy import Leaf, Node, Taxonomy
from classifier.text.similarity import TermIndex

UNPLACED_SHARE = 0.01
"""Probability of `unplaced` without a trained model: there are no examples to learn it from."""

_FLOOR = 1e-9
"""Keeps logarithms finite."""
_SIMILARITY_SCALE = 30.0
"""Turns cosines of short texts (.05 to .4) into log-odds; chosen by leave-one-out in two workspaces."""

SIMILARITY_BESIDE = 0.15
"""Weight of similarity if there are also cues or a trained model. Set by hand: on the training papers, 0 to
.25 are equally good by cross-validation (ADR 0006)."""

Answers = Mapping[str, Mapping[str, float]]
"""Question id -> answer id -> log-probability."""


@dataclass(frozen=True)
class Judgement:
    """All findings of the engine about one paper, before the answer is built.

    Attributes:
        answers: Question id -> answer id -> log-probability by cues.
        scores: Label -> log-odds, the sum of all parts.
        probabilities: Label -> probability; sums to 1.
    """

    sentences: tuple[Sentence, ...]
    hits: tuple[Hit, ...]
    answers: Mapping[str, Mapping[str, float]]
    scores: Mapping[str, float]
    probabilities: Mapping[str, float]


def condition_score(conditions: Conditions, answers: Answers) -> float:
    """Log-probability that every condition is met, if the questions are independent."""
    total = 0.0
    for question, allowed in conditions.items():
        given = answers.get(question, {})
        total += math.log(max(_FLOOR, sum(math.exp(given[a]) for a in allowed if a in given)))
    return total


def label_scores(taxonomy: Taxonomy, answers: Answers) -> dict[str, float]:
    """Leaf id or `out-of-scope` -> log-probability, from the answers alone.

    A leaf to which no answers lead gets the lowest score of the others; without questions, all leaves are
    equal.
    """
    led_to = {
        leaf.id: condition_score(leaf.answers, answers) for leaf in taxonomy.leaves.values() if leaf.answers
    }
    scores = dict.fromkeys(taxonomy.leaves, min(led_to.values(), default=0.0)) | led_to
    inside = 1.0
    for rule in taxonomy.scope.rules:
        if rule.answers:
            inside *= 1.0 - math.exp(condition_score(rule.answers, answers))
    scores[OUT_OF_SCOPE] = math.log(max(_FLOOR, 1.0 - inside))
    return scores


class Similarity:
    """An index of the definitions and examples of each label, for comparison with a paper.

    Rebuilt if the examples change, since they exclude the paper itself.

    Args:
        alone: There are no cues and no weights, so that this decides (`nearness`); else it is a small part.
    """

    def __init__(self, taxonomy: Taxonomy, examples: Sequence[Study], *, alone: bool) -> None:
        texts = label_texts(taxonomy, examples)
        self._labels = [label for label, _ in texts]
        self._index: TermIndex | None = None
        self._nearness: LabelNearness | None = None
        if alone:
            self._nearness = LabelNearness(texts, branch_of_labels(taxonomy))
        else:
            self._index = TermIndex([text for _, text in texts])

    def scores(self, text: str) -> dict[str, float]:
        """Label -> log-odds; beside cues, the mean cosine of the label's two nearest texts, scaled."""
        if self._nearness is not None:
            return self._nearness.scores(text)
        near: dict[str, list[float]] = {}
        cosines = self._index.similarities(text) if self._index else []
        for label, cosine in zip(self._labels, cosines, strict=True):
            near.setdefault(label, []).append(cosine)
        return {
            label: _SIMILARITY_SCALE * sum(sorted(values, reverse=True)[:2]) / min(2, len(values))
            for label, values in near.items()
        }


def label_texts(taxonomy: Taxonomy, examples: Sequence[Study]) -> list[tuple[str, str]]:
    """(label, text) pairs: definitions of leaves and scope rules, then the examples."""
    texts = [(leaf.id, _leaf_text(leaf)) for leaf in taxonomy.leaves.values()]
    for rule in taxonomy.scope.rules:
        said = [rule.title, rule.definition, *(p.case for p in rule.precedents)]
        texts.append((OUT_OF_SCOPE, " ".join(said)))
    return [*texts, *((study.label, f"{study.title} {study.summary}") for study in examples)]


def branch_of_labels(taxonomy: Taxonomy) -> dict[str, str]:
    """Leaf -> the top-level branch above it; leaves at the top are missing."""
    return {leaf.id: leaf.ancestors[0] for leaf in taxonomy.leaves.values() if leaf.ancestors}


def _leaf_text(leaf: Leaf) -> str:
    return " ".join([*leaf.titles, _node_text(leaf.node)])


def _node_text(node: Node) -> str:
    return " ".join(
        [node.settled_definition, *node.counts, *(precedent.case for precedent in node.precedents)]
    )


def probabilities(
    taxonomy: Taxonomy,
    scores: Mapping[str, float],
    temperature: float = 1.0,
    unplaced: float = UNPLACED_SHARE,
) -> dict[str, float]:
    """Every label of the taxonomy -> probability; a label without a score gets 0."""
    shares = log_softmax({label: score / temperature for label, score in scores.items()})
    found = {label: math.exp(share) * (1.0 - unplaced) for label, share in shares.items()}
    return {label: unplaced if label == UNPLACED else found.get(label, 0.0) for label in taxonomy.labels}
