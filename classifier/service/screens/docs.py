"""`/docs`: the OpenAPI document as a page, without external resources."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from classifier.service.screens.render import render_page

router = APIRouter()


@router.get("/docs")
def get_docs(request: Request) -> Response:
    """All operations with their parameters and answers."""
    document = request.app.openapi()
    operations = [
        _operation(path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    schemas = {
        name: json.dumps(schema, indent=1, ensure_ascii=False)
        for name, schema in sorted(document["components"]["schemas"].items())
    }
    return render_page(
        request, "docs.html.j2", operations=operations, schemas=schemas, about=document["info"]["description"]
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [
            {
                "name": each["name"],
                "place": each["in"],
                "needed": each.get("required", False),
                "description": each.get("description", ""),
            }
            for each in operation.get("parameters", ())
        ],
        "bodies": {kind: sorted(_names(given["schema"])) for kind, given in body.items()},
        "answers": {status: each.get("description", "") for status, each in operation["responses"].items()},
    }


def _names(schema: dict[str, Any]) -> list[str]:
    """Fields of a form, or names of the schemas that a body may have."""
    if "properties" in schema:
        return list(schema["properties"])
    parts = schema.get("oneOf") or schema.get("anyOf") or [schema]
    return [part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part]
