"""Says before a run how many papers it may fetch: the user may not expect it, and arXiv is slow."""

from __future__ import annotations

import sys

from classifier.text.counting import count_of, plural


def say_fetching(papers: int, instead: str) -> None:
    """Prints how many papers have to be fetched if they are not in the cache; nothing for none.

    Args:
        instead: The options that avoid it.
    """
    if papers:
        have = plural(papers, "has", "have")
        print(
            f"classifier: {count_of(papers, 'paper')} {have} to be fetched, if not in the cache (arXiv: one "
            f"request every 3 seconds); {instead}",
            file=sys.stderr,
            flush=True,
        )
