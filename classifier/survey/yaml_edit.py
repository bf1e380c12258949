"""A YAML text and changed data -> the text with only the changed entries rewritten.

What enters: a file as a person keeps it, with comments and its own layout. What leaves: a text that holds the
new data, in which every untouched entry has its bytes. If that cannot be done (anchors, odd layouts), the
whole is written again, without comments. What it does not do: read or write files.
"""

from __future__ import annotations

from typing import Any

import yaml

_WIDTH = 110
Edit = tuple[int, int, str]
"""Half-open range of characters, and what takes its place."""


def rewrite(text: str, new: dict[str, Any]) -> str:
    r"""The text with the data `new`; `text` must hold a mapping.

    >>> rewrite("a: 1  # one\nb: [x]\n", {"a": 2, "b": ["x"]})
    'a: 2  # one\nb: [x]\n'
    """
    eol = "\r\n" if "\r\n" in text else "\n"
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    plain = text.removeprefix(mark).replace("\r\n", "\n")
    edits: list[Edit] = []
    _change_mapping(yaml.compose(plain, Loader=yaml.SafeLoader), yaml.safe_load(plain), new, edits, plain)
    result = plain
    # From the end; of two entries that are new at one place, the second goes in first.
    for start, end, words in sorted(edits, key=lambda edit: edit[:2])[::-1]:
        result = result[:start] + words + result[end:]
    try:
        is_right = yaml.safe_load(result) == new
    except yaml.YAMLError:
        is_right = False
    if not is_right:
        result = _head(plain) + _dump(new) + "\n"
    return mark + result.replace("\n", eol)


def _change_mapping(node: Any, old: Any, new: Any, edits: list[Edit], text: str) -> None:
    if node.flow_style:
        words = yaml.safe_dump(new, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
        edits.append((node.start_mark.index, node.end_mark.index, words.rstrip("\n")))
        return
    entries = {key.value: (key, value) for key, value in node.value}
    column = node.start_mark.column
    last = None
    for name, value in new.items():
        if name in entries:
            key, held = entries[name]
            if old[name] != value:
                _change_value(key, held, old[name], value, edits, text)
            last = held
            continue
        at = _line_end(text, _end(last, text)) if last is not None else node.start_mark.index
        words = _indented(_dump({name: value}), column)
        edits.append((at, at, f"\n{' ' * column}{words}" if last is not None else f"{words}\n{' ' * column}"))
    for name in old.keys() - new.keys():
        key, held = entries[name]
        start = text.rfind("\n", 0, key.start_mark.index) + 1
        edits.append((start, min(_line_end(text, _end(held, text)) + 1, len(text)), ""))


def _change_value(key: Any, node: Any, old: Any, new: Any, edits: list[Edit], text: str) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        _change_mapping(node, old, new, edits, text)
        return
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and not node.flow_style:
        pairs = list(zip(node.value, old, new, strict=True))
        if all(isinstance(one, dict) and isinstance(two, dict) for _, one, two in pairs):
            for item, one, two in pairs:
                if one != two:
                    _change_mapping(item, one, two, edits, text)
            return
    words = _indented(_dump({key.value: new}), key.start_mark.column)
    edits.append((key.start_mark.index, _end(node, text), words))


def _end(node: Any, text: str) -> int:
    """The offset after a node's last character."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    return start + len(text[start:end].rstrip())


def _line_end(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found


def _dump(data: Any) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=_WIDTH).rstrip("\n")


def _indented(words: str, column: int) -> str:
    return words.replace("\n", "\n" + " " * column)


def _head(text: str) -> str:
    """The comment at the top."""
    lines = text.splitlines(keepends=True)
    rest = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:rest])
