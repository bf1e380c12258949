"""A new paper -> a row for a user's table, in its columns.

What enters: the table's text, the paper, and the name under which the table files it. What leaves: one row,
with the table's separator and quotes, in which no spreadsheet finds a formula. Columns whose meaning is not
known stay empty.
"""

from __future__ import annotations

import csv
import io

from classifier.export.filed import Filed
from classifier.export.links import link_to
from classifier.export.spreadsheet import inert
from classifier.lists.named_fields import (
    ABSTRACTS,
    ARXIVS,
    AUTHORS,
    DOIS,
    FILED,
    JOURNALS,
    TITLES,
    URLS,
    YEARS,
    field_name,
)
from classifier.lists.tables import TITLE_LINES, find_header, find_separator
from classifier.model.identity import bare_arxiv_id, bare_doi


def library_row(text: str, filed: Filed, kind: str, name: str) -> str:
    """The row, without a line end.

    Args:
        kind: Where the table files its papers; a kind of `FILED`.
    """
    first = text.splitlines()[:TITLE_LINES]
    header = first[find_header(first)] if first else ""
    separator = find_separator(header)
    columns = [field_name(cell) for cell in next(csv.reader([header], delimiter=separator), [])]
    own = next((names for each, names in FILED if each == kind), ())
    place = next((column for column in own if column in columns), "")
    values = [
        (TITLES, filed.title),
        (AUTHORS, "; ".join(_in_parts(filed))),
        (YEARS, str(filed.year or "")),
        (DOIS, bare_doi(filed.doi or "")),
        (ARXIVS, bare_arxiv_id(filed.arxiv_id or "")),
        (URLS, link_to(filed) or ""),
        (ABSTRACTS, filed.abstract),
        (JOURNALS, filed.journal),
    ]
    # Of several columns with one meaning ("Year", "Date"), the first gets the value.
    chosen = {next((name for name in names if name in columns), ""): value for names, value in values}
    cells = [name if column == place else chosen.get(column, "") for column in columns]
    line = io.StringIO()
    writer = csv.writer(
        line,
        delimiter=separator,
        quoting=csv.QUOTE_ALL if header.lstrip("\ufeff").startswith('"') else csv.QUOTE_MINIMAL,
        lineterminator="",
    )
    writer.writerow(map(inert, cells))
    return line.getvalue()


def _in_parts(filed: Filed) -> list[str]:
    whole = [", ".join(part for part in (n.family, n.given, n.suffix) if part) for n in filed.names]
    return whole or list(filed.authors)
