"""`/api/v1/papers/{id}/amendments`: a person's title, year, ids and abstract of a paper; asking again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from classifier.model.amendment import AMENDABLE, PaperChanges
from classifier.model.record import Record
from classifier.service.amending import (
    amend_paper,
    amendments_of,
    ask_again,
    estimate_again,
    find_paper,
    undo_amendment,
)
from classifier.service.api.common import API, problems, status_view
from classifier.service.api.models import LONG, RunStatus
from classifier.service.api.papers import PaperId
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader, reviewer
from classifier.service.shelf import PaperSummary
from classifier.service.store.users import ServiceUser

router = APIRouter(prefix=f"{API}/papers", tags=["amendments"])

HubNow = Annotated[Hub, Depends(hub_of)]
Reviewer = Annotated[ServiceUser, Depends(reviewer)]
Owner = Annotated[ServiceUser, Depends(owner)]


class AmendRequest(BaseModel):
    """New values of a paper's fields; a missing field stays as it is, and null clears it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, strict=True)

    title: Annotated[str | None, Field(max_length=1000)] = None
    year: Annotated[int | None, Field(ge=1800, le=2099)] = None
    doi: Annotated[str | None, Field(max_length=300)] = None
    arxiv_id: Annotated[str | None, Field(max_length=100)] = None
    abstract: Annotated[str | None, Field(max_length=LONG)] = None
    note: Annotated[str, Field(max_length=2000)] = ""


class AmendmentView(Record):
    """One amendment.

    Attributes:
        changes: The changed fields with their new values; null if a field was cleared.
        undone_by, undone_at: Who took it back, and when; null while it counts.
    """

    changes: PaperChanges
    by: str
    note: str
    at: str
    undone_by: str | None
    undone_at: str | None


@router.get("/{id}/amendments", summary="What people changed about a paper", responses=problems(404))
def list_amendments(
    paper_id: PaperId, hub: HubNow, _: Annotated[ServiceUser, Depends(reader)]
) -> list[dict[str, Any]]:
    """Oldest first; also those that were taken back."""
    return [
        AmendmentView(
            **stored.amendment.model_dump(include={"by", "note", "at"}),
            changes=stored.amendment.changes,
            undone_by=stored.undone_by,
            undone_at=stored.undone_at,
        ).model_dump(exclude_unset=True)
        for stored in amendments_of(hub, find_paper(hub, paper_id))
    ]


@router.post(
    "/{id}/amendments", summary="Change a paper's title, year, ids or abstract", responses=problems(404, 507)
)
def post_amendment(asked: AmendRequest, paper_id: PaperId, hub: HubNow, user: Reviewer) -> PaperSummary:
    """All exports show it, and it survives reruns. The label stays until the engine is asked again."""
    given = {name: getattr(asked, name) for name in AMENDABLE if name in asked.model_fields_set}
    typed: dict[str, str] = {name: "" if value is None else str(value) for name, value in given.items()}
    return amend_paper(hub, user, paper_id, typed, asked.note)


@router.post("/{id}/amendments/undo", summary="Take the last change back", responses=problems(404, 409, 507))
def post_undo(paper_id: PaperId, hub: HubNow, user: Reviewer) -> PaperSummary:
    """Takes back the last amendment of the paper that counts."""
    return undo_amendment(hub, user, paper_id)


@router.post(
    "/{id}/ask/estimate", summary="What asking again would cost", responses=problems(404, 409, 502, 504)
)
def post_estimate(paper_id: PaperId, hub: HubNow, _: Owner) -> dict[str, Any]:
    """For all amended papers of the run, and what else waits in it; nothing is sent to a model."""
    return estimate_again(hub, find_paper(hub, paper_id)).as_dict()


@router.post("/{id}/ask", summary="Ask the engine again", status_code=202, responses=problems(404, 409, 507))
def post_ask(paper_id: PaperId, hub: HubNow, user: Owner) -> RunStatus:
    """Labels the amended papers of the run again, and what else waits in it; other labels stay."""
    return status_view(hub, ask_again(hub, user, find_paper(hub, paper_id)))
