"""Reads parts of a server's JSON as the expected type; a missing or different value becomes empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 2**40
"""Upper limit of a count: more is nonsense, and too much for a database."""
_DIGITS = 20


def dict_of(value: object) -> Mapping[str, Any]:
    """The object; empty if the value is not an object."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """The array; empty if the value is not an array."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str | None:
    """A string that can be written as UTF-8: half a surrogate pair becomes a question mark. Else None."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def count_of(value: object) -> int | None:
    """A whole number in [0, 2**40), also as a string of digits or as 12.0; None for anything else."""
    text = str(value).strip().removesuffix(".0") if isinstance(value, str | int | float) else ""
    if type(value) is bool or not text.isdecimal() or len(text) > _DIGITS:
        return None
    count = int(text)
    return count if count < _MOST else None
