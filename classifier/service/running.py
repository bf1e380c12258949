"""What a person or a program may do with a run that was taken in: change, estimate, start, pause, repeat.

What enters: a checked user, a run, and values of a request. What leaves: the run as it is then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.batch.estimate import CostEstimate, estimate
from classifier.batch.ledger.progress import progress_or_problem
from classifier.service.desk import check_room, get_run, take_list
from classifier.service.files import Upload, key_reused, replay_of
from classifier.service.hub import Hub, check_engine
from classifier.service.problems import HttpProblem
from classifier.service.store.runs import KeyReused, StoredRun
from classifier.service.store.users import ServiceUser


def choose(hub: Hub, run: StoredRun, changes: Mapping[str, Any]) -> StoredRun:
    """Changes how a run is to be labelled.

    Args:
        changes: Any of "engine", "reading" and "max_cost_usd" (None removes the limit); the others stay.

    Raises:
        ConfigError: The engine is not set up.
        HttpProblem: It runs at the moment, or another engine has labelled papers of it already.
    """
    values = dict(changes)
    if "engine" in values:
        values["engine"] = check_engine(hub, values["engine"])
    task = run.task.model_copy(update=values)
    if task == run.task:
        return run
    if run.state.is_active:
        raise HttpProblem(
            409, "in-work", f"'{run.title}' is running; pause it before you change its settings"
        )
    if task.engine != run.task.engine and has_labels(hub, run):
        raise HttpProblem(
            409,
            "has-labels",
            f"'{run.title}' has labels of the engine '{run.task.engine}' already; upload it again to label "
            f"it with '{task.engine}'",
        )
    hub.runs.change(run.id, task)
    return get_run(hub, run.id)


def has_labels(hub: Hub, run: StoredRun) -> bool:
    """Whether there are labels or replies of a run: they are all of one engine."""
    found = progress_or_problem(hub.workshop.folder_of(run))
    return bool(found.problem or found.counts.done or found.spent.replies)


def start(
    hub: Hub, user: ServiceUser, run: StoredRun, *, retry: bool = False, key: str | None = None
) -> StoredRun:
    """Starts or resumes a run; starting one that runs changes nothing.

    Args:
        retry: Try failed entries again, with new replies.
        key: Idempotency-Key; the same request with the same key has an effect only once.

    Raises:
        HttpProblem: Too much waits already, or the key was used for something else.
    """
    replay = replay_of(key, "retry" if retry else "start", run.id)
    try:
        if replay and hub.runs.replayed(user.name, replay):
            return run
        if run.wanted == "run" and not retry:
            return run
        check_room(hub, user)
        if hub.runs.want(run.id, "run", retry=retry, once=(user.name, replay) if replay else None):
            hub.dispatcher.wake(run.kind, run.id)
    except KeyReused as error:
        raise key_reused() from error
    return get_run(hub, run.id)


def pause(hub: Hub, run: StoredRun) -> StoredRun:
    """Ends the work on a run soon; replies that are paid for are waited for."""
    hub.runs.want(run.id, "pause")
    hub.workshop.pause(run.id)
    return get_run(hub, run.id)


def take_again(hub: Hub, user: ServiceUser, run: StoredRun) -> StoredRun:
    """The same list as a new one that is not started, for another engine; labels of this one stay.

    A private list stays private to the same people.

    Raises:
        HttpProblem: The uploaded list no longer exists, or too much waits already.
    """
    file = hub.workshop.folder_of(run) / (run.task.file or "")
    if not file.is_file():
        raise HttpProblem(404, "no-list", "the uploaded list no longer exists; upload it again")
    hidden = hub.privacy.of(run.id)
    with file.open("rb") as opened:
        made, _ = take_list(
            hub, user, Upload(run.title, opened), None, run.task.reading, None,
            private=hidden is not None and hub.config.needs_login,
        )  # fmt: skip
    if hidden is not None:
        hub.privacy.hide(made.id, hidden.people, user.name)
    return get_run(hub, made.id)


def estimate_run(hub: Hub, run: StoredRun) -> CostEstimate:
    """What a run would cost, before anything is sent to a model.

    Raises:
        ConfigError, InputError: See `classifier.batch.estimate.estimate`.
    """
    settings = hub.workshop.settings_for(run.task.engine)
    return estimate(hub.workshop.job_for(run), settings, hub.workspace, entries=hub.workshop.entries_of(run))
