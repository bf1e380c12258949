"""Report <-> report.json.

What enters: a Report. What leaves: a file that is there as a whole or not at all, byte-equal for equal
reports. What it does not do: leave `times` out; who compares two runs does.
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

    A number that is not finite is written as null: JSON has no word for it.

    Raises:
        StoreError: The file cannot be written; what was there before is untouched.
    """
    text = json.dumps(_plain_data(report), ensure_ascii=False, allow_nan=False, indent=1)
    replace_text(path, f"{text}\n")


def without_quotes(report: Report) -> Report:
    """The report without words of the papers it is about, so that it may be published; titles are facts."""
    bare = tuple(item.model_copy(update={"quotes": ()}) for item in report.items)
    return report.model_copy(update={"items": bare})


def read_json(path: Path) -> Report:
    """Reads what `write_json` wrote, or any file of the same schema.

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
    """Records, maps and tuples as what JSON has; equal values give equal data."""
    if isinstance(value, Record):
        return {name: _plain_data(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {key: _plain_data(value[key]) for key in sorted(value)}
    if isinstance(value, tuple | list):
        return [_plain_data(item) for item in value]
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None  # -0.0 equals 0.0
    return value
