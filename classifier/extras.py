"""Imports packages of optional extras when needed; if one is missing, the message names the extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from classifier.errors import ConfigError


def need(module: str, extra: str, what: str) -> Any:
    """Imports a module of an optional extra.

    Args:
        module: Dotted name.
        extra: The extra that installs it.
        what: The feature that needs it, in the user's words.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ConfigError(
            f"{what} needs the package '{package}'; run: pip install 'survey-classifier[{extra}]'"
        ) from error
