"""A list's first characters -> the kind of HTML or XML, for a message that says what to export instead.

EndNote's XML is a list format (`endnote_xml`); all kinds named here are rejected. A Markdown list may begin
with HTML tags and comments: without a declaration, only root elements that are known here count.
"""

from __future__ import annotations

import re

_PROLOG = re.compile(r"\s*<(?:\?xml[^<>]*\?|!--.*?--|!doctype[^<>\[\]]*(?:\[[^\]]*\]\s*)?)>", re.S | re.I)
_ELEMENT = re.compile(r"\s*<(?:[A-Za-z_][\w.-]*(:))?([A-Za-z_][\w.-]*)[\s/>]")
_ROOTS = {
    "html": "an HTML page",
    "pubmedarticleset": "PubMed XML; save it in the format PubMed (.nbib)",
    "rdf": "an RDF file; export from Zotero as BibTeX, RIS or CSL JSON",
    "opml": "an OPML outline",
    "feed": "an Atom feed",
    "rss": "an RSS feed",
    "oai-pmh": "an OAI-PMH reply",
    "mods": "MODS XML; export as BibTeX or RIS",
    "modscollection": "MODS XML; export as BibTeX or RIS",
    "dblp": "DBLP XML; export as BibTeX",
    "tei": "a TEI document",
    "sources": "Word's XML of sources; export as BibTeX or RIS from the program that wrote them",
}
"""Root element in lower case -> what the file is, and what to export instead."""


def describe_markup(text: str) -> str | None:
    """What an HTML or XML file is, such as "an Atom feed"; None if the text is neither."""
    declared, bookmarks = False, False
    place = 0
    while prolog := _PROLOG.match(text, place):
        place = prolog.end()
        said = prolog[0].strip().lower()
        declared |= not said.startswith("<!--")
        bookmarks |= "netscape-bookmark" in said
    if bookmarks:
        return "a browser's bookmarks"
    element = _ELEMENT.match(text, place)
    if element and (known := _ROOTS.get(element[2].lower())):
        return known
    return "an HTML or XML file" if declared or (element and element[1]) else None
