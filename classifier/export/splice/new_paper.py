"""The facts of a paper that a Markdown list gets a line for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from classifier.model.identity import bare_arxiv_id

ARXIV_ID = re.compile(r"(?P<yy>\d\d)(?P<mm>0[1-9]|1[0-2])\.\d{4,5}")


@dataclass(frozen=True)
class NewPaper:
    """The content of a line.

    Attributes:
        url: An address that needs no escape.
        keyword: In a list whose entries' keywords are the tree: the one of its leaf.
    """

    title: str
    url: str
    arxiv: str | None = None
    year: int | None = None
    venue: str = ""
    keyword: str = ""

    @property
    def date(self) -> tuple[int | None, int | None]:
        """(year, month); an arXiv id contains both, otherwise the month is unknown."""
        found = ARXIV_ID.match(bare_arxiv_id(self.arxiv or "") or "")
        if found and self.year in (None, 2000 + int(found["yy"])):
            return 2000 + int(found["yy"]), int(found["mm"])
        return self.year, None
