"""BibTeX and BibLaTeX -> raw entries, in flat memory.

What enters: lines. What leaves: one finding per entry. The text is cut at entry boundaries first
(`cut_blocks`), and each block is parsed separately by bibtexparser: a file of 100,000 entries at once would
take 350 MB, and one open brace would lose the entries after it. Comments and preambles are skipped;
abbreviations (`@string`) apply to everything after them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from classifier.lists.attachments import split_file_field
from classifier.lists.bibtex_commas import missing_comma, parse_with_commas
from classifier.lists.bibtex_comments import is_commented
from classifier.lists.bibtex_parents import ParsedEntry, with_parents
from classifier.lists.bibtex_values import field_value
from classifier.lists.latex import decode_address, decode_latex
from classifier.lists.lines import ListLine
from classifier.lists.named_fields import filed_under
from classifier.lists.raw import ASSUMED, MAX_ENTRY_CHARS, Damaged, Found, Raw, too_long
from classifier.model.entries import PersonName
from classifier.model.record import Notice

_START = re.compile(r"@\s*([A-Za-z][\w-]*)\s*([{(])")
_FRESH = re.compile(
    r"\s*@\s*(?:[A-Za-z][\w-]*\s*[{(]\s*[^\s,{}()=\"]*\s*,|(?:string|comment|preamble)\s*[{(])", re.I
)
_KEY = re.compile(r"@\s*[\w-]+\s*[{(]\s*([^\s,{}]+)\s*,")
_BRACE = re.compile(r"(?<!\\)[{}]")  # as bibtexparser counts them: an escaped brace is a character
_BRACE_OR_PAREN = re.compile(r"(?<!\\)[{}]|[)]")
_FOLDER = re.compile(r"jabref-meta:\s*fileDirectory[^:]*:\s*([^;\n]+);")
_NAMED_PART = re.compile(r"\s*(?:family|given|prefix|suffix)=")  # BibLaTeX's extended names
_BACKSLASH = re.compile(r"\$\\backslash\$|\{?\\textbackslash\}?(?:\{\})?")  # as Mendeley writes it in a path
_MORE = re.compile(r"\b(?:and\s+others|et\.? al\.?)$", re.IGNORECASE)
_BIBLATEX = (("prefix", "family"), ("given",), ("suffix",))
_PLACES = ("journal", "journaltitle", "booktitle")
_FILED = ("groups", "keywords", "keyword")
_HINTS = ("note", "howpublished", "journal", "journaltitle", "volume", "number", "annote", "comment", "extra")


@dataclass(slots=True)
class Cut:
    """A block `@type{…}` of the file, with its outer parentheses turned into braces.

    Attributes:
        line: Where it starts, from 1.
        kind: The type in lower case.
        text: All of it.
        problem: Why it is incomplete; empty if it is complete.
        assumed: Some line was read as Windows-1252.
    """

    line: int
    kind: str
    text: str = ""
    problem: str = ""
    assumed: bool = False
    long: bool = False


def read_bibtex(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per entry; no content of the file raises an error."""
    state = _State()
    for found in with_parents(_findings(lines, state)):
        yield _raw(found, state) if isinstance(found, ParsedEntry) else found


def _findings(lines: Iterator[ListLine], state: _State) -> Iterator[ParsedEntry | Damaged]:
    for cut in cut_blocks(lines):
        if cut.long:
            yield too_long(cut.line, _key_of(cut))
        elif cut.problem:
            yield Damaged(cut.line, cut.problem, _key_of(cut))
        elif cut.kind == "comment":
            state.folders += [path.replace("\\\\", "\\") for path in _FOLDER.findall(cut.text)][:8]
        elif cut.kind != "preamble":
            yield from _parsed(cut, state)


def cut_blocks(lines: Iterator[ListLine]) -> Iterator[Cut]:
    """The file's blocks, one at a time; text between them is a comment by BibTeX's rules.

    A block ends where its braces are closed. A block that is still open when a line starts the next entry is
    reported, and the next entry is read normally.
    """
    block: _Open | None = None
    for line in lines:
        if block is not None and _FRESH.match(line.text):
            yield block.broken(f"its braces are still open where line {line.number} starts another entry")
            block = None
        rest = line.text
        while rest:
            if block is None:
                found = _START.search(rest)
                if found is None or is_commented(line.text[: len(line.text) - len(rest) + found.start()]):
                    break
                block = _Open(line.number, found[1].lower(), "}" if found[2] == "{" else ")")
                block.parts.append(rest[found.start() : found.end() - 1] + "{")
                rest = rest[found.end() :]
            rest = block.take(rest, line)
            if block.done:
                yield block.cut()
                block = None
    if block is not None:
        yield block.broken("its braces are still open at the end of the file")


@dataclass(slots=True)
class _Open:
    """A block that is being read."""

    line: int
    kind: str
    closer: str
    parts: list[str] = field(default_factory=list)
    depth: int = 1
    size: int = 0
    assumed: bool = False
    long: bool = False
    done: bool = False

    def take(self, text: str, line: ListLine) -> str:
        """Takes the text up to the block's end; returns what is left of the line."""
        self.assumed |= line.assumed
        self.long |= line.cut
        for found in (_BRACE if self.closer == "}" else _BRACE_OR_PAREN).finditer(text):
            if found[0] == "{":
                self.depth += 1
            elif found[0] == "}":
                self.depth -= 1
            if self.depth == (0 if self.closer == "}" else 1) and found[0] == self.closer:
                self._add(text[: found.start()] + "}")
                self.done = True
                return text[found.end() :]
        self._add(text + "\n")
        return ""

    def _add(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_ENTRY_CHARS:
            self.long = True
            del self.parts[1:]  # the beginning is kept, for the key
        else:
            self.parts.append(text)

    def cut(self) -> Cut:
        return Cut(self.line, self.kind, "".join(self.parts), "", self.assumed, self.long)

    def broken(self, problem: str) -> Cut:
        return Cut(self.line, self.kind, "".join(self.parts[:8]), problem, self.assumed, self.long)


@dataclass(slots=True)
class _State:
    """State of earlier blocks that later ones need."""

    strings: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)


def _key_of(cut: Cut) -> str:
    found = _KEY.match(cut.text)
    return found[1] if found else ""


def _parsed(cut: Cut, state: _State) -> Iterator[ParsedEntry | Damaged]:
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ParsingFailedBlock, String

    block, notices = parse_with_commas(cut.text, cut.line)
    if isinstance(block, DuplicateFieldKeyBlock):
        twice = ", ".join(sorted(block.duplicate_keys))
        notices.append(
            Notice(
                code="duplicate-field", message=f"used twice in one entry; the first value counts: {twice}"
            )
        )
        block = block.ignore_error_block
    if isinstance(block, String):
        state.strings[block.key.lower()] = field_value(str(block.value), state.strings)
    elif isinstance(block, Entry):
        if cut.assumed:
            notices.append(ASSUMED)
        problem = next((found for item in block.fields if (found := missing_comma(item, cut.line))), None)
        if problem is not None:
            yield Damaged(cut.line, f"{problem.message}; add it", _key_of(cut))
        else:
            values: dict[str, str] = {}
            for item in reversed(block.fields):  # if a field occurs twice, the first counts
                values[item.key.lower()] = field_value(str(item.value), state.strings)
            yield ParsedEntry(cut.line, block.entry_type, block.key, values, notices)
    else:
        error = block.error if isinstance(block, ParsingFailedBlock) else None
        # The reason is in a separate attribute; most of these errors have no text.
        detail = " ".join(str(getattr(error, "abort_reason", error) or "no field was found").split())
        yield Damaged(cut.line, f"not valid BibTeX: {detail}", _key_of(cut))


def _raw(entry: ParsedEntry, state: _State) -> Raw:
    values = entry.values
    title = ": ".join(part for name in ("title", "subtitle") if (part := decode_latex(values.get(name, ""))))
    prefix = (values.get("archiveprefix") or values.get("eprinttype") or "arxiv").strip().lower()
    names = _names(values.get("author") or values.get("editor") or "")
    places = (decode_latex(values[name]) for name in _PLACES if values.get(name))
    own = {name: decode_latex(values[name]) for name in _FILED if values.get(name)}
    filed_by, filed = filed_under(own)
    return Raw(
        line=entry.line,
        filed=filed,
        filed_by=filed_by,
        fields=values | own,
        key=entry.key,
        title=title,
        authors=[" ".join(filter(None, (name.given, name.family, name.suffix))) for name in names],
        names=names,
        more_authors=_has_more(values.get("author", "")),
        journal=next(places, ""),
        type="journal article" if entry.kind == "article" else entry.kind,
        year=values.get("year") or values.get("date") or "",
        doi=decode_address(values.get("doi", "")),
        arxiv=decode_address(values.get("eprint", "")) if prefix == "arxiv" else "",
        abstract=decode_latex(values.get("abstract", "")),
        urls=[decode_address(values[name]) for name in ("pdf", "url", "link", "ee") if values.get(name)],
        files=_files(values, state.folders),
        hints=[decode_address(values[name]) for name in _HINTS if values.get(name)],
        notices=entry.notices,
    )


def _files(values: Mapping[str, str], folders: list[str]) -> list[str]:
    names = ("file", "pdf", "local-url", "localfile")
    fields = [_BACKSLASH.sub(r"\\", values[name]) for name in names if values.get(name)]
    paths = [path for field in fields for path in split_file_field(field) if "://" not in path]
    return paths + [f"{folder}/{path}" for folder in folders for path in paths]


def _has_more(authors: str) -> bool:
    text = authors.rstrip()
    return text.endswith(("thers", "l.", "al")) and _MORE.search(text) is not None


def _listed(text: str) -> list[str]:
    """Names between semicolons or commas, which BibTeX would take for one name; empty if they are no such."""
    if "{" in text or not (";" in text or text.count(",") > 1) or re.search(r"\sand\s", text, re.IGNORECASE):
        return []
    parts = text.split(";" if ";" in text else ",")
    is_list = ";" in text or all(" " in part.strip() for part in parts)
    return [name for part in parts if (name := " ".join(part.split()))] if is_list else []


def _names(text: str) -> list[PersonName]:
    """Names in parts; an organisation in braces is not split, "and others" is removed."""
    if not text:
        return []
    from bibtexparser.middlewares.names import (
        InvalidNameError,
        parse_single_name_into_parts,
        split_multiple_persons_names,
    )

    names = []
    for name in _listed(text) or split_multiple_persons_names(" ".join(text.split())):
        if name.strip().lower() == "others":
            continue
        try:
            known = parse_single_name_into_parts(name)
            parts = (known.von + known.last, known.first, known.jr)
        except InvalidNameError:  # too many commas, an open brace: shown unchanged
            parts = ([name], [], [])
        if _NAMED_PART.match(name):
            named = dict(part.strip().split("=", 1) for part in name.split(",") if "=" in part)
            of_family, of_given, of_jr = ([named[x] for x in group if x in named] for group in _BIBLATEX)
            parts = (of_family, of_given, of_jr)
        family, given, suffix = (decode_latex(" ".join(part)) for part in parts)
        names.append(PersonName(family=family, given=given, suffix=suffix))
    return names
