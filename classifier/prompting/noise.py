"""Finds lines that cost tokens but do not help: figure labels, table cells, formulas, running heads.

What enters: page texts. What leaves: spans of whole lines, which `classifier.prompting.passages` separates
from the text. They remain in the document, where quotes are looked up. If most of a paper looks like noise,
no line is reported: its lines were probably broken by the extraction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from classifier.text.characters import latin_length

_WORD = re.compile(r"[^\W\d_]{3,}")
_DIGITS = re.compile(r"\d+")
_ENDS = (".", "!", "?", ":", ";", ",", "-", "。", "！", "？", "，")
_BULLETS = ("•", "●", "▪", "‣", "–", "—", "-", "*")
_STAMP = re.compile(r"arXiv:\d{4}\.\d{4,5}(?:v\d+)?\s+\[[\w.-]+\].{0,20}")
_LABEL = 20
"""Longest line that is a label or a part of a formula, in characters; a line of the narrowest column has
35."""
_NAME = 40
"""Longest label that is a single name, such as "RoboschoolHumanoid-v0", in characters."""
_PROSE = 0.5
"""Share of letters in words of three and more, without spaces; below it, a line is numbers or a formula."""
_RUN = 5
"""Least number of such lines in a row: prose, too, has a short line at the end of each paragraph."""
_SENTENCES = 2
"""Most short lines in a row that end a sentence inside a figure."""
_LEAST = 60
"""Least number of characters of a run: the page mark of the passage after it costs about 40."""
_MOST = 0.5
"""Largest share of a paper's characters that can be noise."""
_EDGE_LINES = 2
"""Lines at the top and at the bottom of a page that can be running heads."""
_PAGES = 3
"""Least number of pages with a running line."""


def noise_spans(texts: Sequence[str], headings: Sequence[Collection[int]]) -> list[list[tuple[int, int]]]:
    """Spans of whole lines, half-open and in order, for each page.

    Args:
        texts: The pages' texts.
        headings: For each page the offsets of its headings, which are never noise.
    """
    runs = [list(_runs(text, starts)) for text, starts in zip(texts, headings, strict=True)]
    noise = sum(end - start for spans in runs for start, end in spans)
    if noise > _MOST * sum(map(len, texts)):
        runs = [[] for _ in texts]
    running = _running_lines(texts)
    return [
        sorted([*spans, *_edges(text, starts, running, spans)])
        for text, starts, spans in zip(texts, headings, runs, strict=True)
    ]


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end with its line break, stripped) of each line."""
    start = 0
    for line in text.split("\n"):
        end = min(start + len(line) + 1, len(text))
        yield start, end, line.strip()
        start = end


def _runs(text: str, headings: Collection[int]) -> Iterator[tuple[int, int]]:
    run: list[tuple[int, int]] = []
    sure = 0  # lines up to the last one that is noise
    ends = 0
    for start, end, line in [*_lines(text), (len(text), len(text), "No label is as long as this.")]:
        if start not in headings:
            if _is_noise(line):
                run.append((start, end))
                sure, ends = len(run), 0
                continue
            # The end of a sentence in a figure; a paragraph's last line looks the same.
            if run and (not line or (_is_label(line) and ends < _SENTENCES)):
                run.append((start, end))
                ends += bool(line)
                continue
        if sure >= _RUN and run[sure - 1][1] - run[0][0] >= _LEAST:
            yield run[0][0], run[sure - 1][1]
        run, sure, ends = [], 0, 0


def _is_label(line: str) -> bool:
    return latin_length(line) <= _LABEL and not line.startswith(_BULLETS)


def _is_noise(line: str) -> bool:
    if not line or line.startswith(_BULLETS):
        return False
    if latin_length(line) <= _LABEL or (" " not in line and latin_length(line) <= _NAME):
        return not line.endswith(_ENDS) or not _WORD.search(line)
    letters = sum(map(latin_length, _WORD.findall(line)))
    return letters < _PROSE * latin_length(line.replace(" ", ""))


def _running_lines(texts: Sequence[str]) -> set[str]:
    """Lines, without their numbers, that occur only at the top or bottom of several pages.

    Page numbers alone are ignored: they cost almost nothing.
    """
    edges: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    for text in texts:
        lines = [_shape(line) for _, _, line in _lines(text) if line]
        edges.update(lines[:_EDGE_LINES] + lines[max(_EDGE_LINES, len(lines) - _EDGE_LINES) :])
        everywhere.update(lines)
    several = {line for line, count in edges.items() if count >= _PAGES and count == everywhere[line]}
    return {line for line in several if _WORD.search(line)}


def _shape(line: str) -> str:
    return _DIGITS.sub("#", line).casefold()


def _edges(
    text: str, headings: Collection[int], running: set[str], runs: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    lines = [entry for entry in _lines(text) if entry[2]]
    edge = [*lines[:_EDGE_LINES], *lines[max(_EDGE_LINES, len(lines) - _EDGE_LINES) :]]
    for start, end, line in edge:
        inside = any(low <= start < high for low, high in runs)
        if start not in headings and not inside and (_shape(line) in running or _STAMP.fullmatch(line)):
            yield start, end
