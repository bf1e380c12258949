"""Uploaded files: saved under names made by the service, and recognised if a request is repeated."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from classifier.errors import NotAPdf
from classifier.files import replacing
from classifier.service.problems import HttpProblem
from classifier.service.store.runs import Replay
from classifier.text.characters import shown

_PIECE = 1 << 20
_HEAD = 1024
"""Acrobat takes a PDF's header within its first 1024 bytes, as `classifier.pdf` does."""
_NAME_CHARS = 200
_KEY_CHARS = 255


class Upload(NamedTuple):
    """A file of a request; its name comes from the client and is never used as a path."""

    name: str
    file: BinaryIO


def key_reused() -> HttpProblem:
    """The answer if an Idempotency-Key was used for another request."""
    return HttpProblem(
        422,
        "key-reused",
        "this Idempotency-Key was already used for another request; use a new key for a new request",
    )


def replay_of(key: str | None, *values: str | Upload | None) -> Replay | None:
    """The identity of a request, to recognise a repetition; None without a key.

    Args:
        values: Everything that decides the request; for a file its bytes, not its name.

    Raises:
        HttpProblem: The key is too long.
    """
    if key is None:
        return None
    if not 0 < len(key) <= _KEY_CHARS:
        raise HttpProblem(
            422, "invalid-request", f"an Idempotency-Key has 1 to {_KEY_CHARS} characters; send a shorter one"
        )
    digest = hashlib.sha256()
    for value in values:
        if isinstance(value, Upload):
            value.file.seek(0)
            while piece := value.file.read(_PIECE):
                digest.update(piece)
            value.file.seek(0)
        else:
            digest.update(json.dumps(value).encode())
        digest.update(b"\0")
    return Replay(key, digest.hexdigest())


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Creates a run's folder, and removes it again if the upload is rejected."""
    folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def save(upload: Upload, file: Path, *, pdf: bool) -> None:
    """Saves an uploaded file; it is on disk when this returns.

    Raises:
        NotAPdf: A PDF is expected, but it is not one.
        StoreError: It cannot be written.
    """
    upload.file.seek(0)
    head = upload.file.read(_HEAD)
    if pdf and b"%PDF-" not in head:
        raise NotAPdf(
            f"'{plain_name(upload.name)}' is not a PDF (no '%PDF-' at its start); send the paper's PDF"
        )
    upload.file.seek(0)
    with replacing(file, advice="free some disk space, then send it again") as kept:
        kept.writelines(_pieces(upload.file))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def plain_name(name: str) -> str:
    """A file's name or a reference as one short line, for display only."""
    return shown(name)[:_NAME_CHARS] or "unnamed"
