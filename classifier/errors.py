"""The tree of all errors, so that callers know what to catch.

    ClassifierError
    ├─ ConfigError           settings, taxonomy, prompt or gold file wrong
    ├─ InputError            the paper or the reference cannot be used
    │  ├─ BadReference       neither a path, an arXiv id, a URL, a DOI nor a title
    │  ├─ NotAPdf            the bytes are something else (often an HTML error page)
    │  ├─ EncryptedPdf       a password is needed
    │  ├─ NoTextError        a scan: it needs OCR
    │  ├─ NotAPaper          too short, or a notice instead of a paper
    │  └─ UnreadablePdf      broken, or over a limit of the sandbox
    ├─ SourceError           fetching a paper failed
    │  ├─ PaperNotFound      the source answered: there is no such paper
    │  ├─ SourceUnavailable  the source did not answer, or refused for now (retryable)
    │  └─ WrongPaper         the id and the title belong to different papers
    ├─ ModelError            the language model gave no reply
    │  ├─ RateLimited        429; with `retry_after_s` if the server sent it (retryable)
    │  ├─ ModelTimeout       no answer in time (retryable)
    │  ├─ ModelUnavailable   unreachable, 5xx or a broken body (retryable)
    │  ├─ ContextOverflow    the prompt is longer than the model's window
    │  ├─ Refused            the model declined, or the key or request was rejected
    │  └─ BudgetSpent        the account's quota or the run's own cap is used up
    ├─ ReplyError            the model answered, but not with a usable label
    │  ├─ NotJson
    │  ├─ SchemaMismatch
    │  ├─ UnknownLabel
    │  └─ Truncated
    ├─ NoRecording           a replay has no recording of this request
    ├─ StoreError            a cache, ledger or output could not be written or read
    └─ InternalError         a bug in this program or its installation

Every message is one line: what was wrong, what was expected, what to do. `concerns` and `retryable` of each
class decide how a run over many papers reacts. `error_class` finds the class of a stored `code`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar


class Concern(StrEnum):
    """What an error is about, which decides how a run reacts."""

    paper = "paper"
    """This paper's file, id or text is not available or not readable; another one may work."""
    server = "server"
    """The engine gave no reply. If this happens many times in a row, the papers are not the cause."""
    answer = "answer"
    """The engine was asked, and no usable label resulted from it."""
    run = "run"
    """Not caused by this paper: the next one would fail too."""


class ClassifierError(Exception):
    """Base class of all errors that the package raises on purpose.

    Attributes:
        code: Stable kebab-case name, used in `Label.error.code` and in JSON output.
        concerns: What it is about.
        retryable: Whether the same call may succeed later without a change.
        attempts, usage: Requests and their `classifier.model.reply.Usage` (or None) before the failure, since
            failures cost money too. (Untyped, since this module imports nothing from the package.)
    """

    code: ClassVar[str] = "error"
    concerns: ClassVar[Concern] = Concern.answer
    retryable: ClassVar[bool] = False
    attempts: int = 0
    usage: Any = None

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    @classmethod
    def is_unanswered(cls) -> bool:
        """Whether there was no reply, so that a resumed run asks again."""
        return cls.retryable or cls.concerns in (Concern.server, Concern.run)

    @property
    def message(self) -> str:
        """The one-line message."""
        return str(self)


class ConfigError(ClassifierError):
    """Settings, taxonomy, prompt or gold file are wrong."""

    code = "config"
    concerns = Concern.run


class InputError(ClassifierError):
    """The paper or the reference cannot be used as it is.

    Attributes:
        hidden: Each `classifier.model.document.HiddenText` of a refused PDF, reported along with the refusal.
    """

    code = "input"
    concerns = Concern.paper
    hidden: tuple[Any, ...] = ()


class BadReference(InputError):
    """A reference of unknown form, or a list entry without a reference."""

    code = "bad-reference"


class NotAPdf(InputError):
    """The bytes are not a PDF."""

    code = "not-a-pdf"


class EncryptedPdf(InputError):
    """The PDF opens only with a password."""

    code = "encrypted-pdf"


class NoTextError(InputError):
    """The PDF has no text layer: it needs OCR."""

    code = "needs-ocr"


class NotAPaper(InputError):
    """There is text, but it is not a paper (a stub, a notice)."""

    code = "not-a-paper"


class UnreadablePdf(InputError):
    """Broken, or over a limit of the sandbox."""

    code = "unreadable-pdf"


class SourceError(ClassifierError):
    """Fetching a paper failed."""

    code = "source"
    concerns = Concern.paper


class PaperNotFound(SourceError):
    """The source says that there is no such paper."""

    code = "paper-not-found"


class SourceUnavailable(SourceError):
    """The source could not be reached, or temporarily refuses requests."""

    code = "source-unavailable"
    retryable = True


class WrongPaper(SourceError):
    """The id leads to a paper with another title."""

    code = "wrong-paper"


class ModelError(ClassifierError):
    """The language model gave no reply."""

    code = "model"
    concerns = Concern.server


class RateLimited(ModelError):
    """HTTP 429; `retry_after_s` is the wait in seconds if the server sent one."""

    code = "rate-limited"
    retryable = True

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ModelTimeout(ModelError):
    """No answer in time."""

    code = "model-timeout"
    retryable = True


class ModelUnavailable(ModelError):
    """Unreachable, a server error, or a body that is not an answer."""

    code = "model-unavailable"
    retryable = True


class ContextOverflow(ModelError):
    """The prompt does not fit into the model's window."""

    code = "context-overflow"
    concerns = Concern.answer


class Refused(ModelError):
    """The model declined, or the server rejected the key or the request."""

    code = "refused"


class BudgetSpent(ModelError):
    """The account's quota, or the run's own cap, is used up."""

    code = "budget-spent"
    concerns = Concern.run


class ReplyError(ClassifierError):
    """The model's reply contains no usable answer.

    Attributes:
        raw: The reply as received, for debugging; it is not part of the message.
    """

    code = "reply"

    def __init__(self, message: str, raw: str = "") -> None:
        super().__init__(message)
        self.raw = raw


class NotJson(ReplyError):
    """The reply is not JSON."""

    code = "not-json"


class SchemaMismatch(ReplyError):
    """The reply is JSON, but does not match the schema."""

    code = "schema-mismatch"


class UnknownLabel(ReplyError):
    """The reply's label is not in the taxonomy."""

    code = "unknown-label"


class Truncated(ReplyError):
    """The reply was cut off by the output limit."""

    code = "truncated"


class NoRecording(ClassifierError):
    """A replay has no recording of this request.

    Not a `ModelError`: a cascade must not escalate a paper only because it was not recorded.
    """

    code = "no-recording"
    concerns = Concern.server


class StoreError(ClassifierError):
    """A cache, ledger or output file could not be read or written."""

    code = "store"
    concerns = Concern.run


class InternalError(ClassifierError):
    """A bug in this program or its installation; the input is not the cause."""

    code = "internal-error"


def error_class(code: str) -> type[ClassifierError]:
    """The class of a stored code; the base for a code that this version does not know."""
    return _CLASSES.get(code, ClassifierError)


def codes_of(*, concerns: Concern | None = None, retryable: bool | None = None) -> frozenset[str]:
    """The codes of all errors with this concern, filtered by `retryable` unless it is None."""
    return frozenset(
        code
        for code, kind in _CLASSES.items()
        if concerns in (None, kind.concerns) and retryable in (None, kind.retryable)
    )


def _tree(kind: type[ClassifierError]) -> list[type[ClassifierError]]:
    return [kind, *(found for sub in kind.__subclasses__() for found in _tree(sub))]


_CLASSES = {kind.code: kind for kind in _tree(ClassifierError)}
"""All codes of this module; classes in other modules use one of these codes, or are never stored."""
