"""The offline engine: needs no key and no network; every step can be inspected.

    sentences > cues > answers > labels by cues ┐
              > words ------------------------- ┼> probabilities > Answer with quotes
              > definitions and examples ------ ┤
    title and abstract > meaning (optional) --- ┘

What enters: a Task. What leaves: a Reply whose quotes are sentences of the paper. Cues and weights come from
the workspace (`offline/`); if it has none, only definitions and examples decide.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.engines.embeddings import Embedder
from classifier.engines.offline.answer import build_answer
from classifier.engines.offline.cues import (
    CueReader,
    Hit,
    answer_scores,
    load_cues,
    log_softmax,
    strengths_by_name,
)
from classifier.engines.offline.decide import (
    SIMILARITY_BESIDE,
    UNPLACED_SHARE,
    Judgement,
    Similarity,
    branch_of_labels,
    label_scores,
    label_texts,
    probabilities,
)
from classifier.engines.offline.places import find_places
from classifier.engines.offline.reading import read_sentences
from classifier.engines.offline.semantic import (
    MEANING_TEMPERATURE,
    Meaning,
    MeaningByNearness,
    MeaningByWeights,
    load_weights,
    no_weights,
)
from classifier.engines.offline.textmodel import MODEL_FILE, count_terms, load_model
from classifier.engines.offline.words import Sentence
from classifier.errors import ConfigError
from classifier.model.record import UNPLACED
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
        embedder: Compares meanings, too; the engine closes it.

    Raises:
        ConfigError: Cues or weights exist but are invalid; or there are cues, and no weights for the
            embedder.
    """

    name = "offline"
    needs_prompt = False

    def __init__(
        self,
        taxonomy: Taxonomy,
        data_dir: Path | None = None,
        *,
        parts: Sequence[str] = PARTS,
        embedder: Embedder | None = None,
    ) -> None:
        self._taxonomy = taxonomy
        folder = data_dir or Path("/nonexistent")
        self._reader = CueReader(load_cues(folder / CUES_FILE, taxonomy))
        self.trained = load_model(folder / MODEL_FILE, taxonomy.labels)
        self._cues = "cues" in parts and bool(self._reader.book.cues)
        self._text = "text" in parts and self.trained is not None
        self._similar = "similarity" in parts or not (self._cues or self._text)
        self._similarity: tuple[tuple[Study, ...], Similarity] | None = None
        self._embedder = embedder
        self._weights = load_weights(folder, embedder.name, taxonomy.labels) if embedder else None
        self._is_alone = not (self._cues or self._text)
        if embedder and not self._is_alone and self._weights is None:
            raise ConfigError(no_weights(folder, embedder.name))

    @property
    def model(self) -> str:
        """Its name: a hash of the weights, "baseline" with cues only, "baseline-nearness" with neither.

        Calibrations and measurements are kept by this name, so another way to decide has another name.
        """
        name = "baseline" if self._reader.book.cues else "baseline-nearness"
        if self.trained:
            name = f"baseline-{self.trained.sha256[:12]}"
        if self._embedder:
            name += f"+{self._embedder.name}"
        return f"{name}-{self._weights.sha256[:6]}" if self._weights else name

    async def answer(self, task: Task) -> Reply:
        """Labels one paper; missing data never makes it fail."""
        started = time.perf_counter()
        sentences = read_sentences(task.paper, task.document)
        meaning = await self._meaning(task, sentences)
        judgement = self._judge(task, sentences, meaning.scores)
        answer = build_answer(self._taxonomy, self._reader, judgement)
        return Reply(
            answer=answer,
            engine=self.name,
            model=self.model,
            probabilities=judgement.probabilities,
            cautious=self._as_trained(judgement.scores, answer.label),
            usage=meaning.usage,
            attempts=meaning.requests,
            confidence_source="calibrated" if self.trained else "probability",
            latency_s=time.perf_counter() - started,
        )

    async def aclose(self) -> None:
        """Closes the embedder's connections."""
        if self._embedder is not None:
            await self._embedder.aclose()

    def judge(self, task: Task) -> Judgement:
        """Probabilities of all labels without the embedder, and what they are based on."""
        return self._judge(task, read_sentences(task.paper, task.document), {})

    def _judge(self, task: Task, sentences: list[Sentence], meaning: Mapping[str, float]) -> Judgement:
        hits = self._reader.read(sentences)
        answers = answer_scores(self._reader.book, self._taxonomy, hits)
        scores = self._scores(task, sentences, hits, label_scores(self._taxonomy, answers))
        _add(scores, meaning)
        return Judgement(
            sentences=tuple(sentences),
            hits=tuple(hits),
            answers=answers,
            scores=scores,
            probabilities=self._probabilities(scores),
        )

    def _probabilities(self, scores: Mapping[str, float]) -> dict[str, float]:
        unplaced = self.trained.unplaced if self.trained else UNPLACED_SHARE
        return probabilities(self._taxonomy, scores, self._temperature, unplaced)

    @property
    def _temperature(self) -> float:
        temperature = self.trained.temperature if self.trained else 1.0
        if self._weights:
            return temperature * self._weights.temperature
        return temperature * (MEANING_TEMPERATURE if self._embedder else 1.0)

    def _as_trained(self, scores: Mapping[str, float], label: str) -> float | None:
        """The label's probability if labels are as frequent as in training; None without a trained model.

        The shipped weights assume that rare labels are more frequent than they are among a day's papers, so
        that they are not overlooked (ADR 0006). A label that is probable only under this assumption is not
        confident enough for a cascade to keep (ADR 0012).
        """
        if self.trained is None or not self._text:
            return None
        shift = dict(zip(self.trained.labels, self.trained.shift, strict=True))
        if self._weights:
            scale = self.trained.temperature * self._weights.share
            shift = {x: value + scale * self._weights.shift.get(x, 0.0) for x, value in shift.items()}
        rarest = max(shift.values())
        return self._probabilities({x: score - shift.get(x, rarest) for x, score in scores.items()})[label]

    def _scores(
        self, task: Task, sentences: Sequence[Sentence], hits: Sequence[Hit], by_cues: Mapping[str, float]
    ) -> dict[str, float]:
        model = self.trained
        scores = dict.fromkeys(by_cues, 0.0)
        if model is not None and self._text:
            vector = model.vector(count_terms(sentences, self._reader, model.merged))
            places = find_places(sentences, self._reader, model.merged)
            columns = model.text_columns(vector, places)
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
            text = _title_and_abstract(sentences)
            weight = SIMILARITY_BESIDE if self._cues or self._text else 1.0
            _add(scores, self._similarities(task.examples).scores(text), weight)
        return scores

    def _similarities(self, examples: tuple[Study, ...]) -> Similarity:
        """Cached while the examples stay the same, as for the papers of a list."""
        if self._similarity is None or self._similarity[0] != examples:
            self._similarity = (
                examples,
                Similarity(self._taxonomy, examples, alone=self._is_alone),
            )
        return self._similarity[1]

    def texts_to_embed(self, task: Task) -> tuple[str, ...]:
        """What the embedder is asked for: the paper's text, then those of labels and studies, if compared."""
        text = _title_and_abstract(read_sentences(task.paper, task.document))
        compared = () if self._weights else (said for _, said in label_texts(self._taxonomy, task.examples))
        return (text, *compared)

    async def _meaning(self, task: Task, sentences: Sequence[Sentence]) -> Meaning:
        """What the embedder adds to the scores; nothing if there is none."""
        if self._embedder is None:
            return Meaning({})
        text = _title_and_abstract(sentences)
        if self._weights is None:
            texts = label_texts(self._taxonomy, task.examples)
            return await MeaningByNearness(self._embedder, texts, branch_of_labels(self._taxonomy)).read(text)
        found = await MeaningByWeights(self._embedder, self._weights).read(text)
        # The other parts are divided by their temperature, these log-probabilities were fitted without it.
        share = self._weights.share * (self.trained.temperature if self.trained else 1.0)
        shares = log_softmax(found.scores)
        lowest = min(shares.values())
        return found._replace(
            scores={x: share * shares.get(x, lowest) for x in self._taxonomy.labels if x != UNPLACED}
        )


def _title_and_abstract(sentences: Sequence[Sentence]) -> str:
    return " ".join(s.quote for s in sentences if s.zone in ("title", "abstract"))


def _add(scores: dict[str, float], more: Mapping[str, float], weight: float = 1.0) -> None:
    for label, value in more.items():
        if label in scores:
            scores[label] += weight * value
