"""A reply's text -> JSON of a given shape; the errors say what to change, and are shown to the model."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from classifier.errors import NotJson, SchemaMismatch

MOST_SHOWN = 60
"""Most characters of a reply that an error shows."""
M = TypeVar("M", bound=BaseModel)


def json_of(text: str) -> Any:
    """The value that a reply has.

    Raises:
        NotJson: It is no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJson("it is not one JSON object", text) from error


def validated(model: type[M], data: Any, text: str) -> M:
    """The value as a record.

    Args:
        text: The reply, for the error.

    Raises:
        SchemaMismatch: It has another shape.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))[:MOST_SHOWN]
        raise SchemaMismatch(f"{place or 'the reply'}: {first['msg']}", text) from error
