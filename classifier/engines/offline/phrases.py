"""A small language of phrases, and a matcher for it.

What enters: a phrase as text, a sentence's words. What leaves: spans of words. The language is small so that
phrases are readable, and so that no phrase can take exponential time:

    word            that word (lower case, plural s ignored; hyphens separate words)
    wor*            any word with this beginning
    a|b             either word
    {name}          any phrase of the list `terms.name`
    ~5              up to five words between its neighbours (`~` alone: three)
    &               both sides occur in the same sentence, in either order
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.engines.offline.words import split_words, stem
from classifier.errors import ConfigError

Span = tuple[int, int]
"""Half-open word offsets in a sentence."""

_MAX_SPANS = 64
"""More matches of a phrase in one sentence add nothing, and a hostile text may contain thousands."""


class Sheet:
    """One sentence's words, indexed for phrase matching."""

    __slots__ = ("_at", "_sorted", "spelt", "words")

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self._at: dict[str, list[int]] = {}
        for place, word in enumerate(words):
            self._at.setdefault(word, []).append(place)
        self._sorted = sorted(self._at)
        # Everything that a phrase can require: the words, and each beginning of a word followed by a star.
        self.spelt = {
            f"{word[:end]}*" for word in self._at for end in range(1, len(word) + 1)
        } | self._at.keys()

    def places(self, word: str) -> list[int]:
        """The offsets of a word, or of all words with this beginning if it ends with *."""
        if not word.endswith("*"):
            return self._at.get(word, [])
        beginning, found = word[:-1], []
        for index in range(bisect_left(self._sorted, beginning), len(self._sorted)):
            if not self._sorted[index].startswith(beginning):
                break
            found += self._at[self._sorted[index]]
        return sorted(found)


@dataclass(frozen=True, slots=True)
class _Step:
    """One element of a phrase: alternatives (words, or the name of a term list) and the gap before it."""

    words: tuple[str, ...]
    term: str | None
    gap: int


_ELEMENT = re.compile(r"\{[^{}]+\}|\S+")


class Phrase:
    """A compiled phrase: sides that must all occur, each a sequence of steps."""

    __slots__ = ("_needs", "sides", "source")

    def __init__(self, source: str, terms: Mapping[str, object]) -> None:
        self.source = source
        self.sides = tuple(_steps(side, source, terms) for side in source.split("&"))
        spelt = [step.words for side in self.sides for step in side if step.words]
        self._needs = min(spelt, key=len, default=())

    def find(self, sheet: Sheet, lists: Mapping[str, list[Span]]) -> list[Span]:
        """Spans of the first side, if every other side occurs in the sentence too."""
        if self._needs and sheet.spelt.isdisjoint(self._needs):
            return []  # true for nearly every phrase and sentence
        found: list[Span] = []
        for number, side in enumerate(self.sides):
            spans = _follow(side, sheet, lists)
            if not spans:
                return []
            found = found if number else spans
        return found


def _steps(side: str, source: str, terms: Mapping[str, object]) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    gap = 0
    for element in _ELEMENT.findall(side):
        if element.startswith("~"):
            gap = int(element[1:] or 3)
            continue
        term = element[1:-1] if element.startswith("{") else None
        if term is not None and term not in terms:
            raise ConfigError(f"phrase '{source}': no term list '{term}'; expected one of {', '.join(terms)}")
        if term is None and "|" not in element and not element.endswith("*"):
            for part in split_words(element):
                steps.append(_Step((part,), None, gap))
                gap = 0
            continue
        words = () if term else tuple(w if w.endswith("*") else stem(w) for w in element.lower().split("|"))
        steps.append(_Step(words, term, gap))
        gap = 0
    if not steps:
        raise ConfigError(f"phrase '{source}': a side is empty; expected words")
    return tuple(steps)


def _follow(steps: tuple[_Step, ...], sheet: Sheet, lists: Mapping[str, list[Span]]) -> list[Span]:
    spans = _occurrences(steps[0], sheet, lists)
    for step in steps[1:]:
        if not spans:
            return []
        following = _occurrences(step, sheet, lists)
        starts = [start for start, _ in following]
        reached = [
            (start, following[index][1])
            for start, end in spans[:_MAX_SPANS]
            for index in range(bisect_left(starts, end), bisect_right(starts, end + step.gap))
        ]
        spans = list(dict.fromkeys(reached))
    return spans[:_MAX_SPANS]


def _occurrences(step: _Step, sheet: Sheet, lists: Mapping[str, list[Span]]) -> list[Span]:
    if step.term is not None:
        return lists.get(step.term, [])
    return sorted((place, place + 1) for word in step.words for place in sheet.places(word))
