"""Request and response bodies of the JSON API, except Labels."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from classifier.model.record import Record

Item = TypeVar("Item")

EngineChoice = Literal["offline", "openai"]
ReadingChoice = Literal["full", "abstract"]

LONG = 200_000
"""Characters of an abstract, or of a whole paper's text that is sent as one."""


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, strict=True)


class PaperByRef(_Input):
    """A paper by reference."""

    ref: Annotated[str, Field(min_length=1, max_length=2000, description="arXiv id, DOI, address or title")]
    engine: EngineChoice | None = None
    private: bool = False


class PaperByAbstract(_Input):
    """A paper by title and abstract."""

    title: Annotated[str, Field(max_length=1000)] = ""
    abstract: Annotated[str, Field(min_length=1, max_length=LONG)]
    engine: EngineChoice | None = None
    private: bool = False


class StartRequest(_Input):
    """How to label a list; missing fields keep their values. `max_cost_usd: null` removes the limit."""

    engine: EngineChoice | None = None
    reading: ReadingChoice | None = None
    max_cost_usd: Annotated[float | None, Field(ge=0, le=1e6, allow_inf_nan=False)] = None

    @property
    def changes(self) -> dict[str, Any]:
        """The values that are to be changed."""
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name == "max_cost_usd"}


class ReviewRequest(_Input):
    """A person's decision on a paper."""

    paper: Annotated[str, Field(max_length=100, description="the paper's id")]
    label: Annotated[
        str | None,
        Field(max_length=200, description="leaf id, out-of-scope or unplaced; null removes the decision"),
    ]
    note: Annotated[str, Field(max_length=2000)] = ""


class ProblemBody(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str


class RunStatus(Record):
    """The state of a list or a single paper.

    Attributes:
        state: draft, queued, running, paused, done or stopped (starting it again resumes it).
        code, message: Why it stopped; "store" if its ledger cannot be read, counts are 0 then.
        total: Papers, without duplicates and unusable entries.
        cost_usd: The cost of all its replies; null if the price of one is unknown.
        private: Whether only some people see it.
    """

    id: str
    kind: Literal["list", "paper"]
    title: str
    state: str
    engine: str
    user: str
    created: str
    changed: str
    code: str | None
    message: str | None
    total: int
    done: int
    failed: int
    waiting: int
    review: int
    duplicates: int
    cost_usd: float | None
    private: bool
    links: dict[str, str]


class NewRun(RunStatus):
    """An uploaded list, with what was read from it."""

    listing: dict[str, Any]


class Paged(BaseModel, Generic[Item]):
    """One page; `next` is the cursor of the following one, null on the last."""

    items: list[Item]
    next: str | None


class Health(BaseModel):
    """Whether the service is able to work."""

    status: Literal["ok"]
    version: str
    engines: list[str]
