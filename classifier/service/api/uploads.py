"""A multipart request's file and fields, within limits; the guard has already rejected larger bodies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from starlette.datastructures import UploadFile
from starlette.requests import Request

from classifier.service.files import Upload
from classifier.service.problems import HttpProblem

ENGINE = {"type": "string", "enum": ["offline", "openai"]}
"""Schema of the field that chooses an engine."""
YES_NO = {"type": "string", "enum": ["true", "false"]}
"""Schema of a field that is set or not."""
_FIELDS, _PART_BYTES = 20, 1 << 19


def form_body(
    about: str, fields: Mapping[str, Mapping[str, Any]], *, json: Sequence[str] = ()
) -> dict[str, Any]:
    """The request body of an upload for the OpenAPI document.

    Args:
        about: What the file is.
        fields: Name -> schema of the other fields.
        json: Names of the schemas that may be sent as JSON instead.
    """
    form = {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {"file": {"type": "string", "format": "binary", "description": about}, **fields},
    }
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    if json:
        choices = [{"$ref": f"#/components/schemas/{name}"} for name in json]
        content = {"application/json": {"schema": {"oneOf": choices}}, **content}
    return {"requestBody": {"required": True, "content": content}}


class Form(NamedTuple):
    """Fields by name, and the file if one was sent."""

    fields: dict[str, str]
    upload: Upload | None


@asynccontextmanager
async def read_form(request: Request, allowed: frozenset[str], most: int = _FIELDS) -> AsyncIterator[Form]:
    """The form of a request; its temporary file is deleted at the end of the block.

    Args:
        allowed: Names of fields; the file's is "file".
        most: Fields in all.

    Raises:
        HttpProblem: It is not a form, or has other fields.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise HttpProblem(
            415, "unsupported-media-type", f"expected multipart/form-data, got '{kind[:80]}'; see /docs"
        )
    async with request.form(max_files=1, max_fields=most, max_part_size=_PART_BYTES) as form:
        fields: dict[str, str] = {}
        upload: Upload | None = None
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if name != "file":
                    raise _unknown(name, allowed)
                if value.filename:
                    upload = Upload(value.filename, value.file)
            elif name == "file" and value == "":
                continue  # a browser's file field that was left empty
            elif name not in allowed or name in fields:
                raise _unknown(name, allowed)
            else:
                fields[name] = value
        yield Form(fields, upload)


def one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    """A field's value from a closed set.

    Raises:
        HttpProblem: It is not in the set.
    """
    if value not in known:
        raise HttpProblem(
            422, "invalid-request", f"{name} '{value[:80]}' is not known; expected {' or '.join(known)}"
        )
    return value


def _unknown(name: str, allowed: frozenset[str]) -> HttpProblem:
    known = ", ".join(sorted({*allowed, "file"}))
    return HttpProblem(
        422,
        "invalid-request",
        f"the field '{name[:80]}' is unknown or was sent twice; expected each of {known} once at most",
    )
