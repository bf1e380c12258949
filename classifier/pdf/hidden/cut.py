"""Removes the characters of invisible objects from the text, and reports them.

What enters: a text page, its text and the verdicts. What leaves: visible text and findings. Short invisible
pieces, as in clipped or scaled-down figures, are removed or kept without a report; see `is_message`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import around
from classifier.pdf.hidden.ink import Mask
from classifier.pdf.hidden.proof import ProofVerdict
from classifier.pdf.hidden.textpage import character, character_box
from classifier.text.invisible import MAX_TEXT

_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"[^\W\d_]")
_MESSAGE = (3, 12)
"""From this many words, or letters, on, invisible text directly on the page is a message (ADR 3)."""
_MESSAGE_IN_FORM = (7, 40)
"""The same within forms, which contain figures: real figures have clipped or white labels (ADR 3)."""
_LOOK_AHEAD = 6
"""Most characters that PDFium inserts between two of its own, such as a line break, with a margin; a larger
value could match a later letter instead of the missing one."""


@dataclass(slots=True)
class _Char:
    text: str
    index: int
    start: int
    end: int
    kind: str | None
    depth: int


def cut(text_page: Any, raw_text: str, verdicts: list[ProofVerdict]) -> tuple[str, list[dict[str, Any]]]:
    """Removes invisible characters from `raw_text`.

    Returns:
        The rest, without the lines that became empty, and the findings.
    """
    flags = {verdict.item.handle: verdict for verdict in verdicts}
    chars = list(read_chars(text_page, raw_text, flags))
    spread(chars)
    runs = [run for run in hidden_runs(chars) if is_worth(text_of(raw_text, run), run)]
    everything = " ".join(text_of(raw_text, run) for run in runs)
    on_page = " ".join(text_of(raw_text, run) for run in runs if not run[0].depth)
    reported = is_message(on_page) or is_message(everything, True)
    telling = [run for run in runs if any(char.text.isalnum() for char in run)] if reported else []
    findings = [report(text_page, raw_text, run) for run in telling]
    return remove(raw_text, runs), findings


def read_chars(text_page: Any, raw_text: str, flags: dict[int, ProofVerdict]) -> Iterator[_Char]:
    """Aligns PDFium's characters with the text, which omits some and writes others as two."""
    position = 0
    for index in range(pdfium_c.FPDFText_CountChars(text_page)):
        char = character(text_page, index)
        start = raw_text.find(char, position, position + _LOOK_AHEAD) if char else -1
        if start < 0:
            continue
        position = start + len(char)
        handle = fast.FPDFText_GetTextObject(text_page.raw, index)
        flag = flags.get(handle) if handle else None
        kind, depth = None, 0
        if flag is not None:
            depth = flag.item.depth
            kind = None if flag.mask is not None and seen(text_page, index, flag.mask) else flag.kind
        elif not handle or not char.strip():
            kind = ""
        yield _Char(char, index, start, position, kind, depth)


def seen(text_page: Any, index: int, mask: Mask) -> bool:
    """Whether a character of a partly visible object leaves ink."""
    box = character_box(text_page, index)
    return box is None or 1 in mask.profile(box)


def spread(chars: list[_Char]) -> None:
    """Spaces and generated characters (kind "") get the kind that is on both sides of them."""
    last: str | None = None
    pending: list[_Char] = []
    for char in chars:
        if char.kind == "":
            pending.append(char)
            continue
        for blank in pending:
            blank.kind = last if last == char.kind else None
        pending, last = [], char.kind
    for blank in pending:
        blank.kind = None


def hidden_runs(chars: list[_Char]) -> Iterator[list[_Char]]:
    """Unbroken runs of one kind."""
    run: list[_Char] = []
    for char in chars:
        if run and char.kind != run[0].kind:
            yield run
            run = []
        if char.kind:
            run.append(char)
    if run:
        yield run


def text_of(raw_text: str, run: list[_Char]) -> str:
    """The run's text with corrected spaces."""
    return " ".join(raw_text[run[0].start : run[-1].end].replace("\x02", "").split())


def is_message(text: str, in_form: bool = False) -> bool:
    """Whether invisible text is long enough to report: some words, or many letters.

    The limit is higher in forms: figures are forms, and real figures have labels that are clipped or white.
    """
    words, letters = _MESSAGE_IN_FORM if in_form else _MESSAGE
    return len(_WORD.findall(text)) >= words or len(_LETTERS.findall(text)) >= letters


def is_worth(text: str, run: list[_Char]) -> bool:
    """Whether a run is removed: labels of a scaled-down figure stay, and so do single spaces."""
    return is_message(text, run[0].depth > 0) if run[0].kind == "tiny" else bool(text)


def report(text_page: Any, raw_text: str, run: list[_Char]) -> dict[str, Any]:
    """Returns a run as a finding."""
    places = (character_box(text_page, char.index) for char in run if char.text.strip())
    boxes = [place for place in places if place is not None]
    box = list(around(boxes)) if boxes else None
    return {"kind": run[0].kind, "text": text_of(raw_text, run)[:MAX_TEXT], "box": box}


def remove(raw_text: str, runs: list[list[_Char]]) -> str:
    """The text without the runs, and without the empty lines that they leave."""
    if not runs:
        return raw_text
    parts, end = [], 0
    for run in runs:
        parts.append(raw_text[end : run[0].start])
        end = run[-1].end
    parts.append(raw_text[end:])
    out = parts[0]
    for part in parts[1:]:
        head = out.rstrip(" ")
        if (not head or head.endswith("\n")) and part.lstrip(" ").startswith(("\r", "\n")):
            part = part.lstrip(" ").removeprefix("\r").removeprefix("\n")
        elif out.endswith(" ") and part.startswith(" "):
            part = part[1:]
        out += part
    return out
