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
from classifier.text.mathematics import has_mathematics, mathematics_key, same_signs, spellings
from classifier.text.wording import (
    LIGATURE,
    WORD,
    agreeing_words,
    has_negation,
    is_whole_words,
    numbers,
    without_marks,
    words_of,
)
from classifier.verdict.page_breaks import MAX_GAP, PageBreaks, hits

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

_MAX_SEEDS = 96
"""Approximate number of search steps per quote; it limits the time for an invented one."""
_SEED = 8  # characters of a seed: if one in 13 characters differs, half of the seeds are still intact
_CANDIDATES = 3
"""Number of places at which a quote is compared completely."""
_SLACK = 24  # characters around an alignment in which a quote's first and last word can be

_MIN_LETTERS = 3_000
"""Least number of letters in a text for judging whether its ligatures are lost."""
_LETTERS_A_LIGATURE = 1_000
"""If this number of letters has no ligature on average, they are lost: papers have one in 190 to 460."""
_NO_LETTER = re.compile("[\ufffd\ue000-\uf8ff]")

_PAGE_MARK = re.compile(r"[\[(<]\s*(?:page|p\.)\s*\d+(?:,[^\])>\n]{1,120})?\s*[\])>]", re.IGNORECASE)
_SIGNED = re.compile(r"(?:\A|[\s(\[{=<>\u2264\u2265\u223c,])(?:\u2212\S|[-\u2013]\d)")
"""A sign that is not a hyphen and not between two operands, with the character after it."""
_ELLIPSIS = re.compile(r"\s*[\[(]?(?:\u2026|\.\s?\.\s?\.)[\])]?\s*")
_WRAPPING = " \t\n\"'`*\u2018\u2019\u201c\u201d\u00ab\u00bb"
_OUTER = "\"'.,;:!?()[]"
_BLANK = re.compile(r"[\s.,;:]{0,400}")

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
            if len(text) <= MAX_NEAR_CHARS and (near := self._nearly(text) or self._without_ligatures(text)):
                return self._placed(quote, near, "near")
        if len(text) <= MAX_NEAR_CHARS and has_mathematics(text) and (near := self._as_shown(text)):
            return self._placed(quote, near, "near")
        return Evidence(quote=quote.quote, supports=quote.supports, verdict="absent")

    def _as_shown(self, text: str) -> QuoteSpan | None:
        """The place of a text with mathematics, which the page may write differently."""
        for spelling in spellings(text):
            plain = spelling.strip(_WRAPPING)
            if _is_short(plain):
                continue
            if plain != text and (near := next(self._verbatim(plain), None) or self._nearly(plain)):
                return near
            needle = mathematics_key(plain).text.strip(_OUTER)
            if same := next(self._places(self._mathematics_key, needle, plain), None):
                return same
        return None

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
    def _bare(self) -> str:
        """The text without replacements of lost ligatures, with the same offsets; empty if none are lost."""
        letters = sum(map(str.isascii, filter(str.isalpha, self._text)))
        told = len(LIGATURE.findall(self._text))
        lost = letters >= _MIN_LETTERS and told * _LETTERS_A_LIGATURE < letters
        return _NO_LETTER.sub(" ", self._text) if lost else ""

    @cached_property
    def _bare_key(self) -> Folded:
        return matching_key(self._bare)

    @cached_property
    def _unmarked_key(self) -> Folded:
        return matching_key(self._unmarked)

    @cached_property
    def _breaks(self) -> PageBreaks:
        return PageBreaks(self._text, self._key, self._starts)

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
        for at in hits(key.text, needle):
            start, end = key.source_span(at, at + len(needle))
            printed = self._unmarked if key is self._unmarked_key else self._text
            whole = is_whole_words(printed, start, end)
            start = self._with_sign(start)
            if whole and same_signs(text, self._text[start:end]):
                yield start, end

    def _with_sign(self, start: int) -> int:
        """The start of a span, moved before a minus that belongs to its first number or name."""
        signed = _SIGNED.match(self._text, max(0, start - 2), start + 1)
        return start - 1 if signed and signed.end() == start + 1 else start

    def _nearly(self, text: str) -> QuoteSpan | None:
        return self._near(text) or self._breaks.find(matching_key(text).text) or self._in_parts(text)

    def _without_ligatures(self, text: str) -> QuoteSpan | None:
        """The place of a text in a paper whose fonts do not encode their ligatures."""
        if not self._bare:
            return None
        needle = matching_key(LIGATURE.sub("", normalise(text))).text.strip(_OUTER)
        return next(self._places(self._bare_key, needle, text), None) if len(needle) >= MIN_CHARS else None

    def _near(self, text: str) -> QuoteSpan | None:
        """The place where the words equal the text's except for slips and marks."""
        bare = without_marks(text)
        needle = matching_key(bare).text.strip(_OUTER)
        if len(needle) < MIN_CHARS:
            return None
        same = next(self._places(self._unmarked_key, needle, bare), None)
        if same is None:
            same = self._aligned(needle, words_of(normalise(bare)))
            if same and not same_signs(bare, self._unmarked[self._with_sign(same[0]) : same[1]]):
                return None
        if same and numbers(text) - numbers(self._with_marks(same)):
            return None  # a citation that the paper does not have there
        return same

    def _with_marks(self, span: QuoteSpan) -> str:
        """The text of a span with the footnote mark before it and the marks after it."""
        behind = _BLANK.match(self._unmarked, span[1])
        start = span[0]
        while start and self._unmarked[start - 1] != self._text[start - 1]:
            start -= 1
        return self._text[start : behind.end() if behind else span[1]]

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
            if span and is_whole_words(self._unmarked, start + span[0], start + span[1]):
                return start + span[0], start + span[1]
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
        return 0 <= start - end <= MAX_GAP and not has_negation(self._text[end:start])


def _is_short(text: str) -> bool:
    return latin_length(matching_key(text).text) < MIN_CHARS or len(WORD.findall(text)) < MIN_WORDS


def _diagonals(text: str, needle: str) -> list[int]:
    """Possible starts of the needle in the text, from the positions of its seeds; most votes first."""
    step = max(3, len(needle) // _MAX_SEEDS)
    votes: Counter[int] = Counter()
    for offset in range(0, len(needle) - _SEED + 1, step):
        # A string that occurs everywhere is not evidence; `hits` stops early.
        votes.update({(at - offset) // _SLACK for at in hits(text, needle[offset : offset + _SEED])})
    joint = Counter({bucket: count + votes[bucket + 1] for bucket, count in list(votes.items())})
    return [bucket * _SLACK for bucket, count in joint.most_common(_CANDIDATES) if count > 1]
