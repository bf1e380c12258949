"""The money that assistants have spent in a folder, and whether another request surely fits under the cap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from classifier.batch.ledger.progress import read_progress
from classifier.batch.purse import ReplyId
from classifier.errors import BudgetSpent, ConfigError, StoreError
from classifier.files import replace_text
from classifier.model.reply import Usage
from classifier.model.task import Prompt
from classifier.runs.prices import price_of
from classifier.service.shelf import PAPERS
from classifier.settings import Settings

MARK = ".assistant"
"""A file in the folder of each run that an assistant has paid for."""
_LOCK = ".assistant.lock"
_WAIT_S = 600.0
"""Seconds that a paid call waits for another one."""
_LEAST_CHARS_A_TOKEN = 3
"""Tokens of ASCII text have more characters than this; of other text, a token has at least one byte."""


@contextmanager
def in_line(folder: Path) -> Iterator[None]:
    """One paid call at a time in all processes, so that the sum does not change before the request is sent.

    Raises:
        StoreError: The folder cannot be written, or another call takes too long.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK, timeout=_WAIT_S):
            yield
    except Timeout as error:
        raise StoreError(f"{folder}: another paid call takes long; try again later") from error


def mark(run: Path) -> None:
    """Counts a run's cost as spent by assistants."""
    run.mkdir(parents=True, exist_ok=True)
    if not (run / MARK).exists():
        replace_text(run / MARK, "")


def spent_usd(folder: Path) -> float:
    """The cost of all replies in runs that assistants paid for.

    Raises:
        StoreError: A ledger cannot be read, so the sum is unknown.
    """
    papers = folder / PAPERS
    runs = sorted(papers.iterdir()) if papers.is_dir() else []
    return sum(read_progress(run).spent.cost_usd for run in runs if (run / MARK).exists())


def most_usd(settings: Settings, prompt: Prompt) -> float:
    """Upper bound of one request's cost, including a re-ask with the invalid reply and the reason.

    Raises:
        ConfigError: No price is known for the model.
    """
    text = f"{prompt.system}{prompt.user}{prompt.answer_schema}"
    others = "".join(char for char in text if not char.isascii())
    tokens_in = (len(text) - len(others)) // _LEAST_CHARS_A_TOKEN + len(others.encode("utf-8", "replace"))
    room = settings.max_output_tokens
    # A cut-off reply is requested again with twice the limit; an invalid one is part of the next request.
    usage = Usage(tokens_in=tokens_in + 2 * room, tokens_out=2 * room)
    price = price_of(settings, usage)
    if price is None:
        raise ConfigError(
            f"no price is known for {settings.model}, so --max-cost cannot be kept; set CLASSIFIER_PRICES, "
            "or use classify_paper"
        )
    return price


class CapPurse:
    """A `Purse` for one run: a request is sent only if its highest possible cost fits under the cap.

    A paper may need several requests of different sizes: a re-ask, or the second question about a large tree.

    Args:
        spent_usd: What assistants have spent in the folder.
        least_usd: What every request is assumed to cost at least; see `most_usd`.
    """

    def __init__(self, spent_usd: float, least_usd: float, cap: float) -> None:
        self._spent = spent_usd
        self._least = least_usd
        self._cap = cap

    async def hold(self, reply: ReplyId, most_usd: float) -> int:  # noqa: ARG002 - as every purse
        """See `Purse.hold`; the run sends one request after the other, so there is nothing to wait for."""
        check(self._spent, max(most_usd, self._least), self._cap)
        return 0

    async def settle(self, hold: int, cost_usd: float) -> None:  # noqa: ARG002
        """See `Purse.settle`."""
        self._spent += cost_usd


def check(spent: float, most: float, cap: float) -> None:
    """Checks that a request may be sent.

    Raises:
        BudgetSpent: Its worst case does not fit under the cap.
    """
    if spent + most > cap:
        raise BudgetSpent(
            f"assistants have spent ${spent:.4f} of --max-cost {cap:g} here, and this request could cost up "
            f"to ${most:.4f}; it was not sent: ask the user to raise --max-cost, or use classify_paper"
        )
