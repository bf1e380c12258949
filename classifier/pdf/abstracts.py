"""An abstract or plain text from a list -> Document.

What enters: metadata and text from lists. What leaves: one page without invisible characters.
What it does not do: read files.
"""

from __future__ import annotations

from classifier.errors import NoTextError
from classifier.model.document import Document, HiddenText, Page
from classifier.model.paper import Paper
from classifier.text.invisible import split_invisible_characters


def document_from_text(paper: Paper, text: str | None = None) -> Document:
    """A one-page document of a title and an abstract, or of given text.

    Lists are as hostile as PDFs: invisible characters are removed here and reported as hidden text.

    Raises:
        NoTextError: There is neither text nor abstract.
    """
    body = text if text is not None else paper.abstract
    if not body or not body.strip():
        raise NoTextError(
            f"'{paper.title or 'the entry'}' has neither a PDF nor an abstract; nothing to read"
        )
    title, in_title = split_invisible_characters(paper.title or "")
    body, in_body = split_invisible_characters(body)
    return Document(
        pages=(Page(number=1, text=f"{title}\n{body}" if title else body),),
        title=title or None,
        abstract=body if text is None else None,
        arxiv_id=paper.arxiv_id,
        doi=paper.doi,
        hidden=tuple(
            HiddenText(kind=found["kind"], page=1, text=found["text"]) for found in in_title + in_body
        ),
        page_count=1,
        abstract_only=text is None,
    )
