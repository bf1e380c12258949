"""Answers that lead to a label, and answers that contradict it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from classifier.model.record import UNCLEAR, Record

Conditions = Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]
"""Question id -> compatible answers; the conditions of all questions must hold."""


class Contradiction(Record):
    """An answer that contradicts a label."""

    question: str
    answer: str
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        required = " or ".join(self.allowed)
        return f"{self.question} = {self.answer}, but the label requires {self.question} = {required}"


def are_met(conditions: Conditions, answers: Mapping[str, str]) -> bool:
    """Whether the answers meet all conditions; False if there are none."""
    return bool(conditions) and all(
        answers.get(question) in allowed for question, allowed in conditions.items()
    )


def broken(conditions: Conditions, answers: Mapping[str, str]) -> tuple[Contradiction, ...]:
    """The answers that break conditions; `unclear` and missing answers never do."""
    return tuple(
        Contradiction(question=question, answer=answers[question], allowed=allowed)
        for question, allowed in conditions.items()
        if answers.get(question, UNCLEAR) not in (*allowed, UNCLEAR)
    )


def opposed(
    conditions: Conditions, answers: Mapping[str, str], declared: Mapping[str, Sequence[str]]
) -> tuple[Contradiction, ...]:
    """The answers that meet conditions although the label excludes them.

    Args:
        declared: Question -> all its answers.
    """
    return tuple(
        Contradiction(
            question=question,
            answer=answers[question],
            allowed=tuple(answer for answer in declared.get(question, ()) if answer not in meeting),
        )
        for question, meeting in conditions.items()
    )
