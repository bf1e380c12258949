"""A run -> a file in one of the formats, or the uploaded list, unchanged or with labels in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, Response, StreamingResponse

from classifier.batch.ledger.progress import check_ledger, has_tables
from classifier.batch.ledger.rows import read_rows
from classifier.export.filed import file_row
from classifier.export.render import INTO, Options, render, render_into
from classifier.model.entries import Row
from classifier.review.veil import hidden_keys
from classifier.service.hub import Hub
from classifier.service.problems import HttpProblem, still_blind
from classifier.service.store.runs import StoredRun
from classifier.survey.taxonomy import Taxonomy

_TYPES = {
    "jsonl": ("application/x-ndjson", "jsonl"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "bibtex": ("application/x-bibtex", "bib"),
    "ris": ("application/x-research-info-systems", "ris"),
    "csl-json": ("application/vnd.citationstyles.csl+json", "json"),
    "parquet": ("application/vnd.apache.parquet", "parquet"),
    "markdown": ("text/markdown; charset=utf-8", "md"),
    "table1": ("text/markdown; charset=utf-8", "md"),
    "tables": ("text/markdown; charset=utf-8", "md"),
    "latex": ("application/x-tex", "tex"),
    "html": ("text/html; charset=utf-8", "html"),
    "svg": ("image/svg+xml", "svg"),
    "png": ("image/png", "png"),
}
_NAME_CHARS = 100
_INERT = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"}
"""Headers for files that a browser might still open, since they contain text of hostile papers."""


MEDIA_TYPES = tuple(sorted({kind.partition(";")[0] for kind, _ in _TYPES.values()}))
"""Headers of all exports."""


def export_run(hub: Hub, run: StoredRun | str, form: str, *, into: bool) -> Response:
    """The labels of a run in a format; always as a download.

    Args:
        run: A run of the service, or the name of a folder that the command line has made.

    Raises:
        ConfigError: The uploaded list is of another format, or the format needs an extra.
        HttpProblem: Nothing is labelled yet, or the uploaded list is missing.
    """
    if isinstance(run, StoredRun):
        folder, name, file = hub.workshop.folder_of(run), run.title, run.task.file
    else:
        volume = hub.shelf.volume(run)
        folder, name, file = (volume.folder if volume else Path()), run, None
    media_type, ending = _TYPES.get(form, ("application/octet-stream", "bin"))
    headers = {**_INERT, **_download(f"{Path(name).stem}-labelled.{ending}")}
    taxonomy = hub.workspace.taxonomy
    if not has_tables(folder):
        raise HttpProblem(404, "no-labels", "nothing of this list was labelled yet; start it first")
    check_ledger(folder, whole=True)
    hub.measurements.take_up(folder)
    if hidden := hidden_keys(folder):
        raise still_blind(len(hidden))
    rows = _checked(read_rows(folder), taxonomy)
    if into:
        if form not in INTO:
            raise HttpProblem(
                409,
                "no-place-for-labels",
                f"labels can go into {', '.join(INTO)}, not into {form}; remove `into`",
            )
        if file is None:
            raise HttpProblem(404, "no-list", "the list was not uploaded here; export it on the command line")
        path = folder / file
        spliced = render_into(form, path.read_bytes(), path, rows, taxonomy, Options())
        return Response(spliced.data, media_type=media_type, headers=headers)
    parts = iter(render(form, rows, taxonomy, Options()))
    first = list(islice(parts, 1))  # a missing extra is an answer, not a broken download
    return StreamingResponse(chain(first, parts), media_type=media_type, headers=headers)


def original_of(hub: Hub, run: StoredRun) -> Response:
    """The uploaded list, byte for byte, as a download.

    Raises:
        HttpProblem: It is missing.
    """
    path = hub.workshop.folder_of(run) / (run.task.file or "")
    if not path.is_file():
        raise HttpProblem(404, "no-list", "the uploaded list no longer exists; upload it again")
    headers = {**_INERT, **_download(run.title)}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


def _checked(rows: Iterator[Row], taxonomy: Taxonomy) -> Iterator[Row]:
    """The same rows; the first is read now, so that its errors become an error response, not half a file.

    Raises:
        ConfigError: There is no ledger, or it belongs to another taxonomy.
    """
    first = list(islice(rows, 1))
    for row in first:
        file_row(row, taxonomy)
    return chain(first, rows)


def download_headers(name: str) -> dict[str, str]:
    """Headers of a file that is downloaded under this name, and inert if a browser opens it."""
    return {**_INERT, **_download(name)}


def _download(name: str) -> dict[str, str]:
    short = name[:_NAME_CHARS]
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in short)
    exact = quote(short, safe="", errors="replace")
    return {"Content-Disposition": f"attachment; filename=\"{plain or 'list'}\"; filename*=UTF-8''{exact}"}
