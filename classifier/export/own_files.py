"""Records which files a run has exported: only these may be replaced without asking.

What enters: a run's folder and the parts of a new file. What leaves: the file, and its sha256 in
DIR/exports.jsonl, one line each. A file that is not listed there, or was changed since, belongs to the user.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from classifier.errors import ConfigError, StoreError
from classifier.export.target import new_backup
from classifier.files import replacing
from classifier.model.run_files import EXPORTS_FILE, RUN_FILES


class Written(NamedTuple):
    """A file that was written.

    Attributes:
        backup: What was there before; None if nothing of the user's was.
        is_known: Whether the run recorded it, so that a later export may replace it.
    """

    backup: Path | None = None
    is_known: bool = True


def write_own(folder: Path, out: Path, parts: Iterable[bytes], name: str, *, force: bool) -> Written:
    """Writes an export; an existing file is replaced only if this run exported it.

    Args:
        folder: The run's folder.
        out: The file; a link remains a link, a device or pipe receives the bytes.
        parts: The new file's content, as a stream.
        name: The format's name.
        force: Also replace a file that is not listed, and keep it as FILE.bak.

    Raises:
        ConfigError: Another file is there, or `out` is one of the run's own files.
        StoreError: It cannot be written; the existing file is unchanged.
    """
    if out.is_dir():
        raise ConfigError(f"{out}: is a folder; expected a file for --out")
    if out.exists() and not out.is_file():
        _pour(out, parts)
        return Written()
    if _is_of_run(folder, out):
        raise ConfigError(f"{out}: belongs to the run itself; choose another --out")
    foreign = out.exists() and not _is_own(folder, out)
    if foreign and not force:
        raise ConfigError(
            f"{out}: already exists and is not an export of this run, or was changed since; "
            "choose another --out, use "
            "--into to put labels into your list, or --force to replace it (it is kept as FILE.bak)"
        )
    digest = hashlib.sha256()
    backup: Path | None = None
    with replacing(out) as file:
        for part in parts:
            digest.update(part)
            file.write(part)
        if foreign:
            backup = _copy(out)
        # Recorded before the file is moved: it counts as exported even if the process is killed next.
        known = _note(folder, {"sha256": digest.hexdigest(), "path": str(out.absolute()), "format": name})
    return Written(backup, known)


def _is_own(folder: Path, out: Path) -> bool:
    sha256 = _sha256(out)
    return any(sha256 == known for known in _known(folder))


def _known(folder: Path) -> Iterator[str]:
    try:
        lines = (folder / EXPORTS_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # none yet
        return
    for line in lines:
        try:
            yield str(json.loads(line)["sha256"])
        except (ValueError, KeyError, TypeError):  # cut off by a full disk
            continue


def _is_of_run(folder: Path, out: Path) -> bool:
    if out.name in RUN_FILES and out.parent.exists() and out.parent.samefile(folder):
        return True  # it may come into being at any moment
    return any(
        (folder / name).exists() and out.exists() and out.samefile(folder / name) for name in RUN_FILES
    )


def _note(folder: Path, facts: dict[str, str]) -> bool:
    """Records an export; False in a folder that may only be read, such as an archive of a run."""
    line = json.dumps(facts | {"at": datetime.now(UTC).isoformat(timespec="seconds")}, ensure_ascii=False)
    path = folder / EXPORTS_FILE
    try:
        with path.open("ab") as file:
            file.write(f"{line}\n".encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return False
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}; nothing was exported: free some "
            "disk space, or use "
            "standard output"
        ) from error
    return True


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be read ({error.strerror or error}); choose another --out"
        ) from error


def _copy(path: Path) -> Path:
    """A new file beside `path` with its bytes, times and permissions."""
    backup = new_backup(path)
    try:
        shutil.copy2(path, backup)
    except OSError as error:
        backup.unlink(missing_ok=True)
        raise StoreError(
            f"cannot write the backup {backup}: {error.strerror or error}; {path} is untouched"
        ) from error
    return backup


def _pour(out: Path, parts: Iterable[bytes]) -> None:
    try:
        with out.open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error.strerror or error}; choose another --out") from error
