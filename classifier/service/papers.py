"""The data of a paper's page: the label, a page picture with marked quotes, and the history."""

from __future__ import annotations

from typing import NamedTuple

from classifier.batch.ledger.answers import StoredAnswer, read_answers
from classifier.export.filed import Filed
from classifier.model.entries import Row
from classifier.model.label import Evidence
from classifier.pdf.places import PagePlaces, Place
from classifier.review.veil import HIDDEN
from classifier.service.desk import get_run
from classifier.service.hub import Hub
from classifier.service.pictures import find_row, pdf_of, places_on
from classifier.service.reviewing import OpenReview, Viewer, decisions_about, open_review
from classifier.service.store.runs import RunState, StoredRun


class Mark(NamedTuple):
    """A quote on the page that is shown: its number, and its lines."""

    number: int
    lines: tuple[Place, ...]


class HistoryEntry(NamedTuple):
    """What a person did with the label; `label` is None if nothing was set: `words` say what was done."""

    at: str
    user: str
    label: str | None
    words: str
    note: str


class PaperView(NamedTuple):
    """A paper and what is shown beside its label.

    Attributes:
        run: Name of its run.
        stored: Its run, if the service made it: of the paper alone, or of its list.
        quotes: Each quote once with what it supports, numbered from 1, absent ones last.
        page: Page of the picture, from 1; 0 if there is no picture.
        places: Positions on that page.
        marks: Quotes whose position on that page is certain.
        history: What people did that the viewer may see, oldest first.
        is_blind: Whether two people decide on it, who do so under Review only.
        answers: Every reply that was paid for, oldest first; empty while the label is hidden.
    """

    id: str
    run: str
    stored: StoredRun | None
    filed: Filed
    quotes: tuple[tuple[Evidence, tuple[str, ...]], ...]
    page: int
    places: PagePlaces | None
    marks: tuple[Mark, ...]
    history: tuple[HistoryEntry, ...]
    is_blind: bool
    answers: tuple[StoredAnswer, ...]


def view_paper(hub: Hub, viewer: Viewer, paper_id: str, page: int | None) -> PaperView | StoredRun:
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
    is_hidden = row.label.error is not None and row.label.error.code == HIDDEN
    quotes = number_quotes(row.label.evidence)
    number, places, marks = find_picture(hub, paper_id, quotes, page)
    opened = open_review(hub, viewer, folder.name, must_be_started=False)
    return PaperView(
        id=paper_id,
        run=folder.name,
        stored=run or hub.runs.get(folder.name),
        filed=filed,
        quotes=quotes,
        page=number,
        places=places,
        marks=marks,
        history=tuple(_history(hub, opened, row)),
        is_blind=opened.session.plan.is_double,
        answers=() if is_hidden else read_answers(folder, row.entry.key),
    )


def _history(hub: Hub, opened: OpenReview, row: Row) -> list[HistoryEntry]:
    key, correction = row.entry.key, row.correction
    found = [
        HistoryEntry(old.at, old.user, old.label, "took the decision back", old.note)
        for old in hub.decisions.about(opened.run, key)
    ]
    known = {(old.label, old.user) for old in found[-1:]}
    for made, undone in decisions_about(opened.volume, opened.session, key):
        words = {"skip": "skipped it", "note": "made a note"}.get(made.kind, "")
        if undone:
            words = f"decided {made.label}, and took it back" if made.label else f"{words}, and took it back"
        found.append(HistoryEntry(made.at, made.by, None if undone else made.label, words, made.note))
        known.add((made.label, made.by))
        known.add((made.label, correction.by if correction and correction.at == made.at else made.by))
    if correction is not None and (correction.label, correction.by) not in known:
        by = correction.by or "a person"
        found.append(HistoryEntry(correction.at, by, correction.label, "", correction.note))
    return sorted(found, key=lambda entry: entry.at)


Quotes = tuple[tuple[Evidence, tuple[str, ...]], ...]


def number_quotes(evidence: tuple[Evidence, ...]) -> Quotes:
    """Each quote once with what it supports, in the order of pages; absent ones last."""
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


def find_picture(
    hub: Hub, paper_id: str, quotes: Quotes, page: int | None
) -> tuple[int, PagePlaces | None, tuple[Mark, ...]]:
    """The page to show (0 if there is none), what is on it, and the quotes whose place there is certain."""
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
