"""What every record is made of, and the labels that no taxonomy declares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

OUT_OF_SCOPE = "out-of-scope"
"""The class of papers that the taxonomy's scope rules exclude."""


UNPLACED = "unplaced"
"""In scope, but no leaf fits. It never means unsure."""


UNCLEAR = "unclear"
"""The answer that every decision question accepts: the paper does not say."""


class Record(BaseModel):
    """Base: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Notice(Record):
    """Something the user should know; `code` is stable, `message` is one line."""

    code: str
    message: str
