"""Replies are saved before they are used, and reused instead of being paid for again.

What enters: requests of one item's conversation (`asking`), through a `ChatTransport`. What leaves: the
ledger's reply if there is one for the same question, item, round and number of times asked; otherwise the
server's reply, after it is saved. A question is the same whatever form the server requires: what is learned
about a server makes no reply useless. Errors are not stored, since they cost nothing; refusals of a batch are
stored, since they cost a day. A reply that the engine then rejects is stored like any other, so that a
repeated conversation has the same result.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from classifier.batch.ledger.items import REFUSAL, Item, ReplyKey, pack, unpack
from classifier.batch.spending import RunSpending
from classifier.engines.openai.canonical import request_sha256
from classifier.engines.openai.failures import failure
from classifier.engines.openai.messages import question_of
from classifier.engines.openai.secrets import without_secrets
from classifier.engines.openai.transport import ChatTransport, Kept, is_for_embeddings
from classifier.errors import ModelError
from classifier.model.reply import Usage


class ReplyStore(Protocol):
    """Stores replies."""

    async def save_reply(self, item: Item, key: ReplyKey, body: bytes, usage: Usage) -> None:
        """Saves a response; `body` is compressed (`pack`).

        Raises:
            StoreError: It cannot be saved.
        """
        ...


_OF_VECTORS = ("model", "usage")
"""What is stored of a response with vectors, which are large and in the cache."""

UsageOf = Callable[[str, Mapping[str, Any]], Usage]
"""Reads tokens and their cost from a model's response body; the model as it was asked for."""


@dataclass
class Conversation:
    """One item's requests so far.

    Attributes:
        put: Question -> how many replies to it were received.
        sent: Requests that were sent to the server, with their cost in US dollars.
        key: The key under which the reply to the current request will be stored.
        about: The model and the task of the current question: the same when it is asked again in other words.
        replied: Keys of the replies to the current question, wrong ones among them.
        passed: Keys of the replies to the questions before it, such as about the branches of a large tree.
    """

    item: Item
    put: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    cost_usd: float = 0.0
    key: ReplyKey = ("", 0)
    about: tuple[str, str] | None = None
    replied: list[ReplyKey] = field(default_factory=list)
    passed: list[ReplyKey] = field(default_factory=list)

    def begin(self, about: tuple[str, str]) -> None:
        """Another question begins, if it is another one."""
        if about != self.about:
            self.passed += self.replied
            self.about, self.replied = about, []


_CONVERSATION: ContextVar[Conversation] = ContextVar("conversation")


@contextmanager
def asking(item: Item) -> Iterator[Conversation]:
    """Inside the block, requests of this task belong to the item."""
    conversation = Conversation(item)
    token = _CONVERSATION.set(conversation)
    try:
        yield conversation
    finally:
        _CONVERSATION.reset(token)


class Deferred(Exception):
    """The reply will come later; the item is labelled then (`classifier.batch.provider`)."""


def present_conversation() -> Conversation:
    """The conversation that this task's requests belong to."""
    return _CONVERSATION.get()


class StoredReplies:
    """A `ChatTransport` that answers from the ledger if it can.

    Args:
        inner: The transport for requests without a stored reply; it must contain a `StoringTransport`.
        basis: What else decides a reply besides its question, such as the temperature; JSON.
    """

    def __init__(self, inner: ChatTransport, basis: Mapping[str, Any] | None = None) -> None:
        self._inner = inner
        self._basis = basis or {}

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`."""
        conversation = present_conversation()
        replies = conversation.item.replies
        asked = question_of(request)
        conversation.begin((asked["model"], asked["messages"][0]["content"]))
        question = request_sha256({**self._basis, **asked})
        key = question, conversation.put[question]
        if any(nth == REFUSAL for _, nth in replies):
            refusal = replies.get((request_sha256(request), REFUSAL))
            if refusal is not None:
                raise refusal_of(unpack(refusal))
        kept = replies.get(key)
        conversation.key = key
        body = await self._inner.complete(request) if kept is None else Kept(unpack(kept))
        conversation.put[question] += 1  # a failed exchange has no reply: the next one gets its number
        conversation.replied.append(key)
        return body

    async def aclose(self) -> None:
        """Closes the inner transport."""
        await self._inner.aclose()


class EmbeddingRequests:
    """A `ChatTransport` for embeddings: each request gets a key of its own, under which its cost is stored.

    Nothing is answered from the ledger: vectors are in the cache (`classifier.engines.embeddings.cache`).

    Args:
        inner: The throttle; it must contain a `StoringTransport`.
    """

    def __init__(self, inner: ChatTransport) -> None:
        self._inner = inner

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`."""
        conversation = present_conversation()
        question = request_sha256(request)
        while (question, conversation.put[question]) in conversation.item.replies:
            conversation.put[question] += 1  # paid before, and lost from the cache
        conversation.key = question, conversation.put[question]
        body = await self._inner.complete(request)
        conversation.put[question] += 1
        return body

    async def aclose(self) -> None:
        """Closes nothing: the inner transport is the run's."""


class StoringTransport:
    """A `ChatTransport` that saves each reply before returning it.

    It is behind the throttle: a request counts as in flight until its reply is saved, so a killed run never
    has to buy more replies again than may be in flight.

    Args:
        inner: The server.
        store: Saves each reply.
        usage_of: Reads the usage of a reply.
        spending: Counts each reply's usage.
        secrets: Strings that are removed from each body, since servers echo keys.
    """

    def __init__(
        self,
        inner: ChatTransport,
        store: ReplyStore,
        usage_of: UsageOf,
        spending: RunSpending,
        secrets: Sequence[str] = (),
    ) -> None:
        self._inner = inner
        self._store = store
        self._usage_of = usage_of
        self._spending = spending
        self._secrets = secrets

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`.

        Raises:
            StoreError: The reply cannot be saved.
        """
        conversation = present_conversation()
        conversation.sent += 1
        body = without_secrets(await self._inner.complete(request), self._secrets)
        usage = self._usage_of(request["model"], body)
        self._spending.add(usage)
        conversation.cost_usd += usage.cost_usd or 0.0
        kept = {name: body.get(name) for name in _OF_VECTORS} if is_for_embeddings(request) else body
        await self._store.save_reply(conversation.item, conversation.key, pack(kept), usage)
        return body

    async def aclose(self) -> None:
        """Closes the server's transport."""
        await self._inner.aclose()


def stored_refusal(status: int, body: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A refusal in the form in which it is stored; `refusal_of` reads it again."""
    return {"status": status, "where": where, "body": body}


def refusal_of(kept: Mapping[str, Any]) -> ModelError:
    """The error that a stored refusal represents."""
    return failure(kept["status"], {}, json.dumps(kept["body"]), where=kept["where"])
