"""Text -> sentences and words.

What enters: visible text of a page, or any other string. What leaves: `Sentence` records whose `quote` is
a contiguous span of the text with its white space collapsed, and plain words (lower case, split at
hyphens, plural s cut), in which cue phrases and text model look. Nothing is weighed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from classifier.text.characters import normalise, sentences

MAX_QUOTE_CHARS = 500
"""Longer sentences are quoted in part; the leaf schema allows 600 characters."""

MIN_QUOTE_WORDS = 3
"""Fewer words prove nothing: they are in many papers."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, the zone of the paper that it is in, and its words.

    Attributes:
        quote: A contiguous span of the text it was found in, white space collapsed.
        printed: Whether that text is the paper's own; a title may come from elsewhere.
    """

    quote: str
    zone: str
    words: tuple[str, ...] = field(repr=False)
    printed: bool = True

    @property
    def quotable(self) -> bool:
        """Whether the sentence can be shown as evidence: printed, and long enough to be found again."""
        return self.printed and len(self.quote.split()) >= MIN_QUOTE_WORDS


def split_words(text: str) -> tuple[str, ...]:
    """Lower-case words; hyphenated ones are split, line-end hyphens joined, a plural s is cut.

    >>> split_words("Fine-tuned Models")
    ('fine', 'tuned', 'model')
    """
    return tuple(stem(word) for word in _WORD.findall(normalise(text).lower()))


def stem(word: str) -> str:
    """Cuts a plural s: words of four letters or more that do not end in ss, us or is."""
    if len(word) > 3 and word[-1] == "s" and word[-2] not in "sui":
        return word[:-1]
    return word


def split_sentences(text: str, zone: str, *, printed: bool = True) -> Iterator[Sentence]:
    """Yields the sentences of a text in order; those without a word are left out."""
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
