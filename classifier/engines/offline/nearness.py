"""A workspace without cues and weights -> how near a paper is to each label, by words alone.

What enters: texts of the labels (definitions, labelled studies) and a paper's title and abstract. What
leaves: log-odds. Three cosines of TF-IDF vectors are added: with the mean of the label's texts, with that of
the branch above it (papers of its children speak for a branch), and with its two nearest texts. Sources:
Rocchio's classifier in the cosine form of Han and Karypis 2000; shrinkage towards the parent as in McCallum
et al. 1998, "Improving text classification by shrinkage in a hierarchy of classes". Weights: ADR 18.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from classifier.engines.offline.textmodel import STOP_WORDS
from classifier.engines.offline.words import split_words
from classifier.text.similarity import add_vectors, cosine, unit_vector

BRANCH_WEIGHT = NEAREST_WEIGHT = 0.5
NEAREST = 2
SCALE = 15.0
"""Turns the sum of cosines into log-odds: of 8, 15 and 30 the one with the lowest Brier scores (ADR 18)."""


class LabelNearness:
    """An index of each label's texts.

    Args:
        texts: (label, text) pairs; a label may have several.
        branches: Label -> its branch; labels of one branch share its papers.
    """

    def __init__(self, texts: Sequence[tuple[str, str]], branches: Mapping[str, str]) -> None:
        counts = [Counter(_terms(text)) for _, text in texts]
        seen = Counter(term for count in counts for term in count)
        self._total = len(counts)
        self._idf = {term: self._rarity(times) for term, times in seen.items()}
        self._vectors = [
            (label, self._vector(count)) for (label, _), count in zip(texts, counts, strict=True)
        ]
        members: dict[str, list[Mapping[str, float]]] = {}
        below: dict[str, list[Mapping[str, float]]] = {}
        for label, vector in self._vectors:
            members.setdefault(label, []).append(vector)
            below.setdefault(branches.get(label, label), []).append(vector)
        self._means = {label: unit_vector(add_vectors(found)) for label, found in members.items()}
        above = {branch: unit_vector(add_vectors(found)) for branch, found in below.items()}
        self._above = {label: above[branches.get(label, label)] for label in members}

    def scores(self, text: str) -> dict[str, float]:
        """Label -> log-odds; a label without texts is missing."""
        query = self._vector(Counter(_terms(text)))
        near: dict[str, list[float]] = {}
        for label, vector in self._vectors:
            near.setdefault(label, []).append(cosine(query, vector))
        return {
            label: SCALE
            * (
                cosine(query, mean)
                + BRANCH_WEIGHT * cosine(query, self._above[label])
                + NEAREST_WEIGHT * sum(sorted(near[label])[-NEAREST:]) / NEAREST
            )
            for label, mean in self._means.items()
        }

    def _vector(self, count: Mapping[str, int]) -> dict[str, float]:
        unseen = self._rarity(0)
        return unit_vector({t: (1 + math.log(n)) * self._idf.get(t, unseen) for t, n in count.items()})

    def _rarity(self, times: int) -> float:
        return math.log((1 + self._total) / (1 + times)) + 1


def _terms(text: str) -> list[str]:
    return [word for word in split_words(text) if len(word) > 1 and word not in STOP_WORDS]
