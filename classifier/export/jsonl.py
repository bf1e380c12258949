"""Filed rows -> JSON lines: the Label of each, with a person's correction applied and marked.

What enters: a stream of filed rows. What leaves: one line per row. A corrected line has one more key,
`correction`, with author, reason, time, and the engine's label (`was`); the rest has the Label's schema.
Titles stay unchanged, since JSON escapes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from classifier.export.filed import Filed, label_of


def write_jsonl(rows: Iterable[Filed]) -> Iterator[str]:
    """One line per row, in the rows' order."""
    for filed in rows:
        yield f"{json_line(filed)}\n"


def json_line(filed: Filed) -> str:
    """The Label of a row as JSON, with its correction."""
    correction = filed.row.correction
    if correction is None:
        return filed.ruled.model_dump_json()
    told = correction.model_dump(include={"by", "note", "at"})
    data = {**filed.ruled.model_dump(mode="json"), "correction": {**told, "was": label_of(filed.row)}}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
