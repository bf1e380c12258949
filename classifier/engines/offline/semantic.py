"""Vectors of meaning -> log-odds of labels, added to what words and cues say (ADR 21).

What enters: an embedder, and either weights that were trained on its vectors
(`offline/embeddings/NAME.json`), or the texts of the labels and of the labelled studies. What leaves:
log-odds. With weights, a logistic regression on the paper's vector; without cues, the three cosines of
`nearness`, by meaning instead of words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError, model_validator

from classifier.engines.embeddings import Embedded, Embedder, Vector
from classifier.engines.offline.nearness import BRANCH_WEIGHT, NEAREST, NEAREST_WEIGHT, SCALE
from classifier.errors import ConfigError
from classifier.extras import need
from classifier.model.record import Record
from classifier.model.reply import Usage
from classifier.survey.shape import problems

WEIGHTS_FOLDER = "embeddings"
MEANING_WEIGHT = 1.0
"""Weight of the cosines of meaning beside those of words: of .25 to 3, the best on 13 sets (ADR 21)."""

MEANING_TEMPERATURE = 2.2
"""Divides the log-odds of words and meaning together: of .5 to 3, the lowest log-loss on the same sets."""


class SemanticWeights(Record):
    """A logistic regression on the vectors of one embedder.

    Attributes:
        embedder: The name of the embedder that it was trained with.
        weights: Label -> one weight for each dimension.
        bias: Label -> log-odds without a vector.
        share: Weight of its log-probabilities beside the other parts, which are divided by their temperature.
        temperature: Divides the sum.
        shift: Label -> the log-odds that it owes to being rare, by the weights of classes in training.
        sha256: Of the file; empty before it is written.
    """

    schema_version: int = Field(default=1, ge=1, le=1)
    embedder: str
    weights: Mapping[str, tuple[float, ...]]
    bias: Mapping[str, float]
    share: float = Field(gt=0)
    temperature: float = Field(gt=0)
    shift: Mapping[str, float]
    sha256: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _equal_labels(self) -> SemanticWeights:
        sizes = {len(row) for row in self.weights.values()}
        if not self.weights.keys() == self.bias.keys() == self.shift.keys() or len(sizes) != 1:
            raise ValueError("weights, bias and shift must have the same labels, and weights one length")
        return self

    def log_odds(self, vector: Vector) -> dict[str, float]:
        """Label -> log-odds of one paper.

        Raises:
            ConfigError: The vector has another number of dimensions.
        """
        import numpy as np

        labels = list(self.weights)
        matrix = np.array([self.weights[label] for label in labels], dtype=np.float64)
        if matrix.shape[1] != len(vector):
            raise ConfigError(
                f"the embeddings have {len(vector)} dimensions, and the weights for {self.embedder} have "
                f"{matrix.shape[1]}; run: classifier train --embeddings …"
            )
        odds = matrix @ vector.astype(np.float64)
        return {label: float(odd) + self.bias[label] for label, odd in zip(labels, odds, strict=True)}


class Meaning(NamedTuple):
    """What the vectors say about one paper, and what they cost.

    Attributes:
        scores: Label -> log-odds.
    """

    scores: Mapping[str, float]
    usage: Usage = Usage()
    requests: int = 0


class MeaningByWeights:
    """The regression; the examples are not compared."""

    def __init__(self, embedder: Embedder, weights: SemanticWeights) -> None:
        self._embedder = embedder
        self.weights = weights

    async def read(self, text: str) -> Meaning:
        """What the weights say of a text."""
        made = await self._embedder.embed([text])
        return Meaning(self.weights.log_odds(made.vectors[0]), made.usage, made.requests)


class MeaningByNearness:
    """Cosines with each label's texts, as in `nearness`, which is about words.

    Args:
        texts: (label, text) pairs; a label may have several.
        branches: Label -> its branch.
    """

    def __init__(
        self, embedder: Embedder, texts: Sequence[tuple[str, str]], branches: Mapping[str, str]
    ) -> None:
        self._embedder = embedder
        self._texts = texts
        self._branches = branches

    async def read(self, text: str) -> Meaning:
        """How near a text is to each label."""
        made = await self._embedder.embed([text, *(said for _, said in self._texts)])
        return Meaning(self._scores(made), made.usage, made.requests)

    def _scores(self, made: Embedded) -> dict[str, float]:
        import numpy as np

        query, vectors = made.vectors[0], np.array(made.vectors[1:])
        labels = np.array([label for label, _ in self._texts])
        above = np.array([self._branches.get(label, label) for label, _ in self._texts])
        cosines = vectors @ query
        found = {}
        for label in dict.fromkeys(labels.tolist()):
            own = labels == label
            near = np.sort(cosines[own])[-NEAREST:].sum() / NEAREST
            branch = vectors[above == self._branches.get(label, label)]
            cosine = _mean(vectors[own]) @ query + BRANCH_WEIGHT * (_mean(branch) @ query)
            found[label] = MEANING_WEIGHT * SCALE * float(cosine + NEAREST_WEIGHT * near)
        return found


def load_weights(folder: Path, embedder: str, labels: Sequence[str]) -> SemanticWeights | None:
    """The weights for an embedder in a workspace's `offline/`; None if there are none.

    Raises:
        ConfigError: They do not fit the embedder or the taxonomy.
    """
    path = folder / WEIGHTS_FOLDER / f"{embedder}.json"
    if not path.is_file():
        return None
    try:
        raw = path.read_bytes()
        sha256 = hashlib.sha256(raw).hexdigest()
        found = SemanticWeights.model_validate({**json.loads(raw), "sha256": sha256})
    except ValidationError as error:
        where, message = next(problems(error, SemanticWeights))
        raise ConfigError(f"{path}: {where}: {message}; run: classifier train --embeddings …") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not readable ({error}); run: classifier train --embeddings …") from error
    unknown = [label for label in found.weights if label not in labels]
    if unknown or found.embedder != embedder:
        wrong = (
            f"the label '{unknown[0]}' is not in the taxonomy" if unknown else f"it is for {found.embedder}"
        )
        raise ConfigError(f"{path}: {wrong}; run: classifier train --embeddings …")
    return found


def no_weights(folder: Path, embedder: str) -> str:
    """Says that a workspace with cues has no weights for an embedder, and what to do."""
    known = sorted(path.stem for path in (folder / WEIGHTS_FOLDER).glob("*.json"))
    others = f" (it has weights for {', '.join(known)})" if known else ""
    return (
        f"{folder}: no weights for the embeddings {embedder}{others}; an engine with cues needs them: run "
        "classifier train --embeddings … with labelled papers, or leave --embeddings out"
    )


def _mean(vectors: Vector) -> Vector:
    np = need("numpy", "semantic", "embeddings")
    total = vectors.sum(axis=0)
    return total / (float(np.linalg.norm(total)) or 1.0)
