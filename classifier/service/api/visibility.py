"""`/api/v1/runs/{id}`: who sees a run; only people who see it can change that."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from classifier.model.record import Record
from classifier.service.api.common import API, problems
from classifier.service.api.runs import RunId
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import reader, reviewer
from classifier.service.store.users import ServiceUser
from classifier.service.visibility import MOST_PEOPLE, RunVisibility, change_visibility, visibility_of

router = APIRouter(prefix=f"{API}/runs", tags=["runs"])

HubNow = Annotated[Hub, Depends(hub_of)]


class VisibilityRequest(BaseModel):
    """A change of who sees a run; missing fields keep their values."""

    model_config = ConfigDict(extra="forbid", strict=True)

    private: Annotated[bool | None, Field(description="false shares it with everyone who may log in")] = None
    people: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]] | None,
        Field(
            max_length=MOST_PEOPLE,
            description="users who see it besides you and the one who submitted it",
        ),
    ] = None


class VisibilityStatus(Record):
    """Who sees a run.

    Attributes:
        people: Everyone who sees a private run; empty if it is shared.
        by, at: Who marked it last, and when; null if it is shared.
    """

    id: str
    private: bool
    people: tuple[str, ...] = ()
    by: str | None = None
    at: str | None = None


@router.patch("/{id}", summary="Make a run private, or share it", responses=problems(404, 409))
def patch_run(
    run_id: RunId, asked: VisibilityRequest, hub: HubNow, user: Annotated[ServiceUser, Depends(reviewer)]
) -> VisibilityStatus:
    """A list, a single paper, or a folder of the command line; for all others it does not exist then."""
    return _status(change_visibility(hub, user, run_id, asked.private, asked.people))


@router.get("/{id}/visibility", summary="Who sees a run", responses=problems(404))
def get_visibility(
    run_id: RunId, hub: HubNow, user: Annotated[ServiceUser, Depends(reader)]
) -> VisibilityStatus:
    """Without logins everyone is the same user, and sees private runs too."""
    return _status(visibility_of(hub, user, run_id))


def _status(found: RunVisibility) -> VisibilityStatus:
    if found.private is None:
        return VisibilityStatus(id=found.id, private=False)
    return VisibilityStatus(id=found.id, private=True, **found.private._asdict())
