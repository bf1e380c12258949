"""A fetched list -> a `Source` under the address's name, and what a workspace remembers of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from classifier.errors import InputError
from classifier.model.record import Record
from classifier.scaffold.folder import InitFolder
from classifier.scaffold.reading import read_source
from classifier.scaffold.source import Source
from classifier.sources.list_files import ListFile


class ListOrigin(Record):
    """Where a workspace's list came from, without secrets, and its version."""

    address: str
    place: str
    sha256: str
    etag: str = ""


def read_fetched(file: ListFile, by: Sequence[str] = ()) -> Source:
    """The fetched list as a source; its messages name the address.

    Args:
        by: As for `read_source`.

    Raises:
        InputError: As `read_source`.
    """
    try:
        source = read_source(str(file.path), by)
    except InputError as error:
        # The file is in the cache; the user knows only the address.
        raise type(error)(error.message.replace(str(file.path), file.address)) from error
    return source.model_copy(update={"name": file.address})


def origin_of(file: ListFile) -> ListOrigin:
    """What the workspace remembers."""
    return ListOrigin(address=file.address, place=file.place, sha256=file.sha256, etag=file.etag)


def remembered(root: Path) -> ListOrigin | None:
    """Where the list of an earlier init came from; None if it was a file, or there was none.

    Raises:
        ConfigError: The folder has files that no init has made.
    """
    try:
        return ListOrigin.model_validate(InitFolder(root).facts.get("fetched"))
    except ValidationError:
        return None
