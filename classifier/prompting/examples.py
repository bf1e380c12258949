"""Chooses the labelled studies that are shown as few-shot examples.

What enters: the workspace's studies, the paper, and a choice ("all", "nearest:K", "none"). What
leaves: studies for the static prefix and studies chosen for this paper. A study is never an example
for itself, nor is another file of the same paper (arXiv id, DOI, near-equal title).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from classifier.errors import ConfigError
from classifier.model.document import Document
from classifier.model.identity import is_identified, same_paper
from classifier.model.paper import Paper
from classifier.model.study import Study
from classifier.survey.room import CHARS_PER_TOKEN
from classifier.text.similarity import TermIndex

_QUERY_CHARS = 3000
"""Length of the text that nearest examples are chosen by: title and abstract, or the start of page 1."""

_INSTEAD_OF_ALL = "nearest:8"
"""One for each leaf of the built-in tree; not measured."""


class Examples(NamedTuple):
    """Studies for the static prefix (`shared`) and for this paper only (`nearest`)."""

    shared: tuple[Study, ...]
    nearest: tuple[Study, ...]


def eligible_studies(studies: Sequence[Study], paper: Paper, document: Document) -> tuple[Study, ...]:
    """The studies that are not this paper, according to its metadata and what is printed on it."""
    known = [record for record in (paper, document) if is_identified(record)]
    return tuple(study for study in studies if not any(same_paper(study, record) for record in known))


def choose_examples(
    choice: str, studies: Sequence[Study], document: Document, budget_tokens: int | None = None
) -> Examples:
    """Chooses examples from the eligible studies.

    Args:
        choice: "all", "none" or "nearest:K" with K >= 1.
        studies: Eligible ones (`eligible_studies`).
        budget_tokens: If all studies together are longer (characters / 4), "all" is "nearest:8". None: no
            limit, for engines that read no prompt.
        document: For "nearest": its title and abstract (or first page) are the query.

    Raises:
        ConfigError: The choice has another form.
    """
    if choice == "all":
        if budget_tokens is None or sum(map(_chars, studies)) <= budget_tokens * CHARS_PER_TOKEN:
            return Examples(tuple(studies), ())
        choice = _INSTEAD_OF_ALL
    if choice == "none":
        return Examples((), ())
    kind, _, number = choice.partition(":")
    if kind != "nearest" or not number.isdecimal() or int(number) < 1:
        raise ConfigError(f"examples '{choice}' is not known; expected all, none or nearest:K with K >= 1")
    start = document.abstract or (document.pages[0].text if document.pages else "")
    query = f"{document.title or ''} {start[:_QUERY_CHARS]}"
    index = TermIndex([f"{study.title} {study.summary}" for study in studies])
    ranked = sorted(zip(index.similarities(query), studies, strict=True), key=lambda pair: -pair[0])
    return Examples((), tuple(study for _, study in ranked[: int(number)]))


def _chars(study: Study) -> int:
    answers = sum(len(question) + len(answer) for question, answer in study.answers.items())
    return len(study.title) + len(study.summary) + len(study.rationale) + len(study.label) + answers
