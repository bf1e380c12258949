"""The data of a paper's page: the label, a page picture with marked quotes, and the history."""

from __future__ import annotations

from typing import NamedTuple

from classifier.export.filed import Filed
from classifier.model.label import Evidence
from classifier.pdf.places import PagePlaces, Place
from classifier.service.desk import get_run
from classifier.service.hub import Hub
from classifier.service.pictures import find_row, pdf_of, places_on
from classifier.service.store.decisions import StoredDecision
from classifier.service.store.runs import RunState, StoredRun


class Mark(NamedTuple):
    """A quote on the page that is shown: its number, and its lines."""

    number: int
    lines: tuple[Place, ...]


class PaperView(NamedTuple):
    """A paper and what is shown beside its label.

    Attributes:
        run: Name of its run.
        quotes: Each quote once with what it supports, numbered from 1, absent ones last.
        page: Page of the picture, from 1; 0 if there is no picture.
        places: Positions on that page.
        marks: Quotes whose position on that page is certain.
        decisions: Oldest first.
    """

    id: str
    run: str
    filed: Filed
    quotes: tuple[tuple[Evidence, tuple[str, ...]], ...]
    page: int
    places: PagePlaces | None
    marks: tuple[Mark, ...]
    decisions: tuple[StoredDecision, ...]


def view_paper(hub: Hub, paper_id: str, page: int | None) -> PaperView | StoredRun:
    """A paper, or its run while there is no label.

    Args:
        page: Which page to show; None for the first with a quote.

    Raises:
        HttpProblem: There is no such paper.
    """
    row, folder = find_row(hub, paper_id)
    if row is None:
        return get_run(hub, paper_id)
    run = hub.runs.get(paper_id)
    if run is not None and run.state in (RunState.queued, RunState.running) and row.label.error is not None:
        return run  # tried again
    filed = hub.shelf.filed_row(row)
    quotes = _numbered(row.label.evidence)
    number, places, marks = _picture(hub, paper_id, quotes, page)
    return PaperView(
        id=paper_id,
        run=folder.name,
        filed=filed,
        quotes=quotes,
        page=number,
        places=places,
        marks=marks,
        decisions=tuple(hub.decisions.about(folder.name, row.entry.key)),
    )


Quotes = tuple[tuple[Evidence, tuple[str, ...]], ...]


def _numbered(evidence: tuple[Evidence, ...]) -> Quotes:
    supports: dict[tuple[str, int | None, int | None], list[str]] = {}
    first: dict[tuple[str, int | None, int | None], Evidence] = {}
    for piece in evidence:
        key = (piece.quote, piece.page, piece.start)
        first.setdefault(key, piece)
        supports.setdefault(key, []).append(piece.supports)
    found = sorted(
        first.items(), key=lambda item: (item[1].page is None, item[1].page or 0, item[1].start or 0)
    )
    return tuple((piece, tuple(dict.fromkeys(supports[key]))) for key, piece in found)


def _picture(
    hub: Hub, paper_id: str, quotes: Quotes, page: int | None
) -> tuple[int, PagePlaces | None, tuple[Mark, ...]]:
    file = pdf_of(hub, paper_id)
    if file is None:
        return 0, None, ()
    number = page or next((piece.page for piece, _ in quotes if piece.page), 1)
    here = [(index, piece) for index, (piece, _) in enumerate(quotes, start=1) if piece.page == number]
    places = places_on(hub, file, number, [piece for _, piece in here])
    if places is None:
        return (1, places_on(hub, file, 1, []), ()) if number != 1 else (0, None, ())
    marks = tuple(Mark(index, lines) for (index, _), lines in zip(here, places.marks, strict=True) if lines)
    return number, places, marks
