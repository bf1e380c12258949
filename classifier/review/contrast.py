"""Two labels -> their definitions side by side, and what differs: words, and the questions that decide.

What enters: the taxonomy, a label and its runner-up. What leaves: texts of the taxonomy in pieces, marked
where the other side has other words. Nothing of a paper is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from classifier.model.record import OUT_OF_SCOPE, UNPLACED, Record
from classifier.survey.taxonomy import Precedent, Taxonomy
from classifier.text.characters import shown

_ALIKE = 0.3
"""Texts that share fewer words are not marked: everything would be."""
ANY = "any answer"
"""Shown instead of answers, if a label does not depend on a question."""


class TextPiece(Record):
    """Some words of a definition, and whether the other side lacks them."""

    text: str
    differs: bool = False


class LabelSide(Record):
    """What a label means.

    Attributes:
        path: Titles from the root's child to the leaf; one title for the others.
        counts, excludes, precedents: What belongs there and what does not, in the taxonomy's words.
    """

    label: str
    path: tuple[str, ...]
    definition: tuple[TextPiece, ...]
    counts: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    precedents: tuple[Precedent, ...] = ()


class QuestionContrast(Record):
    """A decision question to which the two labels need different answers: what each answer means."""

    ask: str
    first: tuple[str, ...]
    second: tuple[str, ...]


class LabelContrast(Record):
    """One label, or two side by side."""

    first: LabelSide
    second: LabelSide | None = None
    questions: tuple[QuestionContrast, ...] = ()


def contrast(
    taxonomy: Taxonomy, first: str, second: str | None = None, scope_reason: str | None = None
) -> LabelContrast | None:
    """A label beside another one; None if the first has no definition ("failed").

    Args:
        scope_reason: The scope rule meant by "out-of-scope"; without one the rules are listed.
    """
    if first not in taxonomy.labels:
        return None
    if second not in taxonomy.labels or second == first:
        return LabelContrast(first=_side(taxonomy, first, scope_reason, ""))
    texts = [_definition(taxonomy, label, scope_reason) for label in (first, second)]
    return LabelContrast(
        first=_side(taxonomy, first, scope_reason, texts[1]),
        second=_side(taxonomy, second, scope_reason, texts[0]),
        questions=_questions(taxonomy, first, second, scope_reason),
    )


def _side(taxonomy: Taxonomy, label: str, reason: str | None, other: str) -> LabelSide:
    pieces = text_pieces(_definition(taxonomy, label, reason), other)
    leaf = taxonomy.leaves.get(label)
    if leaf is not None:
        node = leaf.node
        return LabelSide(
            label=label,
            path=leaf.titles,
            definition=pieces,
            counts=node.counts,
            excludes=node.excludes,
            precedents=node.precedents,
        )
    if label == UNPLACED:
        return LabelSide(label=label, path=("Unplaced",), definition=pieces)
    rule = taxonomy.rules.get(reason or "")
    rules = () if rule else tuple(f"{one.title}: {one.definition}" for one in taxonomy.scope.rules)
    path = ("Out of scope", rule.title) if rule else ("Out of scope",)
    precedents = rule.precedents if rule else ()
    return LabelSide(label=label, path=path, definition=pieces, counts=rules, precedents=precedents)


def _definition(taxonomy: Taxonomy, label: str, reason: str | None) -> str:
    if label in taxonomy.leaves:
        return taxonomy.leaves[label].node.definition
    if label == UNPLACED:
        return "In scope, but no leaf fits."
    rule = taxonomy.rules.get(reason or "")
    return rule.definition if rule else f"Outside of: {taxonomy.scope.definition or taxonomy.definition}"


def text_pieces(text: str, other: str) -> tuple[TextPiece, ...]:
    """The text in pieces; those differ whose words the other text does not have at that place."""
    words, others = shown(text).split(), shown(other).split()
    if not words or not others:
        return (TextPiece(text=shown(text)),)
    matcher = SequenceMatcher(None, _plain(others), _plain(words), autojunk=False)
    if matcher.ratio() < _ALIKE:
        return (TextPiece(text=shown(text)),)
    found = [
        (" ".join(words[start:end]), kind != "equal")
        for kind, _, _, start, end in matcher.get_opcodes()
        if end > start
    ]
    return tuple(TextPiece(text=piece, differs=differs) for piece, differs in found)


def _plain(words: list[str]) -> list[str]:
    return [word.casefold().strip(".,;:()“”\"'") for word in words]


def _questions(
    taxonomy: Taxonomy, first: str, second: str, reason: str | None
) -> tuple[QuestionContrast, ...]:
    one, other = (_conditions(taxonomy, label, reason) for label in (first, second))
    found: list[QuestionContrast] = []
    if not one or not other:  # out of scope by an unknown rule, or unplaced: nothing to set beside
        return ()
    for question in taxonomy.questions:
        a, b = one.get(question.id, ()), other.get(question.id, ())
        if set(a) != set(b):
            means = {choice.id: f"{choice.id}: {choice.means}" for choice in question.choices}
            found.append(
                QuestionContrast(
                    ask=shown(question.ask),
                    first=tuple(shown(means.get(answer, answer)) for answer in a) or (ANY,),
                    second=tuple(shown(means.get(answer, answer)) for answer in b) or (ANY,),
                )
            )
    return tuple(found)


def _conditions(taxonomy: Taxonomy, label: str, reason: str | None) -> Mapping[str, tuple[str, ...]]:
    if label in taxonomy.leaves:
        return taxonomy.leaves[label].answers
    rule = taxonomy.rules.get(reason or "") if label == OUT_OF_SCOPE else None
    return rule.answers if rule else {}
