"""The ledger's rows of the Batch API: requests whose answer is to come, and the batches that bring them.

A request is *new* (its body is kept), *out* (in a batch; its body goes once the batch is known to exist), or
*lost* (its batch brought no answer; the next pass over the list asks it again). Every function runs inside
the caller's transaction.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.batch.items import Item, ReplyKey, unpack
from classifier.batch.ledger import Ledger
from classifier.records import Usage


@dataclass(frozen=True)
class SentBatch:
    """A batch that was intended; `provider_id` is None until its submit is known to have happened."""

    id: int
    tag: str
    intended: float
    provider_id: str | None


@dataclass(frozen=True)
class Load:
    """New requests together: how many, bytes as they are sent."""

    requests: int = 0
    bytes: int = 0


def ask(ledger: Ledger, item: Item, key: ReplyKey, body: Mapping[str, Any], most_usd: float | None) -> int:
    """Keeps a request; returns how many batches have brought no answer to it.

    Args:
        most_usd: What its answer costs at most; None where that is not known.
    """
    raw = json.dumps(body, separators=(",", ":")).encode()
    values = (item.id, item.round, *key, zlib.compress(raw, 1), len(raw), most_usd)
    found = ledger.db.execute(
        "INSERT INTO asked (item, round, request, nth, body, bytes, most_usd) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (item, round, request, nth) DO UPDATE SET"
        "   body = excluded.body, bytes = excluded.bytes, most_usd = excluded.most_usd"
        " RETURNING tries",
        values,
    )
    return int(found.fetchone()[0])


def give_up(ledger: Ledger, item: Item, key: ReplyKey) -> None:
    """Forgets a request that no batch has answered."""
    ledger.db.execute(
        "DELETE FROM asked WHERE item = ? AND round = ? AND request = ? AND nth = ?",
        (item.id, item.round, *key),
    )


def new_load(ledger: Ledger) -> Load:
    """What waits to be sent."""
    found = ledger.db.execute(
        "SELECT count(*), coalesce(sum(bytes), 0) FROM asked WHERE body IS NOT NULL AND batch IS NULL"
    )
    return Load(*found.fetchone())


def out_count(ledger: Ledger) -> int:
    """Requests whose answers are to come from batches."""
    found = ledger.db.execute("SELECT count(*) FROM asked WHERE batch IS NOT NULL")
    return int(found.fetchone()[0])


def most_out_usd(ledger: Ledger) -> float:
    """What the batches that are out cost at most."""
    found = ledger.db.execute("SELECT coalesce(sum(most_usd), 0.0) FROM asked WHERE batch IS NOT NULL")
    return float(found.fetchone()[0])


def intend(ledger: Ledger, tag: str, requests: int, bytes_: int, usd: float | None) -> int:
    """Puts as many new requests into a new batch as the limits allow; returns how many (0: no batch).

    Args:
        requests, bytes_: Limits.
        usd: What they may cost together at most; None for any sum.
    """
    chosen: list[int] = []
    size, cost = 0, 0.0
    for key, length, most_usd in ledger.db.execute(
        "SELECT id, bytes, most_usd FROM asked WHERE body IS NOT NULL AND batch IS NULL ORDER BY id LIMIT ?",
        (requests,),
    ):
        size, cost = size + length, cost + (most_usd or 0.0)
        if (chosen and size > bytes_) or (usd is not None and cost > usd):
            break
        chosen.append(key)
    if chosen:
        batch = ledger.db.execute(
            "INSERT INTO provider_batch (tag, intended) VALUES (?, ?)", (tag, time.time())
        ).lastrowid
        ledger.db.executemany("UPDATE asked SET batch = ? WHERE id = ?", ((batch, key) for key in chosen))
    return len(chosen)


def open_batches(ledger: Ledger) -> list[SentBatch]:
    """Batches whose answers are not in the ledger yet, the oldest first."""
    rows = ledger.db.execute(
        "SELECT id, tag, intended, provider_id FROM provider_batch WHERE NOT ended ORDER BY id"
    )
    return [SentBatch(*row) for row in rows.fetchall()]


def requests_of(ledger: Ledger, batch: SentBatch, after: int, count: int) -> list[tuple[int, dict[str, Any]]]:
    """(custom id, body) of the next requests, behind `after`, of a batch whose submit is not recorded."""
    rows = ledger.db.execute(
        "SELECT id, body FROM asked WHERE batch = ? AND id > ? ORDER BY id LIMIT ?", (batch.id, after, count)
    )
    return [(key, unpack(body)) for key, body in rows.fetchall()]


def submitted(ledger: Ledger, batch: SentBatch, provider_id: str) -> None:
    """Records that the provider has a batch; the bodies of its requests go."""
    ledger.db.execute("UPDATE provider_batch SET provider_id = ? WHERE id = ?", (provider_id, batch.id))
    ledger.db.execute("UPDATE asked SET body = NULL WHERE batch = ?", (batch.id,))


def answered(ledger: Ledger, batch: SentBatch, custom_id: int, body: bytes, usage: Usage, now: float) -> bool:
    """Makes a batch's answer a reply; false where the batch holds no such request, or had its answer."""
    row = ledger.db.execute(
        "DELETE FROM asked WHERE id = ? AND batch = ? RETURNING item, round, request, nth",
        (custom_id, batch.id),
    ).fetchone()
    if row is None:
        return False
    ledger.db.execute(
        "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, body, usage.tokens_in, usage.tokens_out, usage.tokens_cached, usage.cost_usd, now),
    )
    ledger.db.execute("UPDATE item SET attempts = attempts + 1 WHERE id = ?", (row[0],))
    return True


def end(ledger: Ledger, batch: SentBatch, status: str, *, counts: bool = True) -> int:
    """Closes a batch; its requests without an answer are lost. Returns how many those are.

    Args:
        counts: Whether being lost counts as a try.
    """
    ledger.db.execute("UPDATE provider_batch SET ended = 1, status = ? WHERE id = ?", (status, batch.id))
    return ledger.db.execute(
        "UPDATE asked SET batch = NULL, body = NULL, tries = tries + ? WHERE batch = ?", (counts, batch.id)
    ).rowcount


def begin_run(ledger: Ledger) -> None:
    """What earlier runs have tried in vain counts no more."""
    ledger.db.execute("UPDATE asked SET tries = 0")


def forget_new(ledger: Ledger) -> None:
    """Forgets requests that were never sent: their items are asked another way."""
    ledger.db.execute("DELETE FROM asked WHERE batch IS NULL")
