"""Keeping answers out of the examples: which studies an engine may learn from while an item is scored.

    loo       the scored study and its other files are left out, item by item
    holdout   every study that is in the suite is left out, for all items

The pipeline leaves out what is recognisably the same paper; here the rest goes: a study known as the same
only by way of another record, such as an earlier title that the gold file notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from classifier.evaluation.records import Suite, SuiteItem
from classifier.model.identity import same_paper
from classifier.model.paper import Paper
from classifier.model.study import Study

EvalProtocol = Literal["loo", "holdout"]


def studies_to_leave_out(
    suite: Suite, studies: Sequence[Study], protocol: EvalProtocol
) -> Mapping[str, frozenset[str]]:
    """Item id -> ids of the studies that must not be seen while it is scored."""
    own = {item.id: _files_of(item, studies) for item in suite.items}
    if protocol == "loo":
        return own
    everything = frozenset(study for found in own.values() for study in found)
    return dict.fromkeys(own, everything)


def _files_of(item: SuiteItem, studies: Sequence[Study]) -> frozenset[str]:
    """All records of the item's paper: by id, and by sameness with any record found so far."""
    known: list[Paper | Study] = [
        Paper(title=title, arxiv_id=item.arxiv, doi=item.doi) for title in (item.title, *_other_titles(item))
    ]
    found: dict[str, Study] = {study.id: study for study in studies if study.id == item.id}
    known += found.values()
    # A record found may know a title or id that leads to the next one.
    while more := [
        study
        for study in studies
        if study.id not in found and any(same_paper(study, record) for record in known)
    ]:
        found |= {study.id: study for study in more}
        known += more
    return frozenset(found)


def _other_titles(item: SuiteItem) -> tuple[str, ...]:
    given = (item.model_extra or {}).get("other_titles")
    return tuple(title for title in given if isinstance(title, str)) if isinstance(given, list) else ()
