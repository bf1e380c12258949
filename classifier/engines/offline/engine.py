"""The offline engine: needs no key and no network; every step can be inspected.

    sentences > cues > answers > labels by cues ┐
              > words ------------------------- ┼> probabilities > Answer with quotes
              > definitions and examples ------ ┘

What enters: a Task. What leaves: a Reply whose quotes are sentences of the paper. Cues and weights come from
the workspace (`offline/`); if it has none, only definitions and examples decide.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.engines.offline.answer import build_answer
from classifier.engines.offline.cues import CueReader, Hit, answer_scores, load_cues
from classifier.engines.offline.decide import (
    SIMILARITY_BESIDE,
    UNPLACED_SHARE,
    Judgement,
    Similarity,
    label_scores,
    probabilities,
)
from classifier.engines.offline.reading import read_sentences
from classifier.engines.offline.textmodel import MODEL_FILE, count_terms, load_model, strengths_by_name
from classifier.engines.offline.words import Sentence
from classifier.model.reply import Reply
from classifier.model.study import Study
from classifier.model.task import Task
from classifier.survey.taxonomy import Taxonomy

CUES_FILE = "cues.yaml"
PARTS = ("cues", "text", "similarity")

_CUES_ALONE = 0.7
"""Weight of the cues without a trained model: below 1, since the same fact counts for several questions."""


class OfflineEngine:
    """An explainable baseline.

    Args:
        taxonomy: Defines which answers lead to which label.
        data_dir: The workspace's `offline/` folder; parts whose files are missing are not used.
        parts: The parts to use, for ablations; at least one of `PARTS`.

    Raises:
        ConfigError: Cues or weights exist but are invalid.
    """

    name = "offline"
    needs_prompt = False

    def __init__(
        self, taxonomy: Taxonomy, data_dir: Path | None = None, *, parts: Sequence[str] = PARTS
    ) -> None:
        self._taxonomy = taxonomy
        folder = data_dir or Path("/nonexistent")
        self._reader = CueReader(load_cues(folder / CUES_FILE, taxonomy))
        self.trained = load_model(folder / MODEL_FILE, taxonomy.labels)
        self._cues = "cues" in parts and bool(self._reader.book.cues)
        self._text = "text" in parts and self.trained is not None
        self._similar = "similarity" in parts or not (self._cues or self._text)
        self._similarity: tuple[tuple[Study, ...], Similarity] | None = None

    @property
    def model(self) -> str:
        """Its name: a hash of the weights, "baseline" with cues only, "baseline-nearness" with neither.

        Calibrations and measurements are kept by this name, so another way to decide has another name.
        """
        if self.trained:
            return f"baseline-{self.trained.sha256[:12]}"
        return "baseline" if self._reader.book.cues else "baseline-nearness"

    async def answer(self, task: Task) -> Reply:
        """Labels one paper; missing data never makes it fail."""
        started = time.perf_counter()
        judgement = self.judge(task)
        answer = build_answer(self._taxonomy, self._reader, judgement)
        return Reply(
            answer=answer,
            engine=self.name,
            model=self.model,
            probabilities=judgement.probabilities,
            cautious=self._as_trained(judgement.scores, answer.label),
            confidence_source="calibrated" if self.trained else "probability",
            latency_s=time.perf_counter() - started,
        )

    async def aclose(self) -> None:
        """Does nothing: there are no open resources."""

    def judge(self, task: Task) -> Judgement:
        """Probabilities of all labels, with the sentences, cues and answers that they are based on."""
        sentences = read_sentences(task.paper, task.document)
        hits = self._reader.read(sentences)
        answers = answer_scores(self._reader.book, self._taxonomy, hits)
        scores = self._scores(task, sentences, hits, label_scores(self._taxonomy, answers))
        return Judgement(
            sentences=tuple(sentences),
            hits=tuple(hits),
            answers=answers,
            scores=scores,
            probabilities=self._probabilities(scores),
        )

    def _probabilities(self, scores: Mapping[str, float]) -> dict[str, float]:
        model = self.trained
        temperature, unplaced = (model.temperature, model.unplaced) if model else (1.0, UNPLACED_SHARE)
        return probabilities(self._taxonomy, scores, temperature, unplaced)

    def _as_trained(self, scores: Mapping[str, float], label: str) -> float | None:
        """The label's probability if labels are as frequent as in training; None without a trained model.

        The shipped weights assume that rare labels are more frequent than they are among a day's papers, so
        that they are not overlooked (ADR 0006). A label that is probable only under this assumption is not
        confident enough for a cascade to keep (ADR 0012).
        """
        if self.trained is None or not self._text:
            return None
        shift = dict(zip(self.trained.labels, self.trained.shift, strict=True))
        rarest = max(shift.values())
        return self._probabilities({x: score - shift.get(x, rarest) for x, score in scores.items()})[label]

    def _scores(
        self, task: Task, sentences: Sequence[Sentence], hits: Sequence[Hit], by_cues: Mapping[str, float]
    ) -> dict[str, float]:
        model = self.trained
        scores = dict.fromkeys(by_cues, 0.0)
        if model is not None and self._text:
            vector = model.vector(count_terms(sentences, self._reader, model.merged))
            columns = model.text_columns(vector)
            if self._cues:
                more = model.cue_columns(strengths_by_name(self._reader, hits), by_cues)
                columns = [a + b for a, b in zip(columns, more, strict=True)]
            learned = model.label_scores(columns)
            lowest = min(learned.values())  # a label without training papers gets the lowest score
            _add(scores, {label: learned.get(label, lowest) for label in scores})
            _add(scores, by_cues, model.cue_share if self._cues else 0.0)
        elif self._cues:
            _add(scores, by_cues, _CUES_ALONE)
        if self._similar:
            text = " ".join(s.quote for s in sentences if s.zone in ("title", "abstract"))
            weight = SIMILARITY_BESIDE if self._cues or self._text else 1.0
            _add(scores, self._similarities(task.examples).scores(text), weight)
        return scores

    def _similarities(self, examples: tuple[Study, ...]) -> Similarity:
        """Cached while the examples stay the same, as for the papers of a list."""
        if self._similarity is None or self._similarity[0] != examples:
            self._similarity = (
                examples,
                Similarity(self._taxonomy, examples, alone=not (self._cues or self._text)),
            )
        return self._similarity[1]


def _add(scores: dict[str, float], more: Mapping[str, float], weight: float = 1.0) -> None:
    for label, value in more.items():
        if label in scores:
            scores[label] += weight * value
