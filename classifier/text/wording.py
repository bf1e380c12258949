"""Compares two pieces of text word by word, and accepts small slips.

What enters: a quote and a piece of a paper. What leaves: the span of the quote's words in the piece, if they
differ by slips only. It does not search; `classifier.verdict.evidence` does.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher

from classifier.text.characters import normalise_with_spans

_CJK = "\u2e80-\U0003ffff"  # scripts without spaces: each character counts as a word
WORD = re.compile(rf"\d+(?:[.,]\d+)*|[^\W\d_{_CJK}]+(?:'[a-z]+)?|[{_CJK}]")
"""A number, a word, or a character of a script without spaces; on normalised text."""

_MARK = re.compile(
    r"\[\d{1,3}(?:\s*[,;\u2013-]\s*\d{1,3})*\]"  # [3], [3, 5-7]
    r"|\((?P<citation>[^()]{2,300}\b(?:19|20)\d\d[a-z]?)\)"  # (Somebody et al., 2020)
    r"|(?<=[a-z][.,;:)])\d{1,2}(?=\s|\Z)"  # the number of a footnote after a full stop
    r"|(?m:^)\d{1,2}(?=[A-Z][a-z]|[AI] )"  # or at the start of the footnote
    r"|\b(?P<noted>[a-z]{3,})\d{1,2}(?=[\s,;]|\.\s|\.?\Z)"  # or after a word; names (GPT3) keep their number
)
_LATIN = rf"[^\W{_CJK}]"  # scripts without spaces have no word edges to check
_HYPHEN = "[-\u2010\u2011\u00ad\x02\ufffe]"
_WORD_BEFORE = re.compile(rf"{_LATIN}(?:{_HYPHEN}\s*)?\Z")
_WORD_AFTER = re.compile(rf"(?:\s*{_HYPHEN}\s*)?{_LATIN}")
_SMALL_WORD = re.compile(r"\b[a-z]+\b")
_CITING = frozenset(
    _SMALL_WORD.findall("et al and see also e g i cf in von van der de den del di da la le el")
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATION = re.compile(
    r"\b(?:no|not|non|nor|none|never|neither|nothing|without|cannot|hardly|rarely|unable|fail(?:s|ed|ing)?|lacks?"
    r"|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|[mb]illions?|first|second|third|half|twice"
)
_FORMULA = tuple("|/=+*^_<>()[]{}")
_ARTICLES = frozenset({"a", "an", "the"})
LIGATURE = re.compile(r"f(?:f[il]?|i|l)")
"""Letters that fonts draw as one glyph."""
_LOOKALIKES = (("rn", "m"), ("cl", "d"), ("vv", "w"), ("i", "l"), ("|", "l"))


def without_marks(text: str) -> str:
    """The text with each citation or note mark replaced by spaces, so that offsets do not change."""
    return _MARK.sub(_blank, text)


def _blank(mark: re.Match[str]) -> str:
    if mark["citation"] and not _CITING.issuperset(_SMALL_WORD.findall(mark["citation"])):
        return mark[0]  # a remark that contains a year is not a citation
    word = mark["noted"] or ""
    return word + " " * (len(mark[0]) - len(word))


def is_whole_words(text: str, start: int, end: int) -> bool:
    """Whether a span of a text cuts no word, nor one with hyphens: `able` is not in `unable` or `un-able`."""
    first, last = text[start], text[end - 1]
    cut_before = first.isalnum() and _WORD_BEFORE.search(text[max(0, start - 8) : start])
    cut_after = last.isalnum() and _WORD_AFTER.match(text, end)
    return not cut_before and not cut_after


def numbers(text: str) -> Counter[str]:
    """How often each number occurs in the text."""
    return Counter(_NUMBER.findall(text))


def has_negation(text: str) -> bool:
    """Whether the text contains a word that can negate a sentence."""
    return _NEGATION.search(text) is not None


def words_of(text: str) -> list[str]:
    """The words of a normalised text in lower case; an `a` in a formula is marked: it is no article."""
    lower = text.lower()
    return [
        f"{match[0]}_" if match[0] == "a" and _in_formula(lower, *match.span()) else match[0]
        for match in WORD.finditer(lower)
    ]


def _in_formula(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 1) : start] in _FORMULA or text[end : end + 1] in _FORMULA


def agreeing_words(words: list[str], text: str) -> tuple[int, int] | None:
    """The half-open span of `text` that contains the given words (lower case) except for slips.

    Slips are: an added or missing article, different spacing, a lost ligature, letters that look alike, and
    one wrong letter inside a word of five letters or more. Numbers and negations must be equal. Words of
    `text` before the first and after the last do not count.
    """
    folded = normalise_with_spans(text)
    found = list(WORD.finditer(folded.text.lower()))
    page = words_of(folded.text)
    changes = SequenceMatcher(None, words, page, autojunk=False).get_opcodes()
    first, last = 0, len(page)
    for tag, low, high, page_low, page_high in changes:
        if tag == "equal":
            continue
        if low == 0:  # the text before the quote does not belong to it
            page_low = first = max(page_low, page_high - (high - low))
        if high == len(words):
            page_high = last = min(page_high, page_low + high - low)
        if not _is_slip(words[low:high], page[page_low:page_high]):
            return None
    if first >= last:
        return None
    return folded.source_span(found[first].start(), found[last - 1].end())


def _is_slip(quoted: list[str], printed: list[str]) -> bool:
    one = "".join(word for word in quoted if word not in _ARTICLES)
    other = "".join(word for word in printed if word not in _ARTICLES)
    if one == other:
        return True
    if not one or not other or any(_is_decisive(word) for word in quoted + printed):
        return False
    if LIGATURE.sub("", one) == LIGATURE.sub("", other) or _look(one) == _look(other):
        return True
    from rapidfuzz.distance import OSA

    # If a short word, or the first letter, differs, it is another word.
    return one[0] == other[0] and min(len(one), len(other)) > 4 and OSA.distance(one, other) <= 1


def _is_decisive(word: str) -> bool:
    return word[0].isdigit() or _COUNT.fullmatch(word) is not None or has_negation(word)


def _look(word: str) -> str:
    for letters, likeness in _LOOKALIKES:
        word = word.replace(letters, likeness)
    return word
