"""A command of this program as text that a shell accepts unchanged.

What enters: the command's name, arguments and options. What leaves: one line, quoted for a POSIX shell. It
knows no command; its caller gives it what the user gave, so that the line works in the same folder.
"""

from __future__ import annotations

import shlex
from os import PathLike, fspath

Value = str | PathLike[str] | float | bool | None
"""An option's value: True for a flag, None or False for an option that is left out."""


def command_line(
    name: str, *arguments: str | PathLike[str], options: dict[str, Value] | None = None, **more: Value
) -> str:
    """`command_line("review", "my run", methods=True)` is `classifier review 'my run' --methods`.

    Args:
        name: The command; `gold add` is two words.
        options: As keywords, or in a mapping for those that are words of Python: `{"as": "anna"}`.
    """
    given = []
    for option, value in {**(options or {}), **more}.items():
        if value is None or value is False:
            continue
        given.append(f"--{option.replace('_', '-')}")
        if value is not True:
            given.append(fspath(value) if isinstance(value, PathLike) else str(value))
    named = [fspath(argument) for argument in arguments]
    # A name that starts with a hyphen would be taken for an option.
    parts = [*given, "--", *named] if any(word.startswith("-") for word in named) else [*named, *given]
    return f"classifier {name} {shlex.join(parts)}".rstrip()
