"""An outline in OPML, as outliners and mind maps export it -> a `Source` without papers.

XML is parsed by defusedxml: no entity is ever defined.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import InputError
from classifier.lists.sections import clean_title
from classifier.scaffold.nodes import MAX_DEPTH, NamedNode, sections_of
from classifier.scaffold.source import Source
from classifier.scaffold.titles import title_of_file
from classifier.scaffold.tree_file import MAX_BYTES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NOTES = ("_note", "note", "description")


def is_opml(head: bytes) -> bool:
    """Whether a file begins as OPML does."""
    return b"<opml" in head[:2048].lower()


def read_opml(path: Path) -> Source:
    """The outline's tree; an outline above all others is the survey's name.

    Raises:
        InputError: It is too large, not well-formed, or has no names.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MiB; expected the outline of a survey")
        root: Element = fromstring(data)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(f"{path}: cannot be read as OPML ({error}); export the outline again") from error
    body = root.find("body")
    nodes = _nodes(body, 0) if body is not None else []
    title, definition = " ".join((root.findtext("head/title") or "").split()), ""
    if len(nodes) == 1 and nodes[0].children:
        title, definition, nodes = nodes[0].title, nodes[0].definition, nodes[0].children
    return Source(
        name=str(path),
        form="OPML",
        title=title or title_of_file(str(path)),
        definition=definition,
        sections=sections_of(nodes, str(path)),
        keep_empty=True,
    )


def _nodes(above: Element, depth: int) -> list[NamedNode]:
    if depth > MAX_DEPTH + 1:
        return []  # `sections_of` has reported the level above
    return [
        NamedNode(
            clean_title(outline.get("text") or outline.get("title") or ""),
            next((" ".join(outline.get(name, "").split()) for name in _NOTES if outline.get(name)), ""),
            _nodes(outline, depth + 1),
        )
        for outline in above.findall("outline")
    ]
