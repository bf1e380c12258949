"""A survey's text -> the parts that a model is asked about.

A part is a section that cites papers, or a page with tables. Long sections are divided. What enters: the
survey. What leaves: parts, each with the references that it cites; a model can name no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classifier.model.document import Page
from classifier.model.record import Record
from classifier.scaffold.bibliography import Bibliography
from classifier.scaffold.survey_text import SurveyText

MOST_CHARS = 12_000
"""Most characters of one part: about 3,000 tokens, so that a part with its references fits small models."""
_MOST_REFERENCE_CHARS = 320
_LEAST_CITED_BY_TABLE = 2
"""Tables that cite fewer papers compare something else."""


class SurveyTopic(Record):
    """A heading under which papers can be filed; `mark` is "H3"."""

    mark: str
    number: str
    title: str
    path: tuple[str, ...]


class CitedReference(Record):
    """An entry of the reference list.

    Attributes:
        mark: "R12", by its place in the list.
        index: Of its place, from 0.
        printed: What the survey's citations call it, "59" or "OWJ+22"; empty if it cites by names.
        page: Where the part cites it first.
    """

    mark: str
    index: int
    printed: str
    text: str
    page: int


class SurveyPart(Record):
    """A part of the survey.

    Attributes:
        name: "section 3.1 Prompts" or "Table 2, page 7", for messages and for the draft.
        topic: The mark of the section's heading; empty for tables.
        pages: Its text by page.
        references: Those that it cites.
    """

    name: str
    topic: str
    pages: tuple[Page, ...]
    references: tuple[CitedReference, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n\n".join(page.text for page in self.pages)


def find_topics(survey: SurveyText) -> tuple[SurveyTopic, ...]:
    """The headings of topics, in reading order."""
    topics = (heading for heading in survey.headings if heading.is_topic)
    return tuple(
        SurveyTopic(mark=f"H{number}", number=heading.number, title=heading.title, path=heading.path)
        for number, heading in enumerate(topics, start=1)
    )


def find_parts(survey: SurveyText) -> tuple[SurveyPart, ...]:
    """The parts that cite papers: sections of topics, then pages of tables."""
    parts = []
    headings = (heading for heading in survey.headings if heading.is_topic)
    for heading, topic in zip(headings, find_topics(survey), strict=True):
        pieces = list(_pieces(heading.pages))
        for number, pages in enumerate(pieces, start=1):
            which = f", part {number} of {len(pieces)}" if len(pieces) > 1 else ""
            cited = _cited(pages, survey.bibliography)
            if cited:
                name = f"section {heading.number} {heading.title}{which}"
                parts.append(SurveyPart(name=name, topic=topic.mark, pages=pages, references=cited))
    for table in survey.tables:
        pages = (Page(number=table.page.number, text=table.page.text[:MOST_CHARS]),)
        cited = _cited(pages, survey.bibliography)
        if len(cited) >= _LEAST_CITED_BY_TABLE:
            name = f"{' and '.join(table.captions)}, page {table.page.number}"
            parts.append(SurveyPart(name=name, topic="", pages=pages, references=cited))
    return tuple(parts)


def _pieces(pages: Sequence[Page]) -> Iterator[tuple[Page, ...]]:
    """The pages in pieces of at most `MOST_CHARS`; a page that is longer is divided at ends of lines."""
    piece: list[Page] = []
    for page in pages:
        for text in _divided(page.text):
            if piece and sum(len(p.text) for p in piece) + len(text) > MOST_CHARS:
                yield tuple(piece)
                piece = []
            piece.append(Page(number=page.number, text=text))
    if piece:
        yield tuple(piece)


def _divided(text: str) -> Iterator[str]:
    while len(text) > MOST_CHARS:
        end = text.rfind("\n", 0, MOST_CHARS) + 1 or MOST_CHARS
        yield text[:end]
        text = text[end:]
    yield text


def _cited(pages: Sequence[Page], bibliography: Bibliography) -> tuple[CitedReference, ...]:
    found: dict[int, int] = {}
    for page in pages:
        for index in bibliography.cited_in(page.text):
            found.setdefault(index, page.number)
    return tuple(
        CitedReference(
            mark=f"R{index + 1}",
            index=index,
            printed=bibliography.entries[index].mark,
            text=bibliography.entries[index].text[:_MOST_REFERENCE_CHARS],
            page=page,
        )
        for index, page in found.items()
    )
