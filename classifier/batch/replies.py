"""Replies that are on disk before they are used, and are used again instead of being paid for again.

What enters: requests of one item's conversation (`asking`), through a `ChatTransport`. What leaves: the reply
of the ledger where the same request had been put as often before in the item's round, else the server's, once
it is saved. Errors are not kept: they cost nothing that could be had again. A reply that the engine then
refuses is kept like any other, so that the conversation comes out the same when it is led again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from classifier.batch.items import Item, ReplyKey, pack, unpack
from classifier.batch.spending import Spending
from classifier.engines.openai.canonical import request_sha256
from classifier.engines.openai.transport import Body, ChatTransport
from classifier.records import Usage


class ReplyStore(Protocol):
    """Where replies are kept."""

    async def save_reply(self, item: Item, key: ReplyKey, body: bytes, usage: Usage) -> None:
        """Keeps a response; `body` is compressed (`pack`).

        Raises:
            StoreError: It cannot be kept.
        """
        ...


UsageOf = Callable[[Mapping[str, Any]], Usage]
"""Reads tokens and their cost from a response body."""


@dataclass
class Conversation:
    """One item's requests so far; `sent` counts those that went to the server."""

    item: Item
    put: Counter[str] = field(default_factory=Counter)
    sent: int = 0


_REMOVED = "[removed]"
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


class LedgerTransport:
    """A `ChatTransport` around another that asks the ledger first.

    Args:
        inner: Where requests go that have no reply yet.
        store: Keeps each reply before it is used.
        usage_of: Reads what a reply has cost.
        spending: Told each new reply's usage.
        secrets: Strings that are cut out of each body, for the engine as for the ledger: servers echo keys.
    """

    def __init__(
        self,
        inner: ChatTransport,
        store: ReplyStore,
        usage_of: UsageOf,
        spending: Spending,
        secrets: tuple[str, ...] = (),
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
        conversation = _CONVERSATION.get()
        item, sha256 = conversation.item, request_sha256(request)
        key = (sha256, conversation.put[sha256])
        kept = item.replies.get(key)
        if kept is not None:
            conversation.put[sha256] += 1
            return unpack(kept)
        conversation.sent += 1
        body = self._without_secrets(await self._inner.complete(request))
        conversation.put[sha256] += 1  # a failed exchange brought no reply: the next one takes its number
        usage = self._usage_of(body)
        self._spending.add(usage)
        await self._store.save_reply(item, key, pack(body), usage)
        return body

    async def aclose(self) -> None:
        """Closes the inner transport."""
        await self._inner.aclose()

    def _without_secrets(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        text = body.raw.decode(errors="replace") if isinstance(body, Body) else json.dumps(body)
        found = [quoted for secret in self._secrets if (quoted := json.dumps(secret)[1:-1]) in text]
        if not found:
            return body
        for quoted in found:
            text = text.replace(quoted, _REMOVED)
        cleaned: dict[str, Any] = json.loads(text)
        return cleaned
