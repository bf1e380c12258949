"""The addresses of papers at publishers, proceedings, archives and indexes.

What enters: a host and a path. What leaves: whether this is the page of a paper. Home pages, calls and
profiles of the same hosts are none. Addresses with an arXiv id, a DOI or a PDF need no such rule.
"""

from __future__ import annotations

import re

_HOSTS = re.compile(
    r"(?:^|\.)(?:openreview\.net|aclanthology\.org|aclweb\.org|proceedings\.mlr\.press|jmlr\.org|thecvf\.com|ecva\.net"
    r"|(?:neurips|nips)\.cc|ojs\.aaai\.org|ijcai\.org|ieeexplore\.ieee\.org|dl\.acm\.org|link\.springer\.com"
    r"|sciencedirect\.com|nature\.com|science\.org|pnas\.org|biorxiv\.org|medrxiv\.org|ssrn\.com|hal\.science"
    r"|semanticscholar\.org|paperswithcode\.com|mdpi\.com|frontiersin\.org|tandfonline\.com|wiley\.com"
    r"|sagepub\.com|plos\.org|osf\.io|usenix\.org|roboticsproceedings\.org|isca-archive\.org|isca-speech\.org)$"
)
_PAPER_PATH = re.compile(
    r"/(?:forum|pdf|papers?|papers\.cfm|articles?|document|doi|abs|abstract|chapter|presentation|preprints|publication"
    r"|proceedings|anthology|archives?|citation\.cfm|stamp|attachment|paper_files|content\w*|iel\d+|full|view)(?:[/.?_=]|$)"
    r"|/(?:hal-\d|v\d+/\w|rss\d+/|[A-Z]\d\d-\d|20\d\d\.[\w-]+|\d{4}-\d{3}[\dX]/)",
    re.IGNORECASE,
)
"""Part of a publisher's address of a paper; home pages, calls and profiles do not have it."""
_OTHERS = {
    "eprint.iacr.org": r"/\d{4}/\d+",
    "techrxiv.org": r"/(?:articles|users)/",
    "preprints.org": r"/manuscript/\d",
    "chemrxiv.org": r"/engage/",
    "psyarxiv.com": r"/\w{5}(?:/|$)",
    "archives-ouvertes.fr": r"/\w+-\d{4,}",
    "hal.science": r"/(?:tel|inria|hal|lirmm|cea|ensl|in2p3)-\d{4,}",
    "researchgate.net": r"/publication/\d",
    "api.semanticscholar.org": r"/CorpusID:\d",
    "jair.org": r"/article/(?:view|download)/|/papers/",
    "oup.com": r"/(?:[\w-]+-)?article",
    "oxfordjournals.org": r"/content/\S",
    "cell.com": r"/(?:fulltext|abstract|pdf)/",
    "thelancet.com": r"/article/|/action/showPdf",
    "nejm.org": r"/doi/\S",
    "bmj.com": r"/content/\S",
    "jamanetwork.com": r"/\S+article",
    "elifesciences.org": r"/articles/\d",
    "peerj.com": r"/articles/\S",
    "researchsquare.com": r"/article/\S",
    "jmir.org": r"/\d{4}/\d",
    "pubs.rsc.org": r"/\S*content/article\w*/\S",
    "journals.aps.org": r"/\w+/(?:abstract|pdf)/\S",
    "iopscience.iop.org": r"/article/\S",
    "adsabs.harvard.edu": r"/abs/\S",
    "spiedigitallibrary.org": r"/\S*conference-proceedings-of-spie/\S",
    "aip.org": r"/\S+/article/\S",
    "royalsocietypublishing.org": r"/doi/\S",
    "projecteuclid.org": r"/\S+/(?:issue|volume)\S*/\S",
    "nber.org": r"/(?:papers|system/files)/\S",
    "aeaweb.org": r"/articles",
    "ideas.repec.org": r"/[ap]/\S",
    "annualreviews.org": r"/(?:doi|content/journals)/\S",
    "philpapers.org": r"/(?:rec|archive)/\S",
    "computer.org": r"/csdl/(?:proceedings|proceedings-article|journal|magazine)/\S",
    "easychair.org": r"/publications/(?:paper|preprint)/\S",
    "citeseerx.ist.psu.edu": r"/(?:viewdoc|document)",
    "cambridge.org": r"/(?:article|product|abs)/",
    "jstor.org": r"/stable/\d",
    "pubmed.ncbi.nlm.nih.gov": r"/\d+",
    "ncbi.nlm.nih.gov": r"/(?:pmc/)?articles/PMC\d|/pubmed/\d",
    "europepmc.org": r"/(?:article|abstract)/",
    "ceur-ws.org": r"/Vol-\d+/.",
    "dagstuhl.de": r"/(?:entities/document|opus)/",
    "isca-archive.org": r"/\w+_\d{4}/\w",
    "distill.pub": r"/\d{4}/",
    "transformer-circuits.pub": r"/\d{4}/",
    "proceedings.kr.org": r"/\d{4}/\d+",
    "bmvc2019.org": r"/.*papers?/",
    "dblp.org": r"/rec/",
    "scholar.archive.org": r"/work/",
    "catalyzex.com": r"/paper/",
    "deepai.org": r"/publication/",
}
"""Host, with those below it -> part of the path of a paper."""
_OTHER_PATHS = {host: re.compile(path, re.IGNORECASE) for host, path in _OTHERS.items()}


def is_publisher(host: str) -> bool:
    """Whether papers appear there."""
    return _HOSTS.search(host) is not None or _other(host) is not None


def leads_to_paper(host: str, path: str) -> bool:
    """Whether an address is the page of a paper.

    >>> leads_to_paper("eprint.iacr.org", "/2023/1234")
    True
    """
    if _HOSTS.search(host) and _PAPER_PATH.search(path):
        return True
    other = _other(host)
    return other is not None and other.search(path) is not None


def _other(host: str) -> re.Pattern[str] | None:
    parts = host.split(".")
    names = (".".join(parts[start:]) for start in range(len(parts) - 1))
    return next((_OTHER_PATHS[name] for name in names if name in _OTHER_PATHS), None)
