"""Reference -> PaperFile: local files, standard input, arXiv, other addresses.

`reference` reads what the user typed; `service` dispatches. Beneath it: `local`, `arxiv` (with `feed`,
`matching`, `cache`), and `web` (with `addresses`, `pace`); `pdf_bytes` sees every byte. What speaks
HTTP is imported at the first request: a local file needs none of it.
"""

from classifier.model.reference import Reference, parse_arxiv_id, parse_reference
from classifier.sources.service import Sources

__all__ = ["Reference", "Sources", "parse_arxiv_id", "parse_reference"]
