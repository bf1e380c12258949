"""The type of a work in any format -> CSL's term for it.

What enters: a type of BibTeX, RIS, EndNote, Zotero, Crossref, OpenAlex, PubMed, Web of Science or Scopus.
What leaves: a term of CSL 1.0.2, or the list's own term if CSL has none.
"""

from __future__ import annotations

import re

_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_LONGEST = 60
"""Longest unknown type that is kept, in characters."""
_OF_CSL = {
    "article-journal": "journalarticle jour journ ejour review letter j articleinpress",
    "article-magazine": "magazinearticle mgzn",
    "article-newspaper": "newspaperarticle news",
    "article": "preprint postedcontent unpublishedwork unpublished unpb eprint workingpaper",
    "paper-conference": (
        "inproceedings conference conferencepaper conferenceproceedings proceedingspaper proceedingsarticle"
        " conf cpaper meetingabstract"
    ),
    "chapter": "incollection inbook chap booksection bookchapter echap",
    "book": "proceedings monograph editedbook referencebook mvbook ebook electronicbook b",
    "thesis": "phdthesis mastersthesis dissertation thes",
    "report": "techreport rprt governmentdocument reportcomponent technicalreport",
    "webpage": "online electronic elec web wwwpublication icomm blogpost",
    "dataset": "data databaseonline",
    "software": "computerprogram comp",
    "patent": "pat",
    "document": "misc gen generic other",
}
_TERMS = {name: term for term, names in _OF_CSL.items() for name in (*names.split(), term.replace("-", ""))}


def csl_type(written: str) -> str | None:
    """The type in CSL's terms; if there are several ("Article; Proceedings Paper"), the first known one.

    >>> csl_type("Conference Paper")
    'paper-conference'
    """
    parts = [part.strip() for part in re.split(r"[;,]", written) if part.strip()]
    # Databases use "Article" for journal articles; CSL and OpenAlex use "article" for any.
    parts = ["journal article" if part == "Article" else part for part in parts]
    known = (_TERMS.get(_NOT_LETTERS.sub("", part.lower())) for part in parts)
    return next(filter(None, known), None) or (parts[0][:_LONGEST] if parts else None)
