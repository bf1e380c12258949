"""Recognises the paper of a list entry after its key or position in the list has changed.

What enters: the metadata of a paper from a list, and later from its PDF. What leaves: whether two are the
same, or the candidates among many. A wrong "same" silently applies a person's correction to another paper; a
wrong "different" is reported and corrected again. So every rule needs positive evidence, and an equal key is
evidence only if there is nothing else to compare (docs/adr/0017-papers-in-runs.md).
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from classifier.model.identity import bare_arxiv_id, bare_doi, same_title, title_words
from classifier.model.label import LabelledPaper
from classifier.model.names import authors_agree
from classifier.model.paper import Paper

T = TypeVar("T")

TELLING_LETTERS = 40
"""Two papers may have the same shorter title ("Editorial"), so their authors must agree."""
GENERIC_LETTERS = 16
"""Titles this short ("Editorial", "Introduction") identify a paper only together with known authors."""
_MENDED = 0.6
"""Least similarity of the letters of a title before and after a correction (chosen: "Rewards that LMs
write" and "Rewards that language models write" are 0.85 alike, unrelated titles 0.3 to 0.5)."""
_SHORT = 24  # letters; shorter titles are compared as a whole, as `identity` does
_END = 0.4  # near-equal titles have this share of their letters in common at the start or at the end
_LENGTHS = math.log(1.11)  # near-equal titles (`identity.SAME_TITLE`) differ in length by no more than this
_ABSTRACT = 100  # letters; a shorter text ("No abstract available.") does not identify a paper
_NOT_LETTERS = re.compile(r"[\W_]+")


class FoldedTitle:
    """A title, and its folded letters without spaces."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.letters = "".join(title_words(text))

    def agrees(self, other: FoldedTitle) -> bool:
        """Whether both titles are known, and they are equal or one is part of the other."""
        if not self.letters or not other.letters:
            return False
        if self.letters in other.letters or other.letters in self.letters:
            return True
        return same_title(self.text, other.text)

    def contradicts(self, other: str) -> bool:
        """Whether both titles are known and neither equals, or is part of, the other."""
        folded = FoldedTitle(other)
        return bool(self.letters and folded.letters) and not self.agrees(folded)

    def blocks(self, near: int) -> Iterator[Hashable]:
        """Lookup keys: both ends of the title, each with its length class and the `near` classes around it.

        Two near-equal titles have an end in common, unless they differ at both. A title with a name before
        the colon also gets the keys without the name, which one side may lack.
        """
        yield from _ends(self.letters, near)
        name, colon, rest = self.text.partition(":")
        if colon and " " not in name.strip():
            yield from _ends("".join(title_words(rest)), near)


def abstract_letters(text: str) -> str:
    """The abstract's letters without spaces; empty if they are too few to identify a paper."""
    letters = _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return letters if len(letters) >= _ABSTRACT else ""


@dataclass(frozen=True)
class Traits:
    """The known traits of an entry's paper; every field may be empty.

    Attributes:
        arxiv, doi: Bare, in lower case. An arXiv DOI counts as arXiv id.
        file: sha256 of its PDF.
        abstract: A digest of its letters (`abstract_letters`).
        url: The address of a PDF in the list.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv: str = ""
    doi: str = ""
    file: str = ""
    abstract: str = ""
    url: str = ""

    @cached_property
    def folded(self) -> FoldedTitle:
        """The title, folded."""
        return FoldedTitle(self.title)

    @property
    def is_empty(self) -> bool:
        """Whether there is no trait by which the paper could be recognised."""
        return not (self.folded.letters or self.arxiv or self.doi or self.file or self.abstract or self.url)

    def anchors(self) -> Iterator[Hashable]:
        """Values that other entries of the same paper share exactly."""
        for name in ("arxiv", "doi", "file", "abstract", "url"):
            if value := getattr(self, name):
                yield name, value

    def shares_id(self, other: Traits) -> bool:
        """Whether they have an arXiv id, a DOI or a PDF's bytes in common."""
        return any(
            getattr(self, name) and getattr(self, name) == getattr(other, name)
            for name in ("arxiv", "doi", "file")
        )


def traits_of(
    paper: Paper, found: LabelledPaper | None = None, file: str | None = None, url: str | None = None
) -> Traits:
    """Collects the traits of a paper.

    Args:
        paper: The list's data.
        found: The data in its label; used for fields that the list lacks, as for a folder of PDFs.
        file: sha256 of its PDF.
        url: The PDF's address in the list.
    """
    doi = bare_doi(paper.doi or "") or bare_doi((found and found.doi) or "")
    arxiv = bare_arxiv_id(paper.arxiv_id or "") or bare_arxiv_id((found and found.arxiv_id) or "")
    from_doi = bare_arxiv_id(doi)
    letters = abstract_letters(paper.abstract or "")
    return Traits(
        title=paper.title or (found and found.title) or "",
        authors=paper.authors or (found.authors if found else ()),
        year=paper.year,
        arxiv=arxiv or from_doi,
        doi="" if from_doi else doi,
        file=file or "",
        abstract=hashlib.blake2b(letters.encode(), digest_size=12).hexdigest() if letters else "",
        url=url or "",
    )


def same_work(a: Traits, b: Traits, *, same_key: bool = False) -> bool:
    """Whether two entries belong to one paper.

    With a shared id, the titles must not contradict, since proceedings share DOIs and ids get pasted wrongly;
    if the key is the same too, a corrected title may differ more, or the authors may agree instead; under the
    same arXiv id the title of a later version may differ more, if the authors agree. Without a shared id,
    titles must be near-equal, and authors must agree if known.

    Args:
        same_key: Whether both have, or had, the same key. It decides only if one side has no traits.
    """
    if a.is_empty or b.is_empty:
        return same_key
    titled = bool(a.folded.letters and b.folded.letters)
    if a.shares_id(b):
        if not titled or a.folded.agrees(b.folded) or (same_key and _is_mended(a, b)):
            return True
        return bool(a.arxiv) and a.arxiv == b.arxiv and _is_retitled(a, b)
    if titled and same_title(a.title, b.title) and not _are_of_a_series(a, b):
        return _same_by_title(a, b, same_key=same_key)
    if titled and not (same_key or a.folded.agrees(b.folded)):
        return False
    if (a.arxiv and b.arxiv) or (a.doi and b.doi and not same_key):  # else they would be shared
        return False
    return bool(a.abstract and a.abstract == b.abstract) or bool(not titled and a.url and a.url == b.url)


def _same_by_title(a: Traits, b: Traits, *, same_key: bool) -> bool:
    known = bool(a.authors and b.authors)
    if not (authors_agree(a.authors, b.authors) or authors_agree(b.authors, a.authors)):
        return False
    if a.arxiv and b.arxiv:  # they differ; otherwise the papers would share an id
        return same_key and known
    letters = min(len(a.folded.letters), len(b.folded.letters))
    if a.doi and b.doi and letters < TELLING_LETTERS:
        return False
    return letters >= GENERIC_LETTERS or known or same_key


def _are_of_a_series(a: Traits, b: Traits) -> bool:
    """Whether two papers of one title may be two because it is short and their years differ: "Editorial"."""
    letters = min(len(a.folded.letters), len(b.folded.letters))
    differ = bool(a.year and b.year) and a.year != b.year
    return differ and letters < GENERIC_LETTERS and not (a.abstract and a.abstract == b.abstract)


def _is_mended(a: Traits, b: Traits) -> bool:
    return _alike(a, b) >= _MENDED or bool(a.authors and b.authors and authors_agree(a.authors, b.authors))


def _is_retitled(a: Traits, b: Traits) -> bool:
    """Whether a later version of a preprint may have the other title."""
    return bool(a.authors and b.authors) and _alike(a, b) >= _MENDED and authors_agree(a.authors, b.authors)


def _alike(a: Traits, b: Traits) -> float:
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(a.folded.letters, b.folded.letters)


@dataclass(frozen=True)
class Match(Generic[T]):
    """A value of the index; most reliable with `same_key`, then with a shared id, then with equal titles."""

    value: T
    same_key: bool
    rank: tuple[bool, bool, bool]


@dataclass
class PaperIndex(Generic[T]):
    """An index of values by paper; another entry of the same paper finds them."""

    _known: list[tuple[Traits, str, T]] = field(default_factory=list)
    _places: dict[Hashable, list[int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._known)

    def add(self, traits: Traits, key: str, value: T) -> None:
        """Adds a value; one paper can have several.

        Args:
            key: The entry's key, as in its list.
        """
        place = len(self._known)
        self._known.append((traits, key, value))
        for block in {("key", key), *traits.anchors(), *traits.folded.blocks(near=0)}:
            self._places.setdefault(block, []).append(place)

    def find(self, traits: Traits, key: str) -> list[Match[T]]:
        """The values of the same paper, the most reliable first, otherwise in the order they were added."""
        found = []
        for place in self._near(("key", key), *traits.anchors(), *traits.folded.blocks(near=1)):
            other, other_key, value = self._known[place]
            own = bool(key) and other_key == key
            if same_work(traits, other, same_key=own):
                equal = bool(traits.folded.letters) and traits.folded.letters == other.folded.letters
                found.append(Match(value, own, (own, traits.shares_id(other), equal)))
        return sorted(found, key=lambda match: match.rank, reverse=True)

    def under_key(self, key: str) -> list[T]:
        """The values with this key, whatever their papers."""
        return [self._known[place][2] for place in self._places.get(("key", key), ()) if key]

    def _near(self, *blocks: Hashable) -> list[int]:
        return sorted({place for block in blocks for place in self._places.get(block, ())})


def _ends(letters: str, near: int) -> Iterator[Hashable]:
    if len(letters) < _SHORT:
        if letters:
            yield letters
        return
    length = int(math.log(len(letters)) / _LENGTHS)
    for each in range(length - near, length + near + 1):
        part = int(math.exp(each * _LENGTHS) * _END)
        yield (each, letters[:part])
        yield (each, "", letters[-part:])
