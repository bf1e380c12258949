"""CSL-YAML (a list of items, or "references:" with one, as pandoc reads it) -> raw entries, in flat memory.

What enters: lines. What leaves: one finding per item. The text is cut at each dash at the list's indent, and
each item is parsed separately. Every value is read as text, and aliases are rejected: a few of them can
expand to a text of any size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from classifier.lists.json_records import raw_from_record
from classifier.lists.lines import ListLine
from classifier.lists.open_entry import OpenEntry
from classifier.lists.raw import Damaged, Found, Raw, too_long

_DASH = re.compile(r"( *)-(?:\s|$)")
_MEMBER = re.compile(r"[\"']?([\w-]+)[\"']?\s*:")
_LISTS = frozenset(("", "references", "items", "bibliography"))
"""Members of the file that hold items; the empty one is the file itself."""
_MARK = re.compile(r"(?:---|\.\.\.)(?:\s|$)|%")
_ALIAS = re.compile(r"(?:^|[\s\[{,:-])\*[^\s,\]}]")
_KEY = re.compile(r"\bid:\s*[\"']?([^\s\"']{1,200})")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


def read_csl_yaml(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per item; no content of the file raises an error."""
    item: _Item | None = None
    indent: int | None = None
    member = ""
    for line in lines:
        text = line.text
        dash = _DASH.match(text)
        if named := _MEMBER.match(text):
            member = named[1]
        depth = len(text) - len(text.lstrip(" "))
        is_item = dash is not None and (depth == indent or (indent is None and member in _LISTS))
        ends = (
            bool(text.strip())
            and indent is not None
            and (is_item or depth < indent or _starts_other(text, depth))
        )
        if ends and not text.lstrip().startswith("#"):
            if item is not None:
                yield item.finish()
                item = None
            if not is_item:
                indent = None  # another member of the file, or another document
        if is_item:
            indent, item = depth, _Item(line)
        elif item is not None:
            item.take(line)
    if item is not None:
        yield item.finish()


def _starts_other(text: str, depth: int) -> bool:
    """Whether a line without indent is another key of the file or a document separator."""
    return (depth == 0 and not text.startswith(("-", "#"))) or _MARK.match(text) is not None


class _Item(OpenEntry):
    """An item that is being read."""

    def __init__(self, line: ListLine) -> None:
        super().__init__(line)
        self._parts: list[str] = []
        self.take(line)

    def take(self, line: ListLine) -> None:
        if self.fits(line):
            self._parts.append(line.text)

    def finish(self) -> Found:
        text = "\n".join(self._parts)
        named = _KEY.search(text)
        key = named[1] if named else ""
        if self.long:
            return too_long(self.line, key)
        try:
            value = _parsed(text)
        except ValueError as error:
            return Damaged(self.line, str(error), key)
        found = raw_from_record(value, self.line)
        if isinstance(found, Raw):
            found.notices += self.notices
        return found


def _parsed(text: str) -> dict[str, Any]:
    """The item's fields.

    Raises:
        ValueError: It is not YAML, not an item, or has an alias.
    """
    import yaml

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # in C, ten times faster, where it was built
    try:
        if _ALIAS.search(text) and any(
            isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, loader)
        ):
            raise ValueError("a YAML alias ('*name'); write the value itself")
        found = yaml.load(text, loader)  # noqa: S506  a base loader makes only texts, lists and mappings
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem", None) or error
        raise ValueError(
            f"not valid YAML ({' '.join(str(mark).split())}); expected an item of CSL-YAML"
        ) from error
    value = found[0] if isinstance(found, list) and found else None
    if isinstance(value, dict):
        return {str(name): _without_nulls(inner) for name, inner in value.items()}
    raise ValueError("expected a mapping such as 'title: …'")


def _without_nulls(value: Any) -> Any:
    return None if isinstance(value, str) and value in _NULLS else value
