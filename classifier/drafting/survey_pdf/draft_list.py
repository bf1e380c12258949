"""Checked placements -> survey-draft.yaml: the survey's tree with its papers, for a person to correct.

What enters: the survey, its topics, what its parts say. What leaves: a text that `classifier init` reads as a
taxonomy with papers. The file's first line tells whether a person has changed it since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from classifier.drafting.survey_pdf.parts import SurveyTopic
from classifier.drafting.survey_pdf.reply import PartAnswer, Placement
from classifier.errors import StoreError
from classifier.files import replace_text
from classifier.lists.ids import find_arxiv_id, find_doi
from classifier.scaffold.bibliography import BibEntry
from classifier.scaffold.survey_text import SurveyText
from classifier.text.characters import matching_key
from classifier.text.commands import command_line

SURVEY_DRAFT = "survey-draft.yaml"
_ADVICE = "make room, or check the folder's permissions, then rerun"
_DIGEST = "# Drafted "
_HEAD = """\
# Where {name} files its papers, as {by} has read it. Names, titles and definitions are the PDF's own.
# Check whether each paper is in the right place: `found` names the part and the page. Correct, move or delete
# entries, then run:
#     {command}
"""


@dataclass
class DraftTopic:
    """A topic: its papers by their place in the reference list, each with where they were found."""

    title: str
    definition: str = ""
    papers: dict[int, list[str]] = field(default_factory=dict)
    children: list[DraftTopic] = field(default_factory=list)

    def child(self, title: str) -> DraftTopic:
        """The topic of this title below it; it is added if there is none."""
        key = matching_key(title).text
        found = next((topic for topic in self.children if matching_key(topic.title).text == key), None)
        if found is None:
            found = DraftTopic(title)
            self.children.append(found)
        return found

    def walk(self) -> Iterator[DraftTopic]:
        """The topic and all below it."""
        yield self
        for topic in self.children:
            yield from topic.walk()


@dataclass(frozen=True)
class DraftList:
    """The tree, and the papers of the reference list.

    Attributes:
        top: Its children are the outermost topics.
        titles: Reference -> its title.
    """

    top: DraftTopic
    titles: dict[int, str]

    @property
    def placed(self) -> set[int]:
        """References that are filed somewhere."""
        return {index for topic in self.top.walk() for index in topic.papers}


def build_draft_list(
    survey: SurveyText, topics: Sequence[SurveyTopic], answers: Iterable[PartAnswer]
) -> DraftList:
    """Puts the answers of all parts together.

    A paper that one part files under a heading and another part under a topic below it is filed below.
    References without a title and without an id cannot be looked up, and are left out.
    """
    top = DraftTopic(survey.document.title or "")
    by_mark: dict[str, DraftTopic] = {}
    for topic in topics:
        node = top
        for title in topic.path:
            node = node.child(title)
        by_mark[topic.mark] = node
    rows = list(answers)
    titles: dict[int, str] = {}
    for placement in (placement for answer in rows for placement in answer.placements):
        if placement.title:
            titles.setdefault(placement.reference, placement.title)
    entries = survey.bibliography.entries
    for answer in rows:
        if answer.definition and answer.part.topic and not by_mark[answer.part.topic].definition:
            by_mark[answer.part.topic].definition = answer.definition
        for placement in answer.placements:
            index = placement.reference
            if index in titles or any(_ids(entries[index])):
                found = _node_of(by_mark[placement.topic], placement).papers.setdefault(index, [])
                found.append(_found(answer.part.name, placement.page))
    _drop_outer(top)
    return DraftList(top, titles)


def draft_list_text(survey: SurveyText, drafted: DraftList, *, by: str, folder: Path) -> str:
    """The file."""
    entries = survey.bibliography.entries
    data: dict[str, Any] = {"title": drafted.top.title or Path(survey.name).stem}
    data["children"] = [_node(topic, drafted, entries) for topic in drafted.top.children]
    placed = drafted.placed
    if left := [_reference(entry) for index, entry in enumerate(entries) if index not in placed]:
        data["not_placed"] = left
    command = command_line("init", folder, options={"from": folder / SURVEY_DRAFT})
    values = {"name": Path(survey.name).name, "by": by, "command": command}
    head = _HEAD.format(**{key: _in_comment(value) for key, value in values.items()})
    body = head + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
    return f"{_DIGEST}{_sha256(body)}\n{body}"


def write_draft_list(folder: Path, text: str) -> bool:
    """Writes the file; returns False if a person has changed it, and leaves it as it is.

    Raises:
        StoreError: It cannot be read or written.
    """
    path = folder / SURVEY_DRAFT
    if path.exists() and not _is_as_drafted(path):
        return False
    replace_text(path, text, advice=_ADVICE)
    return True


def _is_as_drafted(path: Path) -> bool:
    try:
        first, _, body = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}; {_ADVICE}") from error
    return first == f"{_DIGEST}{_sha256(body)}"


def _in_comment(text: str) -> str:
    """A name on one line: a file's name may have line ends, or bytes that are no text."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def _node_of(topic: DraftTopic, placement: Placement) -> DraftTopic:
    for name in placement.names:
        if matching_key(name).text != matching_key(topic.title).text:
            topic = topic.child(name)
    return topic


def _drop_outer(topic: DraftTopic) -> set[int]:
    """Takes papers out of a topic that are also below it; returns all papers of the topic."""
    below = {index for child in topic.children for index in _drop_outer(child)}
    topic.papers = {index: found for index, found in topic.papers.items() if index not in below}
    return below | topic.papers.keys()


def _node(topic: DraftTopic, drafted: DraftList, entries: Sequence[BibEntry]) -> dict[str, Any]:
    data: dict[str, Any] = {"title": topic.title}
    if topic.definition:
        data["definition"] = topic.definition
    if topic.papers:
        data["papers"] = [
            _paper(entries[index], drafted.titles.get(index, ""), found)
            for index, found in sorted(topic.papers.items())
        ]
    if topic.children:
        data["children"] = [_node(child, drafted, entries) for child in topic.children]
    return data


def _paper(entry: BibEntry, title: str, found: Sequence[str]) -> dict[str, Any]:
    arxiv, doi = _ids(entry)
    row = {
        "title": title, "year": entry.year, "arxiv": arxiv, "doi": doi,
        "reference": _reference(entry), "found": "; ".join(dict.fromkeys(found)),
    }  # fmt: skip
    return {name: value for name, value in row.items() if value}


def _reference(entry: BibEntry) -> str:
    return f"[{entry.mark}] {entry.text}" if entry.mark else entry.text


def _ids(entry: BibEntry) -> tuple[str | None, str | None]:
    return find_arxiv_id("", (entry.text,)), find_doi("", (entry.text,))


def _found(part: str, page: int) -> str:
    return part if part.endswith(f"page {page}") else f"{part}, page {page}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
