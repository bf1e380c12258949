"""Papers of sections -> the words that distinguish one section's papers from all others.

What enters: texts by group. What leaves: words, best first. It only counts words. Source: Monroe, Colaresi &
Quinn 2008, "Fightin' Words" (log-odds with an informative Dirichlet prior; the words of all papers are the
prior).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

MOST_WORDS = 6
"""Most words of a section in a drafted definition."""
LEAST_PAPERS = 2
"""Least number of papers of a section with the word, so that names of single methods do not count."""
_LEAST_Z = 1.0
"""Least difference in frequency to other sections, in standard deviations (with 1.96, sections of three
papers would have no words)."""
_PRIOR = 0.5
_WORD = re.compile(r"[^\W\d_][\w-]*[^\W_]")
_STOP = frozenset(
    _WORD.findall(
        "the and for with from are was were been its this that these those which who whom whose what where "
        "when how than then into onto over under our their his her you your can could may might must shall "
        "should will would does did has have had also more most some any all each other others one two here "
        "there about between through during via towards toward using based approach method methods paper "
        "papers new novel study not without we they such both only well but while however show propose "
        "proposed results result work works use used"
    )
)


def distinctive_words(groups: Mapping[str, Sequence[str]], most: int = MOST_WORDS) -> dict[str, list[str]]:
    """Group -> its words, at most `most`; empty for a group without such words.

    Each word of a text counts once, so that a long abstract has no more weight than a title.
    """
    counts = {
        name: Counter(word for text in texts for word in _words(text)) for name, texts in groups.items()
    }
    whole = sum(counts.values(), Counter[str]())
    total = sum(whole.values())
    found = {}
    for name, own in counts.items():
        size, rest = sum(own.values()), total - sum(own.values())
        scored = [
            (z, word)
            for word, times in own.items()
            if times >= LEAST_PAPERS
            and (z := _z(times, whole[word] - times, size, rest, whole[word], total)) >= _LEAST_Z
        ]
        best = sorted(scored, key=lambda pair: (-pair[0], pair[1]))
        found[name] = [word for _, word in best[:most]]
    return found


def _words(text: str) -> set[str]:
    return {w for w in _WORD.findall(text.lower()) if len(w) > 2 and w not in _STOP}


def _z(here: int, there: int, size: int, rest: int, both: int, total: int) -> float:
    """Log-odds ratio of a word in two groups, divided by its standard deviation."""
    if not rest:
        return 0.0
    prior = _PRIOR * both
    own, other = here + prior, there + prior
    whole = _PRIOR * total
    ratio = math.log(own / (size + whole - own)) - math.log(other / (rest + whole - other))
    return ratio / math.sqrt(1 / own + 1 / other)
