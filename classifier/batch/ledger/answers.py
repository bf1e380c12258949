"""Every reply that was paid for about one entry, for its history: when, by which model, and what it answered.

What enters: a run's folder and an entry's key. What leaves: the replies in their order, also those that were
not used in the end (of earlier rounds, or wrong by the schema). Nothing is validated here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from classifier.batch.ledger.access import reading
from classifier.batch.ledger.items import REFUSAL, unpack
from classifier.engines.openai.completion import read_completion
from classifier.engines.openai.extraction import extract_object
from classifier.engines.openai.lenient import text_of
from classifier.errors import ClassifierError, ConfigError


class StoredAnswer(NamedTuple):
    """One reply.

    Attributes:
        round: From 1; trying a failed entry again begins a new one, and what is used again belongs to it.
        at: ISO 8601, UTC.
        label: The label as the model wrote it; None if there is none to be found.
    """

    round: int
    at: str
    model: str | None
    label: str | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None


def read_answers(folder: Path, key: str) -> tuple[StoredAnswer, ...]:
    """The replies about an entry, oldest first; of a duplicate, those about the entry that it repeats.

    Raises:
        StoreError: The ledger cannot be read.
    """
    try:
        with reading(folder) as db:
            rows = db.execute(
                "SELECT reply.round, reply.at, reply.body, reply.tokens_in, reply.tokens_out, reply.cost_usd"
                " FROM reply JOIN item ON item.id = reply.item"
                " WHERE item.key = (SELECT coalesce(twin, key) FROM item WHERE key = ?) AND reply.nth != ?"
                " ORDER BY reply.round, reply.at",
                (key, REFUSAL),
            ).fetchall()
    except ConfigError:  # no ledger
        return ()
    return tuple(_answer(*row) for row in rows)


def _answer(
    number: int, at: float, body: bytes, tokens_in: int | None, tokens_out: int | None, cost: float | None
) -> StoredAnswer:
    model = label = None
    try:
        said = read_completion(unpack(body))
        model = said.model
        label = text_of(json.loads(extract_object(said.text, ("label",)).text)["label"])
    except (ClassifierError, ValueError, KeyError, TypeError):
        pass  # a reply without a label is part of the history too
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    return StoredAnswer(number, moment, model, label, tokens_in, tokens_out, cost)
