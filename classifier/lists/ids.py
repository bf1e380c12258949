"""Texts of an entry -> the arXiv id, DOI and address in them.

What enters: fields for an id, addresses, and notes that mention one. What leaves: ids in
canonical spelling, or None. Nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from classifier.errors import BadReference
from classifier.model.identity import bare_doi
from classifier.model.reference import parse_arxiv_id

_ID = r"(?:\d{4}\.\d{4,5}|[a-z]+(?:-[a-z]+)*(?:\.[a-z]{2})?/\d{7})(?:v[1-9]\d{0,2})?(?!\d)"
_MENTION = re.compile(
    # arXiv:ID, arXiv preprint ID, badges (arXiv-ID), arXiv's DOIs and addresses, sites that use its ids, DBLP
    rf"(?:arxiv(?:\.org/(?:abs|pdf|html|ps)/|[-:.\s]\s*(?:preprint\s*:?\s*)?)(?:arxiv:)?"
    rf"|(?:(?:huggingface|hf)\.co/papers|ar5iv(?:\.labs)?\.(?:arxiv\.)?org/(?:abs|html)|alphaxiv\.org/[a-z]{{3,12}}"
    rf"|semanticscholar\.org/arxiv|arxiv-vanity\.com/papers|emergentmind\.com/papers|scirate\.com/arxiv|\babs)/)"
    rf"({_ID})",
    re.IGNORECASE,
)
SICI = r"<[^<>\s]*::[^<>\s]*>"
"""Part of some older journal DOIs; any other angle bracket ends a DOI."""
_DOI = re.compile(rf"\b10\.\d{{4,9}}(?:\.\d+)*/(?:[^\s\"<>{{}}|\\^`]|{SICI})+")
_OF_A_PAGE = re.compile(
    r"[?#&].*|(?:/(?:full|pdf|epdf|abstract|html|meta|fulltext|references)|\.pdf)/?$"
    r"|(?<=\d)(?:v\d+)?\.(?:full|abstract|article)\b.*|(?<=^10\.1101/\d{4}\.\d\d\.\d\d\.\d{6})v\d+$"
    r"|(?<=^10\.1101/\d{4}\.\d\d\.\d\d\.\d{8})v\d+$",
    re.IGNORECASE,
)
"""What publishers add to a DOI in the addresses of their pages."""
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.", re.IGNORECASE)
_HTTP = re.compile(r"https?://[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga"
    "|funct-an|gr-qc|hep-(?:ex|lat|ph|th)|math|math-ph|mtrl-th|nlin|nucl-(?:ex|th)|patt-sol|physics|plasm-ph|q-alg"
    "|q-bio|quant-ph|solv-int|supr-con"
)
_ID_AS_KEY = re.compile(
    r"(?:(?:https?://)?(?:[\w-]+\.)?arxiv\.org/(?:abs|pdf|html)/|(?:oai:)?arxiv(?:\.org)?:)?"
    rf"(?:\d\d(?:0[1-9]|1[0-2])\.\d{{3,5}}|(?:{_ARCHIVES})(?:\.[a-z]{{2}})?/\d{{7}})(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_RESOLVERS = re.compile(
    r"https?://(?:(?:dx|www)\.)?doi\.org/|https?://(?:[\w-]+\.)?arxiv\.org/"
    r"|https?://(?:www\.)?scopus\.com/",
    re.IGNORECASE,
)
_PAIRS = (("(", ")"), ("[", "]"))
_PDF_ADDRESSES = (  # pages whose PDF has a known address
    (re.compile(r"(https?://github\.com/[^/]+/[^/]+/)blob(/.+\.pdf)"), r"\1raw\2"),
    (re.compile(r"(https?://openreview\.net/)forum(\?id=[\w-]+).*"), r"\1pdf\2"),
    (re.compile(r"(https?://(?:www\.)?aclanthology\.org/[A-Z0-9][\w.-]*\d)/?"), r"\1.pdf"),
)


def find_arxiv_id(field: str, mentions: Iterable[str]) -> str | None:
    """The id in its field, else the first one that is marked as arXiv's; with version."""
    field = field.lower().removeprefix("oai:arxiv.org:") if field.lower().startswith("oai:") else field
    if field:
        try:
            return parse_arxiv_id(field).arxiv_id
        except BadReference:
            mentions = [field, *mentions]
    for text in mentions:
        for found in _MENTION.finditer(unquote(text) if "%" in text else text):
            try:
                return parse_arxiv_id(found[1]).arxiv_id
            except BadReference:  # the thirteenth month
                continue
    return None


def arxiv_in_key(key: str) -> str:
    """The key if it is an arXiv id in a form that tools use for keys; else empty.

    An id with a digit too many or too few is returned too, so that it is reported.
    """
    return key if _ID_AS_KEY.fullmatch(key.strip()) else ""


def find_doi(field: str, mentions: Iterable[str]) -> str | None:
    """The first DOI, in lower case, that is not arXiv's own."""
    for text in (field, *mentions):
        for found in _DOI.finditer(unquote(text) if "%2" in text else text):
            doi = trimmed(found[0])
            if "://" in found.string[: found.start()]:
                doi = _OF_A_PAGE.sub("", doi)
            if bare_doi(doi) and not _ARXIV_DOI.match(doi):
                return bare_doi(doi)
    return None


def trimmed(written: str) -> str:
    """A DOI or address without punctuation that ends its sentence; paired brackets are kept."""
    while written and (
        written[-1] in ".,;:'!?*" + '"'
        or any(written[-1] == b and written.count(a) < written.count(b) for a, b in _PAIRS)
    ):
        written = written[:-1]
    return written


def find_address(urls: Iterable[str]) -> str | None:
    """The first address that may lead to a PDF, .pdf before others; doi.org and arxiv.org do not count."""
    found = [match[0].rstrip(".,;") for url in urls for match in _HTTP.finditer(url)]
    usable = [url for url in found if not _RESOLVERS.match(url)]
    for page, pdf in _PDF_ADDRESSES:
        usable = [page.sub(pdf, url) if page.fullmatch(url) else url for url in usable]
    return min(usable, key=lambda url: not url.lower().endswith(".pdf"), default=None)
