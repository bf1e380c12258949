"""`/api/v1/reviews`: papers that need review, and decisions about them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from classifier.service.api.common import API, Cursor, Limit, page_of, problems
from classifier.service.api.models import Paged, ReviewRequest
from classifier.service.desk import decide, no_paper
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import reader, reviewer
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


@router.post("", summary="Decide about a paper", responses=problems(404))
def post_review(
    asked: ReviewRequest,
    hub: Annotated[Hub, Depends(hub_of)],
    user: Annotated[ServiceUser, Depends(reviewer)],
) -> PaperSummary:
    """The decision replaces the label in exports and survives reruns; `label: null` removes it."""
    card = hub.shelf.card(asked.paper)
    if card is None:
        raise no_paper(asked.paper)
    return decide(hub, user, card, asked.label, asked.note)
