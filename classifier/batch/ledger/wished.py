"""What a table of corrections asks for, before it is checked against a ledger.

What enters: labels as people write them. What leaves: records of wishes and problems, and the label of the
closed set that is meant. Nothing is guessed: a label is known by its id or by the titles that every export
shows, in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from classifier.model.entries import Correction

_BETWEEN = re.compile(r"\s*[/›>»→]\s*")
_SIGNS = re.compile(r"[^\w+]+|_")


class Problem(NamedTuple):
    """Why a line of a table of corrections cannot be used; `line` counts from 1."""

    line: int
    reason: str


class Wish(NamedTuple):
    """A correction as given in a table.

    Attributes:
        title: The entry's title according to the table; None if the table has none.
        may_be_machines: The table is an export of all labels: a label that is there already is no decision.
    """

    correction: Correction
    line: int = 0
    title: str | None = None
    may_be_machines: bool = False


class Wished(NamedTuple):
    """The corrections in a table, the lines that cannot be used, and the number of lines without a label."""

    wishes: list[Wish]
    problems: list[Problem]
    unlabelled: int = 0


def known_label(written: str, labels: Sequence[str]) -> str | None:
    """The label that is meant: an id, a path of titles, or a title that only one leaf has; None if none is.

    >>> known_label("Wear › Rust", ["wear/rust", "wear/wind"])
    'wear/rust'
    """
    if written in labels or not labels:
        return written
    parts = [_slug(part) for part in _BETWEEN.split(written)]
    ends = [label for label in labels if [_slug(part) for part in label.split("/")][-len(parts) :] == parts]
    return ends[0] if len(ends) == 1 and all(parts) else None


def conflicts(wishes: Iterable[Wish], papers: Mapping[str, int]) -> list[Problem]:
    """Lines that give a paper another label than an earlier line does.

    Args:
        papers: By each known key, a number of its paper.
    """
    firsts: dict[int, Wish] = {}
    found = []
    for wish in wishes:
        paper = papers.get(wish.correction.key)
        first = wish if paper is None else firsts.setdefault(paper, wish)
        if first.correction.label != wish.correction.label:
            reason = (
                f"'{wish.correction.key}' is the paper of '{first.correction.key}' on line {first.line}, and "
                "has another label; if they are two papers, correct one of them by its key"
            )
            found.append(Problem(wish.line, reason))
    return found


def _slug(text: str) -> str:
    return _SIGNS.sub("-", text.casefold().strip()).strip("-")
