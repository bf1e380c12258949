"""Replies that are on disk before they are used, and are used again instead of being paid for again.

What enters: requests of one item's conversation (`asking`), through a `ChatTransport`. What leaves: the reply
of the ledger where the same question had been put as often before in the item's round, else the server's,
once it is saved. A question is the same however the server wants it put: what is found out about it
meanwhile makes no reply useless. Errors are not kept, since they cost nothing that could be had again;
refusals of a batch are, since they cost a day. A reply that the engine then refuses is kept like any other,
so that the conversation comes out the same when it is led again.
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
from classifier.engines.openai.transport import ChatTransport, Kept
from classifier.errors import ModelError
from classifier.model.reply import Usage


class ReplyStore(Protocol):
    """Where replies are kept."""

    async def save_reply(self, item: Item, key: ReplyKey, body: bytes, usage: Usage) -> None:
        """Keeps a response; `body` is compressed (`pack`).

        Raises:
            StoreError: It cannot be kept.
        """
        ...


UsageOf = Callable[[str, Mapping[str, Any]], Usage]
"""Reads tokens and their cost from a model's response body; the model as it was asked for."""


@dataclass
class Conversation:
    """One item's requests so far.

    Attributes:
        put: Question -> how often a reply to it was had.
        sent: Requests that went to the server, at a cost in US dollars.
        key: Where the reply to the request is kept that is on its way.
    """

    item: Item
    put: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    cost_usd: float = 0.0
    key: ReplyKey = ("", 0)


_CONVERSATION: ContextVar[Conversation] = ContextVar("conversation")


@contextmanager
def asking(item: Item) -> Iterator[Conversation]:
    """Requests of this task inside the block belong to the item."""
    conversation = Conversation(item)
    token = _CONVERSATION.set(conversation)
    try:
        yield conversation
    finally:
        _CONVERSATION.reset(token)


class Deferred(Exception):
    """The reply does not come now: the item is labelled when it is there (`classifier.batch.provider`)."""


def present_conversation() -> Conversation:
    """The one that this task's requests belong to."""
    return _CONVERSATION.get()


class StoredReplies:
    """A `ChatTransport` that answers from the ledger where it can.

    Args:
        inner: Where requests go that have no reply yet; on its way is a `StoringTransport`.
        basis: What else decides a reply besides its question, such as the temperature; JSON.
    """

    def __init__(self, inner: ChatTransport, basis: Mapping[str, Any] | None = None) -> None:
        self._inner = inner
        self._basis = basis or {}

    async def complete(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One exchange; see `ChatTransport.complete`."""
        conversation = present_conversation()
        replies = conversation.item.replies
        question = request_sha256({**self._basis, **question_of(request)})
        key = question, conversation.put[question]
        if any(nth == REFUSAL for _, nth in replies):
            refusal = replies.get((request_sha256(request), REFUSAL))
            if refusal is not None:
                raise refusal_of(unpack(refusal))
        kept = replies.get(key)
        conversation.key = key
        body = await self._inner.complete(request) if kept is None else Kept(unpack(kept))
        conversation.put[question] += 1  # a failed exchange brought no reply: the next one takes its number
        return body

    async def aclose(self) -> None:
        """Closes the inner transport."""
        await self._inner.aclose()


class StoringTransport:
    """A `ChatTransport` whose replies are kept before anybody sees them.

    It stands behind the throttle: a request is out until its reply is saved, so that a run that dies has
    never more to buy again than may be out.

    Args:
        inner: The server.
        store: Keeps each reply.
        usage_of: Reads what a reply has cost.
        spending: Told each reply's usage.
        secrets: Strings that are cut out of each body, for the engine as for the ledger: servers echo keys.
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
        await self._store.save_reply(conversation.item, conversation.key, pack(body), usage)
        return body

    async def aclose(self) -> None:
        """Closes the server's transport."""
        await self._inner.aclose()


def stored_refusal(status: int, body: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A refusal in the shape in which it is kept; `refusal_of` reads it again."""
    return {"status": status, "where": where, "body": body}


def refusal_of(kept: Mapping[str, Any]) -> ModelError:
    """The error that a kept refusal stands for."""
    return failure(kept["status"], {}, json.dumps(kept["body"]), where=kept["where"])
