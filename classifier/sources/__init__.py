"""Reference -> PaperFile: local files, standard input, arXiv, other addresses.

`model.reference` parses what the user typed; `service` chooses the source. It uses `local`, `arxiv` (with
`feed`, `matching`, `cache`), and `web` (with `addresses`, `pace`, `patience`); `pdf_bytes` checks every byte.
The HTTP client is imported at the first request, since local files do not need it.
"""

from classifier.model.reference import Reference, parse_arxiv_id, parse_reference
from classifier.sources.service import Sources

__all__ = ["Reference", "Sources", "parse_arxiv_id", "parse_reference"]
