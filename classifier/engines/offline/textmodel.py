"""The trained part of the offline engine: words and cues of a paper -> a score for each label.

What enters: `offline/model.json`, written by `classifier train`, and a paper's sentences and cue hits. What
leaves: log-odds for each label. There is one logistic regression over all labels and one for each decision in
the tree. Their features are TF-IDF of words and word pairs, TF-IDF of term lists that follow each other,
where and how often merged lists occur (`places`), cue strengths, and the labels' scores by cues alone.
Prediction needs only the standard library. What it does not do: train (`classifier.training`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from classifier.engines.offline.cues import CueReader, log_softmax
from classifier.engines.offline.phrases import Sheet, Span
from classifier.engines.offline.words import Sentence
from classifier.errors import ConfigError

MODEL_FILE = "model.json"
SCHEMA_VERSION = 3
_READABLE = (2, SCHEMA_VERSION)
"""Version 2 has no weights for places."""
IDF_STEP = 25.0
"""Inverse document frequencies are stored in steps of 1/25 (one byte reaches 10.2)."""

KIND_GAP = 10
"""Most words between two phrases that count as following each other."""
KIND_LENGTH = 0.3
"""Length of the part of a vector for term lists; the part for words has length 1."""
_FLOOR = 1e-12
"""Keeps logarithms finite."""
_MAX_FOLLOWING = 64
"""Phrases that are checked as followers of a phrase: a hostile text may have thousands in one sentence."""

STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "the a an of to and in for on is are that this with by as be it its at from or which their these can "
        "our has have was were been also such than into while how",
    )
)


def count_terms(sentences: Iterable[Sentence], reader: CueReader, merged: Sequence[str]) -> Counter[str]:
    """Words, word pairs and term lists of title (twice) and abstract, without stop words.

    Phrases of the term lists in `merged` count as one word, `_name`, so that synonyms are the same term. Each
    phrase of any list counts as `{name}`, and with each other list that follows within `KIND_GAP` words as
    `{name}{other}`, which does not depend on the wording.
    """
    counts: Counter[str] = Counter()
    for sentence in sentences:
        if sentence.zone not in ("title", "abstract"):
            continue
        times = 2 if sentence.zone == "title" else 1
        found = reader.terms_in(Sheet(sentence.words))
        words = [word for word in _merge(sentence.words, found, merged) if word not in STOP_WORDS]
        pairs = (f"{left} {right}" for left, right in pairwise(words))
        for term in (*words, *pairs, *_kinds(found)):
            counts[term] += times
    return counts


def _merge(words: Sequence[str], found: Mapping[str, Sequence[Span]], merged: Sequence[str]) -> list[str]:
    spans: dict[int, tuple[int, str]] = {}
    for name in merged:
        for start, end in found.get(name, ()):
            if end > spans.get(start, (start, ""))[0]:
                spans[start] = (end, f"_{name}")
    out, place = [], 0
    while place < len(words):
        end, word = spans.get(place, (place + 1, words[place]))
        out.append(word)
        place = end
    return out


def _kinds(found: Mapping[str, Sequence[Span]]) -> Iterator[str]:
    """`{name}` for each phrase of a list, `{name}{other}` for each list within the next `KIND_GAP` words."""
    places = sorted((start, end, name) for name, spans in found.items() for start, end in spans)
    for number, (_, end, name) in enumerate(places):
        yield f"{{{name}}}"
        following = {
            other
            for start, _, other in places[number + 1 : number + 1 + _MAX_FOLLOWING]
            if end <= start <= end + KIND_GAP and other != name
        }
        yield from (f"{{{name}}}{{{other}}}" for other in sorted(following))


@dataclass(frozen=True)
class Head:
    """One decision: its classes, and the labels of each class.

    The first head chooses among all labels at once; `out-of-scope` may have several classes there, one for
    each reason. The other heads follow the tree: one chooses among the branches and `out-of-scope`, and one
    in each branch is trained only with the papers of that branch.
    """

    classes: tuple[tuple[str, ...], ...]


def plan_heads(leaves: Mapping[str, str], others: Mapping[str, int]) -> tuple[Head, ...]:
    """The decisions that are needed for a tree.

    Args:
        leaves: Leaf id -> its branch (the root's child above it).
        others: Label outside the tree -> number of its classes in the first head.
    """
    branches: dict[str, list[str]] = {}
    for leaf, branch in leaves.items():
        branches.setdefault(branch, []).append(leaf)
    outside = [(label,) for label in others]
    reasons = [(label,) for label, number in others.items() for _ in range(number)]
    flat = Head((*((leaf,) for leaf in leaves), *reasons))
    top = Head((*(tuple(below) for below in branches.values()), *outside))
    inside = [Head(tuple((leaf,) for leaf in below)) for below in branches.values() if len(below) > 1]
    return (flat, top, *inside)


@dataclass(frozen=True)
class TextModel:
    """Trained weights. "Columns" are the classes of all heads, one head after the other.

    Attributes:
        labels: Labels in the training data.
        heads: The decisions; see `Head`.
        merged: Term lists whose phrases count as one word.
        vocabulary: Term -> row of `weights`.
        idf: Inverse document frequency of each row, in steps of 1 / IDF_STEP.
        weights: int8, row by row; times `scale[column]` they are log-odds.
        place_weights: Fact about where a term list occurs (`places`) -> log-odds if it holds.
        cue_weights: Cue (its words) -> log-odds at strength 1.
        score_weights: Label -> log-odds for each unit of its log-probability by cues alone.
        cue_share: Share of the labels' log-probabilities by cues alone that is added directly.
        shift: Log-odds by which the shipped class prior differs from that of training, one per label.
        temperature: Divides the sum; above 1 it lowers the confidence.
        unplaced: Fixed probability of `unplaced`, which has no training examples.
        sha256: SHA-256 of the file, which identifies the model.
    """

    labels: tuple[str, ...]
    heads: tuple[Head, ...]
    merged: tuple[str, ...]
    vocabulary: Mapping[str, int]
    idf: array[int]
    weights: array[int]
    scale: tuple[float, ...]
    bias: tuple[float, ...]
    place_weights: Mapping[str, tuple[float, ...]]
    cue_weights: Mapping[str, tuple[float, ...]]
    score_weights: Mapping[str, tuple[float, ...]]
    cue_share: float
    shift: tuple[float, ...]
    temperature: float
    unplaced: float
    sha256: str = ""

    def vector(self, counts: Mapping[str, int]) -> dict[int, float]:
        """Row -> TF-IDF weight; words have length 1, term lists KIND_LENGTH; unknown terms are skipped."""
        parts: tuple[dict[int, float], dict[int, float]] = ({}, {})
        for term, count in counts.items():
            row = self.vocabulary.get(term)
            if row is not None:
                weight = (1.0 + math.log(count)) * self.idf[row] / IDF_STEP
                parts[term.startswith("{")][row] = weight
        vector: dict[int, float] = {}
        for part, length in zip(parts, (1.0, KIND_LENGTH), strict=True):
            norm = math.sqrt(sum(weight * weight for weight in part.values()))
            vector.update({row: length * weight / norm for row, weight in part.items()})
        return vector

    def text_columns(self, vector: Mapping[int, float], places: Mapping[str, float]) -> list[float]:
        """Log-odds of each column from the words and the places alone, including the bias."""
        width = len(self.bias)
        sums = [0.0] * width
        for row, value in vector.items():
            for column, weight in enumerate(self.weights[row * width : (row + 1) * width]):
                sums[column] += value * weight
        by_place = self._add_up((self.place_weights, places))
        return [self.bias[i] + sums[i] * self.scale[i] + by_place[i] for i in range(width)]

    def cue_columns(self, strengths: Mapping[str, float], by_cues: Mapping[str, float]) -> list[float]:
        """Log-odds that the cues, and the labels' log-probabilities by cues, add to each column."""
        return self._add_up((self.cue_weights, strengths), (self.score_weights, by_cues))

    def _add_up(self, *parts: tuple[Mapping[str, tuple[float, ...]], Mapping[str, float]]) -> list[float]:
        sums = [0.0] * len(self.bias)
        for known, values in parts:
            for name, value in values.items():
                for column, weight in enumerate(known.get(name, ())):
                    sums[column] += weight * value
        return sums

    def label_scores(self, columns: Sequence[float]) -> dict[str, float]:
        """Label -> mean of its log-probability by the first head and by the tree, plus the prior's shift."""
        scores = join_heads(self.heads, columns)
        return {label: scores[label] + shift for label, shift in zip(self.labels, self.shift, strict=True)}


def join_heads(heads: Sequence[Head], columns: Sequence[float]) -> dict[str, float]:
    """Label -> mean of its log-probability by the first head and by the other heads together."""
    scores: dict[str, float] = {}
    start = 0
    for head in heads:
        own = columns[start : start + len(head.classes)]
        start += len(head.classes)
        shares: dict[str, float] = {}
        for number, share in log_softmax(dict(enumerate(own))).items():
            for label in head.classes[number]:
                shares[label] = shares.get(label, 0.0) + math.exp(share)
        for label, share in shares.items():
            scores[label] = scores.get(label, 0.0) + 0.5 * math.log(max(_FLOOR, share))
    return scores


def save_model(model: TextModel, path: Path) -> None:
    """Writes the weights as one JSON file; equal models give equal bytes."""
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "labels": model.labels,
        "merged": model.merged,
        "heads": [head.classes for head in model.heads],
        "temperature": model.temperature,
        "unplaced": model.unplaced,
        "cue_share": model.cue_share,
        "shift": model.shift,
        "bias": model.bias,
        "scale": model.scale,
        "place_weights": model.place_weights,
        "cue_weights": model.cue_weights,
        "score_weights": model.score_weights,
        "idf": base64.b64encode(model.idf.tobytes()).decode(),
        "weights": base64.b64encode(model.weights.tobytes()).decode(),
        "vocabulary": "\n".join(sorted(model.vocabulary, key=lambda term: model.vocabulary[term])),
    }
    path.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def _rows(data: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(values) for name, values in data.items()}


def load_model(path: Path, labels: Sequence[str]) -> TextModel | None:
    """Reads the weights; None if the workspace has none.

    Raises:
        ConfigError: The file does not have the expected structure, or its labels are not in the taxonomy.
    """
    if not path.is_file():
        return None
    raw = path.read_bytes()
    try:
        data = json.loads(raw)
        if data["schema_version"] not in _READABLE:
            raise ValueError(f"schema_version {data['schema_version']}, expected {SCHEMA_VERSION}")
        idf, weights = array("B"), array("b")
        idf.frombytes(base64.b64decode(data["idf"]))
        weights.frombytes(base64.b64decode(data["weights"]))
        terms = data["vocabulary"].split("\n") if data["vocabulary"] else []
        model = TextModel(
            labels=tuple(data["labels"]),
            heads=tuple(Head(tuple(tuple(c) for c in head)) for head in data["heads"]),
            merged=tuple(data["merged"]),
            vocabulary={term: row for row, term in enumerate(terms)},
            idf=idf,
            weights=weights,
            scale=tuple(map(float, data["scale"])),
            bias=tuple(map(float, data["bias"])),
            place_weights=_rows(data["place_weights"]) if data["schema_version"] > 2 else {},
            cue_weights=_rows(data["cue_weights"]),
            score_weights=_rows(data["score_weights"]),
            cue_share=float(data["cue_share"]),
            shift=tuple(map(float, data["shift"])),
            temperature=float(data["temperature"]),
            unplaced=float(data["unplaced"]),
            sha256=hashlib.sha256(raw).hexdigest(),
        )
        if len(idf) != len(terms) or len(weights) != len(terms) * len(model.bias):
            raise ValueError("weights and vocabulary differ in length")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path}: not a trained model ({error}); retrain or remove it") from error
    unknown = [label for label in model.labels if label not in labels]
    if unknown:
        raise ConfigError(
            f"{path}: trained for label '{unknown[0]}', not in the taxonomy; retrain or remove it"
        )
    return model
