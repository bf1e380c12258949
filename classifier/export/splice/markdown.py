"""A marked section of a Markdown file -> the same file with that section written anew.

What enters: the file's bytes, the section's name and its new text. What leaves: the new bytes; all outside
the two marks, comments on lines of their own, is as it was. markdown-it says which comments are comments: one
within a block of code is none. A file without the marks gets them, with the section, at its end.
"""

from __future__ import annotations

from classifier.errors import InputError
from classifier.export.splice.decoded import decode, line_end, split_lines


def splice_markdown(data: bytes, name: str, section: str) -> bytes:
    r"""The file with `section` between `<!-- classifier:NAME -->` and `<!-- /classifier:NAME -->`.

    Args:
        data: The file.
        name: The section's name, e.g. "tree".
        section: Its text, lines ended by "\n"; it gets the file's own line ends.

    Raises:
        InputError: One mark lacks the other, they are in the wrong order, or stand there twice; or there is
            none, and the file ends within a block that is still open.
    """
    original = decode(data)
    text = original.text
    lines = split_lines(text)
    eol = line_end(lines[0] if lines else "") or "\n"
    opening, closing = f"<!-- classifier:{name} -->", f"<!-- /classifier:{name} -->"
    body = f"{eol}{section.strip().replace(chr(10), eol)}{eol}{eol}"
    starts, ends = _comments(text, opening), _comments(text, closing)
    if not starts and not ends:
        gap = "" if not text else eol if text.endswith(("\n", "\r")) else eol + eol
        new = f"{text}{gap}{opening}{eol}{body}{closing}{eol}"
        if len(_comments(new, opening)) != 1 or len(_comments(new, closing)) != 1:
            raise InputError(
                f"it ends within open code or HTML; put '{opening}' and '{closing}' where they belong"
            )
        return original.encode(new)
    if len(starts) != 1 or len(ends) != 1 or starts[0] >= ends[0]:
        raise InputError(
            f"expected '{opening}' once and '{closing}' once after it, each on a line of its own; "
            f"found {len(starts)} and {len(ends)}; mend the marks"
        )
    before, after = "".join(lines[: starts[0] + 1]), "".join(lines[ends[0] :])
    return original.encode(f"{before}{body}{after}")


def _comments(text: str, comment: str) -> list[int]:
    """Lines, from 0, that hold this comment and nothing else, outside code, lists and quotes."""
    from markdown_it import MarkdownIt

    if comment not in text:
        return []
    tokens = MarkdownIt("commonmark").disable("inline").parse(text)
    return [
        token.map[0]
        for token in tokens
        if token.type == "html_block" and token.level == 0 and token.map and token.content.strip() == comment
    ]
