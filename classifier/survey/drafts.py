"""drafts.yaml of a workspace: texts that a program has drafted, and what a person decided about each.

What enters: the file. What leaves: records. Nothing uses a draft before a person accepts it: then its text is
in taxonomy.yaml (`classifier draft`, the service's page "Drafts"). The file may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError

from classifier.errors import ConfigError
from classifier.model.record import Record
from classifier.survey.shape import problems
from classifier.survey.taxonomy import Node, Taxonomy, Text, TextDraft

DRAFTS_FILE = "drafts.yaml"
SURVEY = "@survey"
"""What stands for the whole survey in the id of a draft; a node's part is its path."""
QUESTIONS = "@questions"
"""What stands for the decision questions, which are used only when all their texts are accepted."""
MADE_HERE = ("headings", "words")
"""`by` of drafts that no model made; their texts are in taxonomy.yaml, under a mark."""
MAX_CHARS = 400
"""Most characters of one drafted text, which is one sentence."""
_MOST_BYTES = 50_000_000

_HEAD = """\
# Texts that a program has drafted. Nothing uses a draft before a person accepts it. To decide in this file,
# set `state` to accepted or rejected (edit `text` if you like), then run: classifier draft DIR --apply
"""
State = Literal["draft", "accepted", "rejected"]
DraftId = Annotated[str, StringConstraints(pattern=r"^@?[a-z0-9][a-z0-9+._/-]*:[a-z0-9][a-z0-9+._-]*$")]


class DraftedText(Record):
    """One drafted text.

    Attributes:
        id: Node and field, "counting/by-song:counts.1"; "@survey:scope"; "@questions:survey_topic.counting".
        text: One sentence.
        by: The model's name; "headings" or "words" for texts that are in taxonomy.yaml already.
        papers: Ids of the studies that it rests on.
        state: What a person decided.
        drafted: What the program wrote, if a person changed it.
    """

    id: DraftId
    text: Text = Field(max_length=4 * MAX_CHARS)
    by: str = ""
    papers: tuple[str, ...] = ()
    state: State = "draft"
    drafted: str = ""

    @property
    def node(self) -> str:
        """The node's path, or `SURVEY` or `QUESTIONS`."""
        return self.id.rpartition(":")[0]

    @property
    def of(self) -> str:
        """The field: "definition", "counts.0", "scope", "survey_topic.counting"."""
        return self.id.rpartition(":")[2]

    @property
    def field(self) -> str:
        """The field without the number: "counts"."""
        return re.sub(r"\.\d+$", "", self.of)


class DraftFile(Record):
    """The file."""

    drafts: tuple[DraftedText, ...] = ()


def load_drafts(root: Path) -> tuple[DraftedText, ...]:
    """The drafts of a workspace, with the decisions about them; empty if it has none.

    Raises:
        ConfigError: The file cannot be read, or does not have the structure of such a file.
    """
    path = root / DRAFTS_FILE
    if not path.is_file():
        return ()
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(
                f"{path}: larger than {_MOST_BYTES // 1_000_000} MB; expected drafted sentences"
            )
        # The C version of the safe loader, if PyYAML has it: 10 times as fast.
        data = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())})") from error
    try:
        found = DraftFile.model_validate(data or {}).drafts
    except ValidationError as error:
        where, message = next(problems(error, DraftFile))
        raise ConfigError(f"{path}: {where}: {message}") from error
    seen: set[str] = set()
    for draft in found:
        if draft.id in seen:
            raise ConfigError(f"{path}: '{draft.id}' is there twice; keep one")
        seen.add(draft.id)
    return found


def drafts_text(drafts: Iterable[DraftedText]) -> str:
    """The file's text."""
    rows = [draft.model_dump(mode="json", exclude_defaults=True) | {"state": draft.state} for draft in drafts]
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return _HEAD + yaml.dump({"drafts": rows}, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110)


def pending_drafts(taxonomy: Taxonomy, drafts: Iterable[DraftedText]) -> tuple[DraftedText, ...]:
    """All texts that wait for a person: those of the file, and the marked ones of taxonomy.yaml.

    A text under a mark is left out while a model's text for its place waits: that one is decided first.
    """
    rows = tuple(drafts)
    places = {row.id for row in rows if row.state == "draft"}
    marked = [draft for draft in marked_drafts(taxonomy) if draft.id not in places]
    return (*marked, *(row for row in rows if row.state == "draft"))


def marked_drafts(taxonomy: Taxonomy) -> Iterator[DraftedText]:
    """The texts under `drafts` in taxonomy.yaml, in the tree's order."""
    yield from _marked(SURVEY, taxonomy, taxonomy.drafts)
    for path, node in all_nodes(taxonomy).items():
        yield from _marked(path, node, node.drafts)


def all_nodes(taxonomy: Taxonomy) -> dict[str, Node]:
    """Path -> node, branches and leaves, parents first."""

    def walk(nodes: tuple[Node, ...], above: str) -> Iterator[tuple[str, Node]]:
        for node in nodes:
            yield f"{above}{node.id}", node
            yield from walk(node.children, f"{above}{node.id}/")

    return dict(walk(taxonomy.tree, ""))


def _marked(path: str, owner: Node | Taxonomy, marks: tuple[TextDraft, ...]) -> Iterator[DraftedText]:
    for mark in marks:
        name, _, number = mark.of.partition(".")
        value = getattr(owner, name, None) if name in ("definition", "counts", "excludes") else None
        if isinstance(value, tuple) and number.isdecimal() and int(number) < len(value):
            value = value[int(number)]
        if isinstance(value, str) and value:
            yield DraftedText.model_construct(
                id=f"{path}:{mark.of}", text=value, by=mark.by, papers=mark.papers, state="draft", drafted=""
            )
