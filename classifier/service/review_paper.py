"""The data of a decision page: why the paper is asked, quotes on its page, two definitions, what was said.

What enters: an opened review and a paper. What leaves: what the person may see, and nothing else.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from classifier.model.decision import ReviewDecision
from classifier.model.record import OUT_OF_SCOPE
from classifier.pdf.places import PagePlaces
from classifier.review.contrast import LabelContrast, contrast
from classifier.review.papers import ReviewPaper
from classifier.review.queue import QueuePlace
from classifier.service.hub import Hub
from classifier.service.papers import Mark, Quotes, find_picture, number_quotes
from classifier.service.reviewing import OpenReview


class TextRun(NamedTuple):
    """Some words of an abstract; `quote` is the number of the quote that they are part of, or 0."""

    text: str
    quote: int


class DecisionView(NamedTuple):
    """A paper as a reviewer sees it.

    Attributes:
        id: The paper's id.
        left: Papers that wait for this person, this one included.
        machine: The engine's label; None if it is hidden.
        runner_up: The label that the second button gives; None if there is none.
        sides: The definitions of both; None if there is nothing to define.
        abstract: In pieces, with quotes marked.
        said: Decisions that may be seen, oldest first.
        mine: The person's own last label; None if they have not decided.
        conflict: The reviewers' last decisions, if they differ and nobody has resolved it.
        names: In a conflict, who gave the first label and who the second.
        can_resolve: Whether a conflict is, or was, between the reviewers.
    """

    id: str
    place: QueuePlace
    left: int
    machine: str | None
    runner_up: str | None
    sides: LabelContrast | None
    quotes: Quotes
    page: int
    places: PagePlaces | None
    marks: tuple[Mark, ...]
    abstract: tuple[TextRun, ...]
    said: tuple[ReviewDecision, ...]
    mine: str | None
    conflict: tuple[ReviewDecision, ...]
    names: tuple[str, ...]
    can_resolve: bool

    @property
    def paper(self) -> ReviewPaper:
        """The paper under review."""
        return self.place.paper


def view_decision(
    hub: Hub, opened: OpenReview, place: QueuePlace, left: int, page: int | None
) -> DecisionView:
    """What a person may see of a paper now.

    Args:
        left: Papers in the queue.
        page: Of the picture; None for the first with a quote.
    """
    session, paper = opened.session, place.paper
    label = paper.filed.row.label
    visible = paper.shows_machine(session.plan)
    quotes = number_quotes(label.evidence) if visible else ()
    paper_id = hub.shelf.card_id(opened.run, paper.key)
    number, places, marks = find_picture(hub, paper_id, quotes, page)
    runner_up = label.runner_up if visible and label.runner_up in session.taxonomy.labels else None
    said = paper.seen_by(session.name, session.plan)
    own = [made.label for made in said if made.by == session.name and made.rules]
    is_conflict = paper.opinions.is_conflict
    by_label = dict.fromkeys(made.by for made in paper.opinions.by_name.values())
    return DecisionView(
        id=paper_id,
        place=place,
        left=left,
        machine=paper.machine if visible else None,
        runner_up=runner_up,
        sides=_sides(opened, paper, runner_up, visible=visible),
        quotes=quotes,
        page=number,
        places=places,
        marks=marks,
        abstract=mark_quotes(paper.filed.abstract, [piece.quote for piece, _ in quotes]),
        said=said,
        mine=own[-1] if own else None,
        conflict=tuple(paper.opinions.by_name.values()) if is_conflict else (),
        names=tuple(by_label) if is_conflict else (),
        can_resolve=paper.opinions.was_conflict,
    )


def _sides(
    opened: OpenReview, paper: ReviewPaper, runner_up: str | None, *, visible: bool
) -> LabelContrast | None:
    taxonomy = opened.session.taxonomy
    if paper.opinions.is_conflict:
        labels = list(dict.fromkeys(made.label or "" for made in paper.opinions.by_name.values()))
        reason = next((one.scope_reason for one in paper.opinions.by_name.values() if one.scope_reason), None)
        return contrast(taxonomy, labels[0], labels[1], reason)
    if not visible:
        return None
    reason = paper.filed.row.label.scope_reason
    if reason is None and OUT_OF_SCOPE in (paper.machine, runner_up):
        given = {item.question: item.answer for item in paper.filed.row.label.answers}
        reason = taxonomy.scope_reason(given)
    return contrast(taxonomy, paper.machine, runner_up, reason)


def mark_quotes(text: str, quotes: list[str]) -> tuple[TextRun, ...]:
    """A text in pieces: words of quotes, as far as they occur in it word for word, and the others."""
    spans: list[tuple[int, int, int]] = []
    for number, quote in enumerate(quotes, 1):
        words = quote.split()
        found = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE) if words else None
        if found and all(found.end() <= start or found.start() >= end for start, end, _ in spans):
            spans.append((found.start(), found.end(), number))
    pieces, at = [], 0
    for start, end, number in sorted(spans):
        pieces += [TextRun(text[at:start], 0), TextRun(text[start:end], number)]
        at = end
    return tuple(piece for piece in (*pieces, TextRun(text[at:], 0)) if piece.text)
