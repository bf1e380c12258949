"""The result of `filing`: the tree, its papers, and one outcome for every entry."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from classifier.model.entries import ListEntry
from classifier.model.record import Record
from classifier.scaffold.places import DraftNode
from classifier.scaffold.source import Path, Source
from classifier.survey.section_plan import SectionPlan


class Choices(Record):
    """The author's choices for doubtful papers, and for the tree of a library.

    Attributes:
        facets: Papers of sections that are not topics: kept in facets.jsonl, or left out.
        several: A paper in several leaves: the others are secondary, or only the first counts.
        branch_papers: Papers directly under a branch: a pile, or a leaf "other" below it.
        by: What becomes the tree of a library: fields or columns; empty if the library decides.
    """

    facets: Literal["keep", "drop"] = "keep"
    several: Literal["secondary", "first"] = "secondary"
    branch_papers: Literal["pile", "leaf"] = "pile"
    by: tuple[str, ...] = ()


class Outcome(Record):
    """The outcome for one entry of the source.

    Attributes:
        outcome: "leaf", "secondary", "repeated", "facet", "left out" or "pile".
        where: A leaf's id, "facet=value", or a pile's name.
        study: Id of the study of this paper, if there is one.
    """

    line: int
    key: str
    title: str
    section: Path = ()
    outcome: Literal["leaf", "secondary", "repeated", "facet", "left out", "pile"]
    where: str
    study: str | None = None


@dataclass
class FiledPaper:
    """A paper with all its entries: `leaves` in the order of the list; `remark` is the list's sentence."""

    entry: ListEntry
    leaves: list[str] = field(default_factory=list)
    facets: dict[str, str] = field(default_factory=dict)
    sections: list[Path] = field(default_factory=list)
    remark: str = ""

    @property
    def said(self) -> str:
        """The paper's abstract, else what the list says of it."""
        return self.entry.paper.abstract or self.remark


@dataclass
class Filing:
    """The result; `papers` are the ones with a leaf, `aside` those with a facet only.

    Attributes:
        items: All bullets and rows of a Markdown list, by what they are: a paper, or a named pile.
    """

    source: Source
    choices: Choices
    tree: list[DraftNode]
    papers: list[FiledPaper]
    aside: list[FiledPaper]
    outcomes: list[Outcome]
    plan: SectionPlan
    notices: list[str] = field(default_factory=list)
    items: Counter[str] = field(default_factory=Counter)

    def counts(self) -> Counter[str]:
        """Entries by outcome; piles and facets by name."""
        named = ("pile", "facet", "left out")
        return Counter(f"{o.outcome}: {o.where}" if o.outcome in named else o.outcome for o in self.outcomes)


def completed(entry: ListEntry, other: ListEntry) -> ListEntry:
    """The first entry, completed with values that only later entries of the same paper have."""
    more = {
        name: value
        for name, value in other.paper.model_dump(exclude_none=True).items()
        if getattr(entry.paper, name) in (None, ()) and value
    }
    if not more:
        return entry
    return entry.model_copy(update={"paper": entry.paper.model_copy(update=more)})
