"""What callers give a `Classifier` -> what its steps take.

Annotations bind nobody at run time. What is of another kind ends here in a TypeError that says what is
accepted, not later in an attribute that something does not have.
"""

from __future__ import annotations

from classifier.engines.base import Engine
from classifier.settings import Settings

WHOLE_SETTINGS = "Classifier() takes single settings by name; whole settings go to Classifier.from_settings()"


def engine_object(given: object, name: str) -> Engine | None:
    """An engine that a caller made, or None; `name` is the argument's.

    Raises:
        TypeError: It is something else.
    """
    if given is None:
        return None
    if isinstance(given, Settings):
        raise TypeError(WHOLE_SETTINGS)
    if isinstance(given, type):
        raise TypeError(f"{name} takes an engine object, got the class {given.__name__}; make one of it")
    if isinstance(given, str):
        raise TypeError(f"{name} takes an engine object, got the name '{given}'; name it in the settings")
    # Not by isinstance: since Python 3.12 that does not see what an engine hands on to another one.
    if not callable(getattr(given, "answer", None)):
        raise TypeError(f"{name} takes an object that speaks `Engine`, got {type(given).__name__}")
    found: Engine = given  # type: ignore[assignment]
    return found


def whole_settings(given: object) -> Settings:
    """Settings as `load_settings` gives them.

    Raises:
        TypeError: They are something else.
    """
    if not isinstance(given, Settings):
        raise TypeError(
            f"from_settings() takes whole Settings, got {type(given).__name__}; "
            "an engine's name and single settings go to Classifier()"
        )
    return given
