"""The records of the linter."""

from __future__ import annotations

from typing import Literal

from classifier.model.record import Record


class Finding(Record):
    """One thing to look at: a stable code, its place, and what to do.

    Attributes:
        level: "error" if something is wrong; "advice" if the workspace works, but is weak there.
    """

    code: str
    where: str
    message: str
    level: Literal["error", "advice"] = "error"
