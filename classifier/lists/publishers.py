"""Addresses of papers' pages at publishers of medicine, chemistry, physics, economics and cryptography.

`markdown_text` knows those whose pages have a common word in the path, such as "/article/". Here each
publisher has its own form, so that home pages, journals and news are not taken for papers.
"""

from __future__ import annotations

import re

_PAGES = re.compile(
    r"(?:^|\.)(?:"
    # medicine and biology
    r"(?:www\.)?ncbi\.nlm\.nih\.gov/(?:pmc/articles/PMC|pubmed/)\d"
    r"|pmc\.ncbi\.nlm\.nih\.gov/articles/PMC\d|pubmed\.ncbi\.nlm\.nih\.gov/\d"
    r"|europepmc\.org/(?:article|abstract)/\S|thelancet\.com/(?:journals/\w+/article|action/showPdf)"
    r"|cell\.com/(?:\S+/)?(?:fulltext|abstract|pdf)/\S|nejm\.org/doi/\S|bmj\.com/content/\S|jamanetwork\.com/\S+article"
    r"|elifesciences\.org/articles/\d|peerj\.com/articles/\S|researchsquare\.com/article/\S|jmir\.org/\d{4}/\d"
    r"|academic\.oup\.com/\S+/(?:article|advance-article|article-abstract|article-pdf)\S*/\S|oxfordjournals\.org/content/\S"
    # chemistry and physics
    r"|pubs\.rsc\.org/\S*content/article\w*/\S|chemrxiv\.org/engage/\S|journals\.aps\.org/\w+/(?:abstract|pdf)/\S"
    r"|iopscience\.iop\.org/article/\S|adsabs\.harvard\.edu/abs/\S|spiedigitallibrary\.org/\S*conference-proceedings-of-spie/\S"
    r"|aip\.org/\S+/article/\S|royalsocietypublishing\.org/doi/\S|projecteuclid\.org/\S+/(?:issue|volume)\S*/\S"
    # economics and the humanities
    r"|jstor\.org/stable/\S|nber\.org/(?:papers|system/files)/\S|aeaweb\.org/articles|ideas\.repec\.org/[ap]/\S"
    r"|annualreviews\.org/(?:doi|content/journals)/\S|cambridge\.org/\S+/article/\S|philpapers\.org/(?:rec|archive)/\S"
    # computing
    r"|eprint\.iacr\.org/\d{4}/\d|computer\.org/csdl/(?:proceedings|proceedings-article|journal|magazine)/\S"
    r"|easychair\.org/publications/(?:paper|preprint)/\S|citeseerx\.ist\.psu\.edu/(?:viewdoc|document)\S*"
    r")",
    re.IGNORECASE,
)


def is_publishers_page(host: str, path: str) -> bool:
    """Whether an address without its scheme and query is the page of one paper.

    >>> is_publishers_page("pubmed.ncbi.nlm.nih.gov", "/31452104/"), is_publishers_page("nber.org", "/papers")
    (True, False)
    """
    return _PAGES.search(host + path) is not None
