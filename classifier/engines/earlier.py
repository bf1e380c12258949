"""What was asked about a paper before the present question: the result contains its attempts and its cost.

What enters: replies and errors of earlier questions (of a cascade's first engine, of earlier stages, or of a
prompt that was too long). What leaves: the last reply, or the last error, with the sums of all.
"""

from __future__ import annotations

from functools import reduce

from classifier.errors import ClassifierError
from classifier.model.reply import Reply, Usage


class Earlier:
    """Sums of the earlier questions about one paper.

    Attributes:
        attempts, latency_s: As in `Reply`.
    """

    def __init__(self) -> None:
        self.attempts = 0
        self.latency_s = 0.0
        self._usage: list[Usage] = []

    def add_reply(self, reply: Reply) -> None:
        """Counts a reply; one without a request was free."""
        self.attempts += reply.attempts
        self.latency_s += reply.latency_s
        if reply.attempts:
            self._usage.append(reply.usage)

    def add_error(self, error: ClassifierError) -> None:
        """Counts a failure."""
        self.attempts += error.attempts
        if _was_answered(error):
            self._usage.append(error.usage)

    def with_reply(self, last: Reply) -> Reply:
        """The last reply with the sums; if one cost is unknown, so is the sum."""
        return last.model_copy(
            update={
                "usage": reduce(Usage.plus, [*self._usage, last.usage]),
                "attempts": self.attempts + last.attempts,
                "latency_s": self.latency_s + last.latency_s,
            }
        )

    def add_to(self, last: ClassifierError) -> None:
        """Adds the sums to the last error; if no request of it was answered, it has cost nothing."""
        last.attempts += self.attempts
        parts = [*self._usage, *([last.usage] if _was_answered(last) else [])]
        last.usage = reduce(Usage.plus, parts) if parts else last.usage


def _was_answered(error: ClassifierError) -> bool:
    return error.usage is not None and error.usage.tokens_in is not None
