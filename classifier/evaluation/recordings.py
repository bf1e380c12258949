"""Conversations with a model server: what they are made of, how they are kept and said again.

A conversation is all that one task took: the first request, retries, re-asks, and what was returned each
time. What enters: a `ChatTransport` to a server. What leaves: exchanges that a replay takes in the same
order, failures included, so that attempts, tokens and the way down the ladder come out the same. What it does
not
do: keep requests (their hashes alone), keys or headers; or touch the disk
(`classifier.evaluation.recorded_engines`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.engines.openai.canonical import request_sha256
from classifier.engines.openai.failures import FailedSample, RejectedRequest, ServerError
from classifier.engines.openai.secrets import without_secrets
from classifier.engines.openai.transport import ChatTransport
from classifier.errors import (
    BudgetSpent,
    ContextOverflow,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    NoRecording,
    RateLimited,
    Refused,
)
from classifier.model.record import Record
from classifier.model.reply import Usage

_KINDS: tuple[type[ModelError], ...] = (
    FailedSample,
    RejectedRequest,
    ServerError,
    RateLimited,
    ModelTimeout,
    ModelUnavailable,
    ContextOverflow,
    BudgetSpent,
    Refused,
    ModelError,
)
_BY_NAME = {kind.__name__: kind for kind in _KINDS}


class Failure(Record):
    """An exchange that brought no body: the error's class name, its message and what the ladder reads.

    Attributes:
        generation: What the model wrote where the server rejected that; None for other failures.
    """

    kind: str
    message: str
    status: int | None = None
    said: str = ""
    generation: str | None = None


class Exchange(Record):
    """One request, by its hash, and the body or the failure that was returned."""

    request_sha256: str
    body: Mapping[str, Any] | None = None
    failure: Failure | None = None


class ConversationEnd(Record):
    """How a conversation ended that brought no answer because the server gave none."""

    failure: Failure
    attempts: int
    usage: Usage | None = None


class RecordedConversation(Record):
    """One task's exchanges in order; `profile` is what the server was taken to accept at the start."""

    profile: Mapping[str, Any] | None
    exchanges: tuple[Exchange, ...]
    outcome: ConversationEnd | None = None


class RecordingTransport:
    """Passes exchanges on and keeps them; a `ChatTransport` around another, for one conversation.

    Args:
        inner: Where requests go.
        secrets: Strings that are cut out of each body, for the engine as for the record: servers echo keys.

    Attributes:
        exchanges: What has been said so far.
        last: The last request that brought a body.
    """

    def __init__(self, inner: ChatTransport, secrets: tuple[str, ...] = ()) -> None:
        self.exchanges: list[Exchange] = []
        self.last: Mapping[str, Any] | None = None
        self._inner = inner
        self._secrets = secrets

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`."""
        key = request_sha256(request)
        try:
            body = without_secrets(await self._inner.complete(request), self._secrets)
        except ModelError as error:
            self.exchanges.append(Exchange(request_sha256=key, failure=failure_of(error)))
            raise
        self.exchanges.append(Exchange(request_sha256=key, body=body))
        self.last = request
        return body

    async def aclose(self) -> None:
        """Nothing: the inner transport is shared."""


class ReplayTransport:
    """Says what was said in one conversation, in its order; a `ChatTransport` without a server."""

    def __init__(self, conversation: RecordedConversation) -> None:
        self._left = list(conversation.exchanges)

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The next exchange.

        Raises:
            NoRecording: Another request was recorded here, or none any more.
            ModelError: The recorded failure.
        """
        key = request_sha256(request)
        if not self._left or self._left[0].request_sha256 != key:
            raise NoRecording(
                f"no recording of request {key[:12]}, which follows recorded ones; record it again with a key"
            )
        exchange = self._left.pop(0)
        if exchange.failure is not None:
            raise error_of(exchange.failure)
        return exchange.body or {}

    async def aclose(self) -> None:
        """Nothing is held."""


def failure_of(error: ModelError) -> Failure:
    """The record of an error."""
    kind = next(kind for kind in _KINDS if isinstance(error, kind))
    status = getattr(error, "status", None)
    return Failure(
        kind=kind.__name__,
        message=error.message,
        status=status,
        said=str(getattr(error, "said", "")),
        generation=getattr(error, "generation", None),
    )


def error_of(failure: Failure) -> ModelError:
    """The error as it was, but for the wait that the server asked for."""
    kind = _BY_NAME.get(failure.kind, ModelError)
    if issubclass(kind, FailedSample):
        return kind(failure.message, failure.status or 0, failure.said, failure.generation or "")
    if issubclass(kind, RejectedRequest | ServerError):
        return kind(failure.message, failure.status or 0, failure.said)
    return kind(failure.message)
