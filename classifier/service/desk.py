"""The actions of users: submit a paper or a list.

What enters: a checked user and values of a request. What leaves: the run or the paper. Pages
and the JSON API call the same functions, so both have the same rules.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from classifier.batch.ledger.progress import check_ledger, has_tables
from classifier.batch.ledger.rows import read_rows
from classifier.errors import BadReference, InputError
from classifier.model.entries import Row
from classifier.model.reference import FORMS, parse_reference
from classifier.review.veil import hidden_keys, veiled
from classifier.service.entries import PAPER_FILE
from classifier.service.files import Upload, kept, key_reused, plain_name, replay_of, save
from classifier.service.hub import Hub, check_can_hide, check_engine, free_bytes
from classifier.service.listing import ListSurvey, list_file_name, survey_list, write_listing
from classifier.service.problems import HttpProblem
from classifier.service.store.runs import KeyReused, Replay, RunTask, StoredRun
from classifier.service.store.users import ServiceUser
from classifier.text.characters import shown

_SPARE_BYTES = 64 << 20
"""Bytes that must remain free on the disk: ledgers of active runs need space for replies that are paid
for."""


class PaperRequest(NamedTuple):
    """A single paper: one of file, reference, or title and abstract."""

    upload: Upload | None = None
    ref: str = ""
    title: str = ""
    abstract: str = ""
    engine: str | None = None
    private: bool = False


def file_paper(hub: Hub, user: ServiceUser, asked: PaperRequest, key: str | None) -> StoredRun:
    """Accepts a paper and queues it.

    Raises:
        InputError: It is not a PDF or a reference, or nothing was given.
        ConfigError: The engine is not set up.
        HttpProblem: The key was used for another request, or too many runs are waiting.
    """
    engine = check_engine(hub, asked.engine)
    given = [
        name
        for name, value in asked._asdict().items()
        if value and name not in ("engine", "title", "private")
    ]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found nothing"
        raise InputError(f"expected one of a PDF file, a reference, or an abstract with its title; {found}")
    if asked.ref and parse_reference(asked.ref, files=False).kind == "stdin":
        raise BadReference(f"'-' is standard input, which a service does not have; expected {FORMS}")
    more = _hiding(hub, asked.private)
    replay = replay_of(key, "paper", engine, asked.ref, asked.title, asked.abstract, asked.upload, *more)
    if (known := _replayed(hub, user, replay)) is not None:
        return known
    check_room(hub, user)
    title = asked.upload.name if asked.upload else asked.ref or asked.title or asked.abstract
    task = RunTask(
        engine="openai" if engine == "openai" else "offline",
        file=PAPER_FILE if asked.upload else None,
        ref=asked.ref or None,
        title=asked.title or None,
        abstract=asked.abstract or None,
    )
    run_id = hub.runs.new_id("paper")
    folder = hub.shelf.folder_of(run_id, is_paper=True)
    with kept(folder):
        if asked.upload:
            save(asked.upload, folder / PAPER_FILE, pdf=True)
        if asked.private:  # before it exists, so that nobody else ever sees it
            hub.privacy.hide(run_id, (), user.name)
        made = _add(hub, run_id, "paper", user, title, task, start=True, replay=replay)
    hub.dispatcher.wake("paper", made.id)
    return made


def take_list(
    hub: Hub, user: ServiceUser, upload: Upload, engine: str | None, reading: str, max_cost_usd: float | None,
    *, start: bool = False, private: bool = False, key: str | None = None,
) -> tuple[StoredRun, ListSurvey]:  # fmt: skip
    """Accepts a list and reads it; it is labelled only when it is started.

    Raises:
        InputError: It is not a list.
        ConfigError: The engine is not set up.
        HttpProblem: As `file_paper`.
    """
    chosen = check_engine(hub, engine)
    more = _hiding(hub, private)
    replay = replay_of(key, "list", chosen, reading, str(max_cost_usd), str(start), upload, *more)
    if (known := _replayed(hub, user, replay)) is not None:
        return known, listing_of(hub, known)
    check_room(hub, user)
    task = RunTask(
        engine="openai" if chosen == "openai" else "offline",
        reading="abstract" if reading == "abstract" else "full",
        file=list_file_name(upload.name),
        max_cost_usd=max_cost_usd,
    )
    run_id = hub.runs.new_id("list")
    folder = hub.shelf.folder_of(run_id, is_paper=False)
    with kept(folder):
        file = folder / (task.file or "")
        save(upload, file, pdf=False)
        listing = survey_list(file, plain_name(upload.name))
        write_listing(folder, listing)
        if private:
            hub.privacy.hide(run_id, (), user.name)
        made = _add(hub, run_id, "list", user, upload.name, task, start=start, replay=replay)
    if start:
        hub.dispatcher.wake("list", made.id)
    return made, listing


def listing_of(hub: Hub, run: StoredRun) -> ListSurvey:
    """The report of reading a list."""
    from classifier.service.listing import read_listing

    return read_listing(hub.workshop.folder_of(run))


def get_run(hub: Hub, run_id: str) -> StoredRun:
    """The run of this id.

    Raises:
        HttpProblem: There is none (404).
    """
    run = hub.runs.get(run_id)
    if run is None:
        raise HttpProblem(
            404,
            "no-such-run",
            f"there is no list '{shown(run_id)[:80]}'; the page Lists and GET /api/v1/runs show all lists",
        )
    return run


def get_list(hub: Hub, run_id: str) -> StoredRun:
    """The list of this id; as `get_run`."""
    run = get_run(hub, run_id)
    if run.kind != "list":
        raise HttpProblem(404, "no-such-run", f"'{run.id}' is a single paper; see /api/v1/papers/{run.id}")
    return run


def no_paper(paper_id: str) -> HttpProblem:
    """The error if there is no such paper."""
    return HttpProblem(
        404,
        "no-such-paper",
        f"there is no paper '{shown(paper_id)[:80]}'; the tree and GET /api/v1/papers list them",
    )


def row_of(hub: Hub, run: StoredRun) -> Row | None:
    """The labelled row of a single paper; None while there is none."""
    folder = hub.workshop.folder_of(run)
    if not has_tables(folder):
        return None
    check_ledger(folder)
    hub.measurements.take_up(folder)
    row = next(iter(read_rows(folder)), None)
    return veiled(row) if row is not None and row.entry.key in hidden_keys(folder) else row


def _hiding(hub: Hub, private: bool) -> tuple[str, ...]:
    """What a private submission adds to the identity of its request."""
    if private:
        check_can_hide(hub)
    return ("private",) if private else ()


def _add(
    hub: Hub, run_id: str, kind: Any, user: ServiceUser, title: str, task: RunTask, *, start: bool,
    replay: Replay | None,
) -> StoredRun:  # fmt: skip
    try:
        made = hub.runs.add(run_id, kind, user.name, plain_name(title), task, start=start, replay=replay)
    except KeyReused as error:
        raise key_reused() from error
    return get_run(hub, made)


def _replayed(hub: Hub, user: ServiceUser, replay: Replay | None) -> StoredRun | None:
    try:
        known = hub.runs.replayed(user.name, replay) if replay else None
    except KeyReused as error:
        raise key_reused() from error
    return hub.runs.get(known) if known else None


def check_room(hub: Hub, user: ServiceUser) -> None:
    """Refuses what could not be kept, before it is taken in."""
    waiting = hub.runs.waiting_of(user.name)
    if waiting >= hub.config.waiting_runs:
        raise HttpProblem(
            429,
            "too-many-runs",
            f"{waiting} papers and lists of '{user.name}' are waiting already; wait until some are done",
        )
    if free_bytes(hub) < _SPARE_BYTES:
        raise HttpProblem(
            507,
            "disk-full",
            "the disk is nearly full; nothing was saved: free some disk space, then repeat the request",
        )
