"""Writes files atomically: a reader sees the complete file or none.

What enters: a path and the whole content. What leaves: the file, written under a temporary name beside it and
then moved. What it does not do: append to files (as ledgers need), or backups.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from classifier.errors import StoreError

PACKAGE = Path(__file__).resolve().parent
"""The package's folder; other modules use this instead of `Path(__file__).parents`."""


def read_guide(name: str) -> str:
    """A page of the documentation: beside the package in a checkout, inside it in an installed wheel."""
    installed = PACKAGE / "_guides" / name
    path = installed if installed.is_file() else PACKAGE.parent / "docs" / name
    return path.read_text(encoding="utf-8")


PART = ".part"
"""Suffix of an unfinished file; a killed process leaves one behind."""

ELSEWHERE = "choose another folder with --out"
"""What a user can do if a file cannot be written."""


def replace_text(path: Path, text: str, *, advice: str = ELSEWHERE) -> None:
    """Writes a UTF-8 file atomically; line ends are not converted. See `replacing`."""
    # Half a surrogate pair (from a damaged PDF) has no UTF-8 form.
    replace_bytes(path, (text.encode("utf-8", errors="replace"),), advice=advice)


def replace_bytes(path: Path, parts: Iterable[bytes], *, advice: str = ELSEWHERE) -> None:
    """Writes a file atomically, part by part; see `replacing`. Exceptions of `parts` are raised unchanged.

    Raises:
        StoreError: The folder or the file cannot be written.
    """
    with replacing(path, advice=advice) as file:
        file.writelines(parts)


@contextmanager
def replacing(path: Path, *, advice: str = ELSEWHERE) -> Iterator[BinaryIO]:
    """A file that replaces `path` (synced to disk) when the block ends; missing folders are created.

    An existing file keeps its permissions, and a link remains a link. If the block raises, the old file is
    unchanged.

    Args:
        advice: What the user can do if it cannot be written.

    Raises:
        StoreError: The folder or the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=PART)
        part = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(target)
        _sync_directory(target.parent)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}; {advice}") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    """Makes the move durable; systems that cannot open a directory do not need this."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
