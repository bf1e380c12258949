"""A workspace's YAML -> its data, or one line about what is wrong and how to fix it.

What enters: a file's bytes. What leaves: mappings, lists and plain values. Keys that occur twice in one
mapping are rejected, since YAML would silently keep the last one. What it does not do: check the structure
(`classifier.survey.shape`).
"""

from __future__ import annotations

from typing import Any

import yaml

_HINTS = (
    ("mapping values are not allowed", "put a text with a colon in quotes"),
    ("',' or '}'", "put a text with a colon, # or quotation marks in quotes"),
    ("',' or ']'", "put a text with a colon, # or quotation marks in quotes"),
    ("scanning an alias", "put a text that starts with * in quotes"),
    ("undefined alias", "put a text that starts with * in quotes"),
    ("scanning an anchor", "put a text that starts with & in quotes"),
    ("undefined anchor", "put a text that starts with * in quotes"),
    ("constructor for the tag", "put a text that starts with ! in quotes"),
    ("expected node content", "put a text that starts with - or another sign in quotes"),
    ("cannot start any token", "put a text that starts with a sign such as @, ` or % in quotes"),
)
"""Part of a message of PyYAML (of the Python and the C parser) -> what to do."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # in C, 10 times as fast
    """The safe loader, without keys that occur twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} occurs twice in one mapping", key.start_mark
                    )
                seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def read_yaml(raw: bytes) -> Any:
    """The data in a YAML document.

    Raises:
        ValueError: It is not YAML, or a key occurs twice in a mapping. The message is one line with the place
            and what to do.
    """
    try:
        return yaml.load(raw, Loader=_Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(_in_words(error, raw)) from error


def _in_words(error: yaml.YAMLError | UnicodeDecodeError, raw: bytes) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    mark, start = error.problem_mark, error.context_mark
    problem = " ".join(f"{error.context or ''} {error.problem}".split())
    begun = f" (it starts on line {start.line + 1})" if start is not None and start.line != mark.line else ""
    hint = _hint(error, raw)
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}{begun}{'; ' * bool(hint)}{hint}"


def _hint(error: yaml.MarkedYAMLError, raw: bytes) -> str:
    mark = error.problem_mark
    lines = raw.splitlines()
    if mark is not None and mark.line < len(lines):
        before = lines[mark.line][: mark.column + 1]
        if b"\t" in before and not before.strip():
            return "indent with spaces instead of tabs"
    said = f"{error.context} {error.problem}"
    return next((hint for part, hint in _HINTS if part in said), "")
