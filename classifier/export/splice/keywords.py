"""Edits a list of keywords in one string: replaces our keywords, and keeps the user's unchanged.

What enters: the raw value between its delimiters, such as "tax, law; robots". What leaves: the value with
exactly the wanted keywords among those that carry the prefix. Removing them again gives the old value, byte
for byte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from classifier.errors import ConfigError

PREFIX = "classifier:"
"""What marks a keyword as ours."""

_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/._+-]*[:/._+-]")
_MARK = re.compile(r"(?<!\\)[{}]|[,;]")


def checked_prefix(prefix: str) -> str:
    """Returns the prefix if it is safe in all formats and cannot be confused with a user's keyword.

    Raises:
        ConfigError: It does not start with a letter or digit and end with one of : / . _ + -
    """
    if not _PREFIX.fullmatch(prefix):
        raise ConfigError(
            f"prefix '{prefix}' expected as letters and digits that end with one of : / . _ + -, "
            f"such as '{PREFIX}'"
        )
    return prefix


class _Piece(NamedTuple):
    """The text between two separators, and the separator before it."""

    separator: str
    lead: str
    word: str
    trail: str


def own_keywords(value: str, prefix: str, *, braces: bool = False) -> tuple[str, ...]:
    """The keywords that carry the prefix, in order."""
    return tuple(piece.word for piece in _pieces(value, braces) if piece.word.startswith(prefix))


def is_own(value: str, prefix: str, *, braces: bool = False) -> bool:
    """Whether the value contains only our keywords, without spaces around them."""
    pieces = _pieces(value, braces)
    return value == value.strip() and all(piece.word.startswith(prefix) for piece in pieces)


def replace_keywords(value: str, prefix: str, wanted: Sequence[str], *, braces: bool = False) -> str:
    """The value with `wanted` instead of all keywords that have the prefix.

    A value that already has exactly these, at any position, is returned unchanged.

    Args:
        value: Without its delimiters; may be blank or contain line ends.
        prefix: Marks our keywords; a `checked_prefix`.
        wanted: Keywords that have the prefix; empty to remove ours.
        braces: Whether separators within {} are part of a keyword (BibTeX).
    """
    pieces = _pieces(value, braces)
    if tuple(piece.word for piece in pieces if piece.word.startswith(prefix)) == tuple(wanted):
        return value
    rest = _without(pieces, prefix)
    if not wanted:
        return rest
    if not rest.strip():
        # The space distinguishes a user's empty field from one that we added.
        return f" {', '.join(wanted)}{rest}"
    end = len(rest.rstrip())
    # If only one user's keyword is left, our keywords still show the list's separator.
    separator = _separator(next((p for p in (_pieces(rest, braces), pieces) if len(p) > 1), pieces))
    return f"{rest[:end]}{''.join(separator + word for word in wanted)}{rest[end:]}"


def _pieces(value: str, braces: bool) -> list[_Piece]:
    cuts, depth = [], 0
    for mark in _MARK.finditer(value):
        if mark[0] in "{}":
            depth = max(0, depth + (1 if mark[0] == "{" else -1)) if braces else 0
        elif depth == 0:
            cuts.append(mark.start())
    starts = [0, *(cut + 1 for cut in cuts)]
    made = []
    for start, end in zip(starts, [*cuts, len(value)], strict=True):
        text = value[start:end]
        word = text.strip()
        lead = text[: len(text) - len(text.lstrip())]
        made.append(_Piece(value[start - 1 : start], lead, word, text[len(lead) + len(word) :]))
    return made


def _without(pieces: list[_Piece], prefix: str) -> str:
    kept: list[_Piece] = []
    first_lead: str | None = None  # of ours before the user's first
    last_trail = ""
    for piece in pieces:
        if piece.word.startswith(prefix):
            if kept:
                kept[-1] = kept[-1]._replace(trail=kept[-1].trail + piece.trail)
            elif first_lead is None:
                first_lead = piece.lead
            last_trail = piece.trail
        elif not kept:
            kept.append(piece._replace(separator="", lead=piece.lead if first_lead is None else first_lead))
        else:
            kept.append(piece)
    if not kept:
        return (first_lead or "").removeprefix(" ") + last_trail
    return "".join("".join(piece) for piece in kept)


def _separator(pieces: list[_Piece]) -> str:
    """The list's last separator, with the space after it."""
    last = pieces[-1]
    if not last.separator:
        return ", "
    return last.separator + (" " if "\n" in last.lead or not last.word else last.lead)
