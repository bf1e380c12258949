"""Engines that record the replies of a model server, and that replay them without one.

    <folder>/recording.json      model, suite and settings (no key, no header)
    <folder>/<sha256>.json       one conversation, named by the hash of the question

Each task has its own engine, over shared connections: what one conversation learns about the server does not
change another one, so a replay depends neither on their order nor on the machine. The first conversation runs
alone and finds out what the server accepts; the others start with its result, which is stored with them.

What enters: tasks. What leaves: replies, and one file per task, written when its conversation has ended. If
there was no reply (no network, server busy, wrong key), nothing is stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from classifier.engines.openai.canonical import request_sha256
from classifier.engines.openai.engine import OpenAIEngine
from classifier.engines.openai.failures import RejectedRequest
from classifier.engines.openai.ladder import Profile, Rung
from classifier.engines.openai.retry import Pause, Waits
from classifier.engines.openai.scout import Scout
from classifier.engines.openai.transport import ChatTransport
from classifier.errors import ConfigError, ContextOverflow, ModelError, NoRecording, ReplyError, StoreError
from classifier.evaluation.recordings import (
    ConversationEnd,
    RecordedConversation,
    RecordingTransport,
    ReplayTransport,
    error_of,
    failure_of,
)
from classifier.files import replace_text
from classifier.model.record import Record
from classifier.model.reply import Reply
from classifier.model.task import Task

ABOUT_FILE = "recording.json"
MakeEngine = Callable[..., OpenAIEngine]
"""Makes an engine; called with `transport` and `profile`, and `pause` or `waits`."""

_AT_ONCE = Waits(first_s=0.0, longest_s=0.0)
_R = TypeVar("_R", bound=Record)


class About(Record):
    """The description of a folder of recordings; `settings` are those that decide the requests."""

    schema_version: int = Field(default=1, ge=1, le=1)
    model: str
    suite: str
    suite_sha256: str
    protocol: str
    text: str | None
    settings: Mapping[str, Any]


class RecordingEngine:
    """An `Engine` that asks the server and records every conversation with a reply about the task.

    Args:
        make: Makes an engine around a transport.
        inner: The transport to the server, shared by all conversations and closed at the end.
        model: The model's name.
        folder: The folder for conversations; an earlier one about the same question is replaced.
        secrets: Strings that must never be written, such as the key; see `RecordingTransport`.
        pause: Shared by engines that ask the same server.
        made: Folders that were created for this, the deepest first; removed at the end if nothing was
            recorded.
    """

    name = "openai"
    needs_prompt = True

    def __init__(
        self,
        make: MakeEngine,
        inner: ChatTransport,
        *,
        model: str,
        folder: Path,
        secrets: tuple[str, ...] = (),
        pause: Pause | None = None,
        made: Sequence[Path] = (),
    ) -> None:
        self.model: str | None = model
        self._make = make
        self._inner = inner
        self._folder = folder
        self._secrets = secrets
        self._pause = pause or Pause()
        self._made = made
        self._kept = False
        self._scout = Scout()
        self._profile: Profile | None = None

    async def answer(self, task: Task) -> Reply:
        """Answers one task; see `Engine.answer`.

        Raises:
            StoreError: The conversation cannot be written.
        """
        return await self._scout.send(lambda: self._converse(task))

    async def aclose(self) -> None:
        """Closes the shared transport, and removes created folders without a conversation."""
        await self._inner.aclose()
        if self._made and not self._kept:
            remove_about(self._folder)
            for place in self._made:
                with suppress(OSError):  # the folder contains other files
                    place.rmdir()

    async def _converse(self, task: Task) -> Reply:
        start, transport = self._profile, RecordingTransport(self._inner, self._secrets)
        engine = self._make(transport=transport, profile=start, pause=self._pause)
        try:
            reply = await engine.answer(task)
        except ModelError as error:
            if transport.last is not None or isinstance(error, RejectedRequest | ContextOverflow):
                outcome = ConversationEnd(
                    failure=failure_of(error), attempts=error.attempts, usage=error.usage
                )
                self._keep(task, start, transport, outcome)
            raise
        except ReplyError:
            self._keep(task, start, transport)
            raise
        self._keep(task, start, transport)
        if self._profile is None and transport.last is not None:
            self._profile = profile_of(transport.last)
        return reply

    def _keep(
        self,
        task: Task,
        start: Profile | None,
        transport: RecordingTransport,
        outcome: ConversationEnd | None = None,
    ) -> None:
        conversation = RecordedConversation(
            profile=asdict(start) if start else None, exchanges=tuple(transport.exchanges), outcome=outcome
        )
        path = self._folder / f"{task_sha256(task, self.model)}.json"
        # With json, since pydantic cannot write half a surrogate pair, which some servers send.
        replace_text(path, json.dumps(conversation.model_dump()))
        self._kept = True


class ReplayEngine:
    """An `Engine` that only replays recordings.

    Args:
        make: Makes an engine around a transport, as during recording.
        model: The model's name.
        folder: The folder of the conversations.

    Attributes:
        missing: Hashes of questions that are not recorded.
    """

    name = "openai"
    needs_prompt = True
    replays = True

    def __init__(self, make: MakeEngine, *, model: str, folder: Path) -> None:
        self.model: str | None = model
        self.missing: list[str] = []
        self._make = make
        self._folder = folder

    async def answer(self, task: Task) -> Reply:
        """Answers one task; see `Engine.answer`.

        Raises:
            NoRecording: The prompt is not the recorded one.
            StoreError: A recording is damaged.
        """
        key = task_sha256(task, self.model)
        path = self._folder / f"{key}.json"
        if not path.is_file():
            self.missing.append(key)
            raise NoRecording(
                f"{self._folder} has no recording of request {key[:12]}; record it again with a key "
                "(prompt, taxonomy, examples or text have changed)"
            )
        conversation = _read(path, RecordedConversation)
        if conversation.outcome is not None:
            error = error_of(conversation.outcome.failure)
            error.attempts, error.usage = conversation.outcome.attempts, conversation.outcome.usage
            raise error
        engine = self._make(
            transport=ReplayTransport(conversation),
            profile=Profile.stored(conversation.profile) if conversation.profile else None,
            waits=_AT_ONCE,
        )
        try:
            return await engine.answer(task)
        except NoRecording:
            self.missing.append(key)
            raise

    async def aclose(self) -> None:
        """Does nothing: there are no open resources."""


def read_about(folder: Path) -> About:
    """The description of the recordings in a folder.

    Raises:
        ConfigError: There are no recordings.
        StoreError: The description is damaged.
    """
    path = folder / ABOUT_FILE
    if not path.is_file():
        raise ConfigError(f"{folder}: no recordings found; expected a folder with {ABOUT_FILE}")
    return _read(path, About)


def write_about(folder: Path, about: About, *, shareable: bool) -> None:
    """Creates a folder for recordings.

    Args:
        shareable: Whether all texts are the workspace's own summaries. Other recordings quote papers, and a
            `.gitignore` prevents that they are committed.

    Raises:
        StoreError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if shareable:
            ignore.unlink(missing_ok=True)
        else:
            ignore.write_text("# Quotes papers.\n*\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written ({error.strerror}); use --no-record") from error
    replace_text(folder / ABOUT_FILE, about.model_dump_json(indent=1) + "\n")


def remove_about(folder: Path) -> None:
    """Removes the files that `write_about` wrote."""
    for name in (ABOUT_FILE, ".gitignore"):
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)


def task_sha256(task: Task, model: str | None) -> str:
    """Hash of a task's messages and schema; it does not depend on what the server accepts."""
    prompt = task.prompt
    if prompt is None:
        raise ValueError("a recorded engine needs Task.prompt")
    return request_sha256(
        {"model": model, "system": prompt.system, "user": prompt.user, "schema": prompt.answer_schema}
    )


def profile_of(request: Mapping[str, Any]) -> Profile:
    """What a server that answered this request accepts; parameters that were not sent are not included."""
    rung: Rung = "tool" if "tools" in request else "prompt"
    kind = request.get("response_format", {}).get("type")
    if kind in ("json_schema", "json_object"):
        rung = kind
    return Profile(
        rung=rung,
        limit="max_completion_tokens" if "max_completion_tokens" in request else "max_tokens",
        temperature="temperature" in request,
        logprobs="logprobs" in request,
        system=all(message["role"] == "system" for message in request.get("messages", ())[:1]),
        stream="counted" if "stream_options" in request else "plain" if "stream" in request else "no",
    )


def _read(path: Path, kind: type[_R]) -> _R:
    try:
        return kind.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path}: not a readable recording; remove it and record again") from error
