"""A judgement -> an Answer in the format of all engines: answers, quotes, rationale, label.

What enters: probabilities and the cues that matched. What leaves: an `Answer` whose answers agree with its
label, unless the cues clearly contradict it. The label itself is already decided.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from classifier.engines.offline.cues import CueReader, Hit
from classifier.engines.offline.decide import Judgement, condition_score
from classifier.model.record import ABSENT, OUT_OF_SCOPE, UNCLEAR, UNPLACED
from classifier.model.reply import Answer, GivenAnswer, Quote
from classifier.survey.conditions import Conditions
from classifier.survey.taxonomy import ScopeRule, Taxonomy

_MAX_EVIDENCE = 4
"""Most quotes in an answer, as in the prompt for models (one to four)."""
_CONTRARY = 0.95
"""An answer that is at least this probable by the cues is given even if it contradicts the label, which then
needs review."""
_CONFIDENT = 0.6
"""Least probability of an answer to a question that the label does not decide; below it, it is `unclear`."""


def build_answer(taxonomy: Taxonomy, reader: CueReader, judgement: Judgement) -> Answer:
    """Builds the answer for the most probable label, with its quotes and rationale."""
    ranked = sorted(judgement.probabilities, key=lambda label: -judgement.probabilities[label])
    label = ranked[0]
    runner_up = next((other for other in ranked[1:] if other != UNPLACED), None)
    conditions = _conditions(taxonomy, label, judgement)
    given = _answers(taxonomy, conditions, judgement)
    rule = taxonomy.rules.get(taxonomy.scope_reason(given) or "") if label == OUT_OF_SCOPE else None
    if rule is not None:  # evidence and rationale are for the rule that the label will name
        conditions = rule.answers
    supporting = list(_supporting_hits(taxonomy, reader, judgement.hits, conditions))
    leaf = taxonomy.leaves.get(label)
    found = reader.attributes(judgement.sentences)
    return Answer(
        answers=tuple(
            GivenAnswer(question=q, answer=a, quote=_quote(reader, judgement, q, a)) for q, a in given.items()
        ),
        evidence=_evidence(reader, supporting, given, judgement),
        rationale=_rationale(reader, _name(taxonomy, label, rule), supporting),
        label=label,
        runner_up=runner_up,
        attributes={field.id: found.get(field.id) for field in leaf.fields} if leaf else {},
        confidence=min(1.0, judgement.probabilities[label]),
    )


def _conditions(taxonomy: Taxonomy, label: str, judgement: Judgement) -> Conditions:
    """The answers that lead to the label; for out-of-scope, those of the rule that the cues support most."""
    if label in taxonomy.leaves:
        return taxonomy.leaves[label].answers
    rules = [rule for rule in taxonomy.scope.rules if rule.answers]
    if label != OUT_OF_SCOPE or not rules:
        return {}
    return max(rules, key=lambda rule: condition_score(rule.answers, judgement.answers)).answers


def _answers(taxonomy: Taxonomy, conditions: Conditions, judgement: Judgement) -> dict[str, str]:
    given = {}
    has_hits = bool(judgement.hits)
    for question in taxonomy.questions:
        shares = judgement.answers.get(question.id, {})
        best = max(shares, key=lambda answer: shares[answer], default=UNCLEAR)
        allowed = conditions.get(question.id, ())
        if not allowed:
            given[question.id] = _left_open(taxonomy, question.id, conditions) or (
                best if has_hits and math.exp(shares[best]) >= _CONFIDENT else UNCLEAR
            )
        elif best in allowed or (has_hits and math.exp(shares[best]) >= _CONTRARY):
            given[question.id] = best
        else:
            given[question.id] = max(allowed, key=lambda answer: shares.get(answer, -math.inf))
    return given


def _left_open(taxonomy: Taxonomy, question: str, conditions: Conditions) -> str | None:
    """The only answer to a question that no label requires ("not-applicable"), if there is exactly one."""
    sources = [leaf.answers for leaf in taxonomy.leaves.values()]
    sources += [rule.answers for rule in taxonomy.scope.rules]
    named = {answer for source in sources for answer in source.get(question, ())}
    declared = next(item for item in taxonomy.questions if item.id == question)
    free = [choice.id for choice in declared.choices if choice.id not in named]
    return free[0] if conditions and named and len(free) == 1 else None


def _supporting_hits(
    taxonomy: Taxonomy, reader: CueReader, hits: tuple[Hit, ...], conditions: Conditions
) -> Iterator[tuple[float, str, Hit]]:
    """(weight, question, hit) of each cue that supports the label, strongest first.

    If the same answers are required by several leaves, the weight is divided among these leaves.
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


def _quote(reader: CueReader, judgement: Judgement, question: str, answer: str) -> str | None:
    """The sentence that supports the answer most; None if no sentence that can be quoted does.

    Signs that something is absent ("is about image recognition") state nothing: for `absent`, only a
    sentence that denies the other answers is quoted.
    """

    def weight(hit: Hit) -> float:
        return reader.book.cues[hit.cue].for_.get(question, {}).get(answer, 0.0) * hit.strength

    hits = sorted((hit for hit in judgement.hits if weight(hit) > 0), key=weight, reverse=True)
    sentences = [hit.sentence for hit in hits if hit.sentence.quotable]
    if answer == ABSENT:
        sentences += [one for one in judgement.sentences if one.quotable]
        sentences = [one for one in sentences if reader.denies(one, question, answer)]
    return sentences[0].quote if sentences else None


def _evidence(
    reader: CueReader,
    supporting: list[tuple[float, str, Hit]],
    given: Mapping[str, str],
    judgement: Judgement,
) -> tuple[Quote, ...]:
    """Up to four sentences that contributed most to the decision; empty if no sentence can be quoted.

    A sentence that is only a sign of an absence supports the label, not the answer.
    """
    weights: dict[str, float] = {}
    supports: dict[str, str] = {}
    for weight, question, hit in supporting:
        if not hit.sentence.quotable:
            continue
        quote = hit.sentence.quote
        weights[quote] = weights.get(quote, 0.0) + weight
        is_sign = given.get(question) == ABSENT and not reader.denies(hit.sentence, question, ABSENT)
        supports.setdefault(quote, "label" if is_sign else question)
    best = sorted(weights, key=lambda quote: -weights[quote])[:_MAX_EVIDENCE]
    if best:
        return tuple(Quote(quote=quote, supports=supports[quote]) for quote in best)
    quotable = [sentence for sentence in judgement.sentences if sentence.quotable]
    return tuple(Quote(quote=sentence.quote, supports="label") for sentence in quotable[:1])


def _name(taxonomy: Taxonomy, label: str, rule: ScopeRule | None) -> str:
    """The label in words; of an out-of-scope label, with the title of its rule."""
    if rule is not None:
        return f"{label} ({rule.title})"
    return " > ".join(taxonomy.titles(label)) or label


def _rationale(reader: CueReader, name: str, supporting: list[tuple[float, str, Hit]]) -> str:
    says = list(dict.fromkeys(reader.book.cues[hit.cue].says for _, _, hit in supporting))[:3]
    if not says:
        return f"Baseline decision for {name}: its words are nearest to that label's definition and examples."
    return f"Baseline decision for {name}. Reasons: {'; '.join(says)}."
