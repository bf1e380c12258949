"""Finds entries of a list that are the same paper as an earlier entry.

What enters: list entries. What leaves: the key of the first entry of the same paper, or None. It keeps, for
each paper, its key, its title and a few hashes, and reads a file only if an earlier file has the same size.
It decides by `classifier.model.identity`; the caller decides what to do with a duplicate.
"""

from __future__ import annotations

import contextlib
import hashlib
from array import array
from collections.abc import Iterable
from pathlib import Path

from classifier.model.entries import ListEntry
from classifier.model.identity import bare_arxiv_id, bare_doi, same_title
from classifier.model.names import authors_agree
from classifier.model.paper import Paper
from classifier.model.traits import GENERIC_LETTERS, FoldedTitle, abstract_letters

_HASH_MASK = (1 << 60) - 1  # an int of two internal digits takes a third less memory than one of three
_MOST_AUTHORS = 12
"""Authors of a paper that are kept."""
_LOOK = 0.7  # least similarity, before any folding, at which two titles are compared fully


class Duplicates:
    """Remembers the papers of one run; benchmarks/lists.py measures the memory for 100,000."""

    def __init__(self) -> None:
        self._keys = _Texts()
        self._titles = _Texts()
        self._firsts = array("L")  # position of the first entry of the same paper, usually the entry itself
        self._arxiv = array("q")  # hash of the arXiv id, 0 if there is none
        self._authors = _Texts()  # names separated by line feeds
        self._years = array("H")  # 0 if unknown
        self._ids: dict[int, int] = {}  # hash of an id -> place of its paper in the lists above
        self._blocks: dict[int, int | array[int]] = {}  # hash of a part of a title -> places
        self._sizes: dict[int, tuple[Path, int] | None] = {}  # -> the first file of a size; None once hashed
        self._bytes: dict[bytes, int] = {}  # sha256 of a file -> place

    def find(self, entry: ListEntry, sha256: str | None = None) -> str | None:
        """Returns the key of the first entry of the same paper, or None; records this entry in any case.

        Entries are the same paper if they share an arXiv id (any version) or DOI and their titles do not
        contradict each other (wrong ids are common); the same abstract, without title and id; the same file
        bytes; or near-equal titles (`identity.same_title`), unless their arXiv ids or authors differ or, for
        titles such as "Editorial", their years.

        Args:
            sha256: Hash of the paper's PDF if known; otherwise the entry's own file is read.
        """
        paper = entry.paper
        title = FoldedTitle(paper.title or "")
        ids = _id_hashes(paper)
        size, digest = self._file(entry.file) if sha256 is None else (None, bytes.fromhex(sha256))
        place = self._by_id(ids, title)
        if place is None and digest is not None:
            place = self._bytes.get(digest)
        if place is None and title.letters:
            place = self._by_title(paper, title)
        first = None if place is None else self._firsts[place]
        place = self._add(entry, title, first)  # a duplicate too: a third entry may be found by its ids
        for number in ids:
            self._ids.setdefault(number, place)
        if digest is not None:
            self._bytes.setdefault(digest, place)
        elif entry.file is not None and size is not None:
            self._sizes[size] = (entry.file, place)
        return None if first is None else self._keys[first]

    def _add(self, entry: ListEntry, title: FoldedTitle, first: int | None) -> int:
        place = len(self._keys)
        self._firsts.append(place if first is None else first)
        self._keys.append(entry.key)
        self._titles.append(title.text)
        self._arxiv.append(_arxiv_hash(entry.paper))
        self._authors.append("\n".join(entry.paper.authors[:_MOST_AUTHORS]))
        self._years.append(entry.paper.year or 0)
        for block in map(_hash, title.blocks(near=0)):
            known = self._blocks.get(block)
            if known is None:
                self._blocks[block] = place
            elif isinstance(known, int):
                self._blocks[block] = array("L", (known, place))
            else:
                known.append(place)
        return place

    def _by_id(self, ids: Iterable[int], title: FoldedTitle) -> int | None:
        for number in ids:
            place = self._ids.get(number)
            if place is not None and not title.contradicts(self._titles[place]):
                return place
        return None

    def _by_title(self, paper: Paper, title: FoldedTitle) -> int | None:
        arxiv = _arxiv_hash(paper)
        for place in self._candidates(title):
            differs = arxiv and self._arxiv[place] and arxiv != self._arxiv[place]
            if not differs and self._same_title(paper, title, place):
                return place
        return None

    def _same_title(self, paper: Paper, title: FoldedTitle, place: int) -> bool:
        from rapidfuzz.distance import Indel

        known = self._titles[place]
        alike = Indel.normalized_similarity(known.lower(), title.text.lower(), score_cutoff=_LOOK)
        if not alike or not same_title(known, title.text):
            return False
        years = {paper.year, self._years[place] or None} - {None}
        if len(title.letters) < GENERIC_LETTERS and len(years) > 1:
            return False
        authors = self._authors[place].split("\n")
        return authors_agree(paper.authors, authors) or authors_agree(authors, paper.authors)

    def _candidates(self, title: FoldedTitle) -> list[int]:
        """Positions of papers whose titles share a part with this one, earliest first."""
        places: set[int] = set()
        for block in map(_hash, title.blocks(near=1)):
            known = self._blocks.get(block)
            if known is not None:
                places.update((known,) if isinstance(known, int) else known)
        return sorted(places)

    def _file(self, file: Path | None) -> tuple[int | None, bytes | None]:
        """The file's size and, if another file of that size was seen, its sha256; None if unreadable."""
        try:
            size = file.stat().st_size if file is not None else None
            if file is None or size not in self._sizes:
                return size, None
            digest = _sha256(file)
        except OSError:  # deleted since the list was read: the run reports it
            return None, None
        first = self._sizes[size]
        if first is not None:
            with contextlib.suppress(OSError):
                self._bytes.setdefault(_sha256(first[0]), first[1])
            self._sizes[size] = None
        return size, digest


class _Texts:
    """A list of texts in two blocks of memory: half the size of one of strings."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", (0,))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode()

    def append(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "replace")
        self._ends.append(len(self._bytes))


def _id_hashes(paper: Paper) -> list[int]:
    ids = [("arxiv", bare_arxiv_id(paper.arxiv_id or "")), ("arxiv", bare_arxiv_id(paper.doi or ""))]
    ids.append(("doi", bare_doi(paper.doi or "")))
    if not (paper.title or any(value for _, value in ids)):
        ids.append(("abstract", abstract_letters(paper.abstract or "")))
    return list(dict.fromkeys(_hash(pair) for pair in ids if pair[1]))


def _arxiv_hash(paper: Paper) -> int:
    arxiv = bare_arxiv_id(paper.arxiv_id or "") or bare_arxiv_id(paper.doi or "")
    return _hash(("arxiv", arxiv)) if arxiv else 0


def _hash(value: object) -> int:
    return hash(value) & _HASH_MASK


def _sha256(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
