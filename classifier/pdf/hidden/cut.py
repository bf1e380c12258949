"""From unseen objects to characters: what is cut from the text, and how it is reported.

A text page, its text and the verdicts enter; visible text and findings leave. Short unseen bits, as clipped and
scaled-down figures have them, are cut or kept without a report; see `is_message`.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.characters import MAX_TEXT
from classifier.pdf.hidden.objects import Box, Scene, TextItem, address
from classifier.pdf.hidden.proof import Verdict

_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"[^\W\d_]")
MESSAGE_WORDS = 4
MESSAGE_LETTERS = 16


@dataclass(slots=True)
class _Char:
    text: str
    index: int
    start: int
    end: int
    kind: str | None


def cut(
    text_page: Any, raw_text: str, scene: Scene, tiny: list[TextItem], verdicts: list[Verdict]
) -> tuple[str, list[dict[str, Any]]]:
    """Cuts unseen characters out of `raw_text`.

    Returns:
        The rest, without the empty lines that cutting left, and the findings.
    """
    flags: dict[int, tuple[str, Verdict | None]] = {address(item.handle): ("tiny", None) for item in tiny}
    flags |= {address(verdict.item.handle): (verdict.kind, verdict) for verdict in verdicts}
    chars = list(read_chars(text_page, raw_text, flags))
    spread(chars)
    runs = list(hidden_runs(chars))
    runs = [run for run in runs if is_worth(text_of(raw_text, run), run[0].kind == "tiny")]
    reported = is_message(" ".join(text_of(raw_text, run) for run in runs))
    findings = [report(text_page, raw_text, run) for run in runs] if reported else []
    return remove(raw_text, runs), [finding for finding in findings if finding["text"]]


def read_chars(
    text_page: Any, raw_text: str, flags: dict[int, tuple[str, Verdict | None]]
) -> Iterator[_Char]:
    """Aligns PDFium's characters with the text: it leaves some out of the text, and writes others as two."""
    position = 0
    for index in range(pdfium_c.FPDFText_CountChars(text_page)):
        char = character(text_page, index)
        start = raw_text.find(char, position, position + 6) if char else -1
        if start < 0:
            continue
        position = start + len(char)
        kind = None
        handle = pdfium_c.FPDFText_GetTextObject(text_page, index)
        flag = flags.get(address(handle)) if handle else None
        if flag is not None:
            kind = flag[0]
            if flag[1] is not None and flag[1].mask is not None and seen(text_page, index, flag[1]):
                kind = None
        elif not handle or not char.strip():
            kind = ""
        yield _Char(char, index, start, position, kind)


def character(text_page: Any, index: int) -> str:
    """One character as `raw_text` has it; empty where PDFium's text leaves it out."""
    code = pdfium_c.FPDFText_GetUnicode(text_page, index)
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return ""
    return chr(code)


def char_box(text_page: Any, index: int) -> Box | None:
    """A character's box in page space."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not pdfium_c.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
        return None
    return (left.value, bottom.value, right.value, top.value)


def seen(text_page: Any, index: int, verdict: Verdict) -> bool:
    """Whether a character of a partly seen object leaves ink."""
    box = char_box(text_page, index)
    return box is None or verdict.mask is None or 1 in verdict.mask.profile(box)


def spread(chars: list[_Char]) -> None:
    """Spaces and made-up characters (kind "") take the kind that stands on both sides of them."""
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
    """The run's text, with spaces put right."""
    return " ".join(raw_text[run[0].start : run[-1].end].replace("\x02", "").split())


def is_message(text: str) -> bool:
    """Whether unseen text says something: several words, or many letters; labels of figures do not."""
    return len(_WORD.findall(text)) >= MESSAGE_WORDS or len(_LETTERS.findall(text)) >= MESSAGE_LETTERS


def is_worth(text: str, tiny: bool) -> bool:
    """Whether a run is cut: labels of a figure that was scaled down stay, and so do lone spaces."""
    return is_message(text) if tiny else bool(text)


def report(text_page: Any, raw_text: str, run: list[_Char]) -> dict[str, Any]:
    """One run as a finding."""
    boxes = [box for char in run if char.text.strip() and (box := char_box(text_page, char.index))]
    box = None
    if boxes:
        sides = list(zip(*boxes, strict=True))
        box = [min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])]
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


def has_letters(text_page: Any, handle: Any) -> bool:
    """Whether a text object says anything but spaces."""
    buffer = (ctypes.c_ushort * 32)()
    size = pdfium_c.FPDFTextObj_GetText(handle, text_page, buffer, 64)
    return bool(bytes(buffer)[: max(min(size, 64) - 2, 0)].decode("utf-16-le", "replace").strip())
