"""Messages of runs, which advise on the command line, in the words of who uses the service.

What enters: a message of a ledger or of an error. What leaves: the same message with advice that can be
followed in a browser or over HTTP. A message without such advice is returned unchanged.
"""

from __future__ import annotations

import re

from classifier.service.entries import PAPER_FILE

ADVICE: tuple[tuple[str, str], ...] = (
    ("rerun with --read abstract", "resume the list and read abstracts only"),
    ("rerun with --read full to use it", "resume the list and read PDFs too, to use it"),
    ("fix this, then rerun the same command to resume", "then resume the list"),
    ("rerun the same command to resume", "resume the list"),
    ("rerun with a higher one to resume", "raise it and resume the list"),
    ("remove --max-cost, or use another server", "remove the limit, or use another server"),
    ("--max-cost cannot be kept", "the cost limit cannot be kept"),
    ("(--retry-failed asks again)", "('Retry failed' asks again)"),
    ("choose another --out, restore the settings, or add --relabel to label everything again",
     "label it again as a new list, or restore the settings"),
)  # fmt: skip
"""Advice of the command line, and what the same action is called here. Longer texts come first."""
_CAP = re.compile(r"--max-cost (\S+) is reached")


def in_service_words(message: str, name: str = "") -> str:
    """The message for a user of the service.

    Args:
        name: Name of the uploaded file; it replaces the name under which the service keeps a paper's PDF.
    """
    message = _CAP.sub(r"the limit of $\1 for this list is reached", message)
    for advice, ours in ADVICE:
        message = message.replace(advice, ours)
    own = f"{PAPER_FILE}:"
    return f"{name}:{message.removeprefix(own)}" if name and message.startswith(own) else message
