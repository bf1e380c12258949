"""An archive of `backup` -> a folder: everything, checked, or nothing.

The archive may come from anywhere: names outside the folder, links, special files, repeated files and files
that are not in its list are rejected before any file is moved into place.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from classifier.errors import ConfigError, InputError, StoreError
from classifier.service.backup import CONTENTS, DATABASE_SUFFIX, FORMAT, SavedFile
from classifier.service.store.schema import DATABASE
from classifier.service.store.snapshot import damage_of

_PIECE = 1 << 20
_CONTENTS_BYTES = 256 << 20
_SPARE_BYTES = 16 << 20


def restore(archive: Path, folder: Path) -> list[SavedFile]:
    """Unpacks an archive into an empty folder.

    Returns:
        The restored files.

    Raises:
        ConfigError: The folder is not empty.
        InputError: The file is not a complete archive of `classifier backup`.
        StoreError: The folder cannot be written, or the disk is too small.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty; restore into a new folder, then serve that one")
    if not archive.is_file():
        raise ConfigError(f"{archive}: no such file; expected an archive of `classifier backup`")
    was_there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Inside the folder, which may be a mounted volume: moving within it is a rename.
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as work:
            found = _unpack(archive, Path(work))
            for name in sorted((entry.name for entry in Path(work).iterdir()), key=lambda n: n == DATABASE):
                (Path(work) / name).rename(folder / name)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}; make room, or choose another DIR") from error
    finally:
        if not was_there and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return found


def _unpack(archive: Path, work: Path) -> list[SavedFile]:
    unpacked: dict[str, SavedFile] = {}
    contents: dict[str, Any] | None = None
    with _reading(archive) as tar:
        for member in tar:
            name = _checked_name(member, archive)
            if contents is not None or name in unpacked:
                raise InputError(
                    f"{archive}: '{name}' comes twice or after the list of files; use another backup"
                )
            if name == CONTENTS:
                contents = _contents(tar, member, archive)
            else:
                unpacked[name] = _unpack_file(tar, member, name, work)
    if contents is None:
        raise InputError(
            f"{archive}: has no {CONTENTS}: it was cut off, or is no archive of `classifier backup`"
        )
    _compare(unpacked, contents, archive)
    for name in unpacked:
        if name.endswith(DATABASE_SUFFIX) and (problem := damage_of(work / name)):
            raise InputError(f"{archive}: the database '{name}' is damaged ({problem}); use another backup")
    return list(unpacked.values())


@contextmanager
def _reading(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive, mode="r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{archive}: is damaged or no archive of `classifier backup` ({error})") from error
    except OSError as error:
        if error.errno is None:  # gzip's own
            raise InputError(
                f"{archive}: is damaged or no archive of `classifier backup` ({error})"
            ) from error
        raise


def _checked_name(member: tarfile.TarInfo, archive: Path) -> str:
    """A member's name, if it is a plain file below the folder and spelled as `backup` spells it."""
    name = PurePosixPath(member.name)
    safe = (
        member.isreg()
        and not name.is_absolute()
        and bool(name.parts)
        and ".." not in name.parts
        and str(name) == member.name
        and not any(char in member.name for char in "\\:\0")
    )
    if not safe:
        raise InputError(
            f"{archive}: '{member.name[:200]!a}' is no plain file below the folder; it is no archive of "
            "`classifier backup`"
        )
    return str(name)


def _unpack_file(tar: tarfile.TarFile, member: tarfile.TarInfo, name: str, work: Path) -> SavedFile:
    if member.size > shutil.disk_usage(work).free - _SPARE_BYTES:
        raise StoreError(
            f"'{name}' has {member.size:,} bytes, more than is free; make room, then restore again"
        )
    read = tar.extractfile(member)
    if read is None:
        raise InputError(f"'{name}' cannot be read; use another backup")
    digest, target = hashlib.sha256(), work / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while piece := read.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    if target.name == DATABASE:
        target.chmod(0o600)
    return SavedFile(name, member.size, digest.hexdigest())


def _contents(tar: tarfile.TarFile, member: tarfile.TarInfo, archive: Path) -> dict[str, Any]:
    read = tar.extractfile(member) if member.size <= _CONTENTS_BYTES else None
    try:
        found = json.loads(read.read()) if read else None
        if isinstance(found, dict) and isinstance(found["files"], list) and isinstance(found["format"], int):
            return found
    except (ValueError, KeyError, RecursionError):
        pass
    raise InputError(f"{archive}: its {CONTENTS} cannot be read; use another backup")


def _compare(unpacked: dict[str, SavedFile], contents: dict[str, Any], archive: Path) -> None:
    if contents["format"] > FORMAT:
        raise InputError(
            f"{archive}: has format {contents['format']}, this program knows {FORMAT}; restore it with the "
            f"version that wrote it or a newer one ({contents.get('classifier_version', 'unknown')})"
        )
    try:
        listed = {file["path"]: SavedFile(**file) for file in contents["files"]}
    except (TypeError, KeyError) as error:
        raise InputError(f"{archive}: its {CONTENTS} cannot be read; use another backup") from error
    for name in listed.keys() | unpacked.keys():
        if listed.get(name) != unpacked.get(name):
            raise InputError(f"{archive}: '{name}' is not as the list of files says; use another backup")
