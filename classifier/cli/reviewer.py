"""The name that a printed `classifier review` command gives to --as."""

from __future__ import annotations

import getpass
from pathlib import Path


def reviewer_of(folder: Path) -> str:
    """A name that may decide on this run: a reviewer of its plan, else the name of the login.

    It is only printed: nothing is decided under a name that nobody has given.
    """
    from classifier.batch.ledger.decisions import read_plan
    from classifier.review.plan import as_plan

    reviewers = as_plan(read_plan(folder)).reviewers
    return reviewers[0] if reviewers else login_name()


def login_name() -> str:
    """The name of the login, or NAME if the system has none for this user."""
    try:
        return getpass.getuser() or "NAME"
    except (OSError, KeyError, ImportError):  # a container's user without an entry; Windows without variables
        return "NAME"
