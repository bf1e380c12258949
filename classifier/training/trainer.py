"""Labelled papers -> regressions, cross-validated scores, and the final model.

What enters: examples and the workspace's cues. What leaves: a `TextModel` and the numbers in a
`TrainingReport`. What it does not do: read or write files (`data`, `train` do).
"""

from __future__ import annotations

import math
import random
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classifier.engines.offline.cues import CueReader, answer_scores, load_cues, strengths_by_name
from classifier.engines.offline.decide import SIMILARITY_BESIDE, Similarity, label_scores, probabilities
from classifier.engines.offline.engine import CUES_FILE
from classifier.engines.offline.places import find_places, place_names
from classifier.engines.offline.textmodel import (
    IDF_STEP,
    Head,
    TextModel,
    count_terms,
    join_heads,
    plan_heads,
)
from classifier.errors import ConfigError
from classifier.model.identity import bare_arxiv_id
from classifier.model.record import OUT_OF_SCOPE
from classifier.survey.workspace import Workspace
from classifier.training.data import Example
from classifier.training.report import TrainingReport, calibration_error, f1

FOLDS = 5
DEFAULT_PRIOR = 0.6
"""Between natural proportions (0) and equal classes (1): ADR 0006 shows the trade-off."""

_WORD_SCALE = 2.0
_CUE_SCALE = 0.1
_SCORE_SCALE = 0.05
_PLACE_SCALE = 0.15
"""Features are scaled for one penalty: a unit vector of words (1 is too small, 2.5 too big), and the rest."""
_MIN_PAPERS = 4
"""A term in fewer papers is evidence about these papers, not about a label."""
_MIN_REASON = 20
"""A reason with fewer papers does not get a separate class."""
_RESTATED = 0.3
"""Value, in training, of a feature that marks restated papers; it is 0 in prediction. These summaries cover
only rare labels; the feature absorbs the effect of their style, so that the words do not."""
STYLE_BACK = 0.3
"""Share of the odds that is given back to leaves which lose odds with their style (docs/adr/0006)."""
_CUE_SHARE = 0.2
"""Share of the labels' log-probability by cues that is added directly. A larger share helps out-of-scope and
hurts rare leaves; chosen by cross-validation on the training papers (ADR 0006)."""
_UNPLACED = 0.01
"""Probability of `unplaced`: there are no examples to learn it from (docs/adr/0006)."""


class Trainer:
    """Computes the features of all papers once, and trains regressions on them."""

    def __init__(self, workspace: Workspace, examples: Sequence[Example]) -> None:
        taxonomy = workspace.taxonomy
        self._taxonomy = taxonomy
        self.examples = examples
        self._reader = CueReader(load_cues(workspace.offline_dir / CUES_FILE, taxonomy))
        self._merged = tuple(name for name in self._reader.book.merged if name in self._reader.book.terms)
        present = {example.label for example in examples}
        leaves = {leaf.id: leaf.ancestors[0] for leaf in taxonomy.leaves.values() if leaf.id in present}
        self._reasons = _frequent_reasons(examples)
        others = {OUT_OF_SCOPE: max(1, len(self._reasons))} if OUT_OF_SCOPE in present else {}
        self._heads = plan_heads(leaves, others)
        self._labels = (*leaves, *others)
        self._cue_names = tuple(cue.says for cue in self._reader.book.cues)
        self._score_names = (*taxonomy.leaves, OUT_OF_SCOPE) if self._cue_names else ()
        self._place_names = place_names(self._merged)
        self._read(Similarity(taxonomy, workspace.studies, alone=False))

    def _read(self, similarity: Similarity) -> None:
        """Counts terms, matches cues, and compares with the gold studies (which are not training papers)."""
        counts, self._dense, self._beside = [], [], []
        for example in self.examples:
            sentences = example.sentences()
            hits = self._reader.read(sentences)
            answers = answer_scores(self._reader.book, self._taxonomy, hits)
            by_cues = label_scores(self._taxonomy, answers)
            strengths = strengths_by_name(self._reader, hits)
            places = find_places(sentences, self._reader, self._merged)
            counts.append(count_terms(sentences, self._reader, self._merged))
            self._dense.append(
                [_CUE_SCALE * strengths.get(name, 0.0) for name in self._cue_names]
                + [_SCORE_SCALE * by_cues[label] for label in self._score_names]
                + [_PLACE_SCALE * places.get(name, 0.0) for name in self._place_names]
                + [_RESTATED * example.restated]
            )
            near = similarity.scores(" ".join(s.quote for s in sentences))
            self._beside.append(
                {x: SIMILARITY_BESIDE * near.get(x, 0.0) + _CUE_SHARE * by_cues[x] for x in self._labels}
            )
        papers = Counter(term for count in counts for term in count)
        terms = sorted(term for term, n in papers.items() if n >= _MIN_PAPERS)
        self._vocabulary = {term: row for row, term in enumerate(terms)}
        self._idf = array(
            "B",
            (min(255, round(IDF_STEP * (math.log(len(counts) / papers[term]) + 1))) for term in terms),
        )
        self._counts = counts

    def _empty(self) -> TextModel:
        """A model without weights, used to compute vectors."""
        return TextModel(
            labels=self._labels,
            heads=self._heads,
            merged=self._merged,
            vocabulary=self._vocabulary,
            idf=self._idf,
            weights=array("b"),
            scale=(),
            bias=(),
            place_weights={},
            cue_weights={},
            score_weights={},
            cue_share=_CUE_SHARE,
            shift=tuple(0.0 for _ in self._labels),
            temperature=1.0,
            unplaced=_UNPLACED,
        )

    def _matrix(self) -> Any:
        from scipy import sparse

        model = self._empty()
        rows, columns, values = [], [], []
        for number, count in enumerate(self._counts):
            for row, value in model.vector(count).items():
                rows.append(number)
                columns.append(row)
                values.append(_WORD_SCALE * value)
        words = sparse.csr_matrix((values, (rows, columns)), shape=(len(self._counts), len(self._vocabulary)))
        return sparse.csr_matrix(sparse.hstack([words, sparse.csr_matrix(self._dense)]))

    def _fit(self, matrix: Any, numbers: Sequence[int]) -> tuple[Any, list[float]]:
        """Weights (features x columns) and biases of all heads, trained on the papers with these numbers."""
        import numpy as np

        blocks, biases = [], []
        for head in self._heads:
            weights, bias = _fit_head(matrix, *self._targets(numbers, head), len(head.classes))
            blocks.append(weights)
            biases += bias
        return np.hstack(blocks), biases

    def _targets(self, numbers: Sequence[int], head: Head) -> tuple[list[int], list[int]]:
        """The numbers of the papers that a head decides about, and the class of each.

        If several classes have the paper's label, it belongs to the class of its reason; without one, to the
        first.
        """
        classes: dict[str, list[int]] = {}
        for index, labels in enumerate(head.classes):
            for label in labels:
                classes.setdefault(label, []).append(index)
        chosen = [n for n in numbers if self.examples[n].label in classes]
        targets = []
        for number in chosen:
            example = self.examples[number]
            among = classes[example.label]
            known = len(among) > 1 and example.reason in self._reasons
            targets.append(among[self._reasons.index(example.reason) if known else 0])
        return chosen, targets

    def cross_validate(self, seed: int) -> list[dict[str, float]]:
        """Each paper's label scores, by a model that was trained on neither it nor another text of the paper.

        The scores of restated papers do not include the effect of their style.
        """
        matrix = self._matrix()
        as_printed = _without_last_column(matrix)
        folds = self.folds(seed)
        scores: list[dict[str, float]] = [{} for _ in self.examples]
        for fold in range(FOLDS):
            seen = [n for n, f in enumerate(folds) if f != fold]
            unseen = [n for n, f in enumerate(folds) if f == fold]
            weights, bias = self._fit(matrix, seen)
            columns = as_printed[unseen] @ weights + bias
            for number, values in zip(unseen, columns.tolist(), strict=True):
                joined = join_heads(self._heads, values)
                scores[number] = {x: joined[x] + self._beside[number][x] for x in self._labels}
        return scores

    def folds(self, seed: int) -> list[int]:
        """The fold of each paper; texts of the same paper (equal id or title) are in the same fold."""
        chance = random.Random(seed)  # noqa: S311 - not for security
        of: dict[str, int] = {}
        folds = []
        for example in self.examples:
            keys = [bare_arxiv_id(example.arxiv or ""), " ".join(example.title.casefold().split())]
            known = next((of[key] for key in keys if key and key in of), chance.randrange(FOLDS))
            of.update({key: known for key in keys if key})
            folds.append(known)
        return folds

    def shift(self, prior: float) -> dict[str, float]:
        """Log-odds that shift the class prior towards equal classes: fully at `prior` 1, not at all at 0.

        Labels with many restated papers get back part of the odds that they lose with the style.
        """
        counts = Counter(example.label for example in self.examples)
        printed = Counter(example.label for example in self.examples if not example.restated)
        return {
            label: STYLE_BACK * math.log(counts[label] / max(1, printed[label]))
            - prior * math.log(counts[label] / len(self.examples))
            for label in self._labels
        }

    def fit_temperature(self, scores: Sequence[Mapping[str, float]]) -> float:
        """The temperature at which the labels of held-out papers are most probable (grid in steps of .05)."""

        def loss(temperature: float) -> float:
            return -sum(
                math.log(max(1e-12, self._probability(s, temperature)[example.label]))
                for s, example in zip(scores, self.examples, strict=True)
            )

        return min((round(0.3 + 0.05 * step, 2) for step in range(55)), key=loss)

    def _probability(self, scores: Mapping[str, float], temperature: float) -> dict[str, float]:
        return probabilities(self._taxonomy, scores, temperature, _UNPLACED)

    def fit_all(self, shift: Mapping[str, float], temperature: float) -> TextModel:
        """The final model: trained on all papers, quantised to one byte per weight."""
        weights, bias = self._fit(self._matrix(), range(len(self.examples)))
        words = _WORD_SCALE * weights[: len(self._vocabulary)]
        dense = iter(weights[len(self._vocabulary) :].tolist())
        scale = [max(1e-6, float(abs(column).max(initial=0.0))) / 127 for column in words.T]
        quantised = array(
            "b", (round(v / s) for row in words.tolist() for v, s in zip(row, scale, strict=True))
        )

        def named(names: Sequence[str], factor: float) -> dict[str, tuple[float, ...]]:
            return {name: _rounded(next(dense), factor) for name in names}

        return TextModel(
            **{
                **vars(self._empty()),
                "weights": quantised,
                "scale": tuple(float(f"{s:.6g}") for s in scale),
                "bias": _rounded(bias),
                "cue_weights": named(self._cue_names, _CUE_SCALE),
                "score_weights": named(self._score_names, _SCORE_SCALE),
                "place_weights": named(self._place_names, _PLACE_SCALE),
                "shift": tuple(round(shift[label], 4) for label in self._labels),
                "temperature": temperature,
            }
        )

    def report(
        self,
        scores: Sequence[Mapping[str, float]],
        excluded: tuple[str, ...],
        prior: float,
        temperature: float,
        model_bytes: int,
    ) -> TrainingReport:
        """The cross-validated numbers."""
        shares = [self._probability(s, temperature) for s in scores]
        predicted = [max(share.items(), key=lambda item: item[1])[0] for share in shares]
        truth = [example.label for example in self.examples]
        by_source: dict[str, list[bool]] = {}
        for example, label in zip(self.examples, predicted, strict=True):
            by_source.setdefault(example.source, []).append(label == example.label)
        confidences = [share[label] for share, label in zip(shares, predicted, strict=True)]
        return TrainingReport(
            papers=len(truth),
            excluded=excluded,
            accuracy={name: round(sum(right) / len(right), 4) for name, right in by_source.items()},
            per_label_f1={label: round(f1(truth, predicted, label), 4) for label in self._labels},
            calibration_error=round(
                calibration_error(confidences, [a == b for a, b in zip(truth, predicted, strict=True)]), 4
            ),
            prior=prior,
            temperature=temperature,
            terms=len(self._vocabulary),
            model_bytes=model_bytes,
        )


def _without_last_column(matrix: Any) -> Any:
    """The matrix with its last column set to 0."""
    from scipy import sparse

    return matrix @ sparse.diags([1.0] * (matrix.shape[1] - 1) + [0.0])


def _frequent_reasons(examples: Sequence[Example]) -> list[str | None]:
    """Out-of-scope reasons with at least `_MIN_REASON` papers, the most frequent first."""
    counts = Counter(example.reason for example in examples if example.label == OUT_OF_SCOPE)
    return [reason for reason, n in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
            if reason and n >= _MIN_REASON]  # fmt: skip


def _fit_head(
    matrix: Any, numbers: Sequence[int], targets: Sequence[int], width: int
) -> tuple[Any, list[float]]:
    """One regression with balanced classes; if there are two classes, it also gets one column per class."""
    try:
        import numpy as np
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise ConfigError(
            "training needs scikit-learn; install it with: pip install 'survey-classifier[train]'"
        ) from error
    counts = Counter(targets)
    most = max(counts.values())
    model = LogisticRegression(C=1.0, max_iter=1000, tol=1e-3)
    model.fit(matrix[numbers], targets, sample_weight=[most / counts[t] for t in targets])
    weights = np.zeros((matrix.shape[1], width))
    bias = np.full(width, -20.0)  # for classes without a paper in this fold
    if len(model.classes_) == 2:
        weights[:, model.classes_] = np.vstack([-model.coef_[0], model.coef_[0]]).T / 2
        bias[model.classes_] = np.array([-model.intercept_[0], model.intercept_[0]]) / 2
    else:
        weights[:, model.classes_] = model.coef_.T
        bias[model.classes_] = model.intercept_
    return weights, bias.tolist()


def _rounded(values: Iterable[float], factor: float = 1.0) -> tuple[float, ...]:
    return tuple(round(factor * value, 4) for value in values)
