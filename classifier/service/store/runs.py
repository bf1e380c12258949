"""Lists and single papers as submitted, and whether they should run.

The ledger in a run's folder contains its progress. This table contains only what the ledger does not: who
submitted it, how to label it, and whether it should run, so that a killed service resumes it.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from sqlite3 import Connection, Row
from typing import Any, Literal, NamedTuple

from classifier.model.record import Record
from classifier.service.store.schema import ServiceDatabase

Kind = Literal["list", "paper"]
_REPLAYS_S = 7 * 86_400.0
"""Time for which a repeated request is recognised by its Idempotency-Key."""
_SEEN = """
    SELECT run.*, EXISTS (SELECT 1 FROM private_run WHERE private_run.run = run.id) AS private FROM run
    WHERE (
        :viewer IS NULL
        OR NOT EXISTS (SELECT 1 FROM private_run WHERE private_run.run = run.id)
        OR EXISTS (SELECT 1 FROM private_viewer AS seen WHERE seen.run = run.id AND seen.user = :viewer)
    )
"""
"""SQL: the runs that a user may see; without a user, all."""


class RunState(StrEnum):
    """The state of a run; stored by name."""

    draft = "draft"
    """Read, but not started."""
    queued = "queued"
    running = "running"
    paused = "paused"
    done = "done"
    stopped = "stopped"
    """Ended early; starting it again resumes it."""

    @property
    def is_active(self) -> bool:
        """Whether the run will continue without a user's action."""
        return self in (RunState.queued, RunState.running)


class RunTask(Record):
    """The input of a run, and how to label it.

    Attributes:
        engine: "offline" or "openai".
        file: Name of the uploaded list or PDF in the run's folder.
        ref: The reference of a single paper.
        title, abstract: Title and abstract of a paper without a file.
        max_cost_usd: Cap on the total cost of the run's replies; None for the user's daily limit.
    """

    engine: Literal["offline", "openai"]
    reading: Literal["full", "abstract"] = "full"
    file: str | None = None
    ref: str | None = None
    title: str | None = None
    abstract: str | None = None
    max_cost_usd: float | None = None


class StoredRun(NamedTuple):
    """A row of the table."""

    id: str
    number: int
    kind: Kind
    user: str
    created: str
    title: str
    task: RunTask
    wanted: str
    retry: bool
    state: RunState
    code: str | None
    message: str | None
    changed: str
    private: bool


class Replay(NamedTuple):
    """A request that can be recognised: its Idempotency-Key, and the sha256 of what it asked for."""

    key: str
    request: str


class KeyReused(Exception):
    """An Idempotency-Key was used for another request."""


class Runs:
    """The runs of a database.

    Args:
        viewer: Private runs that this user may not see are left out of every answer; None for the service's
            own work, which sees all.
    """

    def __init__(self, database: ServiceDatabase, viewer: str | None = None) -> None:
        self._database = database
        self._viewer = viewer

    def seen_by(self, viewer: str) -> Runs:
        """The runs that a user may see."""
        return Runs(self._database, viewer)

    def new_id(self, kind: Kind) -> str:
        """An id that cannot be guessed and is a valid folder name on every system."""
        return f"{kind[0]}{secrets.token_hex(8)}"

    def replayed(self, user: str, replay: Replay) -> str | None:
        """The run that an earlier request with this key created.

        Raises:
            KeyReused: That request was a different one.
        """
        with self._database.reading() as connection:
            return _replayed(connection, user, replay)

    def add(
        self,
        run_id: str,
        kind: Kind,
        user: str,
        title: str,
        task: RunTask,
        *,
        start: bool,
        replay: Replay | None,
    ) -> str:
        """Adds a run whose files are already in its folder.

        Returns:
            Its id; another run's id if the same request has created one in the meantime.

        Raises:
            KeyReused: As `replayed`.
        """
        now = _now()
        with self._database.writing() as connection:
            if replay is not None and not _note_replay(connection, user, replay, run_id):
                return _replayed(connection, user, replay) or run_id
            number = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM run").fetchone()[0]
            state, wanted = (RunState.queued, "run") if start else (RunState.draft, "nothing")
            connection.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, NULL, NULL, ?)",
                (run_id, number, kind, user, now, title, task.model_dump_json(), wanted, state, now),
            )
        return run_id

    def get(self, run_id: str) -> StoredRun | None:
        """The run of this id."""
        with self._database.reading() as connection:
            found = connection.execute(
                f"{_SEEN} AND id = :id", {"viewer": self._viewer, "id": run_id}
            ).fetchone()
        return _run(found) if found else None

    def page(self, kind: Kind, before: int | None, limit: int) -> list[StoredRun]:
        """The newest runs with a number below `before`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{_SEEN} AND kind = :kind AND number < :before ORDER BY number DESC LIMIT :limit",
                {"viewer": self._viewer, "kind": kind, "limit": limit, "before": 1 << 62}
                | ({"before": before} if before is not None else {}),
            ).fetchall()
        return [_run(row) for row in rows]

    def unfinished(self) -> list[StoredRun]:
        """The runs that should run, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{_SEEN} AND wanted = 'run' ORDER BY number", {"viewer": self._viewer}
            ).fetchall()
        return [_run(row) for row in rows]

    def waiting_of(self, user: str) -> int:
        """The number of a user's runs that are waiting or active."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT count(*) FROM run WHERE user = ? AND wanted = 'run'", (user,)
            ).fetchone()
        return int(found[0])

    def counts(self) -> dict[str, int]:
        """State -> number of runs."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT state, count(*) FROM run GROUP BY state").fetchall()
        return dict(map(tuple, rows))

    def change(self, run_id: str, task: RunTask) -> None:
        """Stores how a run is to be labelled."""
        with self._database.writing() as connection:
            connection.execute("UPDATE run SET task = ? WHERE id = ?", (task.model_dump_json(), run_id))

    def want(
        self,
        run_id: str,
        wanted: Literal["run", "pause"],
        *,
        retry: bool = False,
        once: tuple[str, Replay] | None = None,
    ) -> bool:
        """Sets whether a run should start or pause; repeating it changes nothing.

        Args:
            once: A user and a request; if it had an effect before, it has none now.

        Returns:
            False if the request is such a repetition.

        Raises:
            KeyReused: As `replayed`.
        """
        with self._database.writing() as connection:
            if once is not None and not _note_replay(connection, *once, run_id):
                return False
            if wanted == "run":
                connection.execute(
                    "UPDATE run SET wanted = 'run', retry = max(retry, ?), code = NULL, message = NULL,"
                    " state = CASE state WHEN 'running' THEN state ELSE 'queued' END, changed = ?"
                    " WHERE id = ?",
                    (retry, _now(), run_id),
                )
            else:
                connection.execute(
                    "UPDATE run SET wanted = 'pause', changed = ?,"
                    " state = CASE state WHEN 'queued' THEN 'paused' ELSE state END"
                    " WHERE id = ? AND wanted = 'run'",
                    (_now(), run_id),
                )
        return True

    def set_state(
        self, run_id: str, state: RunState, code: str | None = None, message: str | None = None
    ) -> None:
        """Stores the state of a run; a run that has ended is no longer wanted."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE run SET state = ?, code = ?, message = ?, changed = ?,"
                " wanted = CASE WHEN ? THEN 'nothing' ELSE wanted END,"
                " retry = CASE WHEN ? THEN 0 ELSE retry END WHERE id = ?",
                (
                    state, code, message, _now(),
                    state in (RunState.done, RunState.stopped), state is not RunState.queued, run_id,
                ),
            )  # fmt: skip


def _note_replay(connection: Connection, user: str, replay: Replay, run_id: str) -> bool:
    """Notes a request; False if it was noted before."""
    connection.execute("DELETE FROM replay WHERE at < ?", (time.time() - _REPLAYS_S,))
    if _replayed(connection, user, replay):
        return False
    connection.execute("INSERT INTO replay VALUES (?, ?, ?, ?, ?)", (user, *replay, run_id, time.time()))
    return True


def _replayed(connection: Connection, user: str, replay: Replay) -> str | None:
    found = connection.execute(
        "SELECT request, run FROM replay WHERE user = ? AND key = ?", (user, replay.key)
    ).fetchone()
    if found is None:
        return None
    if found[0] != replay.request:
        raise KeyReused
    return str(found[1])


def _run(row: Row) -> StoredRun:
    values: Mapping[str, Any] = dict(row)
    return StoredRun(
        **{
            **values,
            "task": RunTask.model_validate(json.loads(values["task"])),
            "retry": bool(values["retry"]),
            "private": bool(values["private"]),
            "state": RunState(values["state"]),
        }
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
