"""Violations of a file's shape -> one line each, with the shape that is expected at that place.

What enters: pydantic's errors and the record that was read. What leaves: (place, message) pairs. What it does
not do: read files, or check what the values mean (`classifier.survey.lint`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_SHOWN_CHARS = 60
_OBJECT = re.compile(r"dictionary(?: or instance of \w+)?")


def problems(error: ValidationError, record: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each violation as place ("tree.0.children.1.title") and message, in the file's order.

    The message ends with the keys that are expected there; required ones are marked with a star.
    """
    for found in error.errors(include_url=False):
        place = ".".join(map(str, found["loc"])) or "file"
        message = f"{_in_words(found['msg'])}{_given(found)}"
        owner = _record_at(record, found["loc"])
        keys = ", ".join(_key(name, field) for name, field in owner.model_fields.items() if name != "sha256")
        yield place, f"{message}; expected the keys {keys} (* required)"


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
