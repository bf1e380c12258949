"""Finds text that a PDF contains but does not show.

A loaded page enters; its visible text and the hidden text leave. docs/adr/0003-hidden-text.md lists what is
covered and what is not. Nothing here depends on other parts of the package.

Modules in the order of reading:

    check        the whole course: signs, proof, cut
    scene        what a page paints, as records
    objects      how these are read, in one pass over the page's objects
    shape        what nobody can read for its shape alone
    suspects     cheap signs that a text may not be seen
    nearby       graphics over a text and beneath it
    ink          what is drawn: small renderings
    proof        which text is not seen
    naming       by which trick, or whether the page is a scan
    undrawn      what is unseen here only, for lack of a font
    piled        letters heaped on one spot
    overprint    lines over lines, and paper-coloured paint over text
    actual_text  replacement texts that say something else
    cut          from objects to characters and findings
    geometry, layout, state, textpage, calls   what these rest on
"""

from classifier.pdf.hidden.check import check_page, split_page
from classifier.pdf.hidden.scene import HiddenCheckIncomplete

__all__ = ["HiddenCheckIncomplete", "check_page", "split_page"]
