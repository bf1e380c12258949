"""Who sees a run: shared with everyone who may log in, or private to some people.

What enters: a run of the service or a folder of the command line, which the user sees. What leaves: who sees
it from now on. What it does not do: hide anything; `hub_of` gives each request only what its user may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from classifier.errors import InputError
from classifier.service.desk import get_run
from classifier.service.hub import Hub, check_can_hide
from classifier.service.store.privacy import PrivateRun
from classifier.service.store.users import ServiceUser, UserRole
from classifier.text.characters import shown

MOST_PEOPLE = 100


class RunVisibility(NamedTuple):
    """Who sees a run.

    Attributes:
        private: None if everyone sees it.
        address: Its page.
        can_change: Whether the user may change this.
    """

    id: str
    private: PrivateRun | None
    address: str
    can_change: bool


def visibility_of(hub: Hub, user: ServiceUser | None, run_id: str) -> RunVisibility:
    """Who sees a run.

    Raises:
        HttpProblem: There is no such run, or the user may not see it (404).
    """
    volume = hub.shelf.volume(run_id)
    run = hub.runs.get(run_id) if volume is not None else get_run(hub, run_id)
    is_paper = run.kind == "paper" if run is not None else volume is not None and volume.is_paper
    may = hub.config.needs_login and user is not None and user.role.includes(UserRole.reviewer)
    address = f"/{'papers' if is_paper else 'lists'}/{run_id}"
    return RunVisibility(run_id, hub.privacy.of(run_id), address, may)


def change_visibility(
    hub: Hub, user: ServiceUser, run_id: str, private: bool | None, people: Sequence[str] | None
) -> RunVisibility:
    """Makes a run private, changes who sees it, or shares it with everyone.

    Args:
        private: None leaves this as it is.
        people: Users who see a private run besides the user and the one who submitted it; None for the same
            people as before.

    Raises:
        InputError: A name is not a user's, or people are named for a shared run.
        HttpProblem: There is no such run, the user may not see it, or nobody logs in here.
    """
    now = visibility_of(hub, user, run_id)
    check_can_hide(hub)
    if not (now.private is not None if private is None else private):
        if people:
            raise InputError("people can only be named for a private run; set `private` to true")
        hub.privacy.share(run_id)
        return now._replace(private=None)
    before = now.private.people if now.private else ()
    named = before if people is None else _known(hub, people)
    return now._replace(private=hub.privacy.hide(run_id, named, user.name))


def _known(hub: Hub, people: Sequence[str]) -> list[str]:
    if len(people) > MOST_PEOPLE:
        raise InputError(f"{len(people)} people; expected at most {MOST_PEOPLE}")
    for name in people:
        if hub.users.named(name) is None:
            raise InputError(
                f"there is no user '{shown(name)[:80]}'; expected names that were added with "
                "'classifier serve --add-user NAME'"
            )
    return list(people)
