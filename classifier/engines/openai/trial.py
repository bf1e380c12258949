"""The attempts of one question until there is a reply: each failure may change how it is asked.

What enters: a profile, and errors. What leaves: the next request's profile, and whether to send it at once.
Its profile is stored for the server only after it has led to a reply.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from classifier.engines.openai.failures import FailedSample, RejectedRequest, ServerError
from classifier.engines.openai.ladder import Profile
from classifier.engines.openai.wording import is_moderation, refuses_parameters, unexplained
from classifier.errors import ModelError

_SILENT_FAILURES = 2
"""Number of HTTP 500 without a useful message, before the first reply in this process, after which something
else is tried."""
_MOST_TURNS = 10
"""Most adaptations to a server's messages; after this many, the server contradicts itself."""


class EmptyReply(ServerError):
    """The reply has no text (retryable)."""


class StaysEmpty(EmptyReply):
    """The replies are empty in every form of the question; another request would only cost money."""

    retryable = False


@dataclass
class Trial:
    """The profile for the next request of a question.

    Attributes:
        start: The profile at the start.
        inferred: Whether something was given up that the server did not name.
        sporadic: Whether it was given up because of empty replies; this does not count after other replies.
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
        """Starts with this profile."""
        self.start = self.profile = profile

    def doubt(self, profile: Profile | None) -> None:
        """Goes one rung lower if this profile, which did not work, is still in use."""
        if profile == self.profile:
            self.profile, self.inferred = profile.lower() or profile, True

    def adapts(self, error: ModelError, *, is_reask: bool, is_new: bool, is_proven: bool) -> bool:
        """Adapts the profile to an error; returns whether asking again at once makes sense.

        Args:
            is_reask: Whether the conversation already says what was wrong with the model's reply.
            is_new: Whether nothing is known about the server, and it has not answered yet.
            is_proven: Whether this process has received a usable reply.
        """
        if isinstance(error, FailedSample):
            return is_reask and self._step_down()
        if not isinstance(error, RejectedRequest | ServerError) or is_moderation(error.said):
            return False
        spoken = self.profile.after(error.said)
        unnamed = error.status in (400, 422) and unexplained(error.said)
        if spoken is None and (unnamed or refuses_parameters(error.said)):
            spoken = self.profile.weaker()
        if spoken is not None:
            return self._turn(spoken)
        return error.status == 500 and not is_proven and self._suspect(error, is_new=is_new)

    def put_lower(self, reply: EmptyReply) -> EmptyReply:
        """Assumes that the rung caused an empty reply: the next request goes one rung lower.

        Returns:
            The error to raise; it is final after two empty replies on the lowest rung.
        """
        self.sporadic = True
        if self._step_down():
            return reply
        self._empty += 1
        if self._empty < _SILENT_FAILURES:
            return reply
        return StaysEmpty(
            "the model's replies are empty, with every way of asking; use another model or raise "
            "max_output_tokens",
            200,
        )

    def _suspect(self, error: RejectedRequest | ServerError, *, is_new: bool) -> bool:
        """Adapts to a 500 without a useful message: first without the system role, then in other ways.

        Returns:
            Whether to ask again at once.
        """
        self._failures += 1
        if self._with_system is not None and not self.profile.system:
            self.profile, self.inferred = self._with_system, False  # the system role was not the cause
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
        """Uses a profile; returns False if it was rejected before: then the server contradicts itself."""
        self._tried.add(self.profile)
        if profile in self._tried or len(self._tried) > _MOST_TURNS:
            return False
        self.profile, self._with_system = profile, None
        return True
