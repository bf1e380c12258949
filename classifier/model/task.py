"""The input of an engine: an excerpt, the prompt made from it, and the task as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.model.document import Document
from classifier.model.paper import Paper
from classifier.model.record import Record
from classifier.model.study import Study


class Passage(Record):
    """A part of a page that the model sees; [start, end) in the page's text."""

    page: int
    start: int
    end: int
    text: str
    section: str | None = None


class Excerpt(Record):
    """The part of a document that fits the budget, in reading order."""

    title: str | None
    passages: tuple[Passage, ...]
    tokens: int
    omitted_chars: int = 0


class Prompt(Record):
    """A request's content: a system part, a user part, and the answer's JSON Schema.

    Attributes:
        system: Instructions and taxonomy (and the examples, unless the nearest ones are chosen for each
            paper): the same bytes for every paper, so that the provider's cache applies.
        user: The paper between fences, and the nearest examples, if any.
        schema: Portable JSON Schema of the answer.
        sha256: Hash of the templates and the taxonomy that it was made from (not of the paper).
        example_ids: Studies shown as examples.
        tokens: Estimate, characters / 4.
    """

    system: str
    user: str
    answer_schema: Mapping[str, Any]
    sha256: str
    example_ids: tuple[str, ...] = ()
    tokens: int = 0


class Task(Record):
    """One paper for an engine.

    Attributes:
        document: The whole visible text.
        examples: Studies that the engine may use as examples; other records of the same paper are already
            left out.
        prompt: Rendered only if the engine needs one (`Engine.needs_prompt`).
    """

    paper: Paper
    document: Document
    examples: tuple[Study, ...] = ()
    prompt: Prompt | None = None
