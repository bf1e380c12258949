"""A block of HTML within Markdown -> its headings, summaries, and where details begin and end."""

from __future__ import annotations

from html.parser import HTMLParser

from classifier.lists.markdown_text import plain


def html_headings(content: str) -> list[tuple[str, int, str]]:
    """(tag, line from 0, words) of `h1` to `h6` and `summary`; also `details` and `/details`, without words.

    A heading that is not closed within the block is ignored: it contains pictures.
    """
    parser = _Html()
    parser.feed(content)
    parser.close()
    return parser.found


class _Html(HTMLParser):
    """Headings, summaries and the ends of details in a block of HTML, with the line of each, from 0."""

    _HEADS = ("h1", "h2", "h3", "h4", "h5", "h6", "summary")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, int, str]] = []
        self._open = ""
        self._line = 0
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "details":
            self.found.append(("details", self.getpos()[0] - 1, ""))
        elif tag in self._HEADS:
            self._finish()
            self._open, self._line = tag, self.getpos()[0] - 1
        elif tag in ("p", "div", "table", "ul", "img") and self._open:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self._finish()
            self.found.append(("/details", self.getpos()[0] - 1, ""))
        elif tag == self._open:
            self._finish()

    def handle_data(self, data: str) -> None:
        if self._open:
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._open = ""  # never closed in its block: it contains pictures, not words

    def _finish(self) -> None:
        if self._open:
            self.found.append((self._open, self._line, plain("".join(self._text))))
        self._open, self._text = "", []
