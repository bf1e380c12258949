"""A run and its decisions -> the counts of a PRISMA 2020 flow diagram, as CSV and as a picture.

What enters: papers under review, and the counts of other entries of the lists. What leaves: counts that add
up, and their drawing by `classifier.export.svg`. Source: Page et al. 2021, "The PRISMA 2020 statement" (BMJ
372:n71), figure 1: one path, from databases and registers; a paper's label replaces the assessment of its
full text.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from classifier.batch.ledger.access import ledger_path, reading
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.rows import read_rows
from classifier.export.filed import FAILED
from classifier.export.picture import LINE_HEIGHT, PADDING, Picture, TreeBox
from classifier.export.spreadsheet import csv_line
from classifier.export.svg import render_svg
from classifier.model.record import OUT_OF_SCOPE, UNPLACED, Record
from classifier.review.papers import ReviewPaper
from classifier.survey.taxonomy import Taxonomy
from classifier.text.characters import shown
from classifier.text.counting import count_of

NO_REASON = "no reason given"
"""Key for papers that are out of scope without a rule of the taxonomy."""


class FlowCounts(Record):
    """Counts; `identified` is the sum of the later ones.

    Attributes:
        identified: Entries of all lists, including unusable ones.
        unusable: Entries that cannot be read as a paper.
        duplicates: Entries of the same paper as an earlier entry.
        waiting: Papers that have no label yet.
        screened: Papers with a label or a failure: `identified` minus the three counts above.
        not_assessed: Papers that could not be read or labelled.
        excluded: Scope rule's id, or `NO_REASON` -> papers out of scope; includes every rule of the taxonomy.
        unplaced: In scope, but no leaf fits.
        included: Papers in a leaf.
        by_people: Papers whose label a person gave, accepted or corrected.
    """

    identified: int
    unusable: int
    duplicates: int
    waiting: int
    screened: int
    not_assessed: int
    excluded: dict[str, int]
    unplaced: int
    included: int
    by_people: int


def count_flow(folder: Path, papers: Sequence[ReviewPaper], taxonomy: Taxonomy) -> FlowCounts:
    """The counts of a run as it is now.

    Raises:
        ConfigError: There is no ledger.
        StoreError: It cannot be read.
    """
    with reading(folder) as db:
        counts = Ledger(db, ledger_path(folder)).counts()
    rows = sum(1 for _ in read_rows(folder))
    waiting = max(0, counts.total - rows)  # the lists may be changing at the moment
    labels = Counter(paper.filed.label for paper in papers)
    reasons = Counter(
        paper.scope_reason or NO_REASON for paper in papers if paper.filed.label == OUT_OF_SCOPE
    )
    known = [*taxonomy.rules, *sorted(reasons.keys() - taxonomy.rules.keys())]
    return FlowCounts(
        identified=rows + waiting + counts.broken,
        unusable=counts.broken,
        duplicates=rows - len(papers),
        waiting=waiting,
        screened=len(papers),
        not_assessed=labels[FAILED],
        excluded={reason: reasons[reason] for reason in known},
        unplaced=labels[UNPLACED],
        included=len(papers) - labels[FAILED] - labels[OUT_OF_SCOPE] - labels[UNPLACED],
        by_people=sum(paper.decided is not None for paper in papers),
    )


def flow_csv(counts: FlowCounts, taxonomy: Taxonomy) -> Iterator[str]:
    """CSV with a header and one line per count: stage, what, reason, papers."""
    yield csv_line(("stage", "what", "reason", "count"))
    for stage, what, reason, number in _lines(counts, taxonomy):
        yield csv_line((stage, what, reason, str(number)))


def _lines(counts: FlowCounts, taxonomy: Taxonomy) -> Iterator[tuple[str, str, str, int]]:
    yield "identification", "records identified", "", counts.identified
    yield "identification", "records removed before screening", "duplicate", counts.duplicates
    yield "identification", "records removed before screening", "unusable entry", counts.unusable
    yield "identification", "records removed before screening", "not labelled yet", counts.waiting
    yield "screening", "papers screened", "", counts.screened
    yield "screening", "papers not assessed", "no text or no label", counts.not_assessed
    for reason, number in counts.excluded.items():
        yield "screening", "papers excluded", _title(taxonomy, reason), number
    yield "screening", "papers in scope without a leaf", "", counts.unplaced
    yield "included", "papers included", "", counts.included


def flow_svg(counts: FlowCounts, taxonomy: Taxonomy) -> str:
    """The diagram: the path of the papers at the top, excluded ones below."""
    return render_svg(lay_out_flow(counts, taxonomy))


def lay_out_flow(counts: FlowCounts, taxonomy: Taxonomy) -> Picture:
    """Columns for identification, screening and inclusion; excluded papers below the remaining ones."""
    excluded = sum(counts.excluded.values())
    columns = [
        [
            ("Records identified", counts.identified, -1),
            ("Duplicates removed", counts.duplicates, 1),
            ("Unusable entries", counts.unusable, 1),
            ("Not labelled yet", counts.waiting, 1),
        ],
        [
            ("Papers screened", counts.screened, -1),
            ("Not assessed: no text or no label", counts.not_assessed, 1),
            ("Papers excluded", excluded, 2),
            *[(_title(taxonomy, reason), number, 2) for reason, number in counts.excluded.items() if number],
            ("In scope, but no leaf fits", counts.unplaced, 3),
        ],
        [("Papers included", counts.included, -1)],
    ]
    boxes: list[TreeBox] = []
    firsts = []
    for number, column in enumerate(columns):
        firsts.append(len(boxes))
        top = float(_MARGIN)
        for what, count, tone in column:
            lines = tuple(textwrap.wrap(shown(what), _LINE_CHARS)) or ("?",)
            height = len(lines) * LINE_HEIGHT + 2 * PADDING
            boxes.append(
                TreeBox(_MARGIN + number * (_WIDTH + _GAP), top, _WIDTH, height, lines, str(count), tone)
            )
            top += height + _ROW_GAP
    bottom = max(box.y + box.height for box in boxes)
    return Picture(
        width=2 * _MARGIN + len(columns) * _WIDTH + (len(columns) - 1) * _GAP,
        height=bottom + _ROW_GAP + LINE_HEIGHT + _MARGIN,
        boxes=tuple(boxes),
        links=tuple(pairwise(firsts)),
        caption=f"{counts.by_people} of {count_of(counts.screened, 'paper')} decided by "
        "people, the others by an engine",
    )


_MARGIN, _WIDTH, _GAP, _ROW_GAP, _LINE_CHARS = 24, 300, 60, 14, 28


def _title(taxonomy: Taxonomy, reason: str) -> str:
    rule = taxonomy.rules.get(reason)
    return shown(rule.title) if rule else shown(reason)
