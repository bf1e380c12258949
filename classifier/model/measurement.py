"""The accuracy of an engine on labelled papers of one taxonomy."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from classifier.model.record import Record

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
    """

    suite: str
    text: str
    n: Annotated[int, Field(gt=0)]
    accuracy: Share
    low: Share
    high: Share
    measured_on: str

    def __str__(self) -> str:
        interval = f"[{self.low:.2f}, {self.high:.2f}]"
        source = f"{self.n} items of {self.suite} ({self.text}, {self.measured_on})"
        return f"accuracy {self.accuracy:.2f} {interval} on {source}"
