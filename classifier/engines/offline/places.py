"""Where, and how often, a paper names the subjects of its survey, as features of the text model.

What enters: a paper's sentences, and the term lists in `merged`, which hold the names of these subjects. What
leaves: facts such as "NAME before 0.25", each 1. TF-IDF does not know them: it divides by the length of the
vector, so it hardly differs between a subject that is named once and one that a paper is about. A paper that
names a subject only in its last sentence, or only before it describes its own work, is often out of scope.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from classifier.engines.offline.cues import CueReader
from classifier.engines.offline.phrases import Sheet
from classifier.engines.offline.words import Sentence

FIRST = (0.1, 0.25, 0.5, 0.75, 1.0)
"""The first phrase of a list is before this share of the abstract's words."""
OFTEN = {"title": (1,), "own": (1, 2, 4), "background": (1, 2)}
"""Part of the text -> the list's phrases occur there at least this often. "background" are the abstract's
sentences before the first one about the paper's own work. All limits were set once, by hand (ADR 0006)."""


def place_names(lists: Sequence[str]) -> tuple[str, ...]:
    """The names of all facts about these term lists."""
    first = [f"{name} before {limit:g}" for name in lists for limit in FIRST]
    often = [
        f"{name} in {part} {limit}" for name in lists for part, limits in OFTEN.items() for limit in limits
    ]
    return (*first, *often)


def find_places(sentences: Sequence[Sentence], reader: CueReader, lists: Sequence[str]) -> dict[str, float]:
    """The facts that hold for title and abstract -> 1; other zones are not read."""
    own = reader.first_own(sentences)
    words = sum(len(sentence.words) for sentence in sentences if sentence.zone == "abstract")
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[str, float] = {}
    read = 0
    for number, sentence in enumerate(sentences):
        if sentence.zone not in ("title", "abstract"):
            continue
        is_title = sentence.zone == "title"
        part = "title" if is_title else "own" if number >= own else "background"
        for name, spans in reader.terms_in(Sheet(sentence.words), lists).items():
            counts[name, part] += len(spans)
            if not is_title:
                first.setdefault(name, (read + spans[0][0]) / words)
        read += 0 if is_title else len(sentence.words)
    return dict.fromkeys(_facts(counts, first), 1.0)


def _facts(counts: Counter[tuple[str, str]], first: dict[str, float]) -> Iterator[str]:
    for name, share in first.items():
        yield from (f"{name} before {limit:g}" for limit in FIRST[bisect_left(FIRST, share) :])
    for (name, part), count in counts.items():
        yield from (f"{name} in {part} {limit}" for limit in OFTEN[part] if count >= limit)
