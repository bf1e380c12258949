"""Log probabilities of a reply's tokens -> probability of its label.

What enters: the reply's JSON text and its tokens. What leaves: the probability that the model gave to the
label it wrote; and the probabilities of the other labels, if the alternatives at those tokens cover nearly
all of the probability. It never guesses: if the tokens do not add up to the reply, there is no result, and
the caller uses the confidence that the model stated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from classifier.engines.openai.completion import TokenAlternatives

_COVERED = 0.98
"""Least total probability of the alternatives for them to count as a distribution."""

_STEP = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]', re.DOTALL)


@dataclass(frozen=True)
class LabelProbability:
    """`p` of the label as written; `distribution` over all labels sums to 1, or is empty."""

    p: float
    distribution: Mapping[str, float] = field(default_factory=dict)


def label_probability(
    json_text: str, tokens: Sequence[TokenAlternatives], key: str, labels: Collection[str]
) -> LabelProbability | None:
    """The probability of the string under the top-level `key` of the reply's JSON object.

    Args:
        json_text: The object exactly as in the reply.
        tokens: All tokens of the reply's content, in order.
        key: The object's key for the label.
        labels: All allowed labels.

    Returns:
        None if there are no tokens, if they do not contain the object exactly once, or if the label is less
        probable than a random choice: then the probabilities are from before the server's grammar was
        applied.
    """
    content = b"".join(token.data for token in tokens)
    target = json_text.encode()
    offset = content.find(target)
    span = _member_span(target, key.encode()) if offset >= 0 and content.count(target) == 1 else None
    if span is None:
        return None
    start, end = span[0] + offset, span[1] + offset
    p, masses, position = 1.0, dict.fromkeys(labels, 0.0), 0
    for token in tokens:
        token_start, position = position, position + len(token.data)
        if position <= start or token_start >= end:
            continue
        written = content[start : max(start, token_start)]
        lead = content[token_start:start] if token_start < start else b""
        for data, logprob in token.top:
            other = _only_label(written, data, lead, labels) if data != token.data else None
            if other is not None:
                masses[other] += p * math.exp(logprob)
        p *= math.exp(token.logprob)
    label = content[start:end].decode(errors="replace")
    if label not in masses or p * len(masses) < 1:
        return None
    return LabelProbability(p, _distribution(masses, label, p))


def _distribution(masses: dict[str, float], label: str, p: float) -> dict[str, float]:
    """All labels with their probabilities, scaled to sum 1; empty if too much probability is missing."""
    masses = masses | {label: masses[label] + p}
    total = sum(masses.values())
    return {name: mass / total for name, mass in masses.items()} if total >= _COVERED else {}


def _only_label(written: bytes, data: bytes, lead: bytes, labels: Collection[str]) -> str | None:
    """The only label that can follow from an alternative token; None if there is none or several.

    Args:
        written: The label's bytes before this token.
        data: The alternative token.
        lead: The part of the written token before the label's first byte, such as the quotation mark.
        labels: All allowed labels.
    """
    if not data.startswith(lead):
        return None
    text = written + data[len(lead) :]
    value, closed, _ = text.partition(b'"')
    fitting = [
        name for name in labels if (name.encode() == value if closed else name.encode().startswith(value))
    ]
    return fitting[0] if len(fitting) == 1 and value else None


def _member_span(text: bytes, key: bytes) -> tuple[int, int] | None:
    """[start, end) of the string value of an object's top-level key, without quotation marks."""
    depth, previous, wanted = 0, b"", False
    for match in _STEP.finditer(text):
        token = match.group()
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        elif token == b":":
            wanted = depth == 1 and previous == b'"' + key + b'"'
        elif token == b",":
            wanted = False
        elif wanted:
            return match.start() + 1, match.end() - 1
        previous = token
    return None
