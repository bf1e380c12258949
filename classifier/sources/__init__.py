"""Reference -> PaperFile: local files, standard input, arXiv, other addresses.

`reference` reads what the user typed; `service` dispatches. Beneath it: `arxiv` (with `feed`,
`matching`, `cache`), and `web` (with `addresses`, `pace`); `pdf_bytes` sees every byte. Only the
first two are imported here: a local file needs no HTTP client.
"""

from classifier.sources.reference import Reference, parse_arxiv_id, parse_reference
from classifier.sources.service import Sources

__all__ = ["Reference", "Sources", "parse_arxiv_id", "parse_reference"]
