"""Finds, removes and reports invisible code points in pages, titles and abstracts.

What enters: a text. What leaves: the text without them, and the findings. Whether a character is harmless
depends on its neighbours: a joiner within Arabic or Devanagari shapes letters, one between Latin letters is a
trick. Soft hyphens, byte order marks, no-break spaces and PDFium's U+0002 (line-end hyphen) are not handled
here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

MAX_TEXT = 500
"""Largest number of characters of hidden text in one finding."""

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060-\u2064\u180e\u034f\u115f\u1160\u3164\uffa0\u17b4\u17b5"
_BIDI = "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u206a-\u206f"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"
_RUN = re.compile(f"[{_ZERO_WIDTH}{_BIDI}{_SELECTORS}{_TAGS}\ufff9-\ufffb]+")
_OVERRIDES = frozenset("\u202d\u202e")
_JOINERS = frozenset("\u200c\u200d")
_BLACK_FLAG = "\U0001f3f4"
_SHAPING = re.compile(
    "ARABIC|SYRIAC|DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|ORIYA|TAMIL|TELUGU|KANNADA|MALAYALAM|SINHALA|KHMER|"
    "MONGOLIAN|TIBETAN|MYANMAR|THAANA|NKO|HEBREW|LAO|THAI|HANGUL|CJK"
)


def split_invisible_characters(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Removes invisible characters, and reports those without a harmless use.

    Args:
        text: Any text, such as a page's.

    Returns:
        The text without them, and at most one finding per kind (`tag-characters`, `variation-selectors`,
        `bidi-controls`, `zero-width`), in the form of `split_page`, without a box. Tag characters and bytes
        smuggled in variation selectors are decoded. A single zero-width space at the edge of a word (a
        line-break hint) is removed without a report; joiners and marks that a script or an emoji needs are
        kept.

    Example:
        >>> split_invisible_characters("re\u200bward")
        ('reward', [{'kind': 'zero-width', 'text': 'reward', 'box': None}])
    """
    if text.isascii() or not _RUN.search(text):
        return text, []
    found: dict[str, list[str]] = {}
    parts, end = [], 0
    for match in _RUN.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        parts.append(text[end : match.start()])
        end = match.end()
        if _needed(match.group(), before, after):
            parts.append(match.group())
        else:
            _report(match, before, after, found)
    parts.append(text[end:])
    findings = [
        {"kind": kind, "text": (" " if kind == "zero-width" else "").join(bits)[:MAX_TEXT], "box": None}
        for kind, bits in found.items()
    ]
    return "".join(parts), findings


def _needed(run: str, before: str, after: str) -> bool:
    """Whether a script or an emoji needs this run to be displayed correctly."""
    if _is_symbol(before) and ((len(run) == 1 and run in "\ufe0e\ufe0f\u200d") or run == "\ufe0f\u200d"):
        return True
    if before == _BLACK_FLAG and run[-1] == "\U000e007f" and len(run) <= 8:
        return True
    if not (_shapes(before) or _shapes(after)):
        return False
    return len(run) == 1 and (run in _JOINERS or run in "\u200e\u200f\u061c\u115f\u1160" or _is_selector(run))


def _report(match: re.Match[str], before: str, after: str, found: dict[str, list[str]]) -> None:
    run = match.group()
    tags = [c for c in run if "\U000e0000" <= c <= "\U000e007f"]
    selectors = [c for c in run if _is_selector(c)]
    if tags:
        found.setdefault("tag-characters", []).append("".join(_decode_tag(c) for c in tags))
    if len(selectors) > 1:
        found.setdefault("variation-selectors", []).append("".join(_decode_selector(c) for c in selectors))
    if _OVERRIDES & set(run):
        stop = match.string.find("\u202c", match.end())
        found.setdefault("bidi-controls", []).append(
            match.string[match.end() : stop if stop > 0 else None][:80]
        )
    rest = len(run) - len(tags) - len(selectors)
    if rest and (rest > 1 or (before.isalnum() and after.isalnum())):
        found.setdefault("zero-width", []).append(_word_around(match))


def _word_around(match: re.Match[str]) -> str:
    """The word that contains the run, as a reader sees it; else the code points themselves."""
    left = re.search(r"\S{0,40}$", match.string[: match.start()])
    right = re.match(r"\S{0,40}", match.string[match.end() : match.end() + 200])
    word = _RUN.sub("", (left.group() if left else "") + (right.group() if right else ""))
    return word or " ".join(f"U+{ord(c):04X}" for c in match.group()[:16])


def _decode_tag(char: str) -> str:
    code = ord(char) - 0xE0000
    return chr(code) if 0x20 <= code < 0x7F else ""


def _decode_selector(char: str) -> str:
    code = ord(char)
    byte = code - 0xFE00 if code <= 0xFE0F else code - 0xE0100 + 16
    return chr(byte) if 0x20 <= byte < 0x7F else "?"


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _is_symbol(char: str) -> bool:
    return bool(char) and unicodedata.category(char) in {"So", "Sm", "Sk", "Po", "Nd"} and not char.isspace()


def _shapes(char: str) -> bool:
    return bool(char) and bool(_SHAPING.match(unicodedata.name(char, "")))
