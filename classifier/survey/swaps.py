"""Leaves whose answers or definitions were exchanged by mistake, as it happens when a tree is edited.

What enters: a taxonomy and its labelled studies. What leaves: pairs of leaves. No survey is known here: the
studies, the names and the meanings of the answers are the witnesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from classifier.model.study import Study
from classifier.survey.taxonomy import Leaf, Taxonomy
from classifier.text.similarity import contrast

_MARGIN = 0.1
"""How much better two crossed definitions must fit before they are called swapped (`contrast`, summed).

Sound siblings of the built-in and of the tests' workspace reach +0.5 to +1.9, without studies +0.3 to +1.4,
with the first clause of each definition alone +0.2 to +1.5; a swap gives the same with the other sign.
"""


class Swap(NamedTuple):
    """Two leaves, in the tree's order, and what of them was exchanged."""

    what: Literal["answers", "definitions"]
    leaf: Leaf
    other: Leaf


def find_swaps(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[Swap]:
    """Yields each pair of leaves that looks exchanged.

    Answers: each of two leaves' studies, without exception, lead to the other leaf. Definitions: the names,
    answers and studies of two siblings say together that each definition is the other's; studies may be
    missing. Siblings that share all words and answers are never called swapped.
    """
    led_to: dict[str, set[tuple[str, ...]]] = {}
    for study in studies:
        led_to.setdefault(study.label, set()).add(taxonomy.labels_led_to(study.answers))
    for leaf, other in combinations(taxonomy.leaves.values(), 2):
        if led_to.get(leaf.id) == {(other.id,)} and led_to.get(other.id) == {(leaf.id,)}:
            yield Swap("answers", leaf, other)
        elif leaf.ancestors == other.ancestors and _fit(taxonomy, studies, leaf, other) < -_MARGIN:
            yield Swap("definitions", leaf, other)


def _fit(taxonomy: Taxonomy, studies: Sequence[Study], leaf: Leaf, other: Leaf) -> float:
    """How much better the definitions fit their own leaves than each other's."""
    witnesses = (
        (_name(leaf), _name(other)),
        (_deciding_answers(taxonomy, leaf, other), _deciding_answers(taxonomy, other, leaf)),
        (_about(studies, leaf), _about(studies, other)),
    )
    definitions = leaf.node.definition, other.node.definition
    return sum(contrast(*definitions, *grounds) for grounds in witnesses)


def _name(leaf: Leaf) -> str:
    return f"{leaf.node.id} {leaf.node.title}"


def _deciding_answers(taxonomy: Taxonomy, leaf: Leaf, other: Leaf) -> str:
    """What the answers mean that lead to the leaf and not to the other."""
    return " ".join(
        f"{choice.id} {choice.means}"
        for question in taxonomy.questions
        for choice in question.choices
        if choice.id in leaf.answers.get(question.id, ())
        and choice.id not in other.answers.get(question.id, ())
    )


def _about(studies: Sequence[Study], leaf: Leaf) -> str:
    return " ".join(f"{study.summary} {study.rationale}" for study in studies if study.label == leaf.id)
