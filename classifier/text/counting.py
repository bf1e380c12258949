"""A number with its noun: one has the singular, every other number the plural."""

from __future__ import annotations


def plural(number: int, one: str, many: str) -> str:
    """The form of a word for this number, such as "is" or "are"."""
    return one if number == 1 else many


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`count_of(1, "paper")` is "1 paper"; `many` is the plural if it is not the singular with an s."""
    return f"{number} {plural(number, one, many or one + 's')}"
