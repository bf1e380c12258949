"""Text -> sentences and words.

What enters: the visible text of a page, or any other string. What leaves: `Sentence` records whose `quote` is
a contiguous span of the text with its white space collapsed, and plain words (lower case, split at hyphens,
without plural s), which the cue phrases and the text model use. It computes no weights.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from classifier.text.characters import normalise, sentences

MAX_QUOTE_CHARS = 500
"""Longer sentences are cut; the leaf schema allows 600 characters."""

MIN_QUOTE_WORDS = 3
"""Shorter quotes prove nothing, since their words are in many papers."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, the zone of the paper that it is in, and its words.

    Attributes:
        quote: A contiguous span of the text that it was found in, with its white space collapsed.
        printed: Whether that text is in the paper; a title may come from metadata.
    """

    quote: str
    zone: str
    words: tuple[str, ...] = field(repr=False)
    printed: bool = True

    @property
    def quotable(self) -> bool:
        """Whether the sentence can be evidence: it is printed, and long enough to be found again."""
        return self.printed and len(self.quote.split()) >= MIN_QUOTE_WORDS


def split_words(text: str) -> tuple[str, ...]:
    """Lower-case words; split at hyphens, joined at line-end hyphens, without plural s.

    >>> split_words("Fine-tuned Models")
    ('fine', 'tuned', 'model')
    """
    return tuple(stem(word) for word in _WORD.findall(normalise(text).lower()))


def stem(word: str) -> str:
    """Removes a plural s from words of four letters or more that do not end in ss, us or is."""
    if len(word) > 3 and word[-1] == "s" and word[-2] not in "sui":
        return word[:-1]
    return word


def split_sentences(text: str, zone: str, *, printed: bool = True) -> Iterator[Sentence]:
    """Yields the sentences of a text in order; sentences without a word are skipped."""
    for start, end in sentences(text):
        words = split_words(text[start:end])
        if words:
            quote = shorten(" ".join(text[start:end].split()))
            yield Sentence(quote=quote, zone=zone, words=words, printed=printed)


def shorten(text: str, limit: int = MAX_QUOTE_CHARS) -> str:
    """The text's beginning, cut at a word boundary, at most `limit` characters."""
    if len(text) <= limit:
        return text
    return text[: limit + 1].rsplit(" ", 1)[0][:limit]
