"""Decides whether two records are the same paper.

What enters: arXiv ids, DOIs and titles as people and servers write them. What leaves: yes or no,
or a similarity in [0, 1]. It looks nothing up.

Leave-one-out depends on this module, and so does the check that an arXiv id belongs to a title: a wrong
"same" hides an example, a wrong "different" leaks the paper into its own prompt.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache

from classifier.model.document import Document
from classifier.model.paper import Paper
from classifier.model.study import Study

SAME_TITLE = 0.95
"""Titles with at least this similarity belong to one paper (`title_similarity`)."""

_DIFFERENT = 0.9  # highest similarity of two titles that differ in meaning
_SHORT_TITLE = 24  # characters without spaces; shorter titles must be equal
_LONG_SUBTITLE = 5  # words after a system's name that identify a paper without the name

_NEW_ID = r"\d{4}\.\d{4,5}"
_OLD_ID = r"[a-z][a-z-]+(?:\.[a-z-]{2,})?/\d{7}"
_ARXIV_ID = re.compile(
    rf"(?:(?:https?://)?(?:[\w.-]+\.)?arxiv\.org/(?:abs|pdf|html)/|10\.48550/arxiv\.|arxiv:)?\s*"
    rf"({_NEW_ID}|{_OLD_ID})(?:v\d+)?(?:\.pdf)?(?:\s*\[[\w.-]+\])?",
    re.IGNORECASE,
)
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:)?\s*(10\.\d{4,9}/\S+)", re.IGNORECASE)

_MARKUP = re.compile(r"</?[a-z]+>", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x02\u00ad\u200b-\u200f\u2060\ufeff]\s*")
_LATEX_ACCENT = re.compile(r"\\(?:[`'^\"~=.]\s*|[uvHtcdbkr](?=\{|\s+[^\W\d_]))")
_LATEX_STYLE = re.compile(r"\\(?:(?:text|math)[a-z]+|emph|em|it|bf|sc|tt|rm|sl|left|right)(?![a-z])")
_SPECIAL_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "&": " and "}
    | {
        chr(code): unicodedata.name(chr(code)).split()[3].lower()
        for code in range(0x3B1, 0x3CA)  # arXiv writes $\pi$, a page shows the letter
        if "FINAL" not in unicodedata.name(chr(code))
    }
)
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"(?=[ivx]{2})(?:x{0,2})(?:ix|iv|v?i{0,3})")
_NEGATIONS = frozenset({"no", "not", "non", "never", "without", "nor", "neither", "cannot"})
_FILLERS = frozenset({"a", "an", "the", "and"})
_INFLECTION = re.compile(r"(?:ies|ing|ed|es|y|s|e)$")


@lru_cache(maxsize=4096)
def bare_arxiv_id(arxiv_id: str) -> str:
    """The id without version, prefix or address, in lower case; empty if it is not an id.

    Old ids lose their subject class, which arXiv treats as optional: `math.GT/0309136v2` is
    `math/0309136`.
    """
    found = _ARXIV_ID.fullmatch(arxiv_id.strip())
    if found is None:
        return ""
    return re.sub(r"\.[a-z-]+/", "/", found[1].lower())


@lru_cache(maxsize=4096)
def bare_doi(doi: str) -> str:
    """The DOI in lower case, without `doi:` or resolver address; empty if it is none."""
    found = _DOI.fullmatch(doi.strip())
    return found[1].lower().rstrip(".,;") if found else ""


def title_similarity(a: str, b: str) -> float:
    """Similarity of two titles, in [0, 1]; from `SAME_TITLE` on they belong to one paper.

    Case, accents, punctuation, spacing, LaTeX and HTML markup do not count. The result is below `SAME_TITLE`,
    whatever the length, if a word other than an article differs by more than a slip or an inflection, or if a
    number, a Roman numeral or a negation differs; also for short titles that are not equal. A system's name
    before the colon may be missing on one side. An empty title is similar to no title.
    """
    words_a, words_b = _words(a), _words(b)
    key_a, key_b = "".join(words_a), "".join(words_b)
    if not key_a or not key_b:
        return 0.0
    if key_a == key_b or _is_without_name(a, words_b) or _is_without_name(b, words_a):
        return 1.0
    from rapidfuzz.distance import Indel

    score = Indel.normalized_similarity(key_a, key_b)
    if score < SAME_TITLE:
        return score
    alike = min(len(key_a), len(key_b)) >= _SHORT_TITLE and _differ_by_slips(
        *sorted((words_a, words_b))  # the alignment depends on the order
    )
    return score if alike else _DIFFERENT


def same_title(a: str, b: str) -> bool:
    """Whether two titles belong to one paper; see `title_similarity`."""
    return title_similarity(a, b) >= SAME_TITLE


def title_words(title: str) -> list[str]:
    """The title's words in the form that is compared: folded, without markup; may be empty."""
    return _words(title)


def same_paper(a: Paper | Study | Document, b: Paper | Study | Document) -> bool:
    """Whether two records share an arXiv id (any version), a DOI, or a near-equal title.

    arXiv's own DOIs (10.48550/arXiv.X) count as the id X. False if they have no known field in common.
    """
    if _ids(a) & _ids(b):
        return True
    return any(same_title(one, other) for one in _titles(a) for other in _titles(b))


def is_identified(record: Paper | Study | Document) -> bool:
    """Whether the record has a field that `same_paper` can compare."""
    return bool(_ids(record) or _titles(record))


def _ids(record: Paper | Study | Document) -> frozenset[str]:
    return _known_ids(record.arxiv if isinstance(record, Study) else record.arxiv_id, record.doi)


@lru_cache(maxsize=4096)
def _known_ids(arxiv: str | None, doi: str | None) -> frozenset[str]:
    bare = bare_doi(doi or "")
    return frozenset({bare_arxiv_id(arxiv or ""), bare_arxiv_id(bare) or bare} - {""})


def _titles(record: Paper | Study | Document) -> tuple[str, ...]:
    others = record.other_titles if isinstance(record, Study) else ()
    return tuple(title for title in (record.title, *others) if title)


@lru_cache(maxsize=4096)  # each paper of a list is compared with the same studies
def _words(title: str) -> list[str]:
    """The title's words in the form that is compared."""
    title = _UNSEEN.sub("", _MARKUP.sub("", html.unescape(title)))
    if "\\" in title:
        title = _LATEX_STYLE.sub("", _LATEX_ACCENT.sub("", title))
    title = re.sub(r"[{}$'’]", "", title)
    decomposed = unicodedata.normalize("NFKD", title).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _WORD.findall(letters.translate(_SPECIAL_LETTERS))


def _is_without_name(named: str, words: list[str]) -> bool:
    """Whether `words` are the title `named` without the one word before its colon."""
    name, colon, rest = named.partition(":")
    return bool(colon) and len(words) >= _LONG_SUBTITLE and len(_words(name)) == 1 and _words(rest) == words


def _differ_by_slips(a: list[str], b: list[str]) -> bool:
    if _decisive(a) != _decisive(b):
        return False
    changes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return all(
        _is_slip(a[a_start:a_end], b[b_start:b_end])
        for tag, a_start, a_end, b_start, b_end in changes
        if tag != "equal"
    )


def _decisive(words: list[str]) -> Counter[str]:
    """Words of which a single difference means another paper: numbers, numerals, negations."""
    numbers = [number for word in words for number in _NUMBER.findall(word)]
    return Counter(numbers + [word for word in words if word in _NEGATIONS or _ROMAN.fullmatch(word)])


def _is_slip(a: list[str], b: list[str]) -> bool:
    """Whether the words differ only by articles, spacing, one typing error or an inflection."""
    if not a or not b:
        return _FILLERS.issuperset(a or b)
    one, other = "".join(a), "".join(b)
    if one == other or _INFLECTION.sub("", one) == _INFLECTION.sub("", other):
        return True
    from rapidfuzz.distance import OSA

    # If the beginning differs, the meaning differs: (un)supervised, (a)symmetric, in/extrinsic.
    return one[0] == other[0] and min(len(one), len(other)) > 3 and OSA.distance(one, other) <= 1
