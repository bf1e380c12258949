"""Leaves whose answers or definitions were exchanged by mistake, as it happens when a tree is edited.

What enters: a taxonomy and its labelled studies. What leaves: pairs of leaves. No survey is known here: the
studies, the names and the meanings of the answers are the witnesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from classifier.records import Study
from classifier.similarity import contrast
from classifier.taxonomy import Leaf, Taxonomy

_MARGIN = 0.1
"""How much better two crossed definitions must fit before they are called swapped (`contrast`, summed).

Sound siblings of the built-in and of the tests' workspace reach +0.5 to +1.9, without studies +0.3 to +1.4,
with the first clause of each definition alone +0.2 to +1.5; a swap gives the same with the other sign.
"""


def swapped_answers(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[tuple[Leaf, Leaf]]:
    """Pairs of leaves each of whose studies, without exception, lead to the other one."""
    led_to: dict[str, set[tuple[str, ...]]] = {}
    for study in studies:
        led_to.setdefault(study.label, set()).add(taxonomy.labels_led_to(study.answers))
    for leaf, other in combinations(taxonomy.leaves.values(), 2):
        if led_to.get(leaf.id) == {(other.id,)} and led_to.get(other.id) == {(leaf.id,)}:
            yield leaf, other


def swapped_definitions(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[tuple[Leaf, Leaf]]:
    """Pairs of siblings whose names, answers and studies say together that each definition is the other's.

    Studies may be missing; siblings that share all words and answers are never called swapped.
    """
    for leaf, other in combinations(taxonomy.leaves.values(), 2):
        if leaf.ancestors != other.ancestors:
            continue
        witnesses = (
            (_name(leaf), _name(other)),
            (_deciding_answers(taxonomy, leaf, other), _deciding_answers(taxonomy, other, leaf)),
            (_about(studies, leaf), _about(studies, other)),
        )
        definitions = leaf.node.definition, other.node.definition
        if sum(contrast(*definitions, *grounds) for grounds in witnesses) < -_MARGIN:
            yield leaf, other


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
