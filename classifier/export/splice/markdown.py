"""Replaces a marked section of a Markdown file.

What enters: the file's bytes, the section's name and its new text. What leaves: the new bytes; everything
outside the two marks (comments on separate lines) is unchanged. markdown-it decides which comments are
comments: those in a block of code are not. A file without the marks gets them, with the section, at its end.
"""

from __future__ import annotations

from collections.abc import Iterable

from classifier.errors import InputError
from classifier.export.splice.decoded import decode, line_end, split_lines


def splice_markdown(data: bytes, name: str, section: str, *, append: bool = True) -> bytes:
    r"""The file with `section` between `<!-- NAME -->` and `<!-- /NAME -->`.

    Args:
        data: The file.
        name: The section's name, e.g. "classifier:tree".
        section: Its text, lines ended by "\n"; it gets the file's own line ends.
        append: Append the section at the end of the file if its marks are missing.

    Raises:
        InputError: One mark is missing, the marks are in the wrong order or occur twice; or there is no mark,
        and the section may not be appended or the file ends within an open block.
    """
    original = decode(data)
    text = original.text
    lines = split_lines(text)
    eol = _line_end(lines)
    opening, closing = _marks(name)
    body = f"{eol}{section.strip().replace(chr(10), eol)}{eol}{eol}"
    place = _place(text, name)
    if place is None and not append:
        raise InputError(
            f"expected '{opening}' and below it '{closing}'; add these two lines at the place for the section"
        )
    if place is None:
        # A last line without an end stays so: `without_sections` uses this to restore the file.
        ended = not text or text.endswith(("\n", "\r"))
        gap, last = (eol if text else "", eol) if ended else (eol + eol, "")
        new = f"{text}{gap}{opening}{eol}{body}{closing}{last}"
        if len(_comments(new, opening)) != 1 or len(_comments(new, closing)) != 1:
            raise InputError(
                f"it ends within open code or HTML; put '{opening}' and '{closing}' at the right place"
            )
        return original.encode(new)
    start, end = place
    before, after = "".join(lines[: start + 1]), "".join(lines[end:])
    return original.encode(f"{before}{body}{after}")


def without_sections(data: bytes, names: Iterable[str]) -> tuple[bytes, int]:
    """The file without these sections and their marks, and how many there were.

    The empty line before a section at the end of the file is removed too, since `splice_markdown` added it.

    Raises:
        InputError: One mark of a section is missing.
    """
    original = decode(data)
    places = sorted((place for name in names if (place := _place(original.text, name))), reverse=True)
    lines = split_lines(original.text)
    eol = _line_end(lines)
    for start, end in places:
        is_last = end + 1 == len(lines)
        gap = eol if line_end(lines[end]) else eol + eol
        lines[start : end + 1] = []
        text = "".join(lines)
        if is_last and text.endswith(eol + eol):
            lines = split_lines(text.removesuffix(gap))
    return original.encode("".join(lines)), len(places)


def _place(text: str, name: str) -> tuple[int, int] | None:
    """The lines, from 0, of a section's two marks; None if there are none."""
    opening, closing = _marks(name)
    starts, ends = _comments(text, opening), _comments(text, closing)
    if not starts and not ends:
        return None
    if len(starts) != 1 or len(ends) != 1 or starts[0] >= ends[0]:
        raise InputError(
            f"expected '{opening}' once and '{closing}' once after it, each on a separate line; "
            f"found {len(starts)} and {len(ends)}; fix the marks"
        )
    return starts[0], ends[0]


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- /{name} -->"


def _line_end(lines: list[str]) -> str:
    return line_end(lines[0] if lines else "") or "\n"


def _comments(text: str, comment: str) -> list[int]:
    """Lines, from 0, that contain only this comment, outside code, lists and quotes."""
    from markdown_it import MarkdownIt

    if comment not in text:
        return []
    tokens = MarkdownIt("commonmark").disable("inline").parse(text)
    return [
        token.map[0]
        for token in tokens
        if token.type == "html_block" and token.level == 0 and token.map and token.content.strip() == comment
    ]
