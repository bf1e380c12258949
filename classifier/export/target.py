"""Writes exports: to a new file, or to a user's own file with a backup.

What enters: parts of text or bytes. What leaves: files that are complete or absent. A backup never replaces
another one: FILE.bak, then FILE.bak2, and so on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from classifier.errors import ConfigError, InputError, StoreError
from classifier.files import replace_bytes

_HEAD = 1 << 16
"""Bytes of a user's file that are read to detect its format."""
_DATA = (
    "bibtex", "ris", "pubmed", "wos", "endnote", "endnote-xml", "csl-json", "csl-yaml", "csv", "scopus",
    "bbl", "jsonl",
)  # fmt: skip
"""List formats into which Markdown must not be written."""


def write_text(path: Path, parts: Iterable[str]) -> None:
    """Writes parts of text as one UTF-8 file, as a stream.

    Raises:
        StoreError: The file cannot be written; an existing file is unchanged.
    """
    replace_bytes(path, encoded(parts))


def encoded(parts: Iterable[str]) -> Iterator[bytes]:
    """The parts as UTF-8; half a surrogate pair becomes a question mark."""
    return (part.encode("utf-8", errors="replace") for part in parts)


def read_own(path: Path) -> bytes:
    """The bytes of a user's file.

    Raises:
        InputError: It is missing or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); --into names a list that exists, --out a new file"
        ) from error


def check_format(path: Path, data: bytes, name: str) -> None:
    """Checks that a user's file has the format that is to be written into it.

    Args:
        data: Its content.
        name: A reference list's format, or one of Markdown's sections.

    Raises:
        ConfigError: It has another format; if its beginning is ambiguous, it is accepted.
    """
    from classifier.lists.detect import detect_format

    try:
        found = detect_format(path.name, data[:_HEAD])
    except InputError:  # empty or not recognised as a list; the format's own parser decides
        return
    if found != name and (name in _DATA or found in _DATA):
        told = name if name in _DATA else "markdown"
        raise ConfigError(
            f"{path}: it is {found}, not {told}; expected its own --format, or --out for a new file"
        )


def replace_with_backup(path: Path, old: bytes, new: bytes) -> Path | None:
    """Replaces `old` by `new`, and keeps `old` as a backup; returns the backup's path.

    If both are equal, nothing is written and there is no backup.

    Raises:
        StoreError: A file cannot be written, or the file has changed since it was read; it is then left
        unchanged.
    """
    if new == old:
        return None
    backup = _keep(path, old)
    if read_own(path) != old:
        backup.unlink()
        raise StoreError(
            f"{path} was changed by another program in the meantime; nothing was written; try again"
        )
    replace_bytes(path, (new,))
    return backup


def new_backup(path: Path) -> Path:
    """Creates an empty file FILE.bak, FILE.bak2, … beside `path`; existing backups stay unchanged.

    Raises:
        StoreError: It cannot be created.
    """
    for number in count(1):
        backup = path.with_name(f"{path.name}.bak{number if number > 1 else ''}")
        try:
            with backup.open("xb"):
                return backup
        except FileExistsError:
            continue
        except OSError as error:
            raise StoreError(
                f"cannot write the backup {backup}: {error.strerror}; {path} is untouched"
            ) from error
    raise AssertionError  # count() has no end


def _keep(path: Path, old: bytes) -> Path:
    """A new file beside `path` with its old bytes."""
    backup = new_backup(path)
    try:
        with backup.open("wb") as file:
            file.write(old)
            file.flush()
            os.fsync(file.fileno())
        backup.chmod(path.stat().st_mode & 0o777)
    except OSError as error:
        backup.unlink(missing_ok=True)
        raise StoreError(
            f"cannot write the backup {backup}: {error.strerror}; {path} is untouched"
        ) from error
    return backup


def other_names(path: Path) -> int:
    """The number of other names (hard links) of a file; after a replacement they still have its old bytes."""
    try:
        return max(0, path.stat().st_nlink - 1)
    except OSError:
        return 0
