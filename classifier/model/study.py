"""A labelled paper of a workspace, used as a few-shot example in prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from classifier.model.record import Record


class Study(Record):
    """A labelled paper of a workspace's gold files (one JSON line each).

    Attributes:
        label: A leaf id or `OUT_OF_SCOPE`.
        scope_reason: A scope rule's id if the label is `OUT_OF_SCOPE`.
        summary: A short description in the workspace's own words.
        rationale: The criterion that decides.
        answers: Decision question id -> answer id.
        attributes: Survey field id -> value or None.
        contested: Whether annotators disagreed.
        provenance: Sections and tables of the survey, and how contradictions were resolved.
    """

    id: str
    title: str
    label: str
    ref: str | None = None
    system: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv: str | None = None
    doi: str | None = None
    other_titles: tuple[str, ...] = ()
    scope_reason: str | None = None
    secondary: tuple[str, ...] = ()
    summary: str = ""
    rationale: str = ""
    answers: Mapping[str, str] = Field(default_factory=dict)
    attributes: Mapping[str, str | None] = Field(default_factory=dict)
    difficulty: Literal["easy", "medium", "hard"] | None = None
    contested: bool = False
    provenance: Mapping[str, Any] = Field(default_factory=dict)
