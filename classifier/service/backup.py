"""A folder of runs -> one archive, while the service and runs work in it (docs/adr/0020).

What enters: the folder of `classifier serve`, or of one run. What leaves: a .tar.gz with a consistent copy of
each database, all other files, and at the end a list of them with their SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from classifier.__about__ import __version__
from classifier.errors import ConfigError, StoreError
from classifier.files import PART, replacing
from classifier.service.store.schema import DATABASE, QUEUE
from classifier.service.store.snapshot import NotCopied, snapshot

CONTENTS = ".classifier-backup.json"
"""The archive's last member."""
FORMAT = 1
DATABASE_SUFFIX = ".sqlite"
_LEFT_OUT_ENDINGS = (PART, ".lock", "-wal", "-shm", "-journal")


class SavedFile(NamedTuple):
    """A file of an archive; `size` in bytes."""

    path: str
    size: int
    sha256: str


@dataclass
class BackupReport:
    """The content of an archive.

    Attributes:
        problems: Files that are not in it, and why.
    """

    files: list[SavedFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def back_up(folder: Path, archive: Path) -> BackupReport:
    """Writes an archive of a folder; nothing in the folder is changed or blocked.

    Raises:
        ConfigError: There is no such folder or nothing in it, or the archive exists or would be in the
            folder.
        StoreError: It cannot be written, or a file changes its length while it is read.
    """
    archive = Path(os.path.realpath(archive))
    _check(folder, archive)
    report = BackupReport()
    with (
        replacing(archive, advice="choose another FILE, or make room") as written,
        tempfile.TemporaryDirectory(prefix="classifier-backup-", dir=archive.parent) as work,
        tarfile.open(fileobj=written, mode="w:gz", compresslevel=6, format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in _files(folder, report):
            name = path.relative_to(folder).as_posix()
            if path.suffix == DATABASE_SUFFIX:
                _add_database(tar, path, name, Path(work), report)
            else:
                _add_file(tar, path, name, report)
        _add_contents(tar, report)
    archive.chmod(0o600)
    return report


def _check(folder: Path, archive: Path) -> None:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; expected the DIR of `classifier serve`, or of a run")
    if archive.exists():
        raise ConfigError(f"{archive} exists; choose another FILE: backups do not replace one another")
    if archive.is_relative_to(folder.resolve()):
        raise ConfigError(f"{archive} lies in {folder}; choose a FILE outside of it, best on another disk")
    if not any(folder.rglob(f"*{DATABASE_SUFFIX}")):
        raise ConfigError(f"{folder}: no runs found; expected the DIR of `classifier serve`, or of a run")


def _files(folder: Path, report: BackupReport) -> Iterator[Path]:
    """The service's database comes first: a run that starts later is then a folder without a row."""
    first = folder / DATABASE
    if first.is_file():
        yield first

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            report.problems.append(f"{error.filename}: {error.strerror}")

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for path in (Path(parent, name) for name in (*folders, *sorted(names))):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                if os.path.lexists(path):
                    report.problems.append(f"{path.relative_to(folder)}: a link or special file, not copied")
            elif path.is_file() and path != first and not _is_left_out(path, folder):
                yield path


def _is_left_out(path: Path, folder: Path) -> bool:
    at_top = path.parent == folder and path.name in (QUEUE, CONTENTS)
    return at_top or path.name.endswith(_LEFT_OUT_ENDINGS)


def _add_database(tar: tarfile.TarFile, path: Path, name: str, work: Path, report: BackupReport) -> None:
    copy = work / "copy.sqlite"
    try:
        snapshot(path, copy)
        with copy.open("rb") as file:
            _add(tar, file, copy.stat().st_size, copy.stat().st_mtime, name, report)
    except NotCopied as error:
        if path.exists():
            report.problems.append(f"{name}: {error}")
    finally:
        copy.unlink(missing_ok=True)


def _add_file(tar: tarfile.TarFile, path: Path, name: str, report: BackupReport) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # replaced or removed since the folder was listed
    except OSError as error:
        report.problems.append(f"{name}: {error.strerror}")
        return
    with file:
        facts = os.fstat(file.fileno())
        _add(tar, file, facts.st_size, facts.st_mtime, name, report)


def _add(
    tar: tarfile.TarFile, file: BinaryIO, size: int, modified: float, name: str, report: BackupReport
) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(modified), 0o600
    hashed = _Hashed(file)
    try:
        tar.addfile(member, hashed)
    except OSError as error:
        if error.errno is not None:  # of the archive: no space
            raise
        raise StoreError(f"{name}: became shorter while it was copied; run the backup again") from error
    report.files.append(SavedFile(name, size, hashed.sha256))


def _add_contents(tar: tarfile.TarFile, report: BackupReport) -> None:
    contents = {
        "format": FORMAT,
        "classifier_version": __version__,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": [file._asdict() for file in report.files],
        "problems": report.problems,
    }
    data = json.dumps(contents, indent=1, ensure_ascii=False).encode("utf-8", "replace")
    member = tarfile.TarInfo(CONTENTS)
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))


class _Hashed(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._hash.update(piece)
        return piece

    @property
    def sha256(self) -> str:
        """The hash of the bytes read so far."""
        return self._hash.hexdigest()
