"""An engine's raw page text -> readable text, and the way back to the raw characters.

Lines stay lines. Words broken at a line's end are joined, ligatures and other compatibility
forms become plain letters (NFKC), control characters go. Hidden text is not judged here.

The way back (`clean_with_origin`) costs a list entry a character, so it is taken only when
somebody asks where a quote stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# PDFium marks the hyphen of a word that goes on in the next line, and swallows the line break:
# U+FFFE in newer builds, U+0002 in older ones. pypdf leaves the hyphen and the break.
# The look-behind and the bounds keep the search linear on pages that are one endless word.
_BROKEN_WORD = re.compile(
    r"(?<![\w-])([^\W\d_][\w-]{0,80})(?:[\x02\ufffe]\n?|[-\u2010\u00ad]\n)"
    r"([^\W_]\w{0,80})([^\s\w-]{0,8})(-?)[ \n]?"
)
_STRAY_MARK = re.compile(r"[\x02\ufffe]")
_NOT_PLAIN = re.compile(r"[\x21-\x7e]?[^\x00-\x7e]+")
_DROPPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\ud800-\udfff\ufdd0-\ufdef\uffff]")
_SPACES = re.compile(r"[ \t]+")
_LINE_EDGES = re.compile(r"^ | $", re.MULTILINE)
_PAGE_EDGES = re.compile(r"\A\n+|\n+\Z")
_NEWLINES = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")

_Replace = Callable[[re.Match[str]], str]


def clean(raw: str) -> str:
    """Clean one page's raw text; empty in, empty out."""
    text = raw
    for pattern, replace in _steps(raw):
        text = pattern.sub(replace, text)
    return text


def clean_with_origin(raw: str) -> tuple[str, list[int]]:
    """Clean, and say where each character came from.

    Returns:
        The same text as `clean(raw)`, and as many indices into `raw`, never decreasing. A
        character that replaces several points at the first of them.
    """
    text, origin = raw, list(range(len(raw)))
    for pattern, replace in _steps(raw):
        text, origin = _substitute(pattern, replace, text, origin)
    return text, origin


def clean_line(raw: str) -> str:
    """Clean a single line to a single line."""
    return " ".join(clean(raw).split())


def _steps(raw: str) -> list[tuple[re.Pattern[str], _Replace]]:
    return [
        (_NEWLINES, lambda _: "\n"),
        (_BROKEN_WORD, _Joiner(raw)),
        (_STRAY_MARK, lambda _: "-"),
        (_NOT_PLAIN, lambda match: unicodedata.normalize("NFKC", match[0])),
        (_DROPPED, lambda _: ""),
        (_SPACES, lambda _: " "),
        (_LINE_EDGES, lambda _: ""),
        (_PAGE_EDGES, lambda _: ""),
    ]


class _Joiner:
    """Decides whether a hyphen at a line's end belongs to the word ("zero-/shot") or not ("re-/ward").

    The page's other words decide: how else it spells the word, and whether both halves stand alone.
    The line break moves behind the word, so that lines stay lines.
    """

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self._words: set[str] | None = None

    def __call__(self, match: re.Match[str]) -> str:
        left, right, tail, hyphen = match.groups()
        between = "-" if self._keeps_hyphen(left, right) else ""
        # A second hyphen after the right half: the word goes on, and so does the line.
        return f"{left}{between}{right}{tail}{hyphen or chr(10)}"

    def _keeps_hyphen(self, left: str, right: str) -> bool:
        if "-" in left or not right[0].islower():
            return True
        if self._words is None:
            # Without the broken words, or else each half would be its own witness.
            whole = _BROKEN_WORD.sub("\n", self._raw).lower()
            self._words = set(re.findall(r"[^\W_]+(?:-[^\W_]+)*", whole))
        left, right = left.lower(), right.lower()
        if f"{left}-{right}" in self._words:
            return True
        if left + right in self._words:
            return False
        # Shorter halves are words too often: "with-out", "in-put".
        return min(len(left), len(right)) >= 4 and left in self._words and right in self._words


def _substitute(
    pattern: re.Pattern[str], replace: _Replace, text: str, origin: list[int]
) -> tuple[str, list[int]]:
    """Like `pattern.sub`, carrying each character's origin along."""
    pieces: list[str] = []
    moved: list[int] = []
    at = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = replace(match)
        pieces += (text[at:start], new)
        moved += origin[at:start]
        moved += _align(text[start:end], new, origin[start:end])
        at = end
    pieces.append(text[at:])
    moved += origin[at:]
    return "".join(pieces), moved


def _align(old: str, new: str, origin: list[int]) -> list[int]:
    """Origins for `new`: characters found in `old` in order keep theirs, others take the nearest before."""
    aligned: list[int] = []
    at = 0
    for char in new:
        found = old.find(char, at)
        if found >= 0:
            aligned.append(origin[found])
            at = found + 1
        else:
            aligned.append(origin[min(at, len(origin) - 1)])
            at = min(at + 1, len(old) - 1) if len(new) >= len(old) else at
    return aligned
