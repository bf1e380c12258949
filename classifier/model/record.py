"""The base class of all records, and the labels that no taxonomy declares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

OUT_OF_SCOPE = "out-of-scope"
"""The class of papers that the taxonomy's scope rules exclude."""


UNPLACED = "unplaced"
"""In scope, but no leaf fits. It does not mean that the engine is uncertain."""


UNCLEAR = "unclear"
"""The answer that every decision question accepts: the paper does not say."""


ABSENT = "absent"
"""By convention, the answer that something is missing. For it, the offline engine quotes only a sentence that
says so ("we use no …"); other evidence supports the label."""


class Record(BaseModel):
    """Base class: immutable, rejects unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Notice(Record):
    """A message for the user; `code` is stable, `message` is one line."""

    code: str
    message: str
