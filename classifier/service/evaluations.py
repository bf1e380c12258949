"""Reports below the service's folder, those that the workspace publishes, and lists scored on gold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from classifier.errors import ClassifierError
from classifier.evaluation.records import Report
from classifier.evaluation.report.store import read_json
from classifier.model.identity import same_paper
from classifier.model.paper import Paper
from classifier.model.study import Study
from classifier.review.veil import HIDDEN
from classifier.service.hub import Hub, hidden_runs
from classifier.service.shelf import Card, Volume

REPORT_FILE = "report.json"
_MOST_BYTES = 64 << 20
"""A report has a few hundred kilobytes: larger files are not reports."""


class FoundReport(NamedTuple):
    """A report; `can_compare` is true if its predictions are beside it."""

    id: str
    name: str
    folder: Path
    report: Report
    can_compare: bool


class GoldScore(NamedTuple):
    """A labelled paper that is a gold study too."""

    card: Card
    study: Study
    gold: str
    is_right: bool


def find_evaluations(hub: Hub) -> dict[str, FoundReport]:
    """All reports, the newest first; other files are skipped."""
    found = []
    for file, root in _files(hub):
        try:
            state = file.stat()
            if state.st_size > _MOST_BYTES:
                continue
            report = _read(str(file), state.st_mtime_ns)
        except (OSError, ClassifierError):
            continue
        name = file.relative_to(root).parent.as_posix() if file.name == REPORT_FILE else file.stem
        digest = hashlib.sha256(str(file).encode("utf-8", "replace")).hexdigest()[:16]
        can_compare = file.name == REPORT_FILE and (file.parent / "predictions.jsonl").is_file()
        found.append(FoundReport(digest, name, file.parent, report, can_compare))
    found.sort(key=lambda each: each.report.times.started_at or "", reverse=True)
    return {each.id: each for each in found}


def _files(hub: Hub) -> Iterator[tuple[Path, Path]]:
    root, hidden = hub.config.folder, hidden_runs(hub)
    for pattern in (f"*/{REPORT_FILE}", f"*/*/{REPORT_FILE}"):
        for file in sorted(root.glob(pattern)):
            if hidden.isdisjoint(file.relative_to(root).parts):
                yield file, root
    published = hub.workspace.root / "eval" / "results"
    for file in sorted(published.glob("*.json")):
        yield file, published


@lru_cache(maxsize=64)
def _read(file: str, changed: int) -> Report:  # noqa: ARG001 - it tells when to read it again
    return read_json(Path(file))


def score_on_gold(hub: Hub, volume: Volume) -> list[GoldScore]:
    """The papers of a list that are gold studies, in the list's order; failed ones count as wrong."""
    scored = []
    for card in volume.cards.values():
        if card.label == HIDDEN:
            continue
        row = card.row
        known = row.entry.paper
        paper = Paper(
            title=known.title or row.label.paper.title,
            arxiv_id=known.arxiv_id or row.label.paper.arxiv_id,
            doi=known.doi or row.label.paper.doi,
        )
        study = next((study for study in hub.workspace.studies if same_paper(paper, study)), None)
        if study is not None:
            gold = study.label
            scored.append(GoldScore(card, study, gold, card.label == gold))
    return scored
