"""A paper's reference list -> its entries, and a text -> the entries that it cites.

Two styles are read: entries with a mark ("[12]", "[OWJ+22]", "12."), cited by it; and entries without one,
cited by surname and year. What it does not do: read titles out of entries, whose styles are countless, or
recognise superscript numbers, which a PDF's text does not mark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MAX_ENTRY_CHARS = 700
"""Longest entry; a longer one has swallowed what follows the list."""
_LEAST_ENTRY_CHARS = 40
_LONG_ENTRY_CHARS = 120
"""From this many characters on, an entry may end without a year."""
_MOST_IN_A_RANGE = 60
"""Most entries of "[12-40]"; a larger range is an interval of numbers, not a citation."""

_MARK = re.compile(r"\[(\d{1,4}|[A-Z][A-Za-z+*]{1,12}\d{2}[a-z]?)\]\s*(?=\S)")
_POINT = re.compile(r"(\d{1,4})\.\s+(?=[^\W\d_])")
_YEAR = re.compile(r"(?<![\d.:/-])((?:19|20)\d\d)([a-z])?(?![\d/-])")
_NAME = r"[^\W\d_][\w'’`-]{0,60}"  # bounded: of a long word without spaces, every letter may begin a name
_AUTHOR_LINE = re.compile(
    rf"{_NAME}(?:\s{_NAME}){{0,2}},\s+(?:[A-Z]\.|[A-Z][\w'’-]+\s+[A-Z])"  # "Ahn, M." and "Ahn Michael, Bo Li"
    rf"|(?:[^\W\d_][\w.'’-]*\s+){{1,4}}[^\W\d_a-z][\w'’-]*(?:,|\.\s+(?:19|20)\d\d|\s+and\s)"  # "Michael Ahn,"
    rf"|[^\W\d_][\w.&'’ -]{{1,40}}\.\s+(?:19|20)\d\d"  # "OpenAI. 2024"
)
_AUTHORS = re.compile(rf"(?:{_NAME}(?:\s[^\W\d_][\w.'’-]*){{1,3}},\s+){{2}}")
_ENDS = re.compile(r"(?:[.)\]]|\d|https?://\S+|\d{4}\.\d{4,5}\S*)\s*$")
_SURNAME_FIRST = re.compile(rf"({_NAME}(?:[ -]{_NAME}){{0,2}}),\s+[A-Z]\.")
_FIRST_AUTHOR = re.compile(r"(.+?)(?:,|\s+and\s|\s+&\s|\.\s+(?=(?:19|20)\d\d|[A-Z])|\s+et\s+al)")
_BRACKET = re.compile(r"\[([^\[\]]{1,200})\]")
_INNER_MARK = re.compile(r"[A-Z][A-Za-z+*]{1,12}\d{2}[a-z]?")
_INNER_RANGE = re.compile(r"(\d{1,4})(?:\s*[-–—]\s*(\d{1,4}))?")
_BY_NAME = re.compile(
    rf"({_NAME})(?:\s+et\s+al\b\.?|\s+(?:and|&)\s+(?:{_NAME}\s+){{0,3}}?{_NAME}|\s+and\s+others)?"
    r"[,.]?\s*+[(\[]?\s*((?:19|20)\d\d[a-z]?(?:\s*,\s*(?:(?:19|20)\d\d)?[a-z]?(?=[\s,;)\]]))*)"
)
_CITED_YEAR = re.compile(r"((?:19|20)\d\d)?([a-z])?")


@dataclass(frozen=True)
class BibEntry:
    """An entry of a reference list.

    Attributes:
        mark: What citations call it, "12" or "OWJ+22"; empty in lists that are cited by names.
        text: On one line, at most `MAX_ENTRY_CHARS` characters.
        surname: Of the first author, folded; "" if none was recognised.
        years: With their letters, "2024b"; the first is the most likely one.
    """

    mark: str
    text: str
    surname: str = ""
    years: tuple[str, ...] = ()

    @property
    def year(self) -> int | None:
        """The year of publication, if it is known."""
        return int(self.years[0][:4]) if self.years else None


@dataclass
class Bibliography:
    """The entries in their order, to be looked up by what a text cites."""

    entries: Sequence[BibEntry]
    _by_mark: dict[str, int] = field(init=False, repr=False)
    _by_name: dict[str, list[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_mark, self._by_name = {}, {}
        for number, entry in enumerate(self.entries):
            if entry.mark:
                self._by_mark.setdefault(entry.mark, number)
            elif entry.surname:
                self._by_name.setdefault(entry.surname, []).append(number)

    def cited_in(self, text: str) -> list[int]:
        """Indices of the entries that a text cites, in the order of first citation.

        A name and a year that fit several entries give all of them.
        """
        found = self._marks(text) if self._by_mark else self._names(text)
        return list(dict.fromkeys(found))

    def _marks(self, text: str) -> Iterator[int]:
        for bracket in _BRACKET.finditer(text):
            for part in re.split(r"[,;]", bracket[1]):
                name = part.strip()
                if (known := self._by_mark.get(name)) is not None and _INNER_MARK.fullmatch(name):
                    yield known
                elif numbers := _INNER_RANGE.fullmatch(name):
                    first, last = int(numbers[1]), int(numbers[2] or numbers[1])
                    if 0 <= last - first < _MOST_IN_A_RANGE:
                        marks = map(str, range(first, last + 1))
                        yield from (self._by_mark[mark] for mark in marks if mark in self._by_mark)

    def _names(self, text: str) -> Iterator[int]:
        for cited in _BY_NAME.finditer(text):
            candidates = self._by_name.get(folded(cited[1]), ())
            year = ""
            for part in cited[2].split(",") if candidates else ():
                found = _CITED_YEAR.match(part.strip())
                year = (found and found[1]) or year
                letter = (found and found[2]) or ""
                yield from (n for n in candidates if _fits(self.entries[n].years, year, letter))


def read_bibliography(text: str) -> Bibliography:
    """The entries of a reference list, given the text below its heading."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = _marked(lines, _MARK) or _marked(lines, _POINT)
    rows = marked or [("", row) for row in _unmarked(lines)]
    return Bibliography([_entry(mark, row) for mark, row in rows if len(row) >= _LEAST_ENTRY_CHARS])


def folded(name: str) -> str:
    """Letters of a name in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(char for char in plain if char.isalpha()).casefold()


def _marked(lines: Sequence[str], mark: re.Pattern[str]) -> list[tuple[str, str]]:
    """Entries that begin with a mark; numbers must count up, so that others on a line's start are text."""
    rows: list[tuple[str, list[str]]] = []
    last = 0
    for line in lines:
        found = mark.match(line)
        number = int(found[1]) if found and found[1].isdigit() else None
        if found and (number is None or number == last + 1 or (rows and last < number <= last + 3)):
            last = last if number is None else number
            rows.append((found[1], [line[found.end() :]]))
        elif rows:
            rows[-1][1].append(line)
    return [(name, _joined(parts)) for name, parts in rows] if len(rows) > 1 else []


def _unmarked(lines: Sequence[str]) -> Iterator[str]:
    """Entries that begin with an author, after an entry that has a year and an end."""
    entry: list[str] = []
    chars, has_year = 0, False
    for line in lines:
        dated = chars >= _LEAST_ENTRY_CHARS and has_year and _AUTHOR_LINE.match(line)
        undated = chars >= _LONG_ENTRY_CHARS and _AUTHORS.match(line)
        if (dated or undated) and line[0].isupper() and _ENDS.search(entry[-1]):
            yield _joined(entry)
            entry, chars, has_year = [], 0, False
        entry.append(line)
        chars += len(line) + (len(entry) > 1)
        has_year = has_year or _YEAR.search(line) is not None
    if entry:
        yield _joined(entry)


def _joined(lines: Sequence[str]) -> str:
    """Lines as one; a word that was divided at a line's end is whole again."""
    text = ""
    for line in lines:
        divided = text.endswith("-") and text[-2:-1].islower() and line[:1].islower()
        text = text[:-1] + line if divided else f"{text} {line}"
        if len(text) > MAX_ENTRY_CHARS:
            break
    return " ".join(text.split())[:MAX_ENTRY_CHARS]


def _entry(mark: str, text: str) -> BibEntry:
    years = tuple(dict.fromkeys(f"{found[1]}{found[2] or ''}" for found in _YEAR.finditer(text)))
    # A year with a letter is the one that citations give.
    years = tuple(sorted(years, key=lambda year: len(year) == 4))
    first = _SURNAME_FIRST.match(text)
    if first:
        surname = first[1].split()[-1]
    else:
        author = _FIRST_AUTHOR.match(text)
        words = author[1].split() if author else []
        surname = words[-1] if words else ""
    return BibEntry(mark, text, folded(surname), years)


def _fits(years: Sequence[str], year: str, letter: str) -> bool:
    wanted = year + letter
    if any(len(known) > len(year) for known in years) and letter:
        return wanted in years
    return any(known[:4] == year for known in years)
