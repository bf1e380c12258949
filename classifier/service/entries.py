"""An uploaded list or a submitted paper -> entries to label. Paths in a list are not accessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from classifier.lists import read_lists
from classifier.model.entries import BrokenEntry, ListEntry
from classifier.model.paper import Paper
from classifier.model.reference import Reference, parse_reference
from classifier.service.store.runs import StoredRun

PAPER_FILE = "paper.pdf"
"""A single paper's PDF in its run's folder."""


def list_entries(run: StoredRun, folder: Path) -> Iterator[ListEntry | BrokenEntry]:
    """The entries of an uploaded list, under the list's own name.

    Raises:
        InputError: It is not a list.
    """
    file = folder / (run.task.file or "")
    for entry in read_lists((str(file),), attachments=False):
        if isinstance(entry, BrokenEntry):
            reason = entry.reason.replace(f"{folder}/", "")
            yield entry.model_copy(update={"source": run.title, "reason": reason})
        else:
            own = entry.file if entry.file == file else None
            yield entry.model_copy(update={"source": run.title, "file": own})


def reference_of(run: StoredRun) -> Reference | None:
    """The parsed reference of a single paper; never a file of this machine."""
    return parse_reference(run.task.ref, files=False) if run.task.ref else None


def paper_entry(run: StoredRun, folder: Path) -> ListEntry:
    """A single paper as the only entry of its run."""
    task, reference = run.task, reference_of(run)
    file = folder / PAPER_FILE
    paper = Paper(title=task.title, abstract=task.abstract)
    url = None
    if reference is not None:
        match reference.kind:
            case "arxiv":
                paper = Paper(arxiv_id=reference.arxiv_id)
            case "doi":
                paper = Paper(doi=reference.value)
            case "title":
                paper = Paper(title=reference.value)
            case _:
                url = reference.value
    return ListEntry(
        key=run.title, source=run.title, line=1, paper=paper, file=file if file.exists() else None, url=url
    )
