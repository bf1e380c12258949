"""A paper's metadata and the path of its file: sources -> pdf."""

from __future__ import annotations

from pathlib import Path

from classifier.model.record import Notice, Record


class Paper(Record):
    """A paper's metadata; all fields are optional."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    abstract: str | None = None


class PaperFile(Record):
    """A paper's file on disk, and the metadata from its source.

    Attributes:
        ref: The reference as the user gave it.
        path: The PDF, or None if only metadata (an abstract) is known.
        source: The kind of source: "file", "stdin", "arxiv", "url" or "list".
        paper: Metadata from the source; empty for a bare file.
        notices: Messages for the user, e.g. `title-mismatch` if id and title disagree.
    """

    ref: str
    path: Path | None
    source: str
    paper: Paper = Paper()
    sha256: str | None = None
    notices: tuple[Notice, ...] = ()
