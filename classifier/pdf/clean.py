"""An engine's raw page text -> readable text, and a mapping back to the raw characters.

Line breaks are kept. Words broken at a line's end are joined, ligatures and other compatibility forms become
plain letters (NFKC), control characters are removed. Hidden text is not detected here.

The mapping (`clean_with_origin`) needs a list element per character, so it is made only to locate a quote.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from difflib import SequenceMatcher

# PDFium marks the hyphen of a word that continues on the next line, and drops the line break:
# U+FFFE in newer builds, U+0002 in older ones. pypdf leaves the hyphen and the break.
# The text before the mark is checked second: a search that starts with one of a few characters is fast.
_BREAK = re.compile(
    r"[\x02\ufffe\-\u2010\u00ad](?:(?<=\w[\x02\ufffe])\n?|(?<=\w[-\u2010\u00ad])\n)"
    r"([^\W_]\w{0,80})([^\s\w-]{0,8})(-?)[ \n]?"
)
_OPEN_BREAK = re.compile(r"[\x02\ufffe](?=[^\s\w\x02\ufffe])")
_LEFT_HALF = re.compile(r"[^\W\d_][\w-]*\Z")
_LONGEST_WORD = 80
"""Most characters of a word that are read on each side of a break; no word is longer."""
_LONGEST_PAGE = 20_000
"""Most characters of a page that are searched for other occurrences of each broken word."""
_LEAST_HALF = 4
"""Least number of letters of each half of a compound: shorter halves are often words ("with-out",
"in-put")."""
_FOOT = re.compile(r"(?:\d{1,4}|[^\Wa-z_]\S* [^\n]{1,120})\s*\Z")
"""The page's foot after a word that continues on the next page: a number, or a name of several words."""
_MARKS = "-\u2010\u00ad\x02\ufffe\n"
_HYPHENS = frozenset(_MARKS.strip())
_NOT_PLAIN = re.compile(r"[\x21-\x7e]?[^\x00-\x7e]+")
# Superscripts and subscripts in a line of text, which engines put on separate lines. The pattern starts with
# the line break because a search for a fixed character is fast.
_SCRAPS = re.compile(
    r"\n(?<=[^\n]{29}[^\n.:;!?]\n)((?:(?![\u2022\u25cf\u25aa\u2023*\u2013\u2014-]\n|\(\d)[^\n]{1,4}\n){1,14})"
    r"(?=(?!arXiv)[a-z(),.;\]|=<>+\u2212\u2264\u2265\u2248])"
)
_WORDS = re.compile(r"[^\W\d_]{3,}")
_TICKS = re.compile(r"(?:^-?\d[\d.,]*\n){3}", re.MULTILINE)
"""Numbers along an axis."""
_PROSE = 0.5
"""If a lower share of a line is words of three or more letters, it consists of numbers or a formula."""
_POINT = re.compile(r"\n(?<=[^\n]{20}\n)(?=[,.;](?:[ \n]|\Z))")
_DROPPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\ud800-\udfff\ufdd0-\ufdef\uffff]")
_PRIVATE = re.compile("[\uf001-\uf0ff\uf720-\uf77f]")
# Codes of Adobe for old-style digits and small capitals, of Apple for ligatures, of Symbol for bullets.
_PRIVATE_LETTERS = (
    {chr(0xF730 + digit): str(digit) for digit in range(10)}
    | {chr(0xF760 + at): chr(0x40 + at) for at in range(1, 27)}
    | {"\uf001": "fi", "\uf002": "fl", "\uf0b7": "\u2022", "\uf0a7": "\u25aa", "\uf0d8": "\u2023"}
)
_SPACES = re.compile(r"  +")
_RARE_NEWLINES = re.compile(r"[\u2028\u2029\x0b\x0c\x85]")

_Replace = Callable[[re.Match[str]], str] | str
_Step = tuple[re.Pattern[str] | str, _Replace]


def clean(raw: str) -> str:
    """Clean one page's raw text; empty in, empty out."""
    text = raw
    for old, new in _steps(raw):
        # Plain text is replaced ten times as fast as a pattern.
        text = text.replace(old, str(new)) if isinstance(old, str) else old.sub(new, text)
    return text.strip()


def clean_with_origin(raw: str) -> tuple[str, list[int]]:
    """Clean, and return the origin of each character.

    Returns:
        The same text as `clean(raw)`, and as many indices into `raw`, never decreasing. A character that
        replaces several has the index of the first of them.
    """
    text, origin = raw, list(range(len(raw)))
    for old, new in _steps(raw):
        pattern = re.compile(re.escape(old)) if isinstance(old, str) else old
        text, origin = _substitute(pattern, new, text, origin)
    start = len(text) - len(text.lstrip())
    text = text.strip()
    return text, origin[start : start + len(text)]


def clean_line(raw: str) -> str:
    """Clean a single line to a single line."""
    return " ".join(clean(raw).split())


def _steps(raw: str) -> list[_Step]:
    """The replacements in their order; white space at the page's ends is removed last."""
    steps: list[_Step] = [
        ("\r\n", "\n"),
        ("\r", "\n"),
        (_RARE_NEWLINES, "\n"),
        (_BREAK, _Joiner(raw)),
        (_OPEN_BREAK, "-\n"),
        ("\x02", "-"),
        ("\ufffe", "-"),
    ]
    # Nine of ten pages have nothing to normalise, and this check costs a twentieth of the search.
    if not unicodedata.is_normalized("NFKC", raw):
        steps.append((_NOT_PLAIN, lambda match: unicodedata.normalize("NFKC", match[0])))
    if _PRIVATE.search(raw):
        steps.append((_PRIVATE, lambda match: _PRIVATE_LETTERS.get(match[0], match[0])))
    spaces: list[_Step] = [("\t", " "), (_SPACES, " "), (" \n", "\n"), ("\n ", "\n")]
    return [*steps, (_DROPPED, ""), *spaces, (_SCRAPS, _on_one_line), (_POINT, "")]


def _on_one_line(match: re.Match[str]) -> str:
    """Joins superscripts and subscripts to the line above if that is prose, not a formula or an axis."""
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    words = sum(map(len, _WORDS.findall(line)))
    prose = words >= _PROSE * len(line.replace(" ", "")) and not _TICKS.search(match[1])
    return match[0].replace("\n", " ") if prose else match[0]


class _Joiner:
    """Decides whether a hyphen at a line's end belongs to the word ("zero-/shot") or not ("re-/ward").

    The page's other words decide: whether the joined word occurs, and whether both halves occur as words. The
    line break moves to the end of the word, so that the number of lines is unchanged.
    """

    def __init__(self, raw: str) -> None:
        self._page = raw[:_LONGEST_PAGE].lower()

    def __call__(self, match: re.Match[str]) -> str:
        right, tail, hyphen = match.groups()
        left = _LEFT_HALF.search(match.string[max(0, match.start() - _LONGEST_WORD) : match.start()])
        if left is None:
            return match[0]
        # A footnote's number at the end of a column, or the foot of the page.
        ends = right[0].isdigit() or _FOOT.fullmatch(match.string, match.start(1))
        if left[0][-1].islower() and ends:
            return f"-\n{match[0].lstrip(_MARKS)}"
        between = "-" if self._keeps_hyphen(left[0], right) else ""
        # A second hyphen after the right half: the word continues, and so does the line.
        return f"{between}{right}{tail}{hyphen or chr(10)}"

    def _keeps_hyphen(self, left: str, right: str) -> bool:
        if "-" in left or not right[0].islower():
            return True
        left, right = left.lower(), right.lower()
        if f"{left}-{right}" in self._page:
            return True
        if left + right in self._page:
            return False
        return (
            min(len(left), len(right)) >= _LEAST_HALF
            and self._stands_alone(left)
            and self._stands_alone(right)
        )

    def _stands_alone(self, word: str) -> bool:
        """Whether the page contains this word, not only as one half of a broken word."""
        at = self._page.find(word)
        while at >= 0:
            end = at + len(word)
            before, after = self._page[max(0, at - 3) : at], self._page[end : end + 1]
            whole = not before[-1:].isalnum() and not after.isalnum()
            if whole and before.rstrip()[-1:] not in _HYPHENS and after not in _HYPHENS:
                return True
            at = self._page.find(word, end)
        return False


def _substitute(
    pattern: re.Pattern[str], replace: _Replace, text: str, origin: list[int]
) -> tuple[str, list[int]]:
    """Like `pattern.sub`, but also returns each character's origin."""
    pieces: list[str] = []
    moved: list[int] = []
    at = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = replace if isinstance(replace, str) else replace(match)
        pieces += (text[at:start], new)
        moved += origin[at:start]
        moved += _align(text[start:end], new, origin[start:end])
        at = end
    pieces.append(text[at:])
    moved += origin[at:]
    return "".join(pieces), moved


def _align(old: str, new: str, origin: list[int]) -> list[int]:
    """Origins for `new`: characters kept from `old` have their own, others that of the one before them."""
    aligned = [-1] * len(new)
    for block in SequenceMatcher(str.isspace, old, new, autojunk=False).get_matching_blocks():
        aligned[block.b : block.b + block.size] = origin[block.a : block.a + block.size]
    last = origin[0]
    for index, place in enumerate(aligned):
        last = aligned[index] = max(place, last)
    return aligned
