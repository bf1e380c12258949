"""The schema of a reply about one part of a survey, and a reply -> placements that the survey confirms.

The reply is hostile input: the survey's text may have told the model what to write. Headings and references
are closed lists. A topic's name must be printed in the part, a title in the reference, and a definition must
be the part's own sentence. What fails one of these checks is left out and reported, never repaired.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from classifier.drafting.reply_json import MOST_SHOWN, json_of, validated
from classifier.drafting.survey_pdf.parts import SurveyPart, SurveyTopic
from classifier.errors import SchemaMismatch
from classifier.model.document import Document
from classifier.model.reply import Quote
from classifier.survey.answer_schema import strict_object
from classifier.text.characters import matching_key, normalise
from classifier.text.counting import count_of
from classifier.verdict.evidence import QuoteIndex

MOST_NAMES = 3
"""Most levels of topics below a heading."""
_MOST_NAME_CHARS = 100
_MOST_DEFINITION_CHARS = 600
_LEAST_TITLE_CHARS = 6
"""A shorter title would be found in any reference."""


class Placement(NamedTuple):
    """A paper and where the survey files it.

    Attributes:
        topic: Mark of the heading.
        names: Topics below the heading, from the outer one, as printed; may be empty.
        reference: Index in the reference list.
        title: As printed there; empty if the model's one is not in the reference.
        page: Where the paper is cited in this part.
    """

    topic: str
    names: tuple[str, ...]
    reference: int
    title: str
    page: int


class PartAnswer(NamedTuple):
    """What a part says, as far as the survey's own text confirms it.

    Attributes:
        definition: A sentence of the part about its topic; empty if none was given or confirmed.
        rejected: One line for each statement that the survey's text does not confirm.
    """

    part: SurveyPart
    definition: str
    placements: tuple[Placement, ...]
    rejected: tuple[str, ...]


class _Paper(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    reference: str
    title: str


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    heading: str
    names: list[str]
    papers: list[_Paper]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    definition: str | None
    groups: list[_Group]


def part_schema(part: SurveyPart, topics: Sequence[SurveyTopic]) -> dict[str, Any]:
    """The JSON Schema of the reply about one part."""
    text = {"type": "string"}
    paper = strict_object(
        {
            "reference": {**text, "enum": [reference.mark for reference in part.references]},
            "title": {**text, "description": "The paper's title, copied from its reference."},
        }
    )
    group = strict_object(
        {
            "heading": {**text, "enum": [topic.mark for topic in topics]},
            "names": {
                "type": "array",
                "items": text,
                "description": f"At most {MOST_NAMES} topics below the heading, as printed; may be empty.",
            },
            "papers": {"type": "array", "items": paper},
        }
    )
    return strict_object(
        {
            "definition": {"anyOf": [text, {"type": "null"}]},
            "groups": {"type": "array", "items": group, "description": "May be empty."},
        }
    )


def read_part(part: SurveyPart, topics: Sequence[SurveyTopic], text: str) -> PartAnswer:
    """What a reply says about a part.

    Raises:
        NotJson, SchemaMismatch: It cannot be used; the message says why, and is shown to the model.
    """
    reply = validated(_Reply, json_of(text), text)
    known = {reference.mark for reference in part.references}
    headings = {topic.mark for topic in topics}
    for group in reply.groups:
        if group.heading not in headings:
            raise SchemaMismatch(f"no heading '{group.heading[:MOST_SHOWN]}' was given", text)
        for paper in group.papers:
            if paper.reference not in known:
                raise SchemaMismatch(f"no reference '{paper.reference[:MOST_SHOWN]}' was given", text)
    return _Checker(part).answer(reply)


class _Checker:
    def __init__(self, part: SurveyPart) -> None:
        self._part = part
        self._key = matching_key(part.text).text
        self._references = {reference.mark: reference for reference in part.references}
        self._rejected: list[str] = []

    def answer(self, reply: _Reply) -> PartAnswer:
        placements = [row for group in reply.groups for row in self._placements(group)]
        definition = self._definition(reply.definition or "")
        return PartAnswer(self._part, definition, tuple(dict.fromkeys(placements)), tuple(self._rejected))

    def _placements(self, group: _Group) -> list[Placement]:
        names = tuple(name for each in group.names if (name := normalise(each)))
        if wrong := next((name for name in names if not self._is_printed(name)), None):
            self._reject(f"{_papers(group)} under '{wrong[:MOST_SHOWN]}', which is not printed there")
            return []
        if len(names) > MOST_NAMES:
            self._reject(f"{_papers(group)} more than {MOST_NAMES} levels below a heading")
            return []
        return [
            Placement(
                topic=group.heading,
                names=names,
                reference=self._references[paper.reference].index,
                title=self._title(paper),
                page=self._page(paper.reference),
            )
            for paper in group.papers
        ]

    def _is_printed(self, name: str) -> bool:
        key = matching_key(name).text
        return len(name) <= _MOST_NAME_CHARS and any(map(str.isalpha, key)) and key in self._key

    def _title(self, paper: _Paper) -> str:
        title = normalise(paper.title).strip(" .,\"'")
        key, reference = (matching_key(text).text for text in (title, self._references[paper.reference].text))
        if len(key) >= _LEAST_TITLE_CHARS and key in reference:
            return title
        self._reject(f"the title '{title[:MOST_SHOWN]}', which is not in reference {paper.reference}")
        return ""

    def _page(self, mark: str) -> int:
        return self._references[mark].page

    def _definition(self, text: str) -> str:
        plain = normalise(text)
        if not plain:
            return ""
        found = QuoteIndex(Document(pages=self._part.pages)).check(Quote(quote=plain, supports=""))
        if found.verdict != "verbatim" or len(plain) > _MOST_DEFINITION_CHARS:
            self._reject(f"the definition '{plain[:MOST_SHOWN]}', which is not in the part's own words")
            return ""
        return plain

    def _reject(self, what: str) -> None:
        self._rejected.append(f"{self._part.name}: {what}")


def _papers(group: _Group) -> str:
    return count_of(len(group.papers), "paper")
