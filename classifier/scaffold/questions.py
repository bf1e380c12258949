"""Five answers of an author -> a `Source`, if there is no list, outline or library to start from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from classifier.errors import ConfigError
from classifier.scaffold.nodes import NamedNode, sections_of, split_definition
from classifier.scaffold.source import Source

QUESTIONS = {
    "title": "Title of the survey",
    "definition": "Which papers does it order, and by what (one sentence)",
    "topics": "Topics, separated by ';' and with '>' for what is below ('Reward > Code; Reward > Scores; "
    "Policy')",
    "scope": "Which papers belong in it (one sentence)",
    "outside": "Which neighbouring papers do not (one sentence)",
}


def read_answers(path: Path) -> dict[str, Any]:
    """The answers in a YAML file.

    Raises:
        ConfigError: It cannot be read, or has other keys.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(data, dict) or not set(data) <= set(QUESTIONS):
        raise ConfigError(f"{path}: expected a mapping with the keys {', '.join(QUESTIONS)}")
    return {str(key): value for key, value in data.items()}


def source_from_answers(answers: Mapping[str, Any], name: str) -> Source:
    """The survey that the answers describe.

    Args:
        answers: By the keys of `QUESTIONS`; `topics` may be a text or a list of texts.

    Raises:
        ConfigError: No topic was given.
        InputError: Too many.
    """
    topics = answers.get("topics") or ""
    rows = topics if isinstance(topics, list) else str(topics).replace("\n", ";").split(";")
    top: list[NamedNode] = []
    for row in rows:
        level = top
        for part in str(row).split(">"):
            title, definition = split_definition(part.strip())
            if not title:
                continue
            node = next((n for n in level if n.title == title), None)
            if node is None:
                node = NamedNode(title, definition)
                level.append(node)
            level = node.children
    if not top:
        raise ConfigError("no topics were given; expected names separated by ';', such as 'Reward; Policy'")
    texts = {key: " ".join(str(answers.get(key) or "").split()) for key in QUESTIONS}
    scope = " ".join(filter(None, (texts["scope"], texts["outside"] and f"Not: {texts['outside']}")))
    return Source(
        name=name,
        form="answers",
        title=texts["title"],
        definition=texts["definition"],
        scope=scope,
        sections=sections_of(top, name or "answers"),
        keep_empty=True,
    )
