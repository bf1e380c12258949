"""The guard against text that a PDF says but does not show.

A loaded page enters; its visible text and what was hidden in it leave. See docs/adr/0003-hidden-text.md for what is
covered and what is not. Reading order of the modules: `check` (the whole course), `objects` (what the page holds),
`ink` (what is drawn), `cut` (from objects to characters), `actual_text`, `characters`.
"""

from classifier.pdf.hidden.characters import split_invisible_characters
from classifier.pdf.hidden.check import split_page
from classifier.pdf.hidden.objects import HiddenCheckIncomplete

__all__ = ["HiddenCheckIncomplete", "split_invisible_characters", "split_page"]
