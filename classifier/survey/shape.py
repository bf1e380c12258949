"""Violations of a file's shape -> one line each, with the shape that is expected at that place.

What enters: pydantic's errors and the record that was read. What leaves: (place, message) pairs. What it does
not do: read files, or check what the values mean (`classifier.survey.lint`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_SHOWN_CHARS = 60
_OBJECT = re.compile(r"dictionary(?: or instance of \w+)?")
_UNQUOTED = {
    bool: "YAML reads yes, no, on, off, true and false as true or false: put the text in quotes",
    int: "YAML reads this as a number: put the text in quotes",
    float: "YAML reads this as a number: put the text in quotes",
    date: "YAML reads this as a date: put the text in quotes",
    datetime: "YAML reads this as a date: put the text in quotes",
    dict: "put a text with a colon, or one that starts with {, in quotes",
    list: "put a text that starts with [ in quotes",
    NoneType: "the text is missing; put one that starts with # or & in quotes",
}
"""The type that YAML gives to an unquoted text -> what to do."""


def problems(
    error: ValidationError, record: type[BaseModel], *, is_yaml: bool = False
) -> Iterator[tuple[str, str]]:
    """Each violation as place ("tree.0.children.1.title") and message, in the file's order.

    The message ends with the keys that are expected there; required ones are marked with a star.

    Args:
        is_yaml: The file is YAML: say when a text needs quotes. A text with commas, unquoted between braces,
            is one problem with all the keys that YAML made of its parts.
    """
    parts: set[tuple[int | str, ...]] = set()
    violations = [found for found in error.errors(include_url=False) if not _is_consequence(found)]
    for found in violations:
        loc = found["loc"]
        if is_yaml and _is_part_of_text(found):
            if loc[:-1] in parts:
                continue
            parts.add(loc[:-1])
            keys = [str(each["loc"][-1]) for each in violations if _is_part_of_text(each, loc[:-1])]
            place, message = ".".join(map(str, loc[:-1])) or "file", _comma(keys)
        else:
            place = ".".join(map(str, loc)) or "file"
            message = f"{_said(found)}{_given(found)}{_hint(found, is_yaml)}"
        owner = _record_at(record, found["loc"])
        expected = ", ".join(
            _key(name, field) for name, field in owner.model_fields.items() if name != "sha256"
        )
        yield place, f"{message}; expected the keys {expected} (* required)"


def _is_consequence(found: Mapping[str, Any]) -> bool:
    """Whether a list counts as empty only because its items, which are reported, are wrong."""
    return found["type"] == "too_short" and bool(found["input"])


def _said(found: Mapping[str, Any]) -> str:
    unknown = found["type"] == "extra_forbidden"
    return "unknown key" if unknown else _in_words(str(found["msg"]))


def _is_part_of_text(found: Mapping[str, Any], owner: tuple[int | str, ...] | None = None) -> bool:
    """Whether an unknown key without a value was found (in the mapping at this place)."""
    is_empty = found["type"] == "extra_forbidden" and found["input"] is None
    return is_empty and (owner is None or found["loc"][:-1] == owner)


def _comma(keys: list[str]) -> str:
    shown = ", ".join(repr(key)[:_SHOWN_CHARS] for key in keys)
    what = "an unknown key" if len(keys) == 1 else "unknown keys"
    return f"{shown}: {what} without a value; put a text with a comma in quotes"


def _hint(found: Mapping[str, Any], is_yaml: bool) -> str:
    if not is_yaml or found["type"] not in ("string_type", "string_sub_type"):
        return ""
    hint = _UNQUOTED.get(type(found["input"]))
    return f"; {hint}" if hint else ""


def _in_words(message: str) -> str:
    """Pydantic's message in the words of the file: YAML and JSON have lists and mappings."""
    message = _OBJECT.sub("mapping", message.removeprefix("Value error, "))
    return re.sub(r"(?i)\btuple\b", lambda found: "List" if found[0][0] == "T" else "list", message)


def _given(found: Mapping[str, Any]) -> str:
    if found["type"] in ("missing", "value_error"):
        return ""
    value = found.get("input")
    shown = (
        repr(value) if isinstance(value, str | int | float | bool) or value is None else type(value).__name__
    )
    return f" (found {shown[:_SHOWN_CHARS]})"


def _key(name: str, field: FieldInfo) -> str:
    return f"{name}*" if field.is_required() else name


def _record_at(record: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """The innermost record on the way to a place."""
    owner = record
    for step in place:
        field = owner.model_fields.get(str(step)) if isinstance(step, str) else None
        inner = _record_in(field.annotation) if field is not None else None
        owner = inner or owner
    return owner


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """The record that an annotation holds, such as `Node` in `tuple[Node, ...]`."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for part in get_args(annotation) if (found := _record_in(part))), None)
