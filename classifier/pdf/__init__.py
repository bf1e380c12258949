"""The PDF stage: a paper's file -> `Document` (pages of visible text, structure, hidden text, missing text).

Start with `PdfReader`; everything that touches a file's bytes runs in a sandboxed child process
(docs/adr/0002). Names are loaded on first use, since the child imports this package too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.pdf.limits import PdfLimits
    from classifier.pdf.reader import Box, PdfReader

__all__ = ["Box", "PdfLimits", "PdfReader"]


def __getattr__(name: str) -> Any:
    if name == "PdfLimits":
        from classifier.pdf.limits import PdfLimits

        return PdfLimits
    if name in __all__:
        from classifier.pdf import reader

        return getattr(reader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
