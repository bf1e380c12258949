"""An entry's own line -> a sentence that the list's author wrote about the paper.

What enters: the item's text and its title. What leaves: one or more whole sentences, or nothing. Authors,
venues and dates are no sentence. A remark is not the paper's abstract, so nothing is fetched less for it.
"""

from __future__ import annotations

import re

from classifier.lists.markdown_text import anchors_as_links, find_links, is_label, plain

_LEAST_WORDS = 8
_SMALL = 0.6
"""Least share of words in lower case; names and titles have fewer."""
_ENDS = re.compile(r"(?<=[a-z0-9)][.!?])\s+(?=[A-Z])")
_EDGES = ' \t,;:.-–—|*_~`()[]"“”'
_NO_REMARK = re.compile(
    r"\bet al\b|[\[\]{}]|\b(?:this|our|the) (?:repo|repository|list|survey|page)\b", re.IGNORECASE
)
"""Authors, remains of links, and what is said about the list itself."""
_START = re.compile(r"[A-Z\"“'‘(]|We\b|An?\b")


def remark_in(text: str, title: str) -> str:
    """The sentences of at least eight words in the item's first line, after its title; else empty.

    >>> remark_in(
    ...     "[A Title](https://x.org/a.pdf), ICLR 2024. It files the papers into a tree of topics.", "A Title"
    ... )
    'It files the papers into a tree of topics.'
    """
    line = _linked_words(anchors_as_links(text.partition("\n")[0]))
    words = plain(line)
    at = words.casefold().find(title.casefold()) if title else 0
    rest = words[at + len(title) :] if at >= 0 else ""
    parts = [part for piece in rest.split("\x1f") for part in _ENDS.split(piece)]
    return " ".join(said for part in parts if (said := _sentence(part)))


def _linked_words(line: str) -> str:
    """The line with links as their texts; labels such as "[code](URL)" end a piece."""
    for link in reversed(find_links(line)):
        shown = "\x1f" if is_label(link.text) or link.image else link.text
        line = line[: link.start] + shown + line[link.end :]
    return line


def _sentence(part: str) -> str:
    said = part.strip(_EDGES)
    words = [word for word in said.split() if word[:1].isalpha()]
    small = sum(word[0].islower() for word in words)
    whole = len(words) >= _LEAST_WORDS and small >= _SMALL * len(words) and _START.match(said)
    if _NO_REMARK.search(said):
        return ""
    return said + ("." if part.rstrip(" *_")[-1:] == "." else "") if whole else ""
