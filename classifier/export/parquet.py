"""Filed rows -> Parquet: one row per entry, typed columns, and the whole Label as JSON in the last one.

What enters: a stream of filed rows. What leaves: bytes, a row group at a time. Absent values are null, never
"". Strings are on one line and otherwise unchanged: programs that read Parquet do not run formulas. Needs
pyarrow (`pip install 'survey-classifier[parquet]'`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from classifier.export.filed import Filed
from classifier.export.jsonl import json_line
from classifier.export.links import link_to
from classifier.extras import need
from classifier.text.characters import shown

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 5000
"""Rows per group; a group is held in memory."""

_TEXT = (
    "key", "title", "arxiv_id", "doi", "url", "label", "status", "decided_by", "runner_up", "scope_reason",
    "rationale", "engine", "model", "error", "list",
)  # fmt: skip
_TEXTS = ("authors", "path", "secondary", "review_reasons")


class _Parts(io.RawIOBase):
    """A write-only file whose content is removed while it is written; it keeps only its position."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._size

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def write_parquet(rows: Iterable[Filed]) -> Iterator[bytes]:
    """The file in parts, in the rows' order.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    pa = need("pyarrow", "parquet", "-f parquet")
    parquet = need("pyarrow.parquet", "parquet", "-f parquet")
    parts, schema, left = _Parts(), _schema(pa), iter(rows)
    with parquet.ParquetWriter(parts, schema, compression="zstd") as file:
        while group := [_columns(filed) for filed in islice(left, _ROWS)]:
            file.write_table(pa.Table.from_pylist(group, schema))
            yield parts.take()
    yield parts.take()


def _schema(pa: Any) -> pa.Schema:
    return pa.schema(
        [
            *((name, pa.string()) for name in _TEXT),
            *((name, pa.list_(pa.string())) for name in _TEXTS),
            ("year", pa.int32()),
            ("line", pa.int64()),
            ("confidence", pa.float64()),
            ("needs_review", pa.bool_()),
            ("tokens_in", pa.int64()),
            ("tokens_out", pa.int64()),
            ("cost_usd", pa.float64()),
            ("label_json", pa.string()),
        ]
    )


def _columns(filed: Filed) -> dict[str, Any]:
    entry, label = filed.row.entry, filed.ruled
    made = label.provenance
    return {
        "key": filed.key,
        "title": filed.title,
        "authors": filed.authors,
        "year": filed.year,
        "arxiv_id": shown(filed.arxiv_id) or None,
        "doi": shown(filed.doi) or None,
        "url": link_to(filed),
        "label": filed.label,
        "path": filed.path,
        "status": filed.status,
        "decided_by": "person" if filed.is_corrected else "engine",
        "confidence": label.confidence,
        "needs_review": filed.needs_review,
        "review_reasons": label.review_reasons,
        "runner_up": label.runner_up,
        "secondary": label.secondary,
        "scope_reason": label.scope_reason,
        "rationale": filed.rationale,
        "error": label.error.code if label.error else None,
        "engine": made.engine if made else None,
        "model": shown(made.model) or None if made else None,
        "tokens_in": made.tokens_in if made else None,
        "tokens_out": made.tokens_out if made else None,
        "cost_usd": made.cost_usd if made else None,
        "list": shown(entry.source),
        "line": entry.line,
        "label_json": json_line(filed).encode("utf-8", "replace").decode(),
    }
