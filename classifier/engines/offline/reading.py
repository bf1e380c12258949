"""Document -> the sentences that the offline engine reads, each with its zone.

What enters: a paper's metadata and document. What leaves: sentences of the title, the abstract and, in a full
paper, the lead (introduction and conclusion). The rest of the body is not read: related work mentions other
topics as often as the paper's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from classifier.engines.offline.words import Sentence, split_sentences
from classifier.model.document import Document
from classifier.model.paper import Paper

TITLE, ABSTRACT, LEAD = "title", "abstract", "lead"

_LEAD_HEADING = re.compile(
    r"^[\W\dIVX]*\s*(introduction|contributions?|conclusions?|concluding remarks|discussion and conclusions?|"
    r"conclusions? and .*|summary)\W*$",
    re.IGNORECASE,
)
_ABSTRACT_HEADING = re.compile(r"\babstract\b[\s.:—–-]*", re.IGNORECASE)
_TITLE_CHARS = 500
"""Longer titles are cut: real ones have under 300 characters."""
_SECTION_CHARS = 5_000
"""Characters read from the introduction and from the conclusion, which say what the paper does
(docs/adr/0006)."""
_ABSTRACT_CHARS = 2_000
"""Characters read if no abstract was found: about the length of an abstract (arXiv allows 1,920)."""
_WHOLE_CHARS = 5_000
"""A plain text up to this length is read completely, as an abstract; a longer abstract is cut."""


def read_sentences(paper: Paper, document: Document) -> list[Sentence]:
    """Title, abstract and lead in this order; empty if the document has no text."""
    title = (document.title or paper.title or "")[:_TITLE_CHARS]
    abstract, lead = _parts(document, title)
    pages = [" ".join(page.text.split()) for page in document.pages]
    sentences = list(split_sentences(title, TITLE, printed=_is_printed(title, pages)))
    found = list(split_sentences(abstract, ABSTRACT))
    for text in lead:
        found += split_sentences(text, LEAD)
    return sentences + (found if len(pages) < 2 else _on_one_page(found, pages))


def _on_one_page(sentences: Sequence[Sentence], pages: Sequence[str]) -> list[Sentence]:
    """The sentences; those that no single page contains are read, but never quoted.

    At the end of a page a sentence may run on into a footnote, a stamp or the next page's caption.
    """
    return [
        sentence if any(sentence.quote in page for page in pages) else replace(sentence, printed=False)
        for sentence in sentences
    ]


def _is_printed(title: str, pages: Sequence[str]) -> bool:
    """Whether the title is printed on the first two pages; a title from metadata may not be."""
    wanted = " ".join(title.split())
    return any(wanted in page for page in pages[:2])


def _parts(document: Document, title: str) -> tuple[str, list[str]]:
    """The abstract, and the texts of the lead."""
    text = "\n".join(page.text for page in document.pages)
    body = text[len(title) :] if title and text.startswith(title) else text
    if document.abstract_only or (document.engine == "text" and len(body) <= _WHOLE_CHARS):
        return body[:_WHOLE_CHARS], []
    lead = list(_lead(document)) or [body[_ABSTRACT_CHARS : _ABSTRACT_CHARS + _SECTION_CHARS]]
    if document.abstract:
        return document.abstract[:_WHOLE_CHARS], lead
    heading = _ABSTRACT_HEADING.search(body[: 2 * _WHOLE_CHARS])
    start = heading.end() if heading else 0
    return body[start : start + _ABSTRACT_CHARS], lead


def _lead(document: Document) -> Iterator[str]:
    pages = {page.number: page.text for page in document.pages}
    for index, section in enumerate(document.sections):
        if _LEAD_HEADING.match(section.title) is None:
            continue
        following = document.sections[index + 1] if index + 1 < len(document.sections) else None
        parts = []
        for number in range(section.page, (following.page if following else section.page + 1) + 1):
            text = pages.get(number, "")
            start = section.start + len(section.title) if number == section.page else 0
            end = following.start if following and number == following.page else len(text)
            parts.append(text[start:end])
        yield "\n".join(parts)[:_SECTION_CHARS]
