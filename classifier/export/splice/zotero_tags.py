"""Labels as tags in the JSON of Zotero and Better BibTeX, where these programs read them.

What enters: an item's text. What leaves: the same with our tags in its `tags`, a list of objects {"tag": …};
everything else stays byte for byte, and taking our tags out again gives the old text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any, NamedTuple

from classifier.export.splice.edits import NotEditable
from classifier.export.splice.json_text import (
    Walker,
    members_named,
    with_member,
    with_value,
    without,
)

_TAGS, _TYPE, _DATA = "tags", "itemType", "data"
_COLON = re.compile(r'"tag"(\s*:\s*)"')


class _Tag(NamedTuple):
    """An element of the list: its text, the text between it and the one before, and its name."""

    gap: str
    text: str
    name: str


def zotero_part(raw: str, value: Mapping[str, Any]) -> tuple[int, int] | None:
    """Where the object with the tags lies in an item's text; None if the item is no item of Zotero.

    Zotero's server wraps it: {"key": …, "data": {"itemType": …}}.
    """
    if isinstance(value.get(_TYPE), str):
        return 0, len(raw)
    inner = value.get(_DATA)
    if not (isinstance(inner, Mapping) and isinstance(inner.get(_TYPE), str)):
        return None
    member = next(iter(members_named(raw, _DATA)))
    return member.value_start, member.value_end


def with_tags(raw: str, prefix: str, wanted: Sequence[str]) -> str:
    """The item with `wanted` instead of all tags that have the prefix.

    Raises:
        NotEditable: Its tags are no list, or given twice.
    """
    found = members_named(raw, _TAGS)
    if not found:
        return with_member(raw, _TAGS, f"[{', '.join(_object(tag) for tag in wanted)}]") if wanted else raw
    if len(found) > 1 or not isinstance(found[0].value, list):
        raise NotEditable(f"its {_TAGS} are not a single list")
    old = raw[found[0].value_start + 1 : found[0].value_end - 1]
    tags, rest = _parsed(old)
    ours = [tag for tag in tags if tag.name.startswith(prefix)]
    if [tag.name for tag in ours] == list(wanted):
        return raw
    if not wanted and len(ours) == len(tags) and not (tags[0].gap or rest):
        return without(raw, found[0])  # we added it: a user's empty list has a space before our tags
    return with_value(raw, found[0], _rewritten(tags, rest, prefix, wanted))


def _rewritten(tags: Sequence[_Tag], rest: str, prefix: str, wanted: Sequence[str]) -> str:
    is_ours = tags and not tags[0].gap and not rest and all(tag.name.startswith(prefix) for tag in tags)
    kept = [tag for tag in tags if not tag.name.startswith(prefix)]
    if kept:
        kept[0] = kept[0]._replace(gap=tags[0].gap)  # ours may have been before it
        space = (kept[-1].gap if len(kept) > 1 else tags[-1].gap).removeprefix(",")
        texts = all(tag.text.startswith('"') for tag in kept)
        colon = next((found[1] for tag in kept if (found := _COLON.search(tag.text))), ": ")
        new = (f",{space}{dumps(tag) if texts else _object(tag, colon)}" for tag in wanted)
        return "".join(f"{tag.gap}{tag.text}" for tag in kept) + "".join(new) + rest
    lead = (tags[0].gap if tags else "").removeprefix(" ")
    mark = "" if is_ours or not wanted else " "  # tells a user's empty list from one that we added
    return f"{mark}{', '.join(map(_object, wanted))}{lead}{rest}"


def _parsed(inner: str) -> tuple[list[_Tag], str]:
    """The elements of a list's text, and the text after the last one."""
    walker, tags, place, at = Walker(inner), [], 0, 0
    while (at := walker.skip(at)) < len(inner):
        value, end = walker.value(at)
        name = value.get("tag") if isinstance(value, Mapping) else value
        tags.append(_Tag(inner[place:at], inner[at:end], name if isinstance(name, str) else ""))
        place, at = end, walker.skip(end)
        if inner[at : at + 1] != ",":
            break
        at += 1
    return tags, inner[place:]


def _object(tag: str, colon: str = ": ") -> str:
    return f'{{"tag"{colon}{dumps(tag)}}}'
