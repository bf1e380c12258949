"""A user's text -> a Reference: its kind (file, arXiv id, …) and its value in canonical spelling.

What enters: one string. What leaves: a frozen record. It only checks whether a path exists: no network, no
reading of files.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from classifier.errors import BadReference
from classifier.model.record import Record

Kind = Literal["file", "stdin", "arxiv", "url", "doi", "title"]

FORMS = (
    "a PDF's path, '-' for standard input, an arXiv id (2402.01874v3, cs/0112017), an http(s) address, "
    "a DOI, or a title of several words"
)

_ARXIV_ID = re.compile(
    r"""(?P<id> (?:070[4-9]|071[0-2]|(?:0[89]|1[0-4])(?:0[1-9]|1[0-2]))\.\d{4}   # since April 2007
              | (?:1[5-9]|[2-9]\d)(?:0[1-9]|1[0-2])\.\d{5}                       # since 2015
              | [a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2})?/\d{7} )  # before, with or without subject class
        (?:v(?P<version>[1-9]\d{0,2}))?
        (?:\s*\[[\w.-]+\])?                                 # the category, as in the stamp on page 1""",
    re.VERBOSE | re.IGNORECASE,
)
_MISCOUNTED = re.compile(
    r"(?P<month>070[4-9]|071[0-2]|(?:0[89]|[1-9]\d)(?:0[1-9]|1[0-2]))\.(?P<number>\d{3,7})(?:v\d+)?"
)
_ARXIV_HOSTS = {"arxiv.org", "www.arxiv.org", "export.arxiv.org"}
_ARXIV_PATH = re.compile(r"/(?:abs|pdf|html)/(?P<id>.+?)(?:\.pdf)?/?", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_DOI_HOSTS = {"doi.org", "dx.doi.org", "www.doi.org"}
_ARXIV_DOI = "10.48550/arxiv."
_HOST_WITHOUT_SCHEME = re.compile(
    r"(?:www\.|export\.)?arxiv\.org/.+|(?:dx\.|www\.)?doi\.org/10\..+", re.IGNORECASE
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CJK_TITLE = 5  # letters; Chinese and Japanese titles have no spaces between words
_LONGEST_SHOWN = 120


class Reference(Record):
    """A parsed reference to a paper.

    Attributes:
        ref: As the user gave it.
        kind: "file", "stdin", "arxiv", "url", "doi" or "title".
        value: The path, the arXiv id without version, the address, the DOI in lower case, or the
            title; "-" for standard input.
        version: The requested arXiv version; None means the newest.
    """

    ref: str
    kind: Kind
    value: str
    version: int | None = None

    @property
    def arxiv_id(self) -> str:
        """The arXiv id, with the version if one was given, e.g. "2402.01874v3"."""
        return self.value if self.version is None else f"{self.value}v{self.version}"


def parse_reference(ref: str, *, files: bool = True) -> Reference:
    """Parses `ref`; if a file of this name exists, it is a file whatever else it looks like.

    Args:
        files: Whether `ref` may name a file on this machine. If False, the disk is not accessed.

    >>> parse_reference("https://arxiv.org/pdf/math.GT/0309136v1.pdf").arxiv_id
    'math/0309136v1'

    Raises:
        BadReference: It has none of the known forms, is an arXiv id with a digit too many or too few, or
            looks like a path and no such file exists.
    """
    given = ref.strip()
    if given == "-":
        return Reference(ref=ref, kind="stdin", value="-")
    path = (_existing_path(ref) or _existing_path(given)) if files else None
    if path is not None:
        return _file(ref, path)
    if _HOST_WITHOUT_SCHEME.fullmatch(given):
        given = f"https://{given}"
    if _SCHEME.match(given):
        return _address(ref, given)
    found = _arxiv(ref, re.sub(r"^arxiv:\s*", "", given, flags=re.IGNORECASE)) or _doi(
        ref, re.sub(r"^doi:\s*", "", given, flags=re.IGNORECASE)
    )
    return found or _path_or_title(ref, given)


def parse_arxiv_id(text: str) -> Reference:
    """Reads a bare arXiv id, with or without version.

    Raises:
        BadReference: It is not an arXiv id.
    """
    found = _arxiv(text, re.sub(r"^arxiv:\s*", "", text.strip(), flags=re.IGNORECASE))
    if found is None:
        raise BadReference(
            f"'{_shown(text)}' is not an arXiv id; expected one like 2402.01874v3 or cs/0112017"
        )
    return found


def _existing_path(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
        return path if text and path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long, a NUL character, or no home folder: not a path
        return None


def _file(ref: str, path: Path) -> Reference:
    if path.is_dir():
        raise BadReference(f"'{_shown(ref)}' is a directory; expected one PDF in it")
    return Reference(ref=ref, kind="file", value=str(path))


def _arxiv(ref: str, text: str) -> Reference | None:
    match = _ARXIV_ID.fullmatch(text)
    if match is None:
        _refuse_miscounted(ref, text)
        return None
    # The subject class is not part of an old id: math.GT/0309136 is math/0309136.
    archive, slash, number = match["id"].lower().partition("/")
    version = int(match["version"]) if match["version"] else None
    return Reference(
        ref=ref,
        kind="arxiv",
        value=archive.split(".")[0] + slash + number if slash else archive,
        version=version,
    )


def _refuse_miscounted(ref: str, text: str) -> None:
    """A typing error in an id is reported here: arXiv would only say that there is no such paper.

    Raises:
        BadReference: It is an arXiv id except for the count of its digits.
    """
    match = _MISCOUNTED.fullmatch(text)
    if match is None:
        return
    digits, since = ("five", "since January 2015") if match["month"] >= "1501" else ("four", "until 2014")
    raise BadReference(
        f"'{_shown(ref)}' is not an arXiv id: after the point it has {len(match['number'])} digits, and "
        f"{since} there are {digits}; check it"
    )


def _doi(ref: str, text: str) -> Reference | None:
    doi = text.rstrip(".,;").lower()
    if not _DOI.fullmatch(doi):
        return None
    if doi.startswith(_ARXIV_DOI):
        return _arxiv(ref, doi.removeprefix(_ARXIV_DOI))
    return Reference(ref=ref, kind="doi", value=doi)


def _address(ref: str, given: str) -> Reference:
    try:
        parts = urlsplit(given)
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError as error:
        raise BadReference(f"'{_shown(ref)}' is not an address: {error}; expected {FORMS}") from error
    if parts.scheme.lower() not in ("http", "https") or not host or any(c.isspace() for c in given):
        raise BadReference(f"'{_shown(ref)}' is not an http(s) address; expected {FORMS}")
    if parts.username is not None or parts.password is not None:
        raise BadReference(
            f"the address at {host} contains a user name or password; download the PDF and give its path"
        )
    if host in _ARXIV_HOSTS:
        match = _ARXIV_PATH.fullmatch(unquote(parts.path))
        found = _arxiv(ref, match["id"]) if match else None
        if found is None:
            # If it were fetched as an ordinary address, arXiv's rate limit would not apply.
            raise BadReference(
                f"'{_shown(ref)}' names no paper; expected arxiv.org/abs/ID or arxiv.org/pdf/ID"
            )
        return found
    if host in _DOI_HOSTS:
        found = _doi(ref, unquote(parts.path).lstrip("/"))
        if found is None:
            raise BadReference(f"'{_shown(ref)}' contains no DOI; expected https://doi.org/10.PREFIX/SUFFIX")
        return found
    return Reference(ref=ref, kind="url", value=given)


def _path_or_title(ref: str, given: str) -> Reference:
    separators = {os.sep, os.altsep or os.sep}
    titled = re.match(r"title:\s*", given, flags=re.IGNORECASE)
    if titled:
        given = given[titled.end() :]
    elif given.lower().endswith(".pdf") or any(separator in given for separator in separators):
        raise BadReference(
            f"'{_shown(ref)}': no such file; check the path (or write 'title: …' if it is a title)"
        )
    words = [word for word in given.split() if any(c.isalpha() for c in word)]
    if len(words) < 2 and len(_CJK.findall(given)) < _CJK_TITLE:
        raise BadReference(f"'{_shown(ref)}' is not a known kind of reference; expected {FORMS}")
    return Reference(ref=ref, kind="title", value=" ".join(given.split()))


def _shown(text: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= _LONGEST_SHOWN else clean[: _LONGEST_SHOWN - 1] + "…"
