"""What is known of a paper, and where its bytes lie: sources -> pdf."""

from __future__ import annotations

from pathlib import Path

from classifier.model.record import Notice, Record


class Paper(Record):
    """What is known about a paper apart from its text."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    abstract: str | None = None


class PaperFile(Record):
    """A paper's bytes on disk, and what its source says about it.

    Attributes:
        ref: The reference as the user gave it.
        path: The PDF, or None where only metadata (an abstract) is known.
        source: Where it came from: "file", "stdin", "arxiv", "url", "list".
        paper: Metadata from the source; empty for a bare file.
        notices: For example `title-mismatch`, where id and title disagree.
    """

    ref: str
    path: Path | None
    source: str
    paper: Paper = Paper()
    sha256: str | None = None
    notices: tuple[Notice, ...] = ()
