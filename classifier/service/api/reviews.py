"""`/api/v1/reviews`: papers of all runs that need review, and single decisions about them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from classifier.service.api.common import (
    API,
    Cursor,
    DecidesAs,
    IdempotencyKey,
    Limit,
    page_of,
    problems,
)
from classifier.service.api.models import Paged, ReviewRequest
from classifier.service.desk import no_paper
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import reader, reviewer
from classifier.service.reviewing import decide_paper, viewer_of
from classifier.service.search import PaperFilter, find_cards
from classifier.service.shelf import PaperSummary
from classifier.service.store.users import ServiceUser

router = APIRouter(prefix=f"{API}/reviews", tags=["reviews"])


@router.get("", summary="Papers to review", responses=problems())
def list_reviews(
    hub: Annotated[Hub, Depends(hub_of)],
    _: Annotated[ServiceUser, Depends(reader)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Paged[PaperSummary]:
    """Papers whose label needs review, with the reasons."""
    return Paged[PaperSummary](**page_of(find_cards(hub, PaperFilter(reason="any")), cursor, limit))


@router.post("", summary="Decide about a paper", responses=problems(404, 409))
def post_review(
    request: Request,
    asked: ReviewRequest,
    hub: Annotated[Hub, Depends(hub_of)],
    _: Annotated[ServiceUser, Depends(reviewer)],
    name: DecidesAs = None,
    key: IdempotencyKey = None,
) -> PaperSummary:
    """The decision replaces the label in exports and survives reruns; `label: null` removes it.

    In a blind review it is one of two, and the label follows when both agree.
    """
    card = hub.shelf.card(asked.paper)
    if card is None:
        raise no_paper(asked.paper)
    viewer = viewer_of(request, hub, name)
    return decide_paper(hub, viewer, card, asked.label, asked.note, key)
