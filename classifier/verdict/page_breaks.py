"""Finds quotes that continue after a page break, or after a footnote or figure in their column.

What enters: a document's text, its key, where its pages start, and a quote's key. What leaves: the span from
the quote's first part to its last. Only whole lines may be in between: at a page break a footnote, a page
number, a running head; within a page, lines that start with a footnote's mark or end in a caption.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifier.text.characters import Folded, matching_key
from classifier.text.wording import is_whole_words

MAX_GAP = 600
"""Most characters between the parts of a quote."""
MAX_HITS = 64
"""Most places of one string that are checked."""
_PART = 12
"""Least length of the longer part of a quote, as `evidence.MIN_CHARS`."""
_CHANCE = 4
"""Most characters by which the text at a break may agree with the quote by chance."""
_HYPHEN = "[-\u2010\u2011\u00ad\x02\ufffe]"
_LINE_END = re.compile(rf"{_HYPHEN}?[^\S\n]*(?:\n|\Z)")
_FOOT = re.compile(rf"{_HYPHEN}?\s+\d{{1,4}}\s*")
"""A page number, which an engine may put at the end of the last line."""
_LINE_START = re.compile(r"(?:\A|\n)[^\S\n]*\Z")
_INSERTION = re.compile(
    rf"{_HYPHEN}?[^\S\n]*\n(?:[^\n]{{0,40}}\n){{0,30}}?"  # labels of a figure, rows of a table
    r"(?=\d{1,2}(?:[A-Z]|https?:|www\.|[a-z]+\.[a-z])|[\u2217*\u2020\u2021\u00a7\u00b6]\s?[A-Z]"
    r"|(?:Figure|Fig\.|Table|Algorithm|FIGURE|TABLE)\s?\d{1,2}\s?[.:|])"
)
_LINE = 80
"""Most characters that are searched for the start of a line."""


@dataclass(frozen=True)
class PageBreaks:
    """A document's text, ready for quotes that run over its page breaks.

    Attributes:
        text: The pages' texts, joined by line breaks.
        key: `matching_key` of the text.
        starts: Where each page starts in the text, and where the next one would.
    """

    text: str
    key: Folded
    starts: Sequence[int]

    def find(self, needle: str) -> tuple[int, int] | None:
        """The span of a quote's key that breaks off at a line's end and continues on the next page."""
        spans = (*self._from_its_start(needle), *self._from_its_end(needle))
        return next((span for span in spans if is_whole_words(self.text, *span)), None)

    def _from_its_start(self, needle: str) -> Iterator[tuple[int, int]]:
        """Places of a quote whose first part is long enough for a search."""
        for at in hits(self.key.text, needle[:_PART]):
            common = _common_prefix(needle, self.key.text[at : at + len(needle)])
            for length in range(common, max(_PART, common - _CHANCE) - 1, -1):
                start, stop = self.key.source_span(at, at + length)
                if end := self._end_behind(stop, needle[length:]):
                    yield start, end

    def _from_its_end(self, needle: str) -> Iterator[tuple[int, int]]:
        """Places of a quote of which only a word or two are before the break."""
        for at in hits(self.key.text, needle[_PART:]) if len(needle) >= 2 * _PART else ():
            common = _common_prefix(needle[_PART - 1 :: -1], self.key.text[max(0, at - _PART) : at][::-1])
            for length in range(_PART - common, min(_PART, _PART - common + _CHANCE)):
                first = at - _PART + length
                low, high = self.key.source_span(first, at + len(needle) - _PART)
                if length and (start := self._start_before(low, needle[:length])) is not None:
                    yield start, high

    def _end_behind(self, stop: int, rest: str) -> int | None:
        """The end of a quote whose first part ends at `stop`."""
        for start, any_case in self._resumptions(stop):
            head = matching_key(self.text[start : start + MAX_GAP + 2 * len(rest)])
            for at in hits(head.text, rest):
                low, high = head.source_span(at, at + len(rest))
                if low <= MAX_GAP and self._resumes(start + low, any_case):
                    return start + high
        return None

    def _start_before(self, low: int, first: str) -> int | None:
        """The start of the first words of a quote that continues at `low`."""
        begun = max(0, low - 2 * MAX_GAP)
        before = matching_key(self.text[begun:low])
        for at in _last_hits(before.text, first):
            head, stop = before.source_span(at, at + len(first))
            for start, any_case in self._resumptions(begun + stop):
                if 0 <= low - start <= MAX_GAP and self._resumes(low, any_case):
                    return begun + head
        return None

    def _resumptions(self, stop: int) -> Iterator[tuple[int, bool]]:
        """Where a text that ends at `stop` may continue, and whether a capital letter may follow."""
        page = bisect_right(self.starts, stop - 1)
        ends_page = page < len(self.starts) and _FOOT.fullmatch(self.text, stop, self.starts[page] - 1)
        if not ends_page and not _LINE_END.match(self.text, stop):
            return
        if page < len(self.starts) - 1 and self.starts[page] - stop <= MAX_GAP:
            yield self.starts[page], True
        if inserted := _INSERTION.match(self.text, stop):
            yield inserted.end(), False

    def _resumes(self, at: int, any_case: bool) -> bool:
        """Whether a text may continue here: at the start of a line, in the middle of a sentence."""
        starts_line = _LINE_START.search(self.text[max(0, at - _LINE) : at]) is not None
        return starts_line and (any_case or not self.text[at].isupper())


def hits(text: str, needle: str) -> Iterator[int]:
    """The first places of a string in another."""
    at = text.find(needle) if needle else -1
    for _ in range(MAX_HITS):
        if at < 0:
            return
        yield at
        at = text.find(needle, at + 1)


def _last_hits(text: str, needle: str) -> Iterator[int]:
    """The last places of a string in another, in reverse order."""
    at = text.rfind(needle)
    for _ in range(MAX_HITS):
        if at < 0:
            return
        yield at
        at = text.rfind(needle, 0, at + len(needle) - 1)


def _common_prefix(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
