"""The ledger: each item's entry, state and label, and every reply with its cost.

What enters: entries in list order, replies, labels. What leaves: waiting items, and the stored replies about
each. Every method is at most one transaction; to combine several, use `transaction`. What it does not do: ask
a model, or write result files (`classifier.batch.results`).

`classifier.batch.ledger.lock` opens one. Other processes may write corrections in the meantime.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from classifier.batch.ledger.items import Counts, Item, ItemOutcome, ReplyKey, Spent, State, as_json
from classifier.batch.ledger.listing import Listing
from classifier.batch.ledger.requests import BatchRequests
from classifier.errors import Concern, codes_of
from classifier.model.entries import ListEntry
from classifier.model.reply import Usage


class Ledger(Listing):
    """An open ledger. One thread at a time may use it.

    Attributes:
        requests: The requests at the provider's Batch API.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, path)
        self.requests = BatchRequests(connection)

    def relabel_all(self) -> None:
        """Sets all entries to waiting; earlier replies about failed ones are not used again."""
        self._db.execute(
            "UPDATE item SET round = round + (state = 'failed'), label = NULL, error = NULL, review = 0,"
            " state = CASE WHEN twin IS NULL THEN 'waiting' ELSE 'twin' END"
        )

    # -- the run -------------------------------------------------------------------------------

    def waiting(self, after: int, count: int) -> list[Item]:
        """The next items without a label after the position `after`, in list order.

        Items whose answer will come from a batch are skipped.
        """
        with self.reading():
            rows = self._db.execute(
                "SELECT id, place, round, entry FROM item"
                " WHERE state = 'waiting' AND place > ? AND listing = ? AND NOT EXISTS ("
                "   SELECT 1 FROM asked WHERE item = item.id AND NOT lost"
                " ) ORDER BY place LIMIT ?",
                (after, self._listing(), count),
            ).fetchall()
            return [
                Item(key, place, rounds, ListEntry.model_validate_json(entry), self._replies(key, rounds))
                for key, place, rounds, entry in rows
            ]

    def save_reply(self, item: Item, key: ReplyKey, body: bytes, usage: Usage) -> None:
        """Stores a response; `body` is compressed (`pack`)."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    item.id,
                    item.round,
                    *key,
                    body,
                    usage.tokens_in,
                    usage.tokens_out,
                    usage.tokens_cached,
                    usage.cost_usd,
                    time.time(),
                ),
            )

    def save(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Stores labels (also of failed items) for items that still wait in the round of the label.

        If an item has failed, the replies to its earlier questions are kept for the next round: only the
        question that failed is asked again.
        """
        outcomes = list(outcomes)
        with self.transaction():
            self._db.executemany(
                "UPDATE OR IGNORE reply SET round = round + 1"
                " WHERE item = ? AND round = ? AND request = ? AND nth = ?",
                (
                    (outcome.item.id, outcome.item.round, *key)
                    for outcome in outcomes
                    if outcome.label.error is not None
                    for key in outcome.passed
                ),
            )
            self._db.executemany(
                "UPDATE item SET state = ?, label = ?, review = ?, error = ?, attempts = attempts + ?"
                " WHERE id = ? AND round = ? AND state = 'waiting'",
                (
                    (
                        State.done if outcome.label.error is None else State.failed,
                        as_json(outcome.label),
                        outcome.label.needs_review,
                        outcome.label.error.code if outcome.label.error else None,
                        outcome.requests,
                        outcome.item.id,
                        outcome.item.round,
                    )
                    for outcome in outcomes
                ),
            )

    def requeue(self, item_ids: Sequence[int]) -> None:
        """Sets failed items to waiting, as if they had not been tried in this round."""
        with self.transaction():
            self._db.executemany(
                "UPDATE item SET state = 'waiting', label = NULL, error = NULL, review = 0 WHERE id = ?",
                ((item_id,) for item_id in item_ids),
            )

    def retry_unreached(self) -> int:
        """Sets items that failed because of the network to waiting, in the same round; returns how many."""
        with self.transaction():
            return self._db.execute(
                "UPDATE item SET state = 'waiting', label = NULL, error = NULL, review = 0"
                " WHERE state = 'failed' AND error IN (SELECT value FROM json_each(?))",
                (json.dumps(sorted(codes_of(retryable=True))),),
            ).rowcount

    def retry_failed(self) -> int:
        """Sets all failed items to waiting in a new round; returns their number.

        Replies to the questions that failed are not used again.
        """
        with self.transaction():
            return self._db.execute(
                "UPDATE item SET state = 'waiting', round = round + 1, label = NULL, error = NULL, review = 0"
                " WHERE state = 'failed'"
            ).rowcount

    def promote_duplicates(self) -> int:
        """Sets the first duplicate of each unreadable item to waiting, so that it is labelled instead.

        The duplicate may have another file, id or abstract. Returns their number.
        """
        failed = (
            "SELECT key FROM item WHERE state = 'failed'"
            " AND error IN (SELECT value FROM json_each(?)) AND listing = ?"
        )
        given = (json.dumps(sorted(codes_of(concerns=Concern.paper))), self._listing())
        with self.transaction():
            chosen = self._db.execute(
                f"SELECT twin, key, min(place) FROM item WHERE state = 'twin' AND twin IN ({failed})"  # noqa: S608
                " AND listing = ? GROUP BY twin",
                (*given, self._listing()),
            ).fetchall()
            for original, key, _ in chosen:
                self._db.execute("UPDATE item SET twin = ? WHERE twin = ?", (key, original))
                self._db.execute("UPDATE item SET state = 'waiting', twin = NULL WHERE key = ?", (key,))
        return len(chosen)

    def unlisted(self) -> int:
        """Entries with a label that are not in the current lists."""
        found = self._db.execute(
            "SELECT count(*) FROM item WHERE state = 'done' AND listing <> ?", (self._listing(),)
        )
        return int(found.fetchone()[0])

    def has_results(self) -> bool:
        """Whether any entry that was ever listed has a label, a reply or a pending request."""
        found = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM item WHERE state = 'done') OR EXISTS (SELECT 1 FROM reply)"
            " OR EXISTS (SELECT 1 FROM asked WHERE batch IS NOT NULL)"
        )
        return bool(found.fetchone()[0])

    # -- sums ----------------------------------------------------------------------------------

    def counts(self) -> Counts:
        """The progress of the current list."""
        listing = self._listing()
        found = {
            state: (number, review or 0)
            for state, number, review in self._db.execute(
                "SELECT state, count(*), sum(review) FROM item WHERE listing = ? GROUP BY state", (listing,)
            )
        }
        broken = self._db.execute("SELECT count(*) FROM broken WHERE listing = ?", (listing,)).fetchone()[0]
        return Counts(
            waiting=found.get(State.waiting, (0, 0))[0],
            done=found.get(State.done, (0, 0))[0],
            failed=found.get(State.failed, (0, 0))[0],
            twins=found.get(State.twin, (0, 0))[0],
            review=found.get(State.done, (0, 0))[1],
            broken=broken,
        )

    def files_waiting(self) -> int:
        """Items without a label whose entry has a file."""
        found = self._db.execute(
            "SELECT count(json_extract(entry, '$.file')) FROM item WHERE state = 'waiting' AND listing = ?",
            (self._listing(),),
        )
        return int(found.fetchone()[0])

    def fetches_waiting(self, *, abstract_first: bool) -> int:
        """Items without a label or an attached file whose paper `read_entry` looks for at a source.

        Args:
            abstract_first: Whether an abstract of the list is read instead.
        """
        rows = self._db.execute(
            "SELECT count(*) FROM (SELECT json_extract(entry, '$.file') AS file,"
            "  coalesce(json_extract(entry, '$.paper.arxiv_id'), json_extract(entry, '$.url')) AS place,"
            "  coalesce(json_extract(entry, '$.paper.doi'), json_extract(entry, '$.paper.title')) AS name,"
            "  trim(coalesce(json_extract(entry, '$.paper.abstract'), '')) = '' AS bare"
            "  FROM item WHERE state = 'waiting' AND listing = ?)"
            " WHERE file IS NULL AND ((place NOTNULL AND (bare OR NOT ?)) OR (bare AND name NOTNULL))",
            (self._listing(), abstract_first),
        )
        return int(rows.fetchone()[0])

    def spent(self) -> Spent:
        """The cost of all replies, of all rounds, including entries that are no longer listed."""
        return Spent(
            *self._db.execute(
                "SELECT count(*), coalesce(sum(tokens_in), 0), coalesce(sum(tokens_out), 0),"
                " coalesce(sum(tokens_cached), 0), coalesce(sum(cost_usd), 0.0), count(*) - count(cost_usd)"
                " FROM reply WHERE nth >= 0"  # not a stored refusal
            ).fetchone()
        )

    # -- inside --------------------------------------------------------------------------------

    def _replies(self, item_id: int, rounds: int) -> dict[ReplyKey, bytes]:
        rows = self._db.execute(
            # Those of the next round were kept for it; the item may be tried again in this one before.
            "SELECT request, nth, body FROM reply WHERE item = ? AND round >= ?",
            (item_id, rounds),
        )
        return {(request, nth): body for request, nth, body in rows}
