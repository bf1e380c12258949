"""Papers that a list brings without an abstract -> abstracts from arXiv, by id or title.

What enters: papers, and `Sources`, which respect arXiv's rate limit. What leaves: abstracts by paper; what
was found, and what was not, is in `init/abstracts.jsonl`, so that no paper is asked for twice. An abstract
under an id whose title is another one is not taken: ids in lists are often wrong.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from pydantic import ValidationError

from classifier.errors import BadReference, PaperNotFound, SourceUnavailable, StoreError
from classifier.model.identity import bare_arxiv_id, same_title, title_words
from classifier.model.paper import Paper
from classifier.model.record import Record

if TYPE_CHECKING:
    from classifier.sources import Sources

ABSTRACTS_FILE = "init/abstracts.jsonl"
_UNANSWERED = 3
"""Papers in a row without an answer of arXiv, after which no more requests are sent."""
_ALONE = 3
"""Fewer ids are asked for one by one."""


class FoundAbstract(Record):
    """What arXiv says of one paper of a list.

    Attributes:
        paper: arXiv id without version, or the words of the title.
        title: As arXiv has it.
        abstract: Empty if arXiv has none.
        why: Why there is none.
    """

    paper: str
    title: str = ""
    abstract: str = ""
    why: str = ""

    def mistaken(self, paper: Paper) -> str:
        """What is wrong if this is another paper than the one that the list names; else empty."""
        if not (self.title and paper.title) or same_title(paper.title, self.title):
            return ""
        return f"arXiv's {self.paper} is '{self.title}', not '{paper.title}'; check the id in the list"


class Abstracts(NamedTuple):
    """By `abstract_key`; `stopped` says why not all papers were looked for."""

    found: dict[str, FoundAbstract]
    stopped: SourceUnavailable | None = None


def abstract_key(paper: Paper) -> str:
    """What a paper is looked up by: its arXiv id without version, else its title's words; may be empty."""
    if paper.arxiv_id and (bare := bare_arxiv_id(paper.arxiv_id)):
        return bare
    return " ".join(title_words(paper.title or ""))


def load_abstracts(root: Path) -> dict[str, FoundAbstract]:
    """What was found before; a line that a killed process left half-written is passed over."""
    path = root / ABSTRACTS_FILE
    found = {}
    try:
        lines = path.read_bytes().split(b"\n") if path.is_file() else []
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be read ({error.strerror or error}); check its permissions"
        ) from error
    for line in lines:
        try:
            row = FoundAbstract.model_validate_json(line)
        except ValidationError:
            continue
        found[row.paper] = row
    return found


async def find_abstracts(
    root: Path,
    papers: Iterable[Paper],
    sources: Sources,
    on_done: Callable[[int, int], None],
) -> Abstracts:
    """Looks for the abstracts of papers that have none.

    Args:
        root: The workspace; it must exist.
        on_done: Called before the first paper, and after each, with the number of those done, and of all.

    Raises:
        ConfigError: arXiv's address is wrong.
        StoreError: A file cannot be written.
    """
    found = load_abstracts(root)
    wanted = {key: paper for paper in papers if (key := abstract_key(paper)) and not paper.abstract}
    rest = [(key, paper) for key, paper in wanted.items() if key not in found]
    # Ids first: a hundred of them cost one request, a title costs one or two.
    rest.sort(key=lambda item: item[1].arxiv_id is None)
    silent, stopped = 0, None
    if rest:
        on_done(0, len(rest))
        await _prepare([key for key, paper in rest if paper.arxiv_id], sources)
    for number, (key, paper) in enumerate(rest, start=1):
        try:
            row = await _find(key, paper, sources)
            silent = 0
        except SourceUnavailable as error:
            silent += 1
            if silent >= _UNANSWERED:
                stopped = error
                break
            continue
        found[key] = row
        _append(root / ABSTRACTS_FILE, row)
        on_done(number, len(rest))
    return Abstracts({key: row for key, row in found.items() if key in wanted}, stopped)


async def _prepare(ids: Sequence[str], sources: Sources) -> None:
    if len(ids) < _ALONE:
        return
    try:
        await sources.prepare_metadata(ids)
    except (PaperNotFound, SourceUnavailable):
        return  # one wrong id spoils a request for many; each is asked for alone, and says what is wrong


async def _find(key: str, paper: Paper, sources: Sources) -> FoundAbstract:
    try:
        theirs = await (sources.metadata(key) if paper.arxiv_id else sources.find_by_title(paper))
    except (PaperNotFound, BadReference) as error:
        return FoundAbstract(paper=key, why=error.message)
    return FoundAbstract(paper=key, title=theirs.title or "", abstract=theirs.abstract or "")


def _append(path: Path, row: FoundAbstract) -> None:
    text = json.dumps(row.model_dump(exclude_defaults=True))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            # What a killed process left half-written must not swallow this line.
            if file.seek(0, os.SEEK_END) and not _ends_line(file):
                text = f"\n{text}"
            file.write(f"{text}\n".encode())
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}; make room, then rerun to resume"
        ) from error


def _ends_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
