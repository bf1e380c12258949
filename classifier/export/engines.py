"""Labels -> one line for each engine that made them: its name, its measured accuracy, and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from classifier.model.label import Label
from classifier.verdict.measured import ACCEPTED, UNMEASURED


class _Engine(NamedTuple):
    name: str
    accuracy: str


def engine_lines(labels: Iterable[Label]) -> list[str]:
    """Lines such as "12 labels by offline (baseline-1a2b), accuracy 0.74 …; 2026-11-27", most labels first.

    Labels of version 0.1 do not say whether their engine was measured; for them the accuracy is left out.
    """
    days: dict[_Engine, list[str]] = {}
    for label in labels:
        made = label.provenance
        if made is None:
            continue
        name = f"{made.engine} ({made.model})" if made.model else made.engine
        accuracy = accuracy_of(label).replace("unmeasured", "not measured")
        days.setdefault(_Engine(name, accuracy), []).append(made.created_at[:10])
    return [
        f"{len(on)} label{'s' * (len(on) > 1)} by {', '.join(filter(None, engine))}; {_period(on)}"
        for engine, on in sorted(days.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def accuracy_of(label: Label) -> str:
    """The measured accuracy of the label's engine, or "unmeasured"; empty in labels of version 0.1."""
    return label.accuracy_in_words or "unmeasured" * is_unmeasured(label)


def is_unmeasured(label: Label) -> bool:
    """Whether the label says that its engine was not measured on this taxonomy."""
    return any(warning.code in (UNMEASURED, ACCEPTED) for warning in label.warnings)


def _period(days: list[str]) -> str:
    first, last = min(days), max(days)
    return first if first == last else f"{first} to {last}"
