"""A folder -> the PDFs in it and beneath it.

What enters: a path. What leaves: paths in a fixed order, one at a time. Hidden files and folders are skipped,
and links to folders are not followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def walk_pdfs(folder: Path) -> Iterator[Path]:
    """All files named *.pdf, in any case, sorted folder by folder; a folder that cannot be read is empty."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(".pdf") and not name.startswith("."):
                yield Path(place) / name


def no_file(path: Path) -> str:
    """Why a name in a folder leads to no file that could be read; empty if it does.

    A pipe is not opened: reading it would wait for a writer.
    """
    try:
        if path.is_file():
            return ""
        return "it is no regular file" if path.exists() else "it is a link to a file that does not exist"
    except OSError as error:
        return f"it cannot be read ({error.strerror or error}); check its permissions"
