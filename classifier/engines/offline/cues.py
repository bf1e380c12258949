"""A workspace's cue phrases -> log-probabilities of the answers to the decision questions.

What enters: `offline/cues.yaml` and a paper's sentences. What leaves: the cues that matched, with their
sentences, and the log-probabilities of every question's answers. What it does not do: choose a label
(`decide`). `phrases` defines the language of phrases.

A phrase within `negation_window` words after a negation (`negations`) does not count, unless the cue says
`negation: ignore`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import Field, ValidationError

from classifier.engines.offline.phrases import Phrase, Sheet, Span
from classifier.engines.offline.words import Sentence
from classifier.errors import ConfigError
from classifier.model.record import Record
from classifier.survey.taxonomy import Taxonomy

K = TypeVar("K")


class Cue(Record):
    """Phrases with the same meaning, and their evidence.

    Attributes:
        says: The meaning in words, for the rationale; also the cue's name.
        for_: Question id -> answer id -> weight (log-odds; negative is evidence against it).
        any: Phrases; the cue counts once, however many of them occur.
        zone: The only zone of the paper where it counts; None for all zones.
        negation: "heed" if a phrase after a negation does not count, "ignore" if it does.
    """

    says: str
    for_: Mapping[str, Mapping[str, float]] = Field(alias="for")
    any: tuple[str, ...] = Field(min_length=1)
    zone: str | None = None
    negation: Literal["heed", "ignore"] = "heed"


class CueBook(Record):
    """The file `cues.yaml`.

    Attributes:
        zones: Zone of the paper (title, abstract, lead, body) -> weight; a zone without a weight is not read.
        background: Factor for sentences of the abstract before the first one about the paper's own work.
        own: Phrases that introduce a paper's own work.
        merged: Term lists whose phrases the text model counts as one word.
        priors: Question id -> answer id -> log-odds before any cue.
        fields: Survey field id -> value -> phrases that show this value.
    """

    zones: Mapping[str, float] = Field(default_factory=lambda: {"title": 1.5, "abstract": 1.0})
    background: float = 1.0
    own: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    negation_window: int = Field(default=4, ge=0)
    terms: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    merged: tuple[str, ...] = ()
    priors: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    cues: tuple[Cue, ...] = ()
    fields: Mapping[str, Mapping[str, tuple[str, ...]]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue that matched; `strength` is the highest zone weight among the sentences that contain it."""

    cue: int
    strength: float
    sentence: Sentence


def load_cues(path: Path, taxonomy: Taxonomy) -> CueBook:
    """Reads a cue file and checks its names against the taxonomy; without a file, the book is empty.

    Raises:
        ConfigError: The file is not YAML, does not have the structure of a cue file, or names a question,
            answer or term list that does not exist.
    """
    if not path.exists():
        return CueBook()
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        data = yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - either loader is safe
        book = CueBook.model_validate(data)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where}: {first['msg']}") from error
    _check_names(book, taxonomy, path)
    return book


def _check_names(book: CueBook, taxonomy: Taxonomy, path: Path) -> None:
    allowed = {question.id: question.answer_ids for question in taxonomy.questions}
    for where, named in [("priors", book.priors), *((f"cue '{cue.says}'", cue.for_) for cue in book.cues)]:
        for question, answers in named.items():
            if question not in allowed:
                raise ConfigError(
                    f"{path}: {where}: no question '{question}'; expected one of {', '.join(allowed)}"
                )
            for answer in answers:
                if answer not in allowed[question]:
                    raise ConfigError(
                        f"{path}: {where}: '{question}' has no answer '{answer}'; "
                        f"expected one of {', '.join(allowed[question])}"
                    )


class CueReader:
    """Finds the cues of a book in sentences."""

    def __init__(self, book: CueBook) -> None:
        self.book = book
        self._terms = {
            name: tuple(Phrase(phrase, {}) for phrase in phrases) for name, phrases in book.terms.items()
        }
        self._cues = tuple(tuple(Phrase(phrase, book.terms) for phrase in cue.any) for cue in book.cues)
        self._own = tuple(Phrase(phrase, book.terms) for phrase in book.own)
        self._negations = tuple(Phrase(phrase, {}) for phrase in book.negations)

    @cached_property
    def _fields(self) -> dict[str, dict[str, list[Phrase]]]:
        """Compiled on first use: training and ablations do not need them."""
        return {
            field: {name: [Phrase(p, {}) for p in phrases] for name, phrases in values.items()}
            for field, values in self.book.fields.items()
        }

    def terms_in(self, sheet: Sheet, only: Sequence[str] | None = None) -> dict[str, list[Span]]:
        """The spans of each term list's phrases (or only of the named lists) in a sentence."""
        found = {}
        for name, phrases in self._terms.items():
            if only is not None and name not in only:
                continue
            spans = [span for phrase in phrases for span in phrase.find(sheet, {})]
            if spans:
                found[name] = sorted(spans)
        return found

    def read(self, sentences: Sequence[Sentence]) -> list[Hit]:
        """The cues that matched, each once, with the first sentence among those with the highest weight."""
        best: dict[int, Hit] = {}
        weights = self._weights(sentences)
        for sentence, weight in zip(sentences, weights, strict=True):
            if weight <= 0:
                continue
            sheet = Sheet(sentence.words)
            lists = self.terms_in(sheet)
            negations = [span for phrase in self._negations for span in phrase.find(sheet, {})]
            for number, phrases in enumerate(self._cues):
                cue = self.book.cues[number]
                if number in best and best[number].strength >= weight:
                    continue
                if cue.zone not in (None, sentence.zone):
                    continue
                heeded = negations if cue.negation == "heed" else []
                spans = (span for phrase in phrases for span in phrase.find(sheet, lists))
                if any(self._counts(span, heeded) for span in spans):
                    best[number] = Hit(number, weight, sentence)
        return [best[number] for number in sorted(best)]

    def denies(self, sentence: Sentence, question: str, answer: str) -> bool:
        """Whether the sentence negates a phrase of a cue for another answer to the question."""
        sheet = Sheet(sentence.words)
        negations = [span for phrase in self._negations for span in phrase.find(sheet, {})]
        if not negations:
            return False
        lists = self.terms_in(sheet)
        return any(
            not self._counts(span, negations)
            for cue, phrases in zip(self.book.cues, self._cues, strict=True)
            if any(weight > 0 for other, weight in cue.for_.get(question, {}).items() if other != answer)
            for phrase in phrases
            for span in phrase.find(sheet, lists)
        )

    def _counts(self, span: Span, negations: Iterable[Span]) -> bool:
        """Whether no negation ends within the window before the span."""
        window = self.book.negation_window
        return not any(0 <= span[0] - end <= window for _, end in negations)

    def _weights(self, sentences: Sequence[Sentence]) -> list[float]:
        """Zone weights; in the abstract, sentences before the first one about the own work count less."""
        weights = [self.book.zones.get(sentence.zone, 0.0) for sentence in sentences]
        own = self.first_own(sentences)
        for i, sentence in enumerate(sentences):
            if sentence.zone == "abstract" and i < own:
                weights[i] *= self.book.background
        return weights

    def first_own(self, sentences: Sequence[Sentence]) -> int:
        """Index of the abstract's first sentence about the paper's own work; 0 if there is none."""
        abstract = (i for i, sentence in enumerate(sentences) if sentence.zone == "abstract")
        return next((i for i in abstract if self._is_own(sentences[i])), 0)

    def _is_own(self, sentence: Sentence) -> bool:
        sheet = Sheet(sentence.words)
        lists = self.terms_in(sheet)
        return any(phrase.find(sheet, lists) for phrase in self._own)

    def attributes(self, sentences: Sequence[Sentence]) -> dict[str, str]:
        """Survey field id -> its values (at most three) whose phrases occur in the sentences."""
        sheets = [Sheet(s.words) for s in sentences if self.book.zones.get(s.zone, 0.0) > 0]
        found = {}
        for name, values in self._fields.items():
            shown = [
                value
                for value, phrases in values.items()
                if any(phrase.find(sheet, {}) for phrase in phrases for sheet in sheets)
            ]
            if shown:
                found[name] = ", ".join(shown[:3])
        return found


def answer_scores(book: CueBook, taxonomy: Taxonomy, hits: Iterable[Hit]) -> dict[str, dict[str, float]]:
    """Question id -> answer id -> log-probability (priors plus the cues' weights, normalised)."""
    scores = {
        question.id: {
            choice.id: book.priors.get(question.id, {}).get(choice.id, 0.0) for choice in question.choices
        }
        for question in taxonomy.questions
    }
    for hit in hits:
        for question, answers in book.cues[hit.cue].for_.items():
            for answer, weight in answers.items():
                if answer in scores[question]:
                    scores[question][answer] += weight * hit.strength
    return {question: log_softmax(answers) for question, answers in scores.items()}


def strengths_by_name(reader: CueReader, hits: Iterable[Hit]) -> dict[str, float]:
    """Cue (its words) -> strength."""
    return {reader.book.cues[hit.cue].says: hit.strength for hit in hits}


def log_softmax(scores: Mapping[K, float]) -> dict[K, float]:
    """Normalised log-probabilities; an empty mapping stays empty."""
    if not scores:
        return {}
    top = max(scores.values())
    total = top + math.log(sum(math.exp(value - top) for value in scores.values()))
    return {key: value - total for key, value in scores.items()}
