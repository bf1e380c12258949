"""Replies that are on disk before they are used, and are used again instead of being paid for again.

What enters: requests of one item's conversation (`asking`), through a `ChatTransport`. What leaves: the reply
of the ledger where the same request had been put as often before in the item's round, else the server's, once
it is saved. Errors are not kept, since they cost nothing that could be had again; refusals of a batch are,
since they cost a day. A reply that the engine then refuses is kept like any other, so that the conversation
comes out the same when it is led again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from classifier.batch.items import Item, ReplyKey, pack, unpack
from classifier.batch.spending import Spending
from classifier.batch.store import LedgerWriter
from classifier.engines.openai.canonical import request_sha256
from classifier.engines.openai.failures import failure
from classifier.engines.openai.transport import Body, ChatTransport
from classifier.errors import ModelError
from classifier.records import Usage

UsageOf = Callable[[Mapping[str, Any]], Usage]
"""Reads tokens and their cost from a response body."""


@dataclass
class Conversation:
    """One item's requests so far; `sent` counts those that went to the server, at a cost in US dollars."""

    item: Item
    put: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    cost_usd: float = 0.0

    def key_of(self, request: Mapping[str, Any]) -> ReplyKey:
        """Under which the reply to a request that is put now is kept."""
        sha256 = request_sha256(request)
        return sha256, self.put[sha256]


_REMOVED = "[removed]"
_REFUSED = "refused_with"
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


def present_conversation() -> Conversation:
    """The one that this task's requests belong to."""
    return _CONVERSATION.get()


class LedgerTransport:
    """A `ChatTransport` around another that asks the ledger first.

    Args:
        inner: Where requests go that have no reply yet.
        store: The ledger.
        usage_of: Reads what a reply has cost.
        spending: Told each new reply's usage.
        secrets: Strings that are cut out of each body, for the engine as for the ledger: servers echo keys.
    """

    def __init__(
        self,
        inner: ChatTransport,
        store: LedgerWriter,
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
        conversation = present_conversation()
        item, key = conversation.item, conversation.key_of(request)
        kept = item.replies.get(key)
        if kept is not None:
            reply = unpack(kept)
            if (refusal := refusal_in(reply)) is not None:
                raise refusal
            conversation.put[key[0]] += 1
            return reply
        conversation.sent += 1
        body = without_secrets(await self._inner.complete(request), self._secrets)
        conversation.put[key[0]] += 1  # a failed exchange brought no reply: the next one takes its number
        usage = self._usage_of(body)
        self._spending.add(usage)
        conversation.cost_usd += usage.cost_usd or 0.0
        await self._store.do(lambda ledger: ledger.save_reply(item, key, pack(body), usage))
        return body

    async def aclose(self) -> None:
        """Closes the inner transport."""
        await self._inner.aclose()


def without_secrets(body: Mapping[str, Any], secrets: Sequence[str]) -> Mapping[str, Any]:
    """A response body in which none of the strings stands."""
    text = body.raw.decode(errors="replace") if isinstance(body, Body) else json.dumps(body)
    found = [quoted for secret in secrets if (quoted := json.dumps(secret)[1:-1]) in text]
    if not found:
        return body
    for quoted in found:
        text = text.replace(quoted, _REMOVED)
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned


def kept_refusal(status: int, body: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A refusal in the shape in which it is kept as a reply; `refusal_in` reads it again."""
    return {_REFUSED: {"status": status, "where": where, "body": body}}


def refusal_in(reply: Mapping[str, Any]) -> ModelError | None:
    """The error that a kept reply stands for; None where it is an answer."""
    kept = reply.get(_REFUSED)
    if not isinstance(kept, dict):
        return None
    return failure(kept["status"], {}, json.dumps(kept["body"]), where=kept["where"], key=None)
