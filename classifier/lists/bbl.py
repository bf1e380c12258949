r"""LaTeX's bibliographies (.bbl, or `thebibliography` in a .tex file; of biblatex too) -> raw entries.

What enters: lines. What leaves: one finding per `\bibitem` or `\entry`. Styles differ, so a title is used
only if it is marked: as a field, in quotes, or as the second `\newblock`. Ids and addresses are taken from
all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.lists.latex import decode_address, decode_latex
from classifier.lists.lines import ListLine
from classifier.lists.open_entry import OpenEntry
from classifier.lists.raw import Damaged, Found, Raw, too_long
from classifier.model.entries import PersonName

_START = re.compile(r"\s*\\(bibitem|entry)\b(?!\w)")
_END = re.compile(r"\s*\\(?:end\s*\{thebibliography\}|endentry\b|enddatalist\b|endsortlist\b)")
_MAX_CHARS = 1 << 18
"""Longest item in characters; a longer one is not closed."""
_COMMENT = re.compile(r"(?<!\\)%.*")
_GROUP = re.compile(r"\{((?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.|\{[^{}]*\})*\})*\})*)\}", re.DOTALL)
_QUOTED = re.compile(r"``(.+?)(?:,|\.|\?)?''", re.DOTALL)
_MARKED = re.compile(
    r"\\(?:bibinfo\s*\{title\}|showarticletitle|bibtitle|arttitle|BBA|btitle|atitle)\s*(?=\{)"
)
_INFO = r"\\bibinfo\s*\{%s\}\s*(?=\{)"
_YEAR = re.compile(r"(?<![\d.])(?:19|20)\d\d(?![\d.]\d)")
_VERB = re.compile(r"\\verb\s*\{(\w+)\}\s*\\verb\s+(\S+)\s*\\endverb")
_FIELD = re.compile(r"\\(?:field|strng|list)\s*\{(\w+)\}(?:\{\d+\})?\s*(?=\{)")
_HREF = re.compile(r"\\(?:href|url|path|doi|urlprefix|doibase|showDOI|showeprint|eprint)\b[^{]{0,20}(?=\{)")
_PERSON = re.compile(r"(family|given|prefix)=(?=\{)")
_NAME_SPACE = re.compile(r"\\bibnamedelim[a-z]\b\s?")
_DOIBASE = re.compile(r"\\doibase\s*")
_JUNK = re.compile(
    r"\\(?:BIBentry\w+|Bibitem\w+|natexlab|noopsort|providecommand.*|hskip.*?\\relax)\b", re.IGNORECASE
)


def read_bbl(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per item; no content of the file raises an error."""
    item: _Item | None = None
    for line in lines:
        start = _START.match(line.text)
        if item is not None and (start or _END.match(line.text)):
            yield item.finish()
            item = None
        if start:
            item = _Item(line, start[1])
        if item is not None:
            item.take(line)
    if item is not None:
        yield item.finish()


class _Item(OpenEntry):
    """An item that is being read."""

    def __init__(self, line: ListLine, kind: str) -> None:
        super().__init__(line, _MAX_CHARS)
        self._kind = kind
        self._parts: list[str] = []

    def take(self, line: ListLine) -> None:
        if self.fits(line):
            self._parts.append(_COMMENT.sub("", line.text))

    def finish(self) -> Found:
        text = "\n".join(self._parts)
        raw = _of_biblatex(text, self.line) if self._kind == "entry" else _of_bibtex(text, self.line)
        if self.long:
            return too_long(self.line, raw.key)
        raw.notices += self.notices
        return raw if raw.key or raw.title or raw.urls or raw.hints else Damaged(self.line, "an empty item")


def _of_bibtex(text: str, line: int) -> Raw:
    head = re.match(r"\s*\\bibitem\s*", text)
    text = text[head.end() :] if head else text
    if text.startswith("["):
        text = text[_end_of_bracket(text) :].lstrip()
    key = _GROUP.match(text)
    body = text[key.end() :] if key else text
    blocks = [part.strip() for part in re.split(r"\\newblock\b", body)]
    plain = decode_address(body)
    springer = _SPRINGER.match(_clean(body)) if len(blocks) == 1 else None
    names = _family_first(springer[1] if springer else blocks[0] if len(blocks) > 1 else "")
    return Raw(
        line,
        key=key[1].strip() if key else "",
        title=_title(body, blocks) or (springer[2] if springer else ""),
        authors=[f"{name.given} {name.family}" for name in names] or _authors(body, blocks),
        names=names,
        year=_info(body, "year") or _last_year(decode_latex(_shown(body))),
        urls=[decode_address(found) for found in _groups(_HREF, body) if "://" in found],
        hints=[*(decode_address(found) for found in _groups(_HREF, body)), _DOIBASE.sub("", plain)],
        journal=decode_latex(_info(body, "journal")),
    )


def _title(body: str, blocks: list[str]) -> str:
    marked = next(_groups(_MARKED, body), "")
    quoted = _QUOTED.search(body)
    if marked or quoted:
        return _clean(marked or (quoted[1] if quoted else ""))
    # The second block is the title in BibTeX's own styles and natbib's; the first has the authors.
    return _clean(blocks[1]) if len(blocks) > 1 else ""


def _authors(body: str, blocks: list[str]) -> list[str]:
    people = [decode_latex(found) for found in _groups(re.compile(_INFO % "person"), body)]
    people = people or [decode_latex(_shown(found)) for found in _groups(re.compile(_INFO % "author"), body)]
    if not people:
        quoted = _QUOTED.search(body)
        before = blocks[0] if len(blocks) > 1 else body[: quoted.start()] if quoted else ""
        people = _NAME_END.split(_clean(before))
    return [name for person in people if (name := re.sub(r"^and\s+", "", person.strip(" ,.;\n")))]


def _family_first(text: str) -> list[PersonName]:
    """The names of "Muster, A. and Exempel, K. (2020)"; empty if they have another form."""
    text = _YEAR_BEHIND.sub("", _clean(text))
    if text.count(",") < 1 or not _INITIALED.match(text):
        return []
    return [
        PersonName(
            family=found[1].strip(), given=re.sub(r"(?<![^\W\d_.-])([A-Z])$", r"\1.", found[2].strip())
        )
        for found in _INITIALED.finditer(text)
    ]


_NAME_END = re.compile(r",?\s+and\s+|,\s+(?=[A-Z])")
_YEAR_BEHIND = re.compile(r"[\s,.]*\(?(?:19|20)\d\d[a-z]?\)?\.?$")
_INITIALED = re.compile(r"(?:,?\s*(?:and|&)\s+|,\s+|^)?([^,&]+?),\s*((?:[A-Z]\.[\s~-]*)+|[A-Z]$)(?=[,\s]|$)")
_SPRINGER = re.compile(r"((?:[^,:]+, (?:[A-Z]\.[ -]?)+(?:, |$|(?=:)|, et al\.?))+):\s+(.+?)[.?!]\s")
"""LNCS: authors, a colon, the title."""


def _of_biblatex(text: str, line: int) -> Raw:
    head = re.match(r"\s*\\entry\s*\{([^{}]*)\}\s*\{([^{}]*)\}", text)
    fields = {found[1]: _group_at(text, found.end()) for found in _FIELD.finditer(text)}
    verbs = {found[1]: found[2] for found in _VERB.finditer(text)}
    title = ": ".join(part for name in ("title", "subtitle") if (part := decode_latex(fields.get(name, ""))))
    names = _people(text)
    return Raw(
        line,
        key=head[1] if head else "",
        title=title,
        authors=[f"{name.given} {name.family}".strip() for name in names],
        names=names,
        year=fields.get("year") or fields.get("date") or "",
        doi=verbs.get("doi", ""),
        arxiv=verbs.get("eprint", "") if fields.get("eprinttype", "arxiv").lower() == "arxiv" else "",
        abstract=decode_latex(fields.get("abstract", "")),
        urls=[verbs[name] for name in ("url", "urlraw") if name in verbs][:1],
        hints=[
            decode_latex(fields[name]) for name in ("note", "journaltitle", "howpublished") if name in fields
        ],
        journal=decode_latex(fields.get("journaltitle", "") or fields.get("booktitle", "")),
        type=re.sub("^article$", "journal article", head[2]) if head else "",
    )


def _people(text: str) -> list[PersonName]:
    """The authors of biblatex's name list."""
    start = re.search(r"\\name\s*\{author\}", text)
    if start is None:
        return []
    end = re.compile(r"\n\s*\\(?!bibinit)\w+").search(text, start.end())
    people: list[dict[str, str]] = []
    for found in _PERSON.finditer(text[start.end() : end.start() if end else len(text)]):
        value = decode_latex(_NAME_SPACE.sub(" ", _group_at(found.string, found.end())))
        if not people or found[1] in people[-1]:
            people.append({})
        people[-1][found[1]] = value
    return [
        PersonName(
            family=" ".join(part for part in (one.get("prefix", ""), one.get("family", "")) if part),
            given=one.get("given", ""),
        )
        for one in people
    ]


def _groups(before: re.Pattern[str], text: str) -> Iterator[str]:
    """The contents of the braces after each position."""
    return (group for found in before.finditer(text) if (group := _group_at(text, found.end())))


def _group_at(text: str, place: int) -> str:
    found = _GROUP.match(text, place)
    return found[1] if found else ""


def _info(text: str, name: str) -> str:
    return next(_groups(re.compile(_INFO % name), text), "")


def _end_of_bracket(text: str) -> int:
    depth = 0
    for mark in re.finditer(r"[{}\]]", text):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if mark[0] == "]" and depth <= 0:
            return mark.end()
    return 0


def _shown(text: str) -> str:
    return _JUNK.sub(" ", text)


def _clean(text: str) -> str:
    return " ".join(decode_latex(_shown(text)).split()).strip(" .,;")


def _last_year(text: str) -> str:
    return next(iter(_YEAR.findall(text)[::-1]), "")
