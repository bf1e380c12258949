"""A person's changes to titles, years, ids and abstracts: checked, into the ledger, then into the files.

What enters: a run's folder and texts as a person typed them. What leaves: amendments in the ledger, and
labels.jsonl, failed.jsonl and run.json that follow. What it does not do: change the list (`classifier.export`
does, into a file that is named), or ask a model: the next run asks about amended papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from classifier.batch.decisions import follow
from classifier.batch.ledger import amendments as ledger
from classifier.errors import BadReference, InputError, StoreError
from classifier.model.amendment import AMENDABLE, Amendment, PaperChanges
from classifier.model.identity import bare_arxiv_id, bare_doi
from classifier.model.reference import parse_arxiv_id
from classifier.text.characters import shown

YEARS = (1800, 2099)
"""The years that readers of lists accept."""
_MOST_CHARS = {"title": 1000, "abstract": 200_000}


class Amended(NamedTuple):
    """What is in the ledger now.

    Attributes:
        amendments: Those that were saved, or taken back.
        behind: Why labels.jsonl, failed.jsonl or run.json could not follow; None if they did.
    """

    amendments: tuple[Amendment, ...]
    behind: StoreError | None = None


def checked_changes(typed: Mapping[str, str]) -> PaperChanges:
    """The changes that a person typed.

    Args:
        typed: Field (`AMENDABLE`) -> new text; an empty text clears the field.

    Raises:
        InputError: Nothing is to be changed, or a text is no year or no id.
    """
    if not typed:
        raise InputError(f"nothing to change; expected one of {', '.join(AMENDABLE)}")
    return PaperChanges.model_validate({name: _checked(name, text) for name, text in typed.items()})


def amend(folder: Path, amendments: Sequence[Amendment]) -> Amended:
    """Saves amendments as one act, or none of them.

    Raises:
        ConfigError: There is no ledger.
        InputError: No such entry, or nothing would be left by which its paper can be found.
        StoreError: The ledger cannot be written; nothing was saved.
    """
    return Amended(ledger.set_amendments(folder, amendments), follow(folder))


def take_back_amendments(folder: Path, key: str | None, by: str) -> Amended | None:
    """Takes back the last amendment of an entry, or without a key the last act; None if there is none.

    Raises:
        ConfigError, InputError, StoreError: As `amend`.
    """
    undone = ledger.undo_amendments(folder, key, by)
    return Amended(undone, follow(folder)) if undone else None


def _checked(name: str, typed: str) -> Any:
    text = shown(typed)
    if not text:
        return None
    if name == "year":
        return _year(text)
    if name == "doi":
        return _doi(text)
    if name == "arxiv_id":
        try:
            return parse_arxiv_id(text).arxiv_id
        except BadReference as error:
            raise InputError(error.message) from error
    if len(text) > _MOST_CHARS[name]:
        raise InputError(f"the {name} has {len(text)} characters; expected at most {_MOST_CHARS[name]}")
    return text


def _year(text: str) -> int:
    first, last = YEARS
    if not (text.isascii() and text.isdecimal() and len(text) == 4 and first <= int(text) <= last):
        raise InputError(f"'{text[:40]}' is not a year; expected one from {first} to {last}")
    return int(text)


def _doi(text: str) -> str:
    doi = bare_doi(text)
    if not doi:
        raise InputError(f"'{text[:80]}' is not a DOI; expected one like 10.1145/3571730")
    if bare_arxiv_id(doi):
        raise InputError(f"'{text[:80]}' is arXiv's own DOI; give the arXiv id {bare_arxiv_id(doi)} instead")
    return doi
