"""Which studies must not be examples while an item is scored.

    loo       for each item, the records of its own paper are left out
    holdout   for all items, every study that is in the suite is left out

The pipeline already leaves out studies that are recognisably the same paper. This module also finds studies
that are the same paper through another record, such as one with an earlier title from the gold file.
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
    """Item id -> ids of the studies that must not be examples while it is scored."""
    own = {item.id: _records_of(item, studies) for item in suite.items}
    if protocol == "loo":
        return own
    everything = frozenset(study for found in own.values() for study in found)
    return dict.fromkeys(own, everything)


def _records_of(item: SuiteItem, studies: Sequence[Study]) -> frozenset[str]:
    """All records of the item's paper: those with its id, and those that match any record found so far."""
    known: list[Paper | Study] = [
        Paper(title=title, arxiv_id=item.arxiv, doi=item.doi) for title in (item.title, *_other_titles(item))
    ]
    found: dict[str, Study] = {study.id: study for study in studies if study.id == item.id}
    known += found.values()
    # A record that was found may have a title or id that matches another record.
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
