"""One JSON text -> an object, or the reason why it is not one.

What enters: text from an untrusted list. What leaves: a dict, or a line for the report. Used for both kinds
of JSON lists.
"""

from __future__ import annotations

import json
import re
from typing import Any

_DIGITS = 400
"""Most digits of a number; Python rejects longer ones for security, and no list has them."""
_ID = re.compile(r'"(?:id|key|citationKey|DOI)"\s*:\s*"([^"\\]{1,200})"')


def parse_value(text: str) -> Any:
    """Parses `text`.

    Raises:
        ValueError: It is not JSON, or cannot be used; the message says why.
    """
    try:
        return json.loads(text, parse_int=_number)
    except json.JSONDecodeError as error:
        message = f"not valid JSON ({error.msg} at character {error.pos + 1}); expected one object"
        raise ValueError(message) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not usable JSON ({error or 'nested too deep'}); expected one object") from error


def parse_object(text: str) -> dict[str, Any] | str:
    """The object in `text`, or the error."""
    try:
        value = parse_value(text)
    except ValueError as error:
        return str(error)
    if not isinstance(value, dict):
        return f"expected a JSON object, found {type(value).__name__}"
    return value


def broken_key(text: str) -> str:
    """The id that a broken object seems to have; empty if none can be seen."""
    found = _ID.search(text)
    return found[1] if found else ""


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else float("inf")
