"""Document -> Excerpt: the parts of a paper that matter most for its label, within a token budget.

What enters: a document, and the taxonomy whose words decide which parts matter. What leaves: passages in
reading order, each an exact piece of a page. The abstract is chosen first; then pieces by their role
(contributions, conclusion, method, captions) and by their relevance for the taxonomy's questions (BM25;
Robertson and Zaragoza 2009). References are never shown.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from classifier.model.document import Document
from classifier.model.task import Excerpt, Passage
from classifier.prompting.passages import Piece, Role, split_document
from classifier.survey.taxonomy import Node, Taxonomy
from classifier.text.characters import CHARS_PER_TOKEN, sentences
from classifier.text.similarity import terms

DEFAULT_BUDGET = 6_000
"""Tokens."""

_MAX_TITLE = 300  # characters
_MARK_CHARS = 16  # "[page 12, ]" and the line breaks that the prompt adds to a passage
_SMALLEST = 60  # characters; a shorter piece is a lone heading or a remainder of a figure

_MISSES = 2
"""After this many pieces that do not fit, no other is tried (chosen): small remainders are not worth it."""

_LONG_LINE = 30
"""A line of at least this many characters (without spaces) is not in two paragraphs by chance (chosen)."""
_REPEATED = 0.6
"""A piece is a repetition if this share of its long lines is already shown (chosen)."""
_SOME_LINES = 3
"""Least number of long lines of a repetition: fewer may be equal by chance."""

# The worth of a piece's role in the paper, added to its relevance, which is 1 for the most relevant.
_WORTH = {
    Role.INTRODUCTION: 0.3,
    Role.METHOD: 0.3,
    Role.CONCLUSION: 0.4,
    Role.CAPTION: 0.1,
    Role.BODY: 0.0,
    Role.RELATED: -0.3,
    Role.FRONT: -0.6,
    Role.BACK: -1.0,
    Role.APPENDIX: -1.2,
}
_CONTRIBUTION_WORTH = 0.6
"""Added to the worth of a passage of the introduction that names the contribution (chosen)."""
_CONTRIBUTION = re.compile(
    r"\b(?:contributions?|we (?:propose|introduce|present|develop|study|show)|in this (?:paper|work)"
    r"|this (?:paper|work)|our (?:method|approach|framework|work|key|main))\b",
    re.IGNORECASE,
)
_PROSE = re.compile(r"[^\W\d_A-Z]{2,}[ \n,.;]?")
_FIGURES_WORTH = -0.5  # remainders of axes and of table cells
_PROSE_SHARE = 0.65  # share of lower-case letters in words; below it, a piece is not prose

_K1, _B = 1.2, 0.75  # BM25's usual constants


def select_excerpt(document: Document, taxonomy: Taxonomy, budget_tokens: int = DEFAULT_BUDGET) -> Excerpt:
    """Chooses the passages to show, at most `budget_tokens` with title and page marks.

    The same document, taxonomy and budget always give the same excerpt. An abstract that does not fit is cut
    at the end of a sentence. A document without text, or too small a budget, gives no passage.
    """
    room = max(0, budget_tokens * CHARS_PER_TOKEN)
    title = (document.title or "")[: min(_MAX_TITLE, room)] or None
    room -= len(title or "")
    pieces = split_document(document)
    chosen: list[int] = []  # indexes of pieces
    misses = 0
    shown_lines: set[str] = set()
    for at in _by_worth(pieces, taxonomy):
        piece = pieces[at]
        if piece.role is not Role.ABSTRACT and _is_repeated(piece, shown_lines):
            continue
        cost = _cost(piece)
        if piece.role is Role.ABSTRACT and cost > room:
            pieces[at] = piece = _cut(piece, room)
            cost = _cost(piece)
        if piece.start < piece.end and cost <= room:
            chosen.append(at)
            shown_lines.update(_long_lines(piece))
            room -= cost
        elif piece.role is not Role.ABSTRACT and (misses := misses + 1) == _MISSES:
            break  # a piece that still fits is a caption or the end of a section
    passages = tuple(_joined([pieces[at] for at in sorted(chosen)]))
    shown = sum(len(passage.text) for passage in passages)
    marks = sum(_MARK_CHARS + len(passage.section or "") for passage in passages)
    return Excerpt(
        title=title,
        passages=passages,
        tokens=-(-(len(title or "") + shown + marks) // CHARS_PER_TOKEN),
        omitted_chars=sum(len(page.text) for page in document.pages) - shown,
    )


def _long_lines(piece: Piece) -> set[str]:
    """The distinct lines of a piece that are long enough to be compared, without spaces."""
    lines = ("".join(line.split()) for line in piece.text.split("\n"))
    return {line for line in lines if len(line) >= _LONG_LINE}


def _is_repeated(piece: Piece, shown: set[str]) -> bool:
    """Whether most of a piece is already shown: a paragraph printed twice, or a running text."""
    lines = _long_lines(piece)
    return len(lines) >= _SOME_LINES and len(lines & shown) > _REPEATED * len(lines)


def _by_worth(pieces: list[Piece], taxonomy: Taxonomy) -> list[int]:
    """Indexes of the pieces that may be shown: the abstract's in order, then the others, best first."""
    abstract = [at for at, piece in enumerate(pieces) if piece.role is Role.ABSTRACT]
    others = [
        at for at, piece in enumerate(pieces) if piece.role in _WORTH and piece.end - piece.start >= _SMALLEST
    ]
    relevance = _relevance([pieces[at] for at in others], _taxonomy_terms(taxonomy))
    worth = {at: score + _worth(pieces[at]) for at, score in zip(others, relevance, strict=True)}
    return abstract + sorted(others, key=lambda at: (-worth[at], at))


def _worth(piece: Piece) -> float:
    text = piece.text
    worth = _WORTH[piece.role]
    if piece.role is Role.INTRODUCTION and _CONTRIBUTION.search(text):
        worth += _CONTRIBUTION_WORTH
    if sum(map(len, _PROSE.findall(text))) < _PROSE_SHARE * len(text):
        worth += _FIGURES_WORTH
    return worth


def _relevance(pieces: list[Piece], wanted: Counter[str]) -> list[float]:
    """BM25 of each piece (its heading counts) for the taxonomy's terms, the best one set to 1."""
    counts = [Counter(terms(f"{piece.section or ''} {piece.text}")) for piece in pieces]
    lengths = [count.total() for count in counts]
    mean = sum(lengths) / len(lengths) if any(lengths) else 1.0
    spread = Counter(term for count in counts for term in count.keys() & wanted.keys())
    weight = {
        term: math.log(1 + (len(pieces) - seen + 0.5) / (seen + 0.5)) * (1 + math.log(wanted[term]))
        for term, seen in spread.items()
    }
    scores = [
        sum(
            weight[term] * count[term] * (_K1 + 1) / (count[term] + _K1 * (1 - _B + _B * length / mean))
            for term in sorted(count.keys() & weight.keys())  # sums of floats depend on the order
        )
        for count, length in zip(counts, lengths, strict=True)
    ]
    best = max(scores, default=0.0) or 1.0
    return [score / best for score in scores]


def _taxonomy_terms(taxonomy: Taxonomy) -> Counter[str]:
    return _terms_of(tuple(_taxonomy_texts(taxonomy)))


@lru_cache(maxsize=4)  # the same from paper to paper
def _terms_of(texts: tuple[str, ...]) -> Counter[str]:
    return Counter(term for text in texts for term in terms(text))


def _taxonomy_texts(taxonomy: Taxonomy) -> Iterator[str]:
    yield from (taxonomy.title, taxonomy.definition, taxonomy.scope.definition)
    for question in taxonomy.questions:
        yield question.ask
        yield from (choice.means for choice in question.choices)
    for rule in taxonomy.scope.rules:
        yield from (rule.title, rule.definition, *(precedent.case for precedent in rule.precedents))
    yield from (text for node in taxonomy.tree for text in _node_texts(node))


def _node_texts(node: Node) -> Iterator[str]:
    yield from (node.title, node.definition, *node.counts, *node.excludes)
    yield from (precedent.case for precedent in node.precedents)
    for child in node.children:
        yield from _node_texts(child)


def _cost(piece: Piece) -> int:
    """Characters that a piece needs on its own; joined with its neighbour it needs fewer."""
    return piece.end - piece.start + _MARK_CHARS + len(piece.section or "")


def _cut(piece: Piece, room: int) -> Piece:
    """The first sentences of the piece that fit; an empty piece if none fits."""
    free = room - _cost(piece) + piece.end - piece.start
    ends = [end for _, end in sentences(piece.text) if _SMALLEST <= end <= free]
    return Piece(piece.page, piece.start, piece.start + max(ends, default=0), piece.section, piece.role)


def _joined(pieces: list[Piece]) -> Iterator[Passage]:
    """Passages from pieces, joined if only a little white space is between them."""
    group: list[Piece] = []
    for piece in pieces:
        if group and not _adjoins(group[-1], piece):
            yield _passage(group)
            group = []
        group.append(piece)
    if group:
        yield _passage(group)


def _adjoins(left: Piece, right: Piece) -> bool:
    return (
        left.page is right.page
        and left.section == right.section
        and right.start - left.end <= _MARK_CHARS
        and not left.page.text[left.end : right.start].strip()
    )


def _passage(group: list[Piece]) -> Passage:
    first, last = group[0], group[-1]
    text = first.page.text[first.start : last.end]
    return Passage(page=first.page.number, start=first.start, end=last.end, text=text, section=first.section)
