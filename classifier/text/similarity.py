"""Similarity of short texts by their words: TF-IDF cosine, without trained weights.

What enters: texts of a workspace (definitions, summaries) and of papers. What leaves: numbers in
[0, 1]. It is used if there are no labelled papers to learn from: to choose similar examples, and to compare
definitions. Source: Salton & Buckley 1988, "Term-weighting approaches in automatic text retrieval" (tf: 1 +
ln, idf: ln, cosine).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

_WORD = re.compile(r"[^\W\d_]{2,}")
_STEM_CHARS = 6
"""Words are cut to this many letters: a stemmer without a dictionary."""
# Articles, pronouns and auxiliaries; "no", "not", "without" stay: they separate neighbouring leaves.
_STOP = frozenset(
    _WORD.findall(
        "an the and or of to in on at by for from as is are was were be been it its this that these those "
        "which who whom whose what where when how than then so such into onto over under with we our they "
        "their he she his her you your can could may might must shall should will would do does did has have "
        "had also more most some any all each other others one two here there about between through during"
    )
)


def terms(text: str) -> list[str]:
    """Lower-case words without stop words, cut to six letters: a crude stem that needs no dictionary."""
    return [word[:_STEM_CHARS] for word in _WORD.findall(text.lower()) if word not in _STOP]


class TermIndex:
    """A few texts, ready to be compared with others.

    Args:
        texts: The texts that the inverse document frequencies are computed from; an empty one is similar to
            none.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(terms(text)) for text in texts]
        seen = Counter(term for count in counts for term in count)
        self._unseen = math.log(1 + len(counts)) + 1
        self._idf = {term: math.log((1 + len(counts)) / (1 + n)) + 1 for term, n in seen.items()}
        self.vectors = [self._vector(count) for count in counts]

    def similarities(self, text: str) -> list[float]:
        """Cosine in [0, 1] of the text with each indexed one, in their order."""
        query = self._vector(Counter(terms(text)))
        return [cosine(query, vector) for vector in self.vectors]

    def _vector(self, count: Mapping[str, int]) -> dict[str, float]:
        return unit_vector(
            {term: (1 + math.log(n)) * self._idf.get(term, self._unseen) for term, n in count.items()}
        )


def contrast(left: str, right: str, left_ground: str, right_ground: str) -> float:
    """How much better two texts fit their own grounds than each other's, in [-2, 2]; 0 means no difference.

    Only words that one side has and the other lacks count: common words do not distinguish them.
    """
    (one, other), (one_ground, other_ground) = _apart(left, right), _apart(left_ground, right_ground)
    own = cosine(one, one_ground) + cosine(other, other_ground)
    return own - cosine(one, other_ground) - cosine(other, one_ground)


def _apart(left: str, right: str) -> tuple[dict[str, float], dict[str, float]]:
    """Unit vectors of the words that only one of the two texts contains."""
    one, other = Counter(terms(left)), Counter(terms(right))
    return unit_vector(_without(one, other)), unit_vector(_without(other, one))


def _without(count: Mapping[str, int], other: Mapping[str, int]) -> dict[str, float]:
    return {term: 1 + math.log(n) for term, n in count.items() if term not in other}


def unit_vector(weights: Mapping[str, float]) -> dict[str, float]:
    """The vector scaled to length 1; empty if its length is 0."""
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {term: weight / length for term, weight in weights.items()} if length else {}


def cosine(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    """The product of two unit vectors."""
    if len(left) > len(right):
        left, right = right, left
    return sum(weight * right[term] for term, weight in left.items() if term in right)


class Centroids:
    """Groups of texts, each with the mean of its vectors.

    Args:
        groups: Name -> texts.
    """

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        texts = [text for members in groups.values() for text in members]
        vectors = iter(TermIndex(texts).vectors)
        self._members = {name: [next(vectors) for _ in members] for name, members in groups.items()}
        self._sums = {name: add_vectors(members) for name, members in self._members.items()}

    def leave_one_out(self) -> dict[str, list[dict[str, float]]]:
        """Group -> for each of its texts, its cosine with each group's mean (without itself in its own)."""
        units = {name: unit_vector(total) for name, total in self._sums.items()}
        found: dict[str, list[dict[str, float]]] = {}
        for name, members in self._members.items():
            found[name] = []
            for vector in members:
                row = {other: cosine(vector, unit) for other, unit in units.items() if other != name}
                rest = {t: w - vector.get(t, 0.0) for t, w in self._sums[name].items()}
                found[name].append({**row, name: cosine(vector, unit_vector(rest))})
        return found


def add_vectors(vectors: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The sum of sparse vectors."""
    total: dict[str, float] = {}
    for vector in vectors:
        for term, weight in vector.items():
            total[term] = total.get(term, 0.0) + weight
    return total
