"""Normalises text while keeping offsets into the original; splits sentences; estimates tokens.

What enters: text as PDF engines, servers and models write it. What leaves: text in which equal
words are equal strings, and spans that map back to the original. All spans are half-open character offsets.
It does not know pages or papers.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

CHARS_PER_TOKEN = 4
"""Characters of English text per token: a rule of thumb, since real tokenizers need a download."""

_DENSE_CHARS = 3
"""One character of a script without spaces counts as this many Latin letters (chosen)."""
_DENSE = re.compile("[\u2e80-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]")

UNSEEN = (  # control, soft hyphen, zero-width, direction and tag characters
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufffe\uffff\U000e0000-\U000e0fff"
)
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_MARKS = "\u0300-\u036f\u20d0-\u20ff"
LETTER = r"[^\W\d_]"
# Characters that stay the same, or are replaced one for one, need no check: nearly all of a paper.
_PLAIN = (
    r"\x00-\xa7\xa9\xab-\xae\xb0\xb1\xb4\xb6\xb7\xbb\xbf-\xff\u0391-\u03c9\u0410-\u044f"
    r"\u2010-\u2015\u2018-\u201f\u2212\u4e00-\u9fff\uac00-\ud7a3"
)
_COMPOSE = rf"{LETTER}[{_MARKS}]+|[^{_PLAIN}]"
# PDFium writes U+0002 or U+FFFE for the hyphen at the end of a line, with or without a line break.
_LINE_HYPHEN = (
    rf"(?<={LETTER})(?:[\x02\xad\ufffe][\s{UNSEEN}]*(?={LETTER})"
    rf"|[-\u2010][ \t]*[\r\n\f][\s{UNSEEN}]*(?=[^\W\d_A-Z]))"
)
_SPACES = rf"[\s{UNSEEN}]{{2,}}|[{UNSEEN}]|\A\s|\s\Z"

_NORMAL = re.compile(rf"({_LINE_HYPHEN})|{_SPACES}|{_COMPOSE}")
_KEY = re.compile(rf"([\s\-{DASHES}{UNSEEN}]+)|{_COMPOSE}")
_SWAPS = str.maketrans(
    dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0", " ")
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\xb4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\xab\xbb\u2033", '"')
    | dict.fromkeys(DASHES, "-")
)

_NO_END = re.compile(  # words after which a dot does not end the sentence, and initials
    r"(?:\b(?:al|cf|e\.g|i\.e|vs|viz|resp|approx|ca|nos?|vol|pp?|ch|chap|secs?|sects?|figs?|eqs?|eqns?|refs?|tabs?|alg"
    r"|thm|def|prop|app|appx|ex|eds?|dr|prof|mrs?|ms|st|jr|sr|inc|ltd|co|univ|dept|w\.r\.t|a\.k\.a|s\.t)"
    r"|(?:^|[\s(.])(?-i:[A-Z]))$",
    re.IGNORECASE,
)
_HEADING = r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?[^\S\n]+[A-Z][^\n.]{2,60}|[A-Z][A-Z ]{5,60}|Abstract)\r?\n"
_HEADING_LINE = re.compile(_HEADING)
_BREAK = re.compile(
    # The end of a sentence with its quotation mark or its note's number. Bounded: rows of dots can be long.
    r"(?<![.!?])[.!?]{1,8}(?:[\"'\u2019\u201d)\]]{1,4}|(?<=[a-z]\.)\d{1,3}(?:[,\u2013-]\d{1,3}){0,8})?(?=\s)"
    r"|\n[^\S\n]*(?=\n)|\f"  # an empty line
    r"|(?=\n[^\S\n]*[\u2022\u25cf\u25aa\u2023]\s)"  # a list's item
    rf"|(?<=\n)(?={_HEADING})"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """Normalised text, and the origin of each of its characters.

    Attributes:
        text: The normalised text.
        source_length: Number of characters of the original.
    """

    text: str
    source_length: int
    # Runs: where each starts in `text`; where in the original it starts, and where it ends there
    # if it was rewritten as a whole (-1 if it was copied character by character).
    _starts: list[int]
    _sources: list[tuple[int, int]]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that `text[start:end]` was made of, half-open.

        Rewritten text counts as a whole: half of a ligature gives the whole ligature. An empty span gives an
        empty one.

        Raises:
            ValueError: The span is not within `text`.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"span [{start}, {end}) is not within a text of {len(self.text)} characters")
        if start == end:
            at = self._source(start)[0] if start < len(self.text) else self.source_length
            return at, at
        return self._source(start)[0], self._source(end - 1)[1]

    def _source(self, index: int) -> tuple[int, int]:
        run = bisect_right(self._starts, index) - 1
        source, end = self._sources[run]
        if end < 0:
            source += index - self._starts[run]
            end = source + 1
        return source, end


def normalise(text: str) -> str:
    r"""The text as a reader sees it, on one line; case is kept.

    NFKC (ligatures taken apart); words joined over line-end hyphens (U+0002, soft ones, plain ones
    before a small letter); invisible and control characters dropped; typographic quotes and
    dashes made plain; white space collapsed and stripped. Empty text stays empty.

    >>> normalise("e\ufb03cient \u201cgar-\ndens\u201d")
    'efficient "gardens"'
    """
    return normalise_with_spans(text).text


def normalise_with_spans(text: str) -> Folded:
    """`normalise`, with the spans of the original."""
    return fold(text, _NORMAL)


def matching_key(text: str) -> Folded:
    """The form in which quotes are compared: `normalise` in lower case, without spaces and hyphens.

    A PDF loses and adds both at line ends, so they do not show whether a quote is in a paper.
    """
    folded = fold(text, _KEY)
    # The lower case of the rest has the same length: `_composed` handled the exceptions.
    return Folded(folded.text.lower(), folded.source_length, folded._starts, folded._sources)


def estimate_tokens(text: str) -> int:
    """Characters / 4, rounded up."""
    return -(-len(text) // CHARS_PER_TOKEN)


def dense_chars(text: str) -> list[str]:
    """The characters of scripts without spaces (Chinese, Japanese, Korean); each is a word or half of one."""
    return [] if text.isascii() else _DENSE.findall(text)


def latin_length(text: str) -> int:
    """The number of characters of a text; those of scripts without spaces count three times.

    >>> latin_length("a robot"), latin_length("\u673a\u5668\u4eba")
    (7, 9)
    """
    return len(text) + (_DENSE_CHARS - 1) * len(dense_chars(text))


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open spans of the sentences, in order, trimmed of white space; none for blank text.

    An empty line, a list item and a heading on its own line end a sentence; other line breaks do not. Dots of
    abbreviations, initials, decimals and citations do not either. In doubt, the text is not split.
    """
    spans = []
    start = 0
    for end in _ends(text):
        if text[start:end].strip():
            left = start + len(text[start:end]) - len(text[start:end].lstrip())
            spans.append((left, left + len(text[start:end].strip())))
        start = end
    return spans


def fold(text: str, changes: re.Pattern[str], rewrite: Callable[[str], str] | None = None) -> Folded:
    """Rewrites each match of `changes`: group 1 is dropped, the rest goes through `rewrite`, or NFKC."""
    rewrite = rewrite or _composed
    swapped = text.translate(_SWAPS)
    parts: list[str] = []
    starts, sources = [0], [(0, -1)]
    done = length = 0
    for found in changes.finditer(text):
        start, end = found.span()
        parts.append(swapped[done:start])
        length += start - done
        done = end
        new = "" if found[1] is not None else rewrite(found[0])
        if new and not (new == " " and (start == 0 or end == len(text))):
            parts.append(new)
            starts.append(length)
            sources.append((start, end))
            length += len(new)
        starts.append(length)
        sources.append((end, -1))
    parts.append(swapped[done:])
    return Folded("".join(parts), len(text), starts, sources)


def shown(text: str | None) -> str:
    """Text from a file as one line without control, direction and unassigned characters.

    Titles and quotes come from hostile papers: they must not move the cursor or reverse the line.
    """
    plain = text or ""
    return " ".join((plain if plain.isprintable() else "".join(map(_seen, plain))).split())


def _ends(text: str) -> Iterator[int]:
    for found in _BREAK.finditer(text):
        if found[0] == "":
            yield found.start()
            heading = _HEADING_LINE.match(text, found.start())
            if heading:
                yield heading.end()
        elif not (found[0][0] == "." and _goes_on(text, *found.span())):
            yield found.end()
    yield len(text)


def _goes_on(text: str, dot: int, end: int) -> bool:
    """Whether the sentence continues after the dot: an abbreviation, or no new beginning follows."""
    following = text[end : end + 40].lstrip()
    if following[:1].islower():
        return True
    return end == dot + 1 and _NO_END.search(text, max(0, dot - 12), dot) is not None


@lru_cache(maxsize=4096)
def _composed(chunk: str) -> str:
    if not chunk.isprintable() or chunk.isspace():
        return " " if any(char.isspace() for char in chunk) else ""
    composed = unicodedata.normalize("NFKC", chunk).translate(_SWAPS)
    # A lone accent decomposes into space and mark; U+0130 is the only one that is longer in lower case.
    return composed.replace(" ", "").replace("\u0130", "I")


def _seen(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf":  # within a word, as a soft hyphen
        return ""
    return " " if category.startswith("C") else char
