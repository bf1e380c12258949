"""The attachment paths in a list -> an existing PDF.

What enters: a "file" field in any of the known syntaxes, and the list's folder. What leaves: the first path
that leads to a regular file with a PDF's first bytes, or None. Only these first bytes are read here.
docs/adr/0008-reading-lists.md explains why a list may name any file, and which checks apply.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

_MAGIC = b"%PDF-"
_HEAD = 1024  # as in sources.pdf_bytes: readers look for the magic in the first KiB
_ENDED = re.compile(
    r"\.[A-Za-z][A-Za-z0-9]{1,4}\s*$|:.*:[^:;/\\]*$|:(?:pdf|html?|application/pdf|text/html)\s*$", re.I
)
"""A complete part: it ends with a file suffix, or with a type after a path's second colon."""
_FRESH = re.compile(r"\s*(?:$|/|~|\\\\|[A-Za-z]:[/\\]|[a-z]+://|[^:;]*:[^;]*:)")
"""A part that starts a new path: it begins at a root, or is a title, a path and a type."""
_TYPE = re.compile(r"application/[\w.+-]+|text/[\w.+-]+|image/[\w.+-]+|[A-Za-z]\w{0,15}(?: \w+)?|")


def split_file_field(field: str) -> list[str]:
    r"""The paths in a BibTeX `file` field, or in a cell of attachments; PDFs first.

    Known are JabRef's and Zotero's `Title:path:application/pdf` and `:path:PDF`, Mendeley's
    `:home/me/a.pdf:pdf`, and plain paths; several are separated by `;`. A backslash before `:`, `;` or
    another backslash is an escape. Drives (`C\:\\papers\\a.pdf`, `C:\papers\a.pdf`) stay whole.

    >>> split_file_field(r"Full Text:files/12/a.pdf:application/pdf;Snapshot:files/13/b.html:text/html")
    ['files/12/a.pdf', 'files/13/b.html']
    """
    paths = [path for part in _parts(field) if (path := _path(part.strip()))]
    return sorted(dict.fromkeys(paths), key=lambda path: not path.lower().endswith(".pdf"))


def existing_pdf(paths: Iterable[str], folder: Path) -> Path | None:
    """The first of the paths that is a PDF; relative ones start at `folder`.

    Accents may be composed letters (NFC) in the list and separate marks (NFD) on the disk, or vice versa.
    """
    for text in paths:
        for path in _candidates(text, folder):
            if _is_pdf(path):
                return path
            if not str(path).isascii() and (same := _in_other_form(path)) is not None and _is_pdf(same):
                return same
    return None


def _in_other_form(path: Path) -> Path | None:
    """The same path, with each name in the existing form of accents; None if a name exists in neither."""
    found = Path(path.anchor)
    for name in path.parts[1 if path.anchor else 0 :]:
        forms = (name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD")))
        there = next((form for form in forms if _exists(found / form)), None)
        if there is None:
            return None
        found /= there
    return found


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # not allowed, a name too long, a NUL character
        return False


def _parts(field: str) -> list[str]:
    """The field split at semicolons or bars between paths; one within a name is kept.

    A part without a file suffix is the beginning of a name, unless the next part is a complete path.
    """
    parts: list[str] = []
    pieces = re.split(r"(?<!\\)([;|])", f";{field}")[1:]
    for sign, piece in zip(pieces[::2], pieces[1::2], strict=True):
        goes_on = parts and parts[-1].strip() and not _ENDED.search(parts[-1]) and not _FRESH.match(piece)
        if goes_on:
            parts[-1] += f"{sign}{piece}"
        else:
            parts.append(piece)
    return parts


def _split(text: str, separator: str) -> list[str]:
    r"""Parts between unescaped separators; the escapes stay."""
    return re.split(rf"(?<!\\){separator}", text)


def _path(part: str) -> str:
    pieces = _split(part, ":")
    if len(pieces) >= 3 and _TYPE.fullmatch(pieces[-1].strip()):
        # "Title:path:type"; a drive's colon in the path may be unescaped.
        pieces = pieces[1:-1]
    path = ":".join(pieces)
    return re.sub(r"\\([\\:;,&%_#$ {}|])", r"\1", path).strip()


def _candidates(text: str, folder: Path) -> list[Path]:
    if text.lower().startswith("file:"):
        text = unquote(urlsplit(text).path)
    text = text.removeprefix("attachments:")  # Zotero's linked files
    if re.match(
        r"[\\/]{2}", text
    ):  # a Windows share: opening it would log in to a server that the list names
        return []
    if re.search(r"^[a-z]{2,}://", text, re.IGNORECASE) or not text:
        return []
    forms = [text, text.replace("\\", "/")] if "\\" in text else [text]
    forms += [plain for form in forms if "%" in form and not re.match(r"[\\/]{2}", plain := unquote(form))]
    found = []
    for form in forms:
        try:
            found.append(folder / Path(form).expanduser())
        except RuntimeError:  # "~someone" with no such user
            found.append(folder / form)
    if re.match(r"(?:home|Users)/", text):  # Mendeley omits the first slash
        found.append(Path("/") / text)
    return found


def _is_pdf(path: Path) -> bool:
    try:
        if not path.is_file():  # also avoids waiting for pipes and devices
            return False
        with path.open("rb") as file:
            return _MAGIC in file.read(_HEAD)
    except (OSError, ValueError):  # not allowed, a name too long, a NUL character
        return False
