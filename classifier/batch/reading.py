"""A list entry -> a document to label: chooses which of its texts is read.

    attached PDF > arXiv's PDF > PDF at an address > abstract > the paper found by DOI or title

If a text does not exist or cannot be read, the next one is used, and the label has a warning. If a source did
not answer, the abstract is not used instead: the entry fails, and the next run tries it again (ADR 9). An
entry with an abstract is not searched for by DOI or title: that would take three seconds per entry at arXiv.
What it does not do: label.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from classifier.errors import (
    BadReference,
    ClassifierError,
    InputError,
    SourceError,
    SourceUnavailable,
    WrongPaper,
)
from classifier.model.document import Document
from classifier.model.entries import ListEntry
from classifier.model.paper import PaperFile
from classifier.model.record import Notice
from classifier.model.reference import Reference, parse_reference
from classifier.pdf.abstracts import document_from_text
from classifier.pipeline import Classifier

Reading = Literal["full", "full-only", "abstract"]
"""Which text of an entry is read.

`full`: the paper, or the entry's abstract if the paper is permanently unavailable. `full-only`: the paper,
never the abstract. `abstract`: the abstract; only an entry without one is fetched.
"""

FULL_TEXT_MISSING = "full-text-missing"
"""Code of the warning in a label whose full text was not available; the message has the reason."""


async def read_entry(
    classifier: Classifier, entry: ListEntry, reading: Reading = "full"
) -> tuple[PaperFile, Document]:
    """Reads the best available text of an entry.

    Raises:
        WrongPaper: Its arXiv id belongs to a paper with another title.
        SourceUnavailable: Nothing could be read, and a source did not answer.
        InputError, SourceError: There is no readable text; the first reason is reported. Without the setting
            `fetch`, a paper that is not in the cache counts as permanently unavailable.
    """
    abstract = bool(entry.paper.abstract and entry.paper.abstract.strip())
    notices = list(entry.notices)
    first: ClassifierError | None = None
    unanswered: SourceUnavailable | None = None
    for reference in () if abstract and reading == "abstract" else _references(entry, abstract):
        try:
            ref = parse_reference(reference) if isinstance(reference, str) else reference
            file = await classifier.afetch(ref, claimed=entry.paper)
            _check_id(file)
            document = await classifier.aread(file)
        except WrongPaper:
            raise
        except (InputError, SourceError) as error:
            first = first or error
            if isinstance(error, SourceUnavailable) and classifier.settings.fetch:
                unanswered = unanswered or error
            notices.append(Notice(code=FULL_TEXT_MISSING, message=error.message))
            continue
        return _named(file, entry, notices), document
    if unanswered is not None:
        instead = "; or use the list's abstract: rerun with --read abstract" if abstract else ""
        raise SourceUnavailable(f"{unanswered.message}{instead}") from unanswered
    if abstract and reading != "full-only":
        file = PaperFile(ref=entry.key, path=None, source="list", paper=entry.paper)
        return _named(file, entry, notices), document_from_text(entry.paper)
    if isinstance(first, SourceUnavailable):  # nothing was asked: another entry may well be in the cache
        raise SourceError(f"{first.message}, or rerun without --offline and with --retry-failed") from first
    if first is not None:
        raise first
    name = entry.paper.title or entry.key
    if abstract:
        raise BadReference(
            f"'{name}' has no PDF and no id, only an abstract; rerun with --read full to use it"
        )
    raise BadReference(f"'{name}' has no PDF, no id and no abstract; add one of them to the list")


def _references(entry: ListEntry, abstract: bool) -> Iterator[str | Reference]:
    paper = entry.paper
    if entry.file is not None:
        # Not parsed: a file name may look like an arXiv id.
        yield Reference(ref=entry.key, kind="file", value=str(entry.file))
    if paper.arxiv_id:
        yield paper.arxiv_id
    if entry.url:
        yield entry.url
    if abstract or paper.arxiv_id:
        return
    if paper.doi:
        yield paper.doi
    if paper.title:
        yield Reference(ref=entry.key, kind="title", value=paper.title)


def _check_id(file: PaperFile) -> None:
    """Rejects an id whose paper has another title at arXiv than in the list."""
    wrong = next((notice for notice in file.notices if notice.code == "title-mismatch"), None)
    if wrong is not None and file.source == "arxiv":
        raise WrongPaper(wrong.message)


def _named(file: PaperFile, entry: ListEntry, notices: list[Notice]) -> PaperFile:
    return file.model_copy(update={"ref": entry.key, "notices": (*file.notices, *notices)})
