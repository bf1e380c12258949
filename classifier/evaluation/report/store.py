"""Report <-> report.json.

What enters: a Report. What leaves: a complete file, written atomically; equal reports give equal bytes. What
it does not do: remove `times`; ignore them when you compare two runs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classifier.errors import InputError
from classifier.evaluation.records import Report
from classifier.files import replace_text
from classifier.model.record import Record


def write_json(report: Report, path: Path) -> None:
    """Writes report.json: fields in the schema's order, maps sorted by key, a newline at the end.

    A number that is not finite is written as null, since JSON cannot represent it.

    Raises:
        StoreError: The file cannot be written; an existing one is unchanged.
    """
    text = json.dumps(_plain_data(report), ensure_ascii=False, allow_nan=False, indent=1)
    replace_text(path, f"{text}\n")


def without_quotes(report: Report) -> Report:
    """The report without quotes from papers, so that it may be published; titles are facts."""
    bare = tuple(item.model_copy(update={"quotes": ()}) for item in report.items)
    return report.model_copy(update={"items": bare})


def read_json(path: Path) -> Report:
    """Reads a file of `write_json`, or any file with the same schema.

    Raises:
        InputError: The file is missing, is not JSON, or is not a report of this schema version.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); expected a report.json that 'classifier eval' wrote"
        ) from error
    try:
        return Report.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole file"
        raise InputError(
            f"{path}: {where}: {first['msg']}; expected a report.json of schema version 1; evaluate again"
        ) from error


def _plain_data(value: Any) -> Any:
    """Converts records, maps and tuples to JSON types; equal values give equal data."""
    if isinstance(value, Record):
        return {name: _plain_data(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {key: _plain_data(value[key]) for key in sorted(value)}
    if isinstance(value, tuple | list):
        return [_plain_data(item) for item in value]
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None  # -0.0 equals 0.0
    return value
