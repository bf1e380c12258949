"""Records of formats in which each field is a line with a tag -> their values by tag.

What enters: lines that a format's reader has split. What leaves: one record at a time, within the limits of
an entry. The readers know the meaning of the tags.
"""

from __future__ import annotations

from classifier.lists.lines import ListLine
from classifier.lists.open_entry import OpenEntry


class TaggedRecord(OpenEntry):
    """A record that is being read."""

    def __init__(self, line: ListLine) -> None:
        super().__init__(line)
        self._values: dict[str, list[str]] = {}
        self._tag = ""

    def begin(self, tag: str, value: str, line: ListLine) -> None:
        """Adds a line with a tag."""
        self._tag = tag
        if self.fits(line):
            self._values.setdefault(tag, []).append(value.strip())

    def extend(self, text: str, line: ListLine) -> None:
        """Adds a line that continues the previous one."""
        if self.fits(line) and self._tag:
            values = self._values[self._tag]
            values[-1] = f"{values[-1]} {text.strip()}".strip()

    def repeat(self, value: str, line: ListLine) -> None:
        """Adds a line with another value of the previous tag."""
        if self._tag:
            self.begin(self._tag, value, line)

    def all(self, *tags: str) -> list[str]:
        """The values of the tags, in the tags' order; empty ones are left out."""
        return [value for tag in tags for value in self._values.get(tag, ()) if value]

    def some(self, *tags: str) -> list[str]:
        """The values of the first of the tags that has any."""
        return next((values for tag in tags if (values := self.all(tag))), [])

    def first(self, *tags: str) -> str:
        """The first value; empty if there is none."""
        return next(iter(self.all(*tags)), "")

    @property
    def tag(self) -> str:
        """The tag that is continued by a line without a tag."""
        return self._tag
