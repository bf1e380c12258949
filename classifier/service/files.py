"""What is uploaded: kept under names of the service's own, and recognised when it comes again."""

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
    """A file of a request: the name is a person's, and never a path."""

    name: str
    file: BinaryIO


def key_reused() -> HttpProblem:
    """The answer where an Idempotency-Key came before with another request."""
    return HttpProblem(
        422,
        "key-reused",
        "this Idempotency-Key was used for another request; use a new key for a new request",
    )


def replay_of(key: str | None, *values: str | Upload | None) -> Replay | None:
    """What recognises a request that comes again; None without a key.

    Args:
        values: All that decides what the request asks for; of a file, its bytes and not its name.

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
    """Makes a run's folder, and removes it again if what was handed in is refused."""
    folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def save(upload: Upload, file: Path, *, pdf: bool) -> None:
    """Keeps an uploaded file, on disk when this returns.

    Raises:
        NotAPdf: A PDF is expected, and it is none.
        StoreError: It cannot be written.
    """
    upload.file.seek(0)
    head = upload.file.read(_HEAD)
    if pdf and b"%PDF-" not in head:
        raise NotAPdf(
            f"'{plain_name(upload.name)}' is not a PDF (no '%PDF-' at its start); send the paper's PDF"
        )
    upload.file.seek(0)
    with replacing(file, advice="free some space, then send it again") as kept:
        kept.writelines(_pieces(upload.file))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def plain_name(name: str) -> str:
    """A file's name or a reference as one short line, for people only."""
    return shown(name)[:_NAME_CHARS] or "unnamed"
