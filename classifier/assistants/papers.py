"""A client's text -> a reference that may be read: a PDF below an allowed folder, or no file at all.

A path is resolved with all its links before it is checked, and all paths outside get the same answer, so that
nobody can find out which files exist.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from classifier.errors import BadReference, InputError
from classifier.model.reference import Reference, parse_reference
from classifier.text.characters import shown

_SHOWN = 120


def allowed_file(path: str, folders: Sequence[Path]) -> Reference:
    """A PDF's path, absolute or below one of the folders.

    Raises:
        InputError: There are no such folders, or no regular file of that name below them.
    """
    if not folders:
        raise InputError(
            "no path can be read: this server was started without --papers DIR; give a reference, or title "
            "and abstract"
        )
    for folder in folders:
        root = os.path.realpath(folder)
        try:
            found = os.path.realpath(Path(root) / path, strict=True)
            inside = os.path.commonpath((root, found)) == root and found != root
            if inside and Path(found).is_file():
                return Reference(ref=path, kind="file", value=found)
        except (OSError, ValueError):  # missing, a loop of links, a NUL character, another drive
            continue
    raise InputError(
        f"'{shown(path)[:_SHOWN]}' is no file in the folders of papers that this server may read; give a "
        "path below one of them"
    )


def outside_reference(reference: str, *, fetch: bool) -> Reference:
    """The parsed reference; never a file on this machine.

    Raises:
        BadReference: It is not an arXiv id, address, DOI or title.
        InputError: The network is switched off.
    """
    if not fetch:
        raise InputError(
            "nothing is fetched: this server was started with --no-fetch; give a path, or title and abstract"
        )
    found = parse_reference(reference, files=False)
    if found.kind in ("file", "stdin"):
        raise BadReference(
            f"'{shown(reference)[:_SHOWN]}' is no reference; expected an arXiv id, an http(s) address, a DOI "
            "or a title of several words (files go into `path`)"
        )
    return found
