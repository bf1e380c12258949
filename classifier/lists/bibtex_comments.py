"""Comments with "%" in a .bib file, as biber and editors understand them.

What enters: text. What leaves: the same text, as long as before, with blanks in place of comments between the
fields of an entry. BibTeX itself knows no such comments; bibtexparser takes them for fields. "%" within a
value is a character.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"(?<!\\)(?:[{}\"]|(?<![^\s,{}\"])%[^\n]*)")


def is_commented(before: str) -> bool:
    """Whether what follows this beginning of a line is a comment."""
    return before.lstrip()[:1] == "%"


def blank_comments(text: str) -> str:
    r"""The text of blocks with blanks for comments between fields; every character keeps its place.

    >>> blank_comments("@misc{a, % old\n title = {50 % more}}")
    '@misc{a,      \n title = {50 % more}}'
    """
    if "%" not in text:
        return text
    depth, quoted, place, parts = 0, False, 0, []
    mark = _MARK.search(text)
    while mark is not None:
        sign, end = mark[0][0], mark.start() + 1
        if sign == "%" and depth == 1 and not quoted:
            end = mark.end()
            parts += [text[place : mark.start()], " " * len(mark[0])]
            place = end
        elif sign == '"':
            quoted ^= depth == 1
        elif sign in "{}":
            depth = max(0, depth + (1 if sign == "{" else -1))
            quoted = quoted and depth > 0
        mark = _MARK.search(text, end)
    return "".join((*parts, text[place:]))
