"""`DELETE /api/v1/runs/{id}`: deletes a list or a single paper for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from classifier.service.api.common import API, problems
from classifier.service.api.runs import RunId
from classifier.service.deleting import delete_run as delete
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner
from classifier.service.store.users import ServiceUser

router = APIRouter(prefix=f"{API}/runs", tags=["runs"])


@router.delete("/{id}", summary="Delete a run", status_code=204, responses=problems(404, 409))
def delete_run(
    run_id: RunId, hub: Annotated[Hub, Depends(hub_of)], user: Annotated[ServiceUser, Depends(owner)]
) -> None:
    """A list or a single paper: file, labels, replies, corrections, reviews. Its cost still counts today."""
    delete(hub, user, run_id)
