"""A judgement -> an Answer in the form that every engine gives: answers, quotes, rationale, label.

What enters: probabilities and the cues that matched. What leaves: an `Answer` whose answers go along with
its label as far as the cues allow. Nothing is decided here but how to say it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from classifier.engines.offline.cues import CueReader, Hit
from classifier.engines.offline.decide import Judgement, condition_score
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR, UNPLACED
from classifier.model.reply import Answer, GivenAnswer, Quote
from classifier.survey.taxonomy import Conditions, Taxonomy

_MAX_EVIDENCE = 4
"""Quotes in an answer: as many as the prompt asks a model for (one to four)."""
_CONTRARY = 0.95
"""An answer by cues this probable is given even where the label needs another; a person then looks."""
_SURE = 0.6
"""An answer that the label leaves open is given from this probability on."""


def build_answer(taxonomy: Taxonomy, reader: CueReader, judgement: Judgement) -> Answer:
    """Puts the most probable label and its grounds into words."""
    ranked = sorted(judgement.probabilities, key=lambda label: -judgement.probabilities[label])
    label = ranked[0]
    runner_up = next((other for other in ranked[1:] if other != UNPLACED), None)
    conditions = _conditions(taxonomy, label, judgement)
    given = _answers(taxonomy, conditions, judgement)
    spoken = list(_spoken(taxonomy, reader, judgement.hits, conditions))
    leaf = taxonomy.leaves.get(label)
    found = reader.attributes(judgement.sentences)
    return Answer(
        answers=tuple(
            GivenAnswer(question=q, answer=a, quote=_quote(reader, judgement.hits, q, a))
            for q, a in given.items()
        ),
        evidence=_evidence(spoken, judgement),
        rationale=_rationale(taxonomy, reader, label, spoken),
        label=label,
        runner_up=runner_up,
        attributes={field.id: found.get(field.id) for field in leaf.fields} if leaf else {},
        confidence=min(1.0, judgement.probabilities[label]),
    )


def _conditions(taxonomy: Taxonomy, label: str, judgement: Judgement) -> Conditions:
    """The answers that lead to the label; of several scope rules, the one the cues speak for most."""
    if label in taxonomy.leaves:
        return taxonomy.leaves[label].answers
    rules = [rule for rule in taxonomy.scope.rules if rule.answers]
    if label != OUT_OF_SCOPE or not rules:
        return {}
    return max(rules, key=lambda rule: condition_score(rule.answers, judgement.answers)).answers


def _answers(taxonomy: Taxonomy, conditions: Conditions, judgement: Judgement) -> dict[str, str]:
    given = {}
    spoken = bool(judgement.hits)
    for question in taxonomy.questions:
        shares = judgement.answers.get(question.id, {})
        best = max(shares, key=lambda answer: shares[answer], default=UNCLEAR)
        allowed = conditions.get(question.id, ())
        if not allowed:
            given[question.id] = _left_open(taxonomy, question.id, conditions) or (
                best if spoken and math.exp(shares[best]) >= _SURE else UNCLEAR
            )
        elif best in allowed or (spoken and math.exp(shares[best]) >= _CONTRARY):
            given[question.id] = best
        else:
            given[question.id] = max(allowed, key=lambda answer: shares.get(answer, -math.inf))
    return given


def _left_open(taxonomy: Taxonomy, question: str, conditions: Conditions) -> str | None:
    """The one answer to a question that no label asks for ("does not apply"), where a label was found."""
    sources = [leaf.answers for leaf in taxonomy.leaves.values()]
    sources += [rule.answers for rule in taxonomy.scope.rules]
    named = {answer for source in sources for answer in source.get(question, ())}
    declared = next(item for item in taxonomy.questions if item.id == question)
    free = [choice.id for choice in declared.choices if choice.id not in named]
    return free[0] if conditions and named and len(free) == 1 else None


def _spoken(
    taxonomy: Taxonomy, reader: CueReader, hits: tuple[Hit, ...], conditions: Conditions
) -> Iterator[tuple[float, str, Hit]]:
    """(weight, question, hit) of each cue that supports the label, strongest first.

    A cue that supports many leaves says less about this one: its weight is divided among them.
    """
    shared = {
        question: sum(leaf.answers.get(question) == allowed for leaf in taxonomy.leaves.values())
        for question, allowed in conditions.items()
    }
    found = []
    for hit in hits:
        for question, answers in reader.book.cues[hit.cue].for_.items():
            weight = sum(answers.get(answer, 0.0) for answer in conditions.get(question, ())) * hit.strength
            weight /= 1 + shared.get(question, 0)
            if weight > 0:
                found.append((weight, question, hit))
    yield from sorted(found, key=lambda item: -item[0])


def _quote(reader: CueReader, hits: tuple[Hit, ...], question: str, answer: str) -> str | None:
    """The sentence that says the answer most clearly; None where none does that can be quoted."""

    def weight(hit: Hit) -> float:
        return reader.book.cues[hit.cue].for_.get(question, {}).get(answer, 0.0) * hit.strength

    speaking = [hit for hit in hits if hit.sentence.quotable and weight(hit) > 0]
    return max(speaking, key=weight).sentence.quote if speaking else None


def _evidence(spoken: list[tuple[float, str, Hit]], judgement: Judgement) -> tuple[Quote, ...]:
    """Up to four sentences that carried the decision, each once; none where none can be quoted."""
    carried: dict[str, float] = {}
    supports: dict[str, str] = {}
    for weight, question, hit in spoken:
        if not hit.sentence.quotable:
            continue
        carried[hit.sentence.quote] = carried.get(hit.sentence.quote, 0.0) + weight
        supports.setdefault(hit.sentence.quote, question)
    best = sorted(carried, key=lambda quote: -carried[quote])[:_MAX_EVIDENCE]
    if best:
        return tuple(Quote(quote=quote, supports=supports[quote]) for quote in best)
    quotable = [sentence for sentence in judgement.sentences if sentence.quotable]
    return tuple(Quote(quote=sentence.quote, supports="label") for sentence in quotable[:1])


def _rationale(
    taxonomy: Taxonomy, reader: CueReader, label: str, spoken: list[tuple[float, str, Hit]]
) -> str:
    where = " > ".join(taxonomy.titles(label)) or label
    says = list(dict.fromkeys(reader.book.cues[hit.cue].says for _, _, hit in spoken))[:3]
    if not says:
        return (
            f"Baseline decision for {where}: its words are nearest to that label's definition and examples."
        )
    return f"Baseline decision for {where}. Reasons: {'; '.join(says)}."
