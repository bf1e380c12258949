"""The lines of a text file -> whether it is a list of ids, addresses and titles.

What enters: the beginning of a file that has no other format's signature. What leaves: whether it is such a
list. Unknown exports, programs, logs and prose have many lines that look like titles, and each would become a
search. So the whole file is considered.
"""

from __future__ import annotations

import re

from classifier.lists.references import find_mentions

_LINES = 300
"""Most lines that are checked."""
_LEAST = 0.5
"""Share of lines that must look like entries."""
_WORDS = range(2, 41)
"""Numbers of words that a title may have."""
_WRAPPED = 45
"""Least length of a line that may be wrapped at a margin, in characters."""

_FIELD = re.compile(
    r"[A-Z][A-Z0-9]{1,3}\s{0,3}-\s"  # RIS and MEDLINE
    r"|%\S\s"  # EndNote
    r"|(?:publication title|doi|pmid|accession|authors?"
    r"|abstract|date|year|journal|source|publisher|keywords?|categories|comments?|subjects?|type|pages?"
    r"|volume|issn|isbn|language|affiliations?|from|to|cc|sent|reply-to|message-id|content-type|key|id|name|version"
    r"|license|description|status|host|port|user|path|note)\s*[:=]",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"[{}\\=;<>]$|^[{}\[\]<>(/\\@$|&;}]|^(?:import|from|def|class|return|if|else|for|while|export|set|sudo|pip)\b.*[:;=(]"
    r"|\w\(.*\)[;:]?$|\s[=!+]?=\s|==|->|=>|</|::|&&|\|\||^--|^[\w.-]+=\S|^[\w.-]+:$|^\"[\w.-]+\"\s*:|^[\w-]+:\s+[\d\"'{\[]|(?:\S:\S.*){3}"
)
_TAGGED = re.compile(r"([A-Z][A-Z0-9])(?:\s+\S|\s*$)")
_NAMED = re.compile(r"\s*(?:- +)?([a-z][\w-]*):(?:\s|$)")
_FIELDS = frozenset((
    "title", "author", "authors", "year", "doi", "url", "abstract", "date", "journal", "type", "id", "name",
    "version", "message", "description", "tags", "keywords", "layout", "email", "license",
))  # fmt: skip
_TIME = re.compile(r"\W*(?:\d{4}-\d\d-\d\d[T ]|[A-Z][a-z]{2} +\d{1,2} )?\d\d:\d\d(?::\d\d)?\b")
_CELLS = re.compile(r"[\t;|].*[\t;|].*[\t;|]|(?:,[^\s].*){3}|,,")
_WORD = re.compile(r"[^\W\d_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE_GOES_ON = re.compile(r"[a-z,)][.!?]\s+[A-Z][a-z]*\s")
_SENTENCE_ENDS = re.compile(r"[.!?:;][\"'”)]?$")


def looks_plain(text: str) -> bool:
    """Whether at least half of the lines look like ids, DOIs, addresses, paths or titles."""
    lines = [line.rstrip() for line in text.splitlines()[:_LINES]]
    shown = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not shown:
        return True  # comments only: the reader reports that there is no entry
    if _is_record(shown):
        return False
    prose = _prose_lines(lines)
    good = sum(_is_entry(line) and index not in prose for index, line in enumerate(lines))
    return good >= _LEAST * len(shown)


def _is_record(shown: list[str]) -> bool:
    """Whether most lines begin with tags or with names of fields, as in an unknown export or a YAML file."""
    for pattern, least in ((_TAGGED, 4), (_NAMED, 3)):
        found = [match[1] for line in shown if (match := pattern.match(line))]
        if len(set(found)) >= least and 2 * len(found) >= len(shown):
            return pattern is _TAGGED or len(_FIELDS.intersection(found)) > 1
    return False


def _is_entry(line: str) -> bool:
    text = line.strip()
    if not text or text.startswith("#"):
        return False
    if text.lower().endswith(".pdf") or any(mention.reference for mention in find_mentions(text)):
        return True
    return not line.startswith(("   ", "\t")) and is_title_like(text)


def is_title_like(text: str) -> bool:
    """Whether a line may be a title: it has words, and no character that titles do not have."""
    if _FIELD.match(text) or _CODE.search(text) or _TIME.match(text) or _CELLS.search(text):
        return False
    letters = sum(char.isalpha() for char in text)
    if 2 * letters < len(text.replace(" ", "")):
        return False
    return (" " in text and len(_WORD.findall(text)) in _WORDS) or len(_CJK.findall(text)) > len(_WORDS) // 8


def _prose_lines(lines: list[str]) -> set[int]:
    """Lines of running text: consecutive sentences, or sentences that are wrapped at a margin.

    A list whose titles are all in lower case is not prose: there, every line starts with one.
    """
    starts_small = [bool(line) and line.lstrip()[:1].islower() for line in lines]
    filled = [line for line in lines if line.strip()]
    some_small = 0 < sum(starts_small) < 0.8 * len(filled)
    found = set()
    for index, line in enumerate(lines):
        if _SENTENCE_GOES_ON.search(line) and not find_mentions(line):
            found.add(index)
        following = index + 1 < len(lines) and starts_small[index + 1]
        if some_small and following and len(line) >= _WRAPPED and not _SENTENCE_ENDS.search(line):
            found.update((index, index + 1))
    return found
