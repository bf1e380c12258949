"""Conversations with a model server: their records, and the transports that record and replay them.

A conversation contains all exchanges of one task: the first request, retries and re-asks, with the result of
each. What enters: a `ChatTransport` to a server. What leaves: exchanges that a replay returns in the same
order, including failures, so that attempts, tokens and output formats are the same. What it does not do:
store requests (only their hashes), keys or headers; read or write files
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
        generation: What the model wrote, if the server rejected it; None for other failures.
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
    """The end of a conversation without an answer, because the server gave none."""

    failure: Failure
    attempts: int
    usage: Usage | None = None


class RecordedConversation(Record):
    """One task's exchanges in order; `profile` is what the server was assumed to accept at the start."""

    profile: Mapping[str, Any] | None
    exchanges: tuple[Exchange, ...]
    outcome: ConversationEnd | None = None


class RecordingTransport:
    """Forwards exchanges and records them; a `ChatTransport` around another one, for one conversation.

    Args:
        inner: The transport that sends the requests.
        secrets: Strings that are removed from each body, both for the engine and in the record, since some
            servers echo keys.

    Attributes:
        exchanges: The exchanges so far.
        last: The last request that was answered with a body.
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
        """Does nothing: the inner transport is shared."""


class ReplayTransport:
    """Returns the results of one recorded conversation in order; a `ChatTransport` without a server."""

    def __init__(self, conversation: RecordedConversation) -> None:
        self._remaining = list(conversation.exchanges)

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the result of the next exchange.

        Raises:
            NoRecording: The next recorded request is another one, or there is none left.
            ModelError: The recorded failure.
        """
        key = request_sha256(request)
        if not self._remaining or self._remaining[0].request_sha256 != key:
            raise NoRecording(
                f"no recording of request {key[:12]}, which follows recorded ones; record it again with a key"
            )
        exchange = self._remaining.pop(0)
        if exchange.failure is not None:
            raise error_of(exchange.failure)
        return exchange.body or {}

    async def aclose(self) -> None:
        """Does nothing: there are no open resources."""


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
    """The recorded error, without the wait that the server asked for."""
    kind = _BY_NAME.get(failure.kind, ModelError)
    if issubclass(kind, FailedSample):
        return kind(failure.message, failure.status or 0, failure.said, failure.generation or "")
    if issubclass(kind, RejectedRequest | ServerError):
        return kind(failure.message, failure.status or 0, failure.said)
    return kind(failure.message)
