"""The ledger's rows of the Batch API: requests without an answer so far, and the batches that contain them.

A request is *new* (in no batch), *out* (in a batch), or *lost* (its batch brought no answer; the next pass
over the list asks it again). Its body is kept until the provider has accepted the batch. Every method runs
inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.batch.ledger.items import REFUSAL, Item, ReplyKey
from classifier.engines.openai.canonical import request_sha256
from classifier.model.reply import Usage

_ENVELOPE_BYTES = 100
"""Bytes of a line besides the body."""


@dataclass(frozen=True)
class PendingRequest:
    """A stored request.

    Attributes:
        key: The key under which its reply will be stored.
        most_usd: Upper bound of the answer's cost in US dollars; None if unknown.
    """

    item: Item
    key: ReplyKey
    request: Mapping[str, Any]
    most_usd: float | None


@dataclass(frozen=True)
class SentBatch:
    """A batch that has not ended.

    Attributes:
        file_id: The provider's id of the uploaded file.
        sent: Unix time just before the submit; None if there was none.
        provider_id: None until the submit is confirmed.
    """

    id: int
    tag: str
    model: str
    file_id: str | None
    sent: float | None
    provider_id: str | None


@dataclass(frozen=True)
class Load:
    """All new requests together: how many, and the bytes of their lines."""

    requests: int = 0
    bytes: int = 0


class BatchRequests:
    """The tables of requests and batches in an open ledger (`Ledger.requests`)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    # -- requests ----------------------------------------------------------------------------------

    def ask(self, asked: PendingRequest) -> int:
        """Stores a request; returns how many batches have ended without an answer to it."""
        raw = json.dumps(asked.request, separators=(",", ":")).encode()
        size = len(raw) + _ENVELOPE_BYTES
        exact, model = request_sha256(asked.request), asked.request["model"]
        values = (asked.item.id, asked.item.round, *asked.key, exact, model, size)
        row = self._db.execute(
            "INSERT INTO asked (item, round, request, nth, exact, model, bytes, most_usd)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item, round, request, nth) DO UPDATE SET"
            "   exact = excluded.exact, model = excluded.model, bytes = excluded.bytes,"
            "   most_usd = excluded.most_usd, lost = 0"
            " RETURNING id, tries",
            (*values, asked.most_usd),
        ).fetchone()
        self._db.execute("INSERT OR REPLACE INTO asked_body VALUES (?, ?)", (row[0], zlib.compress(raw, 1)))
        return int(row[1])

    def give_up(self, asked: PendingRequest) -> None:
        """Stops sending a request that no batch has answered in this run; the number of attempts is kept."""
        row = self._db.execute(
            "UPDATE asked SET lost = 1 WHERE item = ? AND round = ? AND request = ? AND nth = ? RETURNING id",
            (asked.item.id, asked.item.round, *asked.key),
        ).fetchone()
        self._db.execute("DELETE FROM asked_body WHERE id = ?", row)

    def forget_unsent(self) -> None:
        """Deletes requests that are in no batch: they may belong to other settings or other lists."""
        self._db.execute("DELETE FROM asked_body WHERE id IN (SELECT id FROM asked WHERE batch IS NULL)")
        self._db.execute("DELETE FROM asked WHERE batch IS NULL")

    def new_load(self) -> Load:
        """The requests that wait to be sent."""
        found = self._db.execute(
            "SELECT count(*), coalesce(sum(bytes), 0) FROM asked WHERE batch IS NULL AND NOT lost"
        )
        return Load(*found.fetchone())

    def out_count(self) -> int:
        """The number of requests in submitted batches."""
        return int(self._db.execute("SELECT count(*) FROM asked WHERE batch IS NOT NULL").fetchone()[0])

    def most_out_usd(self) -> float:
        """Upper bound of the submitted batches' cost in US dollars."""
        found = self._db.execute("SELECT coalesce(sum(most_usd), 0.0) FROM asked WHERE batch IS NOT NULL")
        return float(found.fetchone()[0])

    # -- batches -----------------------------------------------------------------------------------

    def intend(self, tag: str, requests: int, bytes_: int, usd: float | None) -> SentBatch | None:
        """Puts as many new requests of one model into a new batch as the limits allow.

        Returns None if not even one fits.

        Args:
            requests, bytes_: Limits.
            usd: Limit of their total cost; None for no limit.
        """
        oldest = self._db.execute(
            "SELECT model FROM asked WHERE batch IS NULL AND NOT lost ORDER BY id LIMIT 1"
        ).fetchone()
        chosen: list[int] = []
        size, cost = 0, 0.0
        for key, length, most_usd in self._db.execute(
            "SELECT id, bytes, most_usd FROM asked WHERE batch IS NULL AND NOT lost AND model = ?"
            " ORDER BY id LIMIT ?",
            (*(oldest or ("",)), requests),
        ):
            size, cost = size + length, cost + (most_usd or 0.0)
            if (chosen and size > bytes_) or (usd is not None and cost > usd):
                break
            chosen.append(key)
        if not chosen:
            return None
        (first,) = oldest
        made = self._db.execute(
            "INSERT INTO provider_batch (tag, model) VALUES (?, ?) RETURNING id", (tag, first)
        )
        batch = SentBatch(made.fetchone()[0], tag, first, None, None, None)
        self._db.executemany("UPDATE asked SET batch = ? WHERE id = ?", ((batch.id, key) for key in chosen))
        return batch

    def open_batches(self) -> list[SentBatch]:
        """Batches whose answers are not in the ledger yet, the oldest first."""
        rows = self._db.execute(
            "SELECT id, tag, model, file_id, sent, provider_id FROM provider_batch"
            " WHERE NOT ended ORDER BY id"
        )
        return [SentBatch(*row) for row in rows.fetchall()]

    def bodies_of(self, batch: SentBatch, after: int, count: int) -> list[tuple[int, bytes]]:
        """(custom id, JSON) of the next requests, behind `after`, of a batch that is not accepted yet."""
        rows = self._db.execute(
            "SELECT id, body FROM asked JOIN asked_body USING (id) WHERE batch = ? AND id > ?"
            " ORDER BY id LIMIT ?",
            (batch.id, after, count),
        )
        return [(key, zlib.decompress(body)) for key, body in rows.fetchall()]

    def uploaded(self, batch: SentBatch, file_id: str) -> None:
        """Records that the requests are at the provider, and that the submit comes next."""
        self._db.execute(
            "UPDATE provider_batch SET file_id = ?, sent = ? WHERE id = ?", (file_id, time.time(), batch.id)
        )

    def submitted(self, batch: SentBatch, provider_id: str) -> None:
        """Records that the provider has a batch."""
        self._db.execute("UPDATE provider_batch SET provider_id = ? WHERE id = ?", (provider_id, batch.id))

    def accepted(self, batch: SentBatch) -> None:
        """Records that the provider works on a batch: its bodies are no longer needed."""
        self._db.execute(
            "DELETE FROM asked_body WHERE id IN (SELECT id FROM asked WHERE batch = ?)", (batch.id,)
        )

    def release(self, batch: SentBatch) -> int:
        """Cancels a batch that the provider did not accept. Returns how many requests it had.

        They are new again, or lost if their bodies were deleted.
        """
        requests = self._db.execute(
            "UPDATE asked SET batch = NULL, lost = id NOT IN (SELECT id FROM asked_body) WHERE batch = ?",
            (batch.id,),
        ).rowcount
        self._db.execute("DELETE FROM provider_batch WHERE id = ?", (batch.id,))
        return requests

    def answered(self, batch: SentBatch, custom_id: int, body: bytes, usage: Usage, *, refused: bool) -> bool:
        """Stores a batch's answer as a reply.

        Returns False if the batch has no such request, or it was answered before.

        Args:
            refused: Whether the server rejected the form of the request, not the question.
        """
        row = self._db.execute(
            "DELETE FROM asked WHERE id = ? AND batch = ? RETURNING item, round, request, nth, exact",
            (custom_id, batch.id),
        ).fetchone()
        if row is None:
            return False
        item, rounds, request, nth, exact = row
        key = (exact, REFUSAL) if refused else (request, nth)
        counts = usage.tokens_in, usage.tokens_out, usage.tokens_cached, usage.cost_usd
        self._db.execute(
            "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (item, rounds, *key, body, *counts, time.time()),
        )
        self._db.execute("UPDATE item SET attempts = attempts + 1 WHERE id = ?", (item,))
        return True

    def end(self, batch: SentBatch, status: str, *, counts: bool = True) -> int:
        """Closes a batch; its requests without an answer are lost. Returns how many these are.

        Args:
            counts: Whether a lost request counts as an attempt.
        """
        self.accepted(batch)
        self._db.execute("UPDATE provider_batch SET ended = 1, status = ? WHERE id = ?", (status, batch.id))
        return self._db.execute(
            "UPDATE asked SET batch = NULL, lost = 1, tries = tries + ? WHERE batch = ?", (counts, batch.id)
        ).rowcount
