"""What an engine is given: an excerpt, the prompt made from it, and the task as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.model.document import Document
from classifier.model.paper import Paper
from classifier.model.record import Record
from classifier.model.study import Study


class Passage(Record):
    """A piece of a page that the model is shown; [start, end) in the page's text."""

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
    """What is sent: a system part, a user part, and the answer's JSON Schema.

    Attributes:
        system: Instructions and taxonomy (and the examples, unless they are chosen by
            nearness): byte-identical from paper to paper, so that provider caches hit.
        user: The paper, fenced, and any nearest examples.
        schema: Portable JSON Schema of the answer.
        sha256: Hash of the templates and the taxonomy that made it (not of the paper).
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
    """One paper put to an engine.

    Attributes:
        document: The whole visible text.
        examples: Studies that the engine may learn from here; the paper itself and its
            other files are already left out.
        prompt: Rendered only where the engine asks for one (`Engine.needs_prompt`).
    """

    paper: Paper
    document: Document
    examples: tuple[Study, ...] = ()
    prompt: Prompt | None = None
