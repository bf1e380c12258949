"""Finds text that a PDF contains but does not show.

What enters: a loaded page. What leaves: its visible text and the hidden text. docs/adr/0003-hidden-text.md
lists what is covered and what is not. Nothing here depends on other parts of the package.

Modules in the order of reading:

    check        all steps: signs, proof, cut
    scene        the objects that a page paints, as records
    objects      reads these records in one pass over the page's objects
    shape        text that is unreadable because of its shape
    suspects     cheap signs that a text may be invisible
    nearby       graphics above and below a text
    ink          small renderings of what is drawn
    proof        proves which text is invisible
    naming       names the trick, or finds that the page is a scan
    undrawn      text that is invisible only because a font is missing here
    piled        letters piled on one spot
    overprint    text printed over text, and paint in the paper's colour over text
    actual_text  replacement texts that differ from the drawn text
    cut          from objects to characters and findings
    geometry, layout, state, textpage, calls   helpers of the modules above
"""

from classifier.pdf.hidden.check import check_page, split_page
from classifier.pdf.hidden.scene import HiddenCheckIncomplete

__all__ = ["HiddenCheckIncomplete", "check_page", "split_page"]
