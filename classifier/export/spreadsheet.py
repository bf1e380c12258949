"""Filed rows -> CSV (RFC 4180) in which no spreadsheet finds a formula.

What enters: a stream of filed rows. What leaves: lines that end in CRLF, every cell in quotes, UTF-8
(optionally with a byte order mark, which Excel needs). A cell that begins with = + - @ or a control character
gets an apostrophe before it, and so does text after a semicolon or tab: programs that treat those as
separators would start a cell there. See OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from classifier.export.engines import accuracy_of
from classifier.export.filed import Filed
from classifier.export.links import link_to
from classifier.text.characters import shown

COLUMNS = (
    "key", "title", "authors", "year", "arxiv_id", "doi", "url", "label", "path", "status", "decided_by",
    "confidence", "accuracy", "needs_review", "review_reasons", "runner_up", "secondary", "scope_reason",
    "rationale", "quotes", "engine", "model", "list", "line", "duplicate_of",
)  # fmt: skip

_FORMULA = re.compile(r"(^|[;\t])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def write_csv(rows: Iterable[Filed], *, mark: bool = False) -> Iterator[str]:
    """A header, then one line per row, in the rows' order.

    Args:
        rows: As a stream.
        mark: Whether to begin with a byte order mark.
    """
    yield ("\ufeff" if mark else "") + csv_line(COLUMNS)
    for filed in rows:
        cells = _cells(filed)
        yield csv_line([cells[name] for name in COLUMNS])


def inert(text: str) -> str:
    """The text on one line, with an apostrophe at every position where a formula could begin."""
    return _FORMULA.sub(r"\1\2'", shown(text)) if text else ""


def csv_line(cells: Iterable[object]) -> str:
    """A line with every cell in quotes; no spreadsheet reads a cell as a formula."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([inert(str(cell)) for cell in cells])
    return line.getvalue()


def _cells(filed: Filed) -> dict[str, object]:
    entry, label = filed.row.entry, filed.ruled
    provenance = label.provenance
    return {
        "key": filed.key,
        "title": filed.title,
        "authors": "; ".join(filed.authors),
        "year": filed.year or "",
        "arxiv_id": filed.arxiv_id or "",
        "doi": filed.doi or "",
        "url": link_to(filed) or "",
        "label": filed.label,
        "path": " > ".join(filed.path),
        "status": filed.status,
        "decided_by": "person" if filed.is_corrected else "engine",
        "confidence": "" if label.confidence is None else f"{label.confidence:.3f}",
        "accuracy": accuracy_of(label).removeprefix("accuracy "),
        "needs_review": "yes" if filed.needs_review else "no",
        "review_reasons": "; ".join(label.review_reasons),
        "runner_up": label.runner_up or "",
        "secondary": "; ".join(label.secondary),
        "scope_reason": label.scope_reason or "",
        "rationale": filed.rationale,
        "quotes": " | ".join(f"{piece.quote} ({label.place_of(piece)})" for piece in filed.quotes),
        "engine": provenance.engine if provenance else "",
        "model": (provenance.model or "") if provenance else "",
        "list": entry.source,
        "line": entry.line,
        "duplicate_of": filed.row.duplicate_of or "",
    }
