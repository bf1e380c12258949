"""The columns of the Parquet files that go to a cluster and come back.

What enters: records. What leaves: pyarrow schemas, and rows as plain values. The columns from
`status` to `cost_usd` repeat values of `label_json`, for people who open the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from classifier.batch.ledger.items import Item, ReplyKey, as_json, plain
from classifier.errors import ClassifierError
from classifier.extras import need
from classifier.model.label import Label
from classifier.model.reply import Usage

if TYPE_CHECKING:
    import pyarrow as pa

KeptReply = tuple[ReplyKey, bytes, Usage]
"""A reply as for `Ledger.save_reply`: its request, its compressed body, and its cost."""

_USAGE = frozenset(Usage.model_fields)


def arrow() -> Any:
    """The module pyarrow.

    Raises:
        ConfigError: It is not installed.
    """
    return need("pyarrow", "ray", "--runner ray")


def entries_schema() -> pa.Schema:
    """Waiting items, with the replies that the ledger has for them."""
    pa = arrow()
    reply = pa.struct([("request", pa.string()), ("nth", pa.int32()), ("body", pa.binary())])
    return pa.schema(
        [
            ("item", pa.int64()),
            ("place", pa.int64()),
            ("round", pa.int32()),
            ("key", pa.string()),
            ("entry", pa.string()),
            ("replies", pa.list_(reply)),
        ]
    )


def labels_schema() -> pa.Schema:
    """The workers' results; `label_json` is null if an item remains waiting.

    In that case, only its replies are imported.
    """
    pa = arrow()
    usage = [
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("tokens_cached", pa.int64()),
        ("cost_usd", pa.float64()),
    ]
    reply = pa.struct([("request", pa.string()), ("nth", pa.int32()), ("body", pa.binary()), *usage])
    words = ("status", "leaf", "runner_up", "error", "title", "arxiv_id", "doi")
    return pa.schema(
        [
            ("item", pa.int64()),
            ("round", pa.int32()),
            ("key", pa.string()),
            ("label_json", pa.string()),
            *((name, pa.string()) for name in words),
            ("confidence", pa.float64()),
            ("needs_review", pa.bool_()),
            *usage,
            ("requests", pa.int32()),
            ("replies", pa.list_(reply)),
            ("stopped", pa.struct([("code", pa.string()), ("message", pa.string())])),
        ]
    )


def entry_row(item: Item) -> dict[str, Any]:
    """A waiting item; a path in its entry is made absolute, since workers run elsewhere."""
    entry = item.entry
    if entry.file is not None:
        entry = entry.model_copy(update={"file": entry.file.absolute()})
    return {
        "item": item.id,
        "place": item.place,
        "round": item.round,
        "key": plain(entry.key),
        "entry": as_json(entry),
        "replies": [{"request": key[0], "nth": key[1], "body": body} for key, body in item.replies.items()],
    }


def label_row(
    item: Item,
    label: Label | None,
    requests: int,
    replies: Sequence[KeptReply],
    stopped: ClassifierError | None,
) -> dict[str, Any]:
    """The result for one item.

    Args:
        label: None if the item remains waiting.
        requests: Sent for it.
        replies: New replies of this run.
        stopped: Why the worker stopped; empty if it did not.
    """
    return {
        "item": item.id,
        "round": item.round,
        "key": plain(item.entry.key),
        **(_columns(label) if label is not None else {}),
        "requests": requests,
        "replies": [
            {"request": key[0], "nth": key[1], "body": body, **usage.model_dump()}
            for key, body, usage in replies
        ],
        "stopped": stopped and {"code": stopped.code, "message": plain(stopped.message)},
    }


def _columns(label: Label) -> dict[str, Any]:
    made = label.provenance.model_dump(include=set(_USAGE)) if label.provenance else {}
    paper = label.paper.model_dump(include={"title", "arxiv_id", "doi"})
    return {
        "label_json": as_json(label),
        "status": label.status,
        "leaf": label.leaf,
        "runner_up": label.runner_up,
        "confidence": label.confidence,
        "needs_review": label.needs_review,
        "error": label.error.code if label.error else None,
        **{name: value and plain(value) for name, value in paper.items()},
        **made,
    }


def usage_of(reply: dict[str, Any]) -> Usage:
    """The usage of a reply in a `label_row`."""
    return Usage(**{name: reply[name] for name in _USAGE})
