"""Files, pipes and standard input -> PaperFile, and the temporary files of a run.

What enters: a reference to a file, pipe or standard input. What leaves: a path and a hash. A file stays where
it is; a stream that can be read only once is copied to a temporary file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from classifier.errors import BadReference, StoreError
from classifier.model.paper import PaperFile
from classifier.model.reference import Reference
from classifier.sources.pdf_bytes import PdfSink, hash_pdf, open_source, spool


class LocalFiles:
    """Files on this machine.

    Args:
        max_bytes: Largest accepted PDF.
        stdin: The stream for '-'; the process's standard input by default.
    """

    def __init__(self, max_bytes: int, stdin: BinaryIO | None = None) -> None:
        self._max_bytes = max_bytes
        self._stdin = stdin
        self._folder: Path | None = None
        self._remove: weakref.finalize[..., LocalFiles] | None = None

    def from_path(self, reference: Reference) -> PaperFile:
        """A file, or a pipe with a path.

        Raises:
            BadReference, NotAPdf, UnreadablePdf, StoreError: As `Sources.fetch`.
        """
        path = Path(reference.value)
        if path.is_file():
            sha256 = hash_pdf(path, self._max_bytes)
            return PaperFile(ref=reference.ref, path=path, source="file", sha256=sha256)
        with open_source(path) as stream:  # a pipe (<(command)) can be read only once
            return self._from_stream(reference, stream, str(path))

    def from_stdin(self, reference: Reference) -> PaperFile:
        """Standard input, read to its end; raises as `from_path`."""
        stream = self._stdin or sys.stdin.buffer
        if stream.isatty():
            raise BadReference("standard input is a terminal; expected a PDF: classifier classify - < PDF")
        return self._from_stream(reference, stream, "standard input")

    def _from_stream(self, reference: Reference, stream: BinaryIO, name: str) -> PaperFile:
        with self.new_file() as (file, path):
            sha256 = spool(stream, PdfSink(name, self._max_bytes, file))
        source = "stdin" if reference.kind == "stdin" else "file"
        return PaperFile(ref=reference.ref, path=path, source=source, sha256=sha256)

    @contextlib.contextmanager
    def new_file(self) -> Iterator[tuple[BinaryIO, Path]]:
        """A temporary file to write; it is kept if the body ends without an exception."""
        path: Path | None = None
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="classifier-"))
                self._remove = weakref.finalize(self, _remove, self._folder, os.getpid())
            descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=".pdf")
            path = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                yield file, path
        except BaseException as error:
            if path is not None:
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise StoreError(
                    f"cannot write a temporary file: {error.strerror}; free some space or set TMPDIR"
                ) from error
            raise

    def remove_temporary(self) -> None:
        """Removes all temporary files; otherwise this happens when the program exits."""
        if self._remove is not None:
            self._remove()
            self._folder = self._remove = None


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a fork must not remove its parent's files
        shutil.rmtree(folder, ignore_errors=True)
