"""What one question tries, until there is a reply: each failure may change how it is put.

What enters: a profile, and errors. What leaves: the next request's profile, and whether to send it at once.
A trial becomes what is known about the server only after it has led to a reply.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from classifier.engines.openai.failures import FailedSample, RejectedRequest, ServerError
from classifier.engines.openai.ladder import Profile
from classifier.engines.openai.wording import is_moderation, unexplained
from classifier.errors import ModelError

_SILENT_FAILURES = 2
"""HTTP 500 without useful words, before any reply in this process, after which something else is tried."""
_MOST_TURNS = 10
"""Adaptations to a server's words; after so many it must be contradicting itself."""


class EmptyReply(ServerError):
    """There is no text in the reply (retryable)."""


class StaysEmpty(EmptyReply):
    """The replies are empty, however the question is put: another one would only cost money."""

    retryable = False


@dataclass
class Trial:
    """The profile that the next request of a question is sent with.

    Attributes:
        start: What was known at the start.
        inferred: What was given up was not named by the server.
        sporadic: It was given up for empty replies: of no consequence once other replies have come.
    """

    start: Profile
    inferred: bool = False
    sporadic: bool = False
    _failures: int = 0
    _empty: int = 0
    _with_system: Profile | None = None
    _tried: set[Profile] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.begin(self.start)

    def begin(self, profile: Profile) -> None:
        """Takes over what is known by now."""
        self.start = self.profile = profile

    def doubt(self, profile: Profile | None) -> None:
        """An earlier reply shows that this profile is of no use: one rung lower is tried."""
        if profile == self.profile:
            self.profile, self.inferred = profile.lower() or profile, True

    def adapts(self, error: ModelError, *, is_reask: bool, is_new: bool, is_proven: bool) -> bool:
        """Whether the profile has changed so that asking again at once makes sense.

        Args:
            is_reask: The model was told already what is wrong with what it writes.
            is_new: Nothing is known about the server, and nothing has come from it.
            is_proven: A reply has come in this process.
        """
        if isinstance(error, FailedSample):
            return is_reask and self._step_down()
        if not isinstance(error, RejectedRequest | ServerError) or is_moderation(error.said):
            return False
        spoken = self.profile.after(error.said)
        if spoken is None and error.status in (400, 422) and unexplained(error.said):
            spoken = self.profile.weaker()
        if spoken is not None:
            return self._turn(spoken)
        return error.status == 500 and not is_proven and self._suspect(error, is_new=is_new)

    def put_lower(self, reply: EmptyReply) -> EmptyReply:
        """Takes an empty reply for the rung's: the next request goes one rung lower.

        Returns:
            The error to raise; it is final if the lowest rung brought nothing, twice.
        """
        self.sporadic = True
        if self._step_down():
            return reply
        self._empty += 1
        if self._empty < _SILENT_FAILURES:
            return reply
        return StaysEmpty(
            "the model's replies are empty in every request format; use another model or raise "
            "max_output_tokens",
            200,
        )

    def _suspect(self, error: RejectedRequest | ServerError, *, is_new: bool) -> bool:
        """A 500 without useful words: once without the system role, then something else at each failure.

        Returns:
            Whether to ask again at once.
        """
        self._failures += 1
        if self._with_system is not None and not self.profile.system:
            self.profile, self.inferred = self._with_system, False  # the system role was not it
        elif is_new and self.profile.system and self._failures == 1 and unexplained(error.said):
            self._with_system = self.profile
            self.profile, self.inferred = replace(self.profile, system=False), True
            return True
        if self._failures >= _SILENT_FAILURES:
            self.profile, self.inferred = self.profile.weaker() or self.profile, True
        return False

    def _step_down(self) -> bool:
        lower = self.profile.lower()
        if lower is not None:
            self.profile, self.inferred = lower, True
        return lower is not None

    def _turn(self, profile: Profile) -> bool:
        """Takes a profile; false if it was refused before: the server is contradicting itself."""
        self._tried.add(self.profile)
        if profile in self._tried or len(self._tried) > _MOST_TURNS:
            return False
        self.profile, self._with_system = profile, None
        return True
