"""The options of an earlier `classifier init`, which count again if they are not given.

What enters: a workspace's folder and the options of this time. What leaves: the options to use. Without this,
`classifier init DIR` for a list that has grown would silently take back what the author had chosen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classifier.errors import ConfigError
from classifier.scaffold.filed import Choices
from classifier.scaffold.folder import InitFolder


@dataclass(frozen=True)
class InitOptions:
    """What an author has chosen, now or before.

    Attributes:
        abstracts: A list with abstracts; None for none.
        kept: The options of the last time that count again, as they are typed.
    """

    choices: Choices
    abstracts: str | None
    kept: tuple[str, ...]


def options_of(
    root: Path, given: Mapping[str, str | Sequence[str] | None], abstracts: str | None
) -> InitOptions:
    """The options that are given, else those of the last init, else the usual ones.

    Args:
        given: The fields of `Choices`; None if an option is not given.
        abstracts: The list with abstracts; None if the option is not given, empty for none.

    Raises:
        ConfigError: The folder is not a workspace of `init`, or the list of the last time is gone.
    """
    facts = InitFolder(root).facts
    wanted = {name: value for name, value in given.items() if value is not None}
    try:
        before = Choices.model_validate(facts.get("choices") or {})
    except ValidationError:
        before = Choices()
    usual = Choices()
    kept = [
        f"--{name.replace('_', '-')} {one}"
        for name, value in before.model_dump().items()
        if name not in wanted and value != getattr(usual, name)
        for one in (value if isinstance(value, tuple) else (value,))
    ]
    if abstracts is None and (name := facts.get("abstracts")):
        abstracts = os.path.normpath(root / name)
        if not Path(abstracts).exists():
            raise ConfigError(
                f"{abstracts}: the list of abstracts of the last time is not there; give --abstracts LIST, "
                "or --abstracts '' for none"
            )
        kept.append(f"--abstracts {abstracts}")
    choices = Choices.model_validate({**before.model_dump(), **wanted})
    return InitOptions(choices, abstracts or None, tuple(kept))


def remembered_list(root: Path, abstracts: str | None) -> dict[str, Any]:
    """What the workspace notes of the list with abstracts: its path from there; nothing for a pipe."""
    if abstracts is None or not Path(abstracts).is_file():
        return {}
    return {"abstracts": Path(os.path.relpath(abstracts, root)).as_posix()}
