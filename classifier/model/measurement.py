"""The accuracy of an engine on labelled papers of one taxonomy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from classifier.model.record import Record

ReadKind = Literal["pdf", "abstract", "text"]
"""What a label is decided from: a whole paper, its abstract, or plain text."""

KIND_WORDS: Mapping[ReadKind, str] = {"pdf": "whole papers", "abstract": "abstracts", "text": "plain text"}
"""The kinds of text in words."""

_MEASURED_AS: Mapping[str, ReadKind] = {"pdf": "pdf", "arxiv": "pdf", "abstract": "abstract", "text": "text"}
"""Kind of text of a suite -> what such labels are decided from. A summary or a title is none of these."""

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class Measurement(Record):
    """The accuracy of one evaluation.

    Attributes:
        suite: Name of the suite.
        text: The kind of text that was classified, such as "abstract" or "summary".
        n: Items, failed and unplaced ones included.
        accuracy: Share of items with the right label (leaf or out of scope).
        low, high: Its 95 % interval (Wilson).
        measured_on: The day, as YYYY-MM-DD.
        majority: Accuracy of the most frequent label as the answer to every item. None, and then no key, if
            the evaluation did not store it.
    """

    suite: str
    text: str
    n: Annotated[int, Field(gt=0)]
    accuracy: Share
    low: Share
    high: Share
    measured_on: str
    # Older measurements and labels lack this key, and must be rewritten byte for byte.
    majority: Share | None = Field(default=None, exclude_if=lambda value: value is None)

    def is_about(self, kind: ReadKind) -> bool:
        """Whether all items were read as a paper of this kind is."""
        return {_MEASURED_AS.get(name) for name in self.text.split(", ")} == {kind}

    def __str__(self) -> str:
        interval = f"[{self.low:.2f}, {self.high:.2f}]"
        source = f"{self.n} items of {self.suite} ({self.text}, {self.measured_on})"
        return f"accuracy {self.accuracy:.2f} {interval} on {source}"
