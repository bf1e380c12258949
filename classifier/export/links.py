"""Links to papers: addresses that are safe to write in any format.

What enters: ids and addresses from lists. What leaves: an https address of characters that need no
escape in HTML, Markdown, TeX arguments or a spreadsheet, or None.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from classifier.export.filed import Filed
from classifier.model.identity import bare_arxiv_id, bare_doi

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~/?=%+,;:@-]*)?")
_MAX_CHARS = 500
"""Longer addresses are not links to papers."""


def link_to(filed: Filed) -> str | None:
    """The address at arXiv, else of the DOI, else the list's own address; None if none of them is safe."""
    arxiv = bare_arxiv_id(filed.arxiv_id or "")
    if arxiv:
        return f"https://arxiv.org/abs/{arxiv}"
    doi = bare_doi(filed.doi or "")
    if doi and len(doi) <= _MAX_CHARS:
        # Half a surrogate pair cannot be percent-encoded, and no DOI contains one.
        return f"https://doi.org/{quote(doi, safe='/.;:-_', errors='replace')}"
    url = filed.row.entry.url or ""
    return url if len(url) <= _MAX_CHARS and _ADDRESS.fullmatch(url) else None
