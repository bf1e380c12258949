"""Filed rows -> a new CSL-JSON file, for lists in other formats.

What enters: a stream of filed rows. What leaves: text, item by item: one array, with one item per line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from classifier.export.filed import FAILED, Filed
from classifier.export.links import link_to
from classifier.export.splice.keywords import PREFIX
from classifier.export.splice.results import keywords_for
from classifier.model.entries import PersonName
from classifier.model.identity import bare_doi


def write_csl_json(
    rows: Iterable[Filed], prefix: str = PREFIX, note_field: str | None = None
) -> Iterator[str]:
    """One item per row, in the rows' order; names are `literal` if the list does not give their parts."""
    yield "["
    for number, filed in enumerate(rows):
        item = {name: value for name, value in _members(filed, prefix, note_field).items() if value}
        yield f"{',' if number else ''}\n{json.dumps(item, ensure_ascii=False)}"
    yield "\n]\n"


def _members(filed: Filed, prefix: str, note_field: str | None) -> dict[str, Any]:
    return {
        "id": filed.key,
        "type": filed.kind or "article",
        "title": filed.title,
        "author": [_in_parts(name) for name in filed.names] or [{"literal": name} for name in filed.authors],
        "container-title": filed.journal,
        "issued": {"date-parts": [[filed.year]]} if filed.year else None,
        "DOI": bare_doi(filed.doi or ""),
        "URL": link_to(filed),
        "abstract": filed.abstract,
        "keyword": ", ".join(keywords_for(filed, prefix)) if filed.label != FAILED else "",
        **({note_field: f"{prefix} {filed.rationale}"} if note_field and filed.rationale else {}),
    }


def _in_parts(name: PersonName) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix}
    return {part: value for part, value in parts.items() if value}
