"""The lines of one entry while it is being read, within the limit of an entry."""

from __future__ import annotations

from classifier.lists.lines import ListLine
from classifier.lists.raw import ASSUMED, MAX_ENTRY_CHARS
from classifier.model.record import Notice


class OpenEntry:
    """The state of an entry apart from its fields.

    Attributes:
        line: Where it starts, from 1.
        assumed: Some line was read as Windows-1252.
        long: It is over the limit; further lines are not kept.
    """

    def __init__(self, line: ListLine, most: int = MAX_ENTRY_CHARS) -> None:
        self.line = line.number
        self.assumed = self.long = False
        self._size, self._most = 0, most

    @property
    def notices(self) -> list[Notice]:
        """Assumptions about its encoding."""
        return [ASSUMED] * self.assumed

    def fits(self, line: ListLine, text: str | None = None) -> bool:
        """Counts a line, or the part of it that is kept.

        Returns False from the first line over the limit on.
        """
        self._size += len(line.text if text is None else text)
        self.assumed |= line.assumed
        self.long |= line.cut or self._size > self._most
        return not self.long
