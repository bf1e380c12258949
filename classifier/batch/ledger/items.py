"""Records of a run (items with their replies, outcomes, sums), and how the ledger writes them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic_core import PydanticSerializationError

from classifier.engines.openai.transport import Body
from classifier.model.entries import ListEntry
from classifier.model.label import Label
from classifier.model.record import Record

ReplyKey = tuple[str, int]
"""A question's sha256, and how often it was asked before in its item's round (see `replies`)."""

REFUSAL = -1
"""Replaces the number in the key of a stored refusal, which is about a request, not its question."""


class State(StrEnum):
    """The state of an entry; stored by name."""

    waiting = "waiting"
    """The entry waits for its label."""
    done = "done"
    failed = "failed"
    twin = "twin"
    """A duplicate: another entry of the same paper is labelled instead."""
    asked = "asked"
    """A request for it is in a submitted batch; never stored, since the stored state is waiting."""


@dataclass(frozen=True)
class Item:
    """An entry that waits for its label, with its stored replies (compressed)."""

    id: int
    place: int
    round: int
    entry: ListEntry
    replies: Mapping[ReplyKey, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemOutcome:
    """An item's label, and the number and known cost of requests sent for it.

    Attributes:
        passed: Keys of the replies to all questions about it but the last one.
    """

    item: Item
    label: Label
    requests: int = 0
    cost_usd: float = 0.0
    passed: tuple[ReplyKey, ...] = ()


@dataclass(frozen=True)
class Counts:
    """The progress of the current list; `review` is part of `done`, `broken` is not part of the total."""

    waiting: int = 0
    done: int = 0
    failed: int = 0
    twins: int = 0
    review: int = 0
    broken: int = 0

    @property
    def total(self) -> int:
        """All items of the list, without unusable entries."""
        return self.waiting + self.done + self.failed + self.twins


@dataclass(frozen=True)
class Spent:
    """All replies of a ledger together; `unpriced` counts those whose cost is not known."""

    replies: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0


def as_json(record: Record) -> str:
    """A record as valid JSON: half a surrogate pair (from lists or PDFs) becomes "?"."""
    try:
        return record.model_dump_json()
    except (PydanticSerializationError, UnicodeEncodeError):
        return plain(json.dumps(record.model_dump(), default=str, ensure_ascii=False))


def pack(body: Mapping[str, Any]) -> bytes:
    """A response in the form in which it is stored."""
    raw = body.raw if isinstance(body, Body) else json.dumps(body, separators=(",", ":")).encode()
    return zlib.compress(raw, 1)


def unpack(body: bytes) -> dict[str, Any]:
    """The reverse of `pack`."""
    value: dict[str, Any] = json.loads(zlib.decompress(body))
    return value


def plain(text: str) -> str:
    """Text that can be written as UTF-8: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
