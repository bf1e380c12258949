"""Checks and converts the arguments of `Classifier`.

Python does not check annotations at run time. A wrong type raises a TypeError here that names the accepted
types, instead of an AttributeError later.
"""

from __future__ import annotations

import os
from typing import TypeVar

from classifier.engines.base import Engine
from classifier.model.document import Document
from classifier.model.paper import Paper, PaperFile
from classifier.model.reference import Reference
from classifier.settings import Settings

Ref = str | os.PathLike[str]

_Kind = TypeVar("_Kind")

WHOLE_SETTINGS = (
    "Classifier() takes single settings by name; complete settings go to Classifier.from_settings()"
)


def engine_object(given: object, name: str) -> Engine | None:
    """An engine object, or None; `name` is the argument's name, for the message.

    Raises:
        TypeError: It is something else.
    """
    if given is None:
        return None
    if isinstance(given, Settings):
        raise TypeError(WHOLE_SETTINGS)
    if isinstance(given, type):
        raise TypeError(f"{name} takes an engine object, got the class {given.__name__}; pass an instance")
    if isinstance(given, str):
        raise TypeError(f"{name} takes an engine object, got the name '{given}'; name it in the settings")
    # Not by isinstance: since Python 3.12 it does not see attributes that an engine delegates.
    if not callable(getattr(given, "answer", None)):
        raise TypeError(f"{name} takes an object that implements `Engine`, got {type(given).__name__}")
    found: Engine = given  # type: ignore[assignment]
    return found


def whole_settings(given: object) -> Settings:
    """Settings as `load_settings` gives them.

    Raises:
        TypeError: They are something else.
    """
    if not isinstance(given, Settings):
        raise TypeError(
            f"from_settings() takes complete Settings, got {type(given).__name__}; "
            "an engine's name and single settings go to Classifier()"
        )
    return given


def reference(given: object) -> str | Reference:
    """The argument for `Sources`: a path object always names a file, whatever its name looks like.

    Raises:
        TypeError: It is neither text nor a path.
    """
    if isinstance(given, str | Reference):
        return given
    if isinstance(given, os.PathLike) and isinstance(path := os.fspath(given), str):
        return Reference(ref=path, kind="file", value=path)
    raise TypeError(
        f"a reference is a path, an arXiv id, a URL, a DOI or a title (str or os.PathLike); "
        f"got {type(given).__name__}"
    )


def known_paper(given: object, text: object) -> Paper:
    """A paper without a file: only an abstract, or metadata with or without a text.

    Raises:
        TypeError: It is neither an abstract nor a `Paper`, or a text is given with an abstract.
    """
    optional(text, str, "text")
    if isinstance(given, Paper):
        return given
    if isinstance(given, str) and text is None:
        return Paper(abstract=given)
    if isinstance(given, str):
        raise TypeError("a Paper needs its text too: classify_text(Paper(title=...), text)")
    raise TypeError(f"an abstract (str) or a Paper is expected; got {type(given).__name__}")


def optional(given: object, kind: type[_Kind], name: str) -> _Kind | None:
    """A value of this kind or None; `name` is the argument's.

    Raises:
        TypeError: It is something else.
    """
    if given is None or isinstance(given, kind):
        return given
    raise TypeError(f"{name} takes a {kind.__name__}, got {type(given).__name__}")


def fetched(given: object) -> PaperFile:
    """A paper that was fetched.

    Raises:
        TypeError: It is something else, such as a reference.
    """
    if not isinstance(given, PaperFile):
        raise TypeError(f"this takes a PaperFile, as afetch() gives it, got {type(given).__name__}")
    return given


def read(given: object) -> Document:
    """A paper that was read.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(given, Document):
        raise TypeError(f"this takes a Document, as aread() gives it, got {type(given).__name__}")
    return given


def ids(given: frozenset[str]) -> frozenset[str]:
    """Ids of studies.

    Raises:
        TypeError: It is one text: each part of it would count as an id.
    """
    if isinstance(given, str):
        raise TypeError("leave_out takes a set of ids, got str")
    return frozenset(given)
