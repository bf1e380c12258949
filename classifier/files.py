"""Files that are there as a whole or not at all.

What enters: a path and all that shall stand there. What leaves: the file, written beside its place and moved
there. What it does not do: streams (a ledger and a run's rows are appended to), or backups.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from classifier.errors import StoreError

PACKAGE = Path(__file__).resolve().parent
"""The package's folder: the one place that counts parents of a file of its own."""


def replace_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file all or nothing; line ends stay as they are given. See `replace_bytes`."""
    # Half a surrogate pair, as damaged PDFs yield, has no UTF-8 form.
    replace_bytes(path, (text.encode("utf-8", errors="replace"),))


def replace_bytes(path: Path, parts: Iterable[bytes]) -> None:
    """Writes a file all or nothing, part by part; missing folders are made.

    An existing file keeps its permissions, and a link stays one. What `parts` raises goes through, and the
    file is as it was.

    Raises:
        StoreError: The folder or the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        part = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(target)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror}; choose another folder with --out"
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
