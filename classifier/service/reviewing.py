"""Who reviews which run, and decisions: pages and the JSON API call the same functions.

What enters: a checked user, a run's id, and what was decided. What leaves: sessions and decisions of
`classifier.review`, which decides; cards that show them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from starlette.requests import Request

from classifier.batch.ledger.decisions import read_decisions, read_kept
from classifier.batch.ledger.progress import check_ledger
from classifier.errors import InputError
from classifier.model.decision import ReviewDecision
from classifier.review.decide import ACCEPT, DecisionWish, undone_before
from classifier.review.queue import QueuePlace
from classifier.review.session import ReviewSession
from classifier.service.desk import no_paper
from classifier.service.files import key_reused
from classifier.service.hub import Hub
from classifier.service.identity import user_of
from classifier.service.problems import HttpProblem, still_blind
from classifier.service.shelf import Card, Volume
from classifier.service.store.users import UserRole
from classifier.text.characters import shown

NAME_COOKIE = "classifier_reviewer"
NAME_CHARS = 100


class Viewer(NamedTuple):
    """Who looks or decides.

    Attributes:
        name: The user's name; without a login the chosen one, or "local".
        is_proved: Whether a token or a proxy vouches for it.
    """

    name: str
    role: UserRole
    is_proved: bool
    has_chosen: bool


class OpenReview(NamedTuple):
    """A run, and a person's session at it."""

    volume: Volume
    session: ReviewSession
    viewer: Viewer

    @property
    def run(self) -> str:
        """The run's id."""
        return self.volume.id


def viewer_of(request: Request, hub: Hub, chosen: str | None = None) -> Viewer:
    """Who sends a request.

    Args:
        chosen: The name given with it; None for that of the cookie.

    Raises:
        HttpProblem: The user is unknown (401), or has another name (403).
    """
    user = user_of(request)
    if hub.config.needs_login:
        if chosen not in (None, "", user.name):
            raise HttpProblem(
                403, "not-allowed",
                f"you are '{user.name}' and cannot decide as '{shown(chosen)[:80]}'; remove `as`",
            )  # fmt: skip
        return Viewer(user.name, user.role, True, True)
    name = chosen if chosen is not None else unquote(request.cookies.get(NAME_COOKIE, ""))
    name = " ".join(shown(name).split())[:NAME_CHARS]
    return Viewer(name or user.name, user.role, False, bool(name))


def name_cookie(name: str) -> str:
    """A chosen name as the cookie keeps it."""
    return quote(" ".join(shown(name).split())[:NAME_CHARS])


def open_review(hub: Hub, viewer: Viewer, run_id: str, *, must_be_started: bool = True) -> OpenReview:
    """A person's session at a run.

    Raises:
        HttpProblem: There is no such run (404), or its review was not started (409).
        StoreError: Its ledger cannot be read.
    """
    volume = hub.shelf.volume(run_id)
    if volume is None:
        raise HttpProblem(
            404,
            "no-such-run",
            f"there is no labelled run '{shown(run_id)[:80]}'; /review lists those that are",
        )
    check_ledger(volume.folder)
    session = hub.reviews.view(volume.folder, viewer.name)
    if must_be_started and not session.started:
        raise HttpProblem(
            409, "review-not-started",
            f"nobody has started the review of this run; POST /api/v1/runs/{volume.id}/review starts it",
        )  # fmt: skip
    return OpenReview(volume, session, viewer)


def change_plan(hub: Hub, opened: OpenReview, **given: Any) -> None:
    """Starts the review, or changes its plan.

    Raises:
        ConfigError: A value is wrong.
        StoreError: It cannot be written.
    """
    opened.session.replan(**given)
    _renew(hub, opened)


def places_of(opened: OpenReview, hub: Hub, paper_ids: Sequence[str]) -> list[QueuePlace]:
    """The places of papers by their ids.

    Raises:
        HttpProblem: There is no such paper in this run (404).
    """
    found = []
    for paper_id in paper_ids:
        card = hub.shelf.card(paper_id)
        if card is None or card.run != opened.run:
            raise no_paper(paper_id)
        found.append(opened.session.place(card.key))
    return found


def save(
    hub: Hub, opened: OpenReview, places: Sequence[QueuePlace], wish: DecisionWish, key: str | None = None
) -> list[ReviewDecision]:
    """Keeps a decision; when it returns, it is on disk.

    Args:
        key: A repeated request with the same key is one decision.

    Raises:
        ConfigError, InputError: What the plan, the taxonomy or the paper do not allow.
        HttpProblem: The key was used for another decision.
        StoreError: The ledger cannot be written; nothing was saved.
    """
    session = opened.session
    made = session.decide_all(places, wish, _token(opened, key) if key else "")
    if key and not _is_answer(made, places, wish):
        raise key_reused()
    _show(hub, opened, places)
    return made


def saved_before(opened: OpenReview, key: str) -> bool:
    """Whether a request with this key has saved decisions already."""
    return bool(key) and bool(read_kept(opened.session.folder, _token(opened, key)))


def undo(hub: Hub, opened: OpenReview, act: int | None) -> list[ReviewDecision]:
    """Takes back one's last act, or this one; a repeated request gets the same answer.

    Raises:
        HttpProblem: There is none of this person (404).
        StoreError: The ledger cannot be written; nothing was changed.
    """
    session = opened.session
    undone = session.undo(act)
    if not undone and act is not None:
        undone = session.as_seen(undone_before(session.folder, session.name, act))
    if not undone:
        raise HttpProblem(
            404,
            "nothing-to-undo",
            f"'{shown(session.name)[:80]}' has no such decision in this run",
        )
    _renew(hub, opened)
    return undone


def decide_paper(hub: Hub, viewer: Viewer, card: Card, label: str | None, note: str, key: str | None) -> Card:
    """Decides about one paper of any run, as a review does; None takes the decision back.

    Raises:
        ConfigError, InputError, HttpProblem, StoreError: See `save`.
    """
    opened = open_review(hub, viewer, card.run, must_be_started=False)
    if label == ACCEPT:
        raise InputError("'accept' is no label; give the label itself")
    if label is None:
        if opened.session.take_back(card.key):
            _renew(hub, opened)
    else:
        if not opened.session.started:
            opened.session.replan()
        save(hub, opened, [opened.session.place(card.key)], DecisionWish(label=label, note=note), key)
    return hub.shelf.card(card.id) or card


def visible_decisions(opened: OpenReview) -> list[ReviewDecision]:
    """Decisions that count and that this person may see, in the order in which they were made."""
    session = opened.session
    seen = [made for paper in session.papers for made in paper.seen_by(session.name, session.plan)]
    return sorted(seen, key=lambda made: made.id)


def decisions_about(volume: Volume, session: ReviewSession, key: str) -> list[tuple[ReviewDecision, bool]]:
    """All decisions on a paper that this person may see, and whether each was taken back."""
    paper = session.place(key).paper
    is_open = not session.plan.is_double or paper.opinions.is_done
    return [
        (session.as_seen([kept.decision])[0], kept.undone)
        for kept in read_decisions(volume.folder)
        if kept.entry in paper.keys and (is_open or kept.decision.by == session.name)
    ]


def need_sight(opened: OpenReview) -> None:
    """Checks that nothing of the run is hidden: numbers over all papers would tell hidden labels.

    Raises:
        HttpProblem: Something is (403).
    """
    session = opened.session
    if hidden := sum(not paper.shows_machine(session.plan) for paper in session.papers):
        raise still_blind(hidden)


def _token(opened: OpenReview, key: str) -> str:
    """A request's key as decisions keep it: two people may use the same one."""
    return hashlib.sha256(f"{opened.session.name}\0{key}".encode("utf-8", "replace")).hexdigest()


def _is_answer(made: Sequence[ReviewDecision], places: Sequence[QueuePlace], wish: DecisionWish) -> bool:
    """Whether decisions are those that a request asks for, and not those of another one with its key."""
    labels = {one.label for one in made}
    return (
        {one.key for one in made} == {place.paper.key for place in places}
        and (wish.label == ACCEPT or labels == {wish.label})
        and all(one.scope_reason == wish.scope_reason for one in made)
    )


def _show(hub: Hub, opened: OpenReview, places: Sequence[QueuePlace]) -> None:
    session = opened.session
    keys = [key for place in places for key in place.paper.keys]
    card = hub.shelf.card(hub.shelf.card_id(opened.run, keys[0])) if len(keys) == 1 else None
    if card is None or session.plan.is_double:
        _renew(hub, opened)
        return
    hub.shelf.correct(card, session.place(keys[0]).paper.filed.row.correction)
    hub.reviews.follow(opened.volume.folder)


def _renew(hub: Hub, opened: OpenReview) -> None:
    hub.shelf.renew(opened.run, is_paper=opened.volume.is_paper)
    hub.reviews.follow(opened.volume.folder)
