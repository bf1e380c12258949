"""A person's changes to what a list says of a paper: its title, year, ids and abstract."""

from __future__ import annotations

from typing import Literal, get_args

from classifier.model.paper import Paper
from classifier.model.record import Record

AmendedField = Literal["title", "year", "doi", "arxiv_id", "abstract"]
AMENDABLE: tuple[AmendedField, ...] = get_args(AmendedField)
"""The fields that can be amended."""
FIELD_WORDS: dict[str, str] = {
    "title": "title",
    "year": "year",
    "doi": "DOI",
    "arxiv_id": "arXiv id",
    "abstract": "abstract",
}
"""Field -> how messages call it."""


class PaperChanges(Record):
    """New values of fields; a field that was not set stays as it is, and None clears it."""

    title: str | None = None
    year: int | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    abstract: str | None = None

    @property
    def fields(self) -> tuple[AmendedField, ...]:
        """The changed fields."""
        return tuple(name for name in AMENDABLE if name in self.model_fields_set)

    def applied_to(self, paper: Paper) -> Paper:
        """The paper with the changes."""
        return paper.model_copy(update=self.as_dict())

    def as_dict(self) -> dict[str, str | int | None]:
        """Field -> value, of the changed fields only."""
        return {name: getattr(self, name) for name in self.fields}


class Amendment(Record):
    """Changes to one entry's paper, made by one person at one time.

    Attributes:
        by, note: Who and why, in free words.
        at: ISO 8601, UTC.
        listed_title: In a table or file: the paper's title in its list, so that no other paper is amended.
    """

    key: str
    changes: PaperChanges
    by: str = ""
    note: str = ""
    at: str = ""
    listed_title: str = ""


def amended_fields(listed: Paper, paper: Paper) -> tuple[AmendedField, ...]:
    """The fields in which a paper differs from what its list says."""
    return tuple(name for name in AMENDABLE if getattr(listed, name) != getattr(paper, name))
