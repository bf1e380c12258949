"""Quotes + Document -> Evidence: whether each quote is in the paper, and where.

What enters: quotes as an engine gave them. What leaves: each with a verdict, and with its page and
offsets where it was found. It uses visible text only, ignores page numbers that a model gives, and does not
judge whether a quote supports the answer.

    verbatim   equal but for case, spaces, hyphens, ligatures and typography (`text.matching_key`)
    near       the same words except for slips of letters, articles and citation marks; or parts in
               order, joined by an ellipsis or over the foot and head of a page; or mathematics written
               in another way (LaTeX, names of Greek letters)
    absent     everything else: also a quote too short to prove anything, and one with a word, a
               number, a negation or a sign more, less or other than the paper has
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate

from classifier.model.document import Document
from classifier.model.label import Evidence, Verdict
from classifier.model.reply import Quote
from classifier.text.characters import Folded, latin_length, matching_key, normalise
from classifier.text.mathematics import has_mathematics, mathematics_key, same_signs, without_latex
from classifier.text.wording import WORD, agreeing_words, has_negation, numbers, without_marks

MIN_WORDS = 3
"""A quote with fewer characters is too short to look up: any paper would contain it."""
MIN_CHARS = 12
"""A quote with fewer words, or fewer characters without spaces, proves nothing: it counts as absent.

Characters are those of `characters.latin_length`.
"""

MAX_NEAR_CHARS = 2_000
"""Longer quotes are only searched verbatim: the time of the near search grows with the square of the
length."""

NEAR_SCORE = 92.0
"""From this partial ratio of rapidfuzz (0 to 100) on, the words are compared one by one."""

_MAX_GAP = 600  # characters that an ellipsis or a page break may stand for
_MAX_HITS = 64  # most places of one string that are checked
_MAX_SEEDS = 96
"""Approximate number of search steps per quote; it limits the time for an invented one."""
_SEED = 8  # characters of a seed: if one in 13 characters differs, half of the seeds are still intact
_CANDIDATES = 3
"""Number of places at which a quote is compared completely."""
_SLACK = 24  # characters around an alignment in which a quote's first and last word can be

_PAGE_MARK = re.compile(r"[\[(<]\s*(?:page|p\.)\s*\d+(?:,[^\])>\n]{1,120})?\s*[\])>]", re.IGNORECASE)
_SIGNED = re.compile(r"(?:\A|[\s(\[{=<>\u2264\u2265\u223c,])(?:\u2212\S|[-\u2013]\d)")
"""A sign that is not a hyphen and not between two operands, with the character after it."""
_ELLIPSIS = re.compile(r"\s*[\[(]?(?:\u2026|\.\s?\.\s?\.)[\])]?\s*")
_WRAPPING = " \t\n\"'`*\u2018\u2019\u201c\u201d\u00ab\u00bb"
_OUTER = "\"'.,;:!?()[]"
_LATIN = r"[^\W\u2e80-\U0003ffff]"  # scripts without spaces have no word edges to check
_HYPHEN = "[-\u2010\u2011\u00ad\x02\ufffe]"
_WORD_BEFORE = re.compile(rf"{_LATIN}(?:{_HYPHEN}\s*)?\Z")
_WORD_AFTER = re.compile(rf"(?:\s*{_HYPHEN}\s*)?{_LATIN}")
_BLANK = re.compile(r"[\s.,;:]{0,400}")
_LINE_END = re.compile(rf"{_HYPHEN}?[^\S\n]*(?:\n|\Z)")
_LINE_START = re.compile(r"(?:\A|\n)[^\S\n]*\Z")

QuoteSpan = tuple[int, int]


def check_quotes(quotes: Iterable[Quote], document: Document) -> tuple[Evidence, ...]:
    """Searches for each quote in the document's visible text; results are in the order given.

    If there are several places, the first is used. A quote that runs over a page break is placed on the page
    where it starts, and its `end` is clipped to that page's.
    """
    index = QuoteIndex(document)
    return tuple(index.check(quote) for quote in quotes)


class QuoteIndex:
    """A document prepared for many quotes; its text is folded once."""

    def __init__(self, document: Document) -> None:
        self._pages = document.pages
        self._text = "\n".join(page.text for page in document.pages)
        self._starts = [0, *accumulate(len(page.text) + 1 for page in document.pages)]

    def check(self, quote: Quote) -> Evidence:
        """The quote with its verdict, and with its place unless it is absent."""
        text = _PAGE_MARK.sub(" ", quote.quote).strip(_WRAPPING)
        if not _is_short(text):
            if same := next(self._verbatim(text), None):
                return self._placed(quote, same, "verbatim")
            if len(text) <= MAX_NEAR_CHARS and (near := self._nearly(text)):
                return self._placed(quote, near, "near")
        if len(text) <= MAX_NEAR_CHARS and has_mathematics(text) and (near := self._as_shown(text)):
            return self._placed(quote, near, "near")
        return Evidence(quote=quote.quote, supports=quote.supports, verdict="absent")

    def _as_shown(self, text: str) -> QuoteSpan | None:
        """The place of a text with mathematics, which the page may write differently."""
        plain = without_latex(text).strip(_WRAPPING)
        if _is_short(plain):
            return None
        if plain != text and (near := next(self._verbatim(plain), None) or self._nearly(plain)):
            return near
        needle = mathematics_key(plain).text.strip(_OUTER)
        return next(self._places(self._mathematics_key, needle, plain), None)

    def _placed(self, quote: Quote, span: QuoteSpan, verdict: Verdict) -> Evidence:
        at = bisect_right(self._starts, span[0]) - 1
        page = self._pages[at]
        return Evidence(
            quote=quote.quote,
            supports=quote.supports,
            page=page.number,
            start=span[0] - self._starts[at],
            end=min(span[1] - self._starts[at], len(page.text)),
            verdict=verdict,
        )

    @cached_property
    def _key(self) -> Folded:
        return matching_key(self._text)

    @cached_property
    def _unmarked(self) -> str:
        """The text with citation and note marks replaced by spaces; offsets do not change."""
        return without_marks(self._text)

    @cached_property
    def _unmarked_key(self) -> Folded:
        return matching_key(self._unmarked)

    @cached_property
    def _mathematics_key(self) -> Folded:
        return mathematics_key(self._text)

    def _verbatim(self, text: str) -> Iterator[QuoteSpan]:
        """Places of the text, in order; a full stop and brackets around it are optional."""
        needle = matching_key(text).text
        yield from self._places(self._key, needle, text)
        bare = needle.strip(_OUTER)
        if bare != needle:
            yield from self._places(self._key, bare, text)

    def _places(self, key: Folded, needle: str, text: str) -> Iterator[QuoteSpan]:
        """Places of the key of a text with whole words and the text's own signs: -3 is not 3."""
        for at in _hits(key.text, needle):
            start, end = key.source_span(at, at + len(needle))
            whole = self._is_whole_words(start, end)
            start = self._with_sign(start)
            if whole and same_signs(text, self._text[start:end]):
                yield start, end

    def _with_sign(self, start: int) -> int:
        """The start of a span, moved before a minus that belongs to its first number or name."""
        signed = _SIGNED.match(self._text, max(0, start - 2), start + 1)
        return start - 1 if signed and signed.end() == start + 1 else start

    def _is_whole_words(self, start: int, end: int) -> bool:
        """Whether the span cuts no word (also no hyphenated one): `able` is not in `unable` or `un-able`."""
        first, last = self._text[start], self._text[end - 1]
        cut_before = first.isalnum() and _WORD_BEFORE.search(self._text[max(0, start - 8) : start])
        cut_after = last.isalnum() and _WORD_AFTER.match(self._text, end)
        return not cut_before and not cut_after

    def _nearly(self, text: str) -> QuoteSpan | None:
        return self._near(text) or self._over_page_break(text) or self._in_parts(text)

    def _near(self, text: str) -> QuoteSpan | None:
        """The place where the words equal the text's except for slips and marks."""
        bare = without_marks(text)
        needle = matching_key(bare).text.strip(_OUTER)
        if len(needle) < MIN_CHARS:
            return None
        same = next(self._places(self._unmarked_key, needle, bare), None)
        if same is None:
            same = self._aligned(needle, WORD.findall(normalise(bare).lower()))
            if same and not same_signs(bare, self._unmarked[self._with_sign(same[0]) : same[1]]):
                return None
        if same and numbers(text) - numbers(self._with_marks(same)):
            return None  # a citation that the paper does not have there
        return same

    def _with_marks(self, span: QuoteSpan) -> str:
        """The text of a span and of the marks right behind it."""
        behind = _BLANK.match(self._unmarked, span[1])
        return self._text[span[0] : behind.end() if behind else span[1]]

    def _aligned(self, needle: str, words: list[str]) -> QuoteSpan | None:
        from rapidfuzz.fuzz import partial_ratio_alignment

        key = self._unmarked_key
        for diagonal in _diagonals(key.text, needle):
            low = max(0, diagonal - _SLACK)
            window = key.text[low : diagonal + len(needle) + 2 * _SLACK]
            found = partial_ratio_alignment(needle, window, score_cutoff=NEAR_SCORE)
            if found is None:
                continue
            start, end = key.source_span(
                max(0, low + found.dest_start - _SLACK),
                min(len(key.text), low + found.dest_end + _SLACK),
            )
            span = agreeing_words(words, self._unmarked[start:end])
            if span and self._is_whole_words(start + span[0], start + span[1]):
                return start + span[0], start + span[1]
        return None

    def _over_page_break(self, text: str) -> QuoteSpan | None:
        """The place where the text breaks off at a line's end and continues on the next page.

        Only whole lines may be in between: a note, a page number, a running head.
        """
        needle = matching_key(text).text
        for at in _hits(self._key.text, needle[:MIN_CHARS]):
            common = _common_prefix(needle, self._key.text[at : at + len(needle)])
            # The first line of the next page may begin like the rest of the quote by chance.
            for length in range(common, max(MIN_CHARS, common - 4) - 1, -1):
                span = self._key.source_span(at, at + length)
                end = self._after_page_break(span[1], needle[length:])
                if end and self._is_whole_words(span[0], end):
                    return span[0], end
        return None

    def _after_page_break(self, stop: int, rest: str) -> int | None:
        page = bisect_right(self._starts, stop - 1)
        if page >= len(self._pages) or not _LINE_END.match(self._text, stop):
            return None
        start = self._starts[page]
        if start - stop > _MAX_GAP:
            return None
        head = matching_key(self._text[start : start + _MAX_GAP + 2 * len(rest)])
        for at in _hits(head.text, rest):
            low, high = head.source_span(at, at + len(rest))
            if low <= _MAX_GAP and _LINE_START.search(self._text[max(0, start + low - 80) : start + low]):
                return start + high
        return None

    def _in_parts(self, text: str) -> QuoteSpan | None:
        """The place of parts joined by ellipses: in order, near one another, no negation left out."""
        parts = [part for part in _ELLIPSIS.split(text) if part]
        if len(parts) < 2 or any(_is_short(part) for part in parts):
            return None
        places = [self._all_places(part) for part in parts]
        for start, end in places[0]:
            for nexts in places[1:]:
                following = next((span for span in nexts if self._may_follow(end, span[0])), None)
                if following is None:
                    break
                end = following[1]
            else:
                return start, end
        return None

    def _all_places(self, text: str) -> list[QuoteSpan]:
        places = list(self._verbatim(text))
        if not places and (near := self._near(text)):
            places.append(near)
        return places

    def _may_follow(self, end: int, start: int) -> bool:
        return 0 <= start - end <= _MAX_GAP and not has_negation(self._text[end:start])


def _is_short(text: str) -> bool:
    return latin_length(matching_key(text).text) < MIN_CHARS or len(WORD.findall(text)) < MIN_WORDS


def _common_prefix(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _hits(text: str, needle: str) -> Iterator[int]:
    """The first places of a string in another."""
    at = text.find(needle) if needle else -1
    for _ in range(_MAX_HITS):
        if at < 0:
            return
        yield at
        at = text.find(needle, at + 1)


def _diagonals(text: str, needle: str) -> list[int]:
    """Possible starts of the needle in the text, from the positions of its seeds; most votes first."""
    step = max(3, len(needle) // _MAX_SEEDS)
    votes: Counter[int] = Counter()
    for offset in range(0, len(needle) - _SEED + 1, step):
        # A string that occurs everywhere is not evidence; `_hits` stops early.
        votes.update({(at - offset) // _SLACK for at in _hits(text, needle[offset : offset + _SEED])})
    joint = Counter({bucket: count + votes[bucket + 1] for bucket, count in list(votes.items())})
    return [bucket * _SLACK for bucket, count in joint.most_common(_CANDIDATES) if count > 1]
