"""An address that a person copied -> the addresses of the list's own bytes.

What enters: the address of a repository, of a file's page, of a folder or gist on GitHub, GitLab, Codeberg or
a server like them, or of a file anywhere. What leaves: the addresses to try, in order, and a name for the
list. It sends no requests.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from classifier.errors import BadReference
from classifier.model.addresses import shown_address

EXPECTED = (
    "the address of a repository on GitHub, GitLab or Codeberg, or of a Markdown, BibTeX, RIS, CSV, YAML or "
    "PDF file"
)
_READMES = (
    "README.md",
    "readme.md",
    "Readme.md",
    "README.MD",
    "README.markdown",
    "docs/README.md",
    ".github/README.md",
)
"""Names of the page that a repository shows, the commonest first."""
_HOSTS = ("github.com", "gist.github.com", "gitlab.com", "codeberg.org", "raw.githubusercontent.com")
_OWNER_AND_NAME = 2
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SSH = re.compile(r"(?:ssh://)?git@([\w.-]+)[:/](?!\d+/)([\w.~/-]+)", re.IGNORECASE)
_GITLAB = re.compile(r"/(?P<repo>[^?#]+?)/-/(?P<kind>blob|raw|tree)/(?P<rest>.+)")
_GITEA = re.compile(
    r"/(?P<repo>[^/]+/[^/]+)/(?P<kind>src|raw)/(?P<ref>(?:branch|tag|commit)/[^/]+)(?:/(?P<path>.*))?"
)
_GIST = re.compile(r"/(?:[\w-]+/)?(?P<id>[0-9a-f]{20,40})(?:/(?P<rest>.*))?")
_GIST_FILE = re.compile(r"file-(?P<stem>[\w-]+)-(?P<suffix>[a-z0-9]+)", re.IGNORECASE)


class ListAddress(NamedTuple):
    """Where a list is.

    Attributes:
        shown: The address as messages and files show it.
        places: Addresses of its bytes; the first that exists is the list.
        called: The repository's name; else that of the folder of the file, or the host.
    """

    shown: str
    places: tuple[str, ...]
    called: str


def is_address(text: str) -> bool:
    """Whether a text is an address rather than a file's name; that of an unknown kind is one, too.

    >>> is_address("https://example.org/a.bib"), is_address("github.com/owner/name"), is_address("list.md")
    (True, True, False)
    """
    text = text.strip()
    return bool(
        _SCHEME.match(text) or _SSH.fullmatch(text) or text.lower().startswith(tuple(f"{h}/" for h in _HOSTS))
    )


def parse_list_address(text: str) -> ListAddress:
    """The places of a list.

    Raises:
        BadReference: It is not the http(s) address of a repository or file.
    """
    text = text.strip()
    if ssh := _SSH.fullmatch(text):
        text = f"https://{ssh[1]}/{ssh[2]}"
    elif not _SCHEME.match(text):
        text = f"https://{text}"
    shown = shown_address(text)
    parts, host = _checked(text, shown)
    base = f"{parts.scheme.lower()}://{parts.netloc}"
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    if host == "github.com":
        return _github(shown, path)
    if host == "gist.github.com":
        return _gist(shown, path, parts.fragment)
    if found := _GITLAB.fullmatch(path):
        return _gitlab(shown, base, found)
    if found := _GITEA.fullmatch(path):
        return _gitea(shown, base, found)
    return _elsewhere(shown, parts, host, base, path)


def _elsewhere(shown: str, parts: SplitResult, host: str, base: str, path: str) -> ListAddress:
    """The front page of a repository, or a file's own address."""
    names = path.strip("/").split("/")
    if host == "gitlab.com" and len(names) > 1:
        return _readme(shown, f"{base}{path.removesuffix('.git')}/-/raw/HEAD", names[-1])
    if host == "codeberg.org" and len(names) == _OWNER_AND_NAME:
        at = f"{base}{path.removesuffix('.git')}/raw"
        places = (f"{at}/{ref}/{name}" for ref in ("branch/main", "branch/master") for name in _READMES[:2])
        return ListAddress(shown, tuple(places), _bare(names[-1]))
    query = f"?{parts.query}" if parts.query else ""
    is_raw = host == "raw.githubusercontent.com" and len(names) > 1
    called = names[1] if is_raw else names[-2] if len(names) > 1 else host
    return ListAddress(shown, (f"{base}{parts.path or '/'}{query}",), _bare(called))


def _checked(text: str, shown: str) -> tuple[SplitResult, str]:
    """The parts of an http(s) address, and its host; BadReference if it is none, or has a password."""
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower().removeprefix("www.")
        has_user = parts.username is not None or parts.password is not None
        _ = parts.port
    except ValueError as error:
        raise BadReference(f"'{shown}' is not an address ({error}); expected {EXPECTED}") from error
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise BadReference(f"'{shown}' is not an http(s) address; expected {EXPECTED}")
    if has_user:
        raise BadReference(
            f"'{shown}' was given with a user name or password; remove it: only public lists are fetched"
        )
    return parts, host


def _github(shown: str, path: str) -> ListAddress:
    owner, _, rest = path.strip("/").partition("/")
    name, _, rest = rest.partition("/")
    if not name:
        raise BadReference(f"'{shown}' is no repository; expected one like https://github.com/OWNER/NAME")
    name = _bare(name)
    root = f"https://raw.githubusercontent.com/{owner}/{name}"
    kind, _, rest = rest.partition("/")
    if not kind:
        return _readme(shown, f"{root}/HEAD", name)
    if kind == "tree" and rest:
        return _readme(shown, f"{root}/{rest}", name)
    if kind in ("blob", "raw") and "/" in rest:
        return ListAddress(shown, (f"{root}/{rest}",), name)
    raise BadReference(
        f"'{shown}' is neither a repository nor a file in one; expected one like "
        f"https://github.com/{owner}/{name} or https://github.com/{owner}/{name}/blob/main/README.md"
    )


def _gist(shown: str, path: str, fragment: str) -> ListAddress:
    """A gist's first file, or the one that the fragment names ("#file-papers-md")."""
    found = _GIST.fullmatch(path)
    if found is None:
        raise BadReference(f"'{shown}' is no gist; expected one like https://gist.github.com/OWNER/ID")
    rest = found["rest"] or ""
    at = f"https://gist.github.com{path}" if rest.startswith("raw") else f"https://gist.github.com{path}/raw"
    named = _GIST_FILE.fullmatch(fragment)
    if named and not rest.startswith("raw"):
        at = f"{at}/{named['stem']}.{named['suffix']}"
    return ListAddress(shown, (at,), "gist")


def _gitlab(shown: str, base: str, found: re.Match[str]) -> ListAddress:
    raw = f"{base}/{found['repo']}/-/raw/{found['rest']}"
    name = found["repo"].rpartition("/")[2]
    return _readme(shown, raw, name) if found["kind"] == "tree" else ListAddress(shown, (raw,), _bare(name))


def _gitea(shown: str, base: str, found: re.Match[str]) -> ListAddress:
    path, name = found["path"] or "", found["repo"].rpartition("/")[2]
    raw = f"{base}/{found['repo']}/raw/{found['ref']}" + (f"/{path}" if path else "")
    is_file = "." in path.rpartition("/")[2]
    return ListAddress(shown, (raw,), _bare(name)) if is_file else _readme(shown, raw, name)


def _readme(shown: str, folder: str, name: str) -> ListAddress:
    return ListAddress(shown, tuple(f"{folder}/{quote(each)}" for each in _READMES), _bare(name))


def _bare(name: str) -> str:
    return unquote(name).removesuffix(".git")
