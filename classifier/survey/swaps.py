"""Finds leaves whose answers or definitions were swapped by mistake while a tree was edited.

What enters: a taxonomy and its labelled studies. What leaves: pairs of leaves. This module does not know any
survey: it compares definitions with the studies, the names, and the meanings of the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from classifier.model.study import Study
from classifier.survey.taxonomy import Leaf, Taxonomy
from classifier.text.similarity import contrast

_MARGIN = 0.1
"""How much better two definitions must fit each other's leaf to count as swapped (sum of `contrast`).

Correct siblings of the built-in workspace and of the tests' workspace reach +0.5 to +1.9, without studies
+0.3 to +1.4, and with only the first clause of each definition +0.2 to +1.5; swapped ones reach the same
values with the opposite sign.
"""


class Swap(NamedTuple):
    """Two leaves, in the tree's order, and which of their properties was swapped."""

    what: Literal["answers", "definitions"]
    leaf: Leaf
    other: Leaf


def find_swaps(taxonomy: Taxonomy, studies: Sequence[Study]) -> Iterator[Swap]:
    """Yields each pair of leaves that seems to be swapped.

    Answers: all studies of each leaf lead to the other leaf. Definitions: the names, answers and studies of
    two siblings together fit the other's definition better; studies may be missing. Siblings that share all
    words and answers are never reported.
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
    references = (
        (_name(leaf), _name(other)),
        (_deciding_answers(taxonomy, leaf, other), _deciding_answers(taxonomy, other, leaf)),
        (_about(studies, leaf), _about(studies, other)),
    )
    definitions = leaf.node.definition, other.node.definition
    return sum(contrast(*definitions, *texts) for texts in references)


def _name(leaf: Leaf) -> str:
    return f"{leaf.node.id} {leaf.node.title}"


def _deciding_answers(taxonomy: Taxonomy, leaf: Leaf, other: Leaf) -> str:
    """The ids and meanings of the answers that lead to this leaf but not to the other."""
    return " ".join(
        f"{choice.id} {choice.means}"
        for question in taxonomy.questions
        for choice in question.choices
        if choice.id in leaf.answers.get(question.id, ())
        and choice.id not in other.answers.get(question.id, ())
    )


def _about(studies: Sequence[Study], leaf: Leaf) -> str:
    return " ".join(f"{study.summary} {study.rationale}" for study in studies if study.label == leaf.id)
