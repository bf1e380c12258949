"""sections.yaml of a workspace: the sections of the list that it was made from, and the use of each.

What enters: the file. What leaves: records. A person changes `role` there; `classifier init` reads it again,
and an export finds the section of the list for a leaf. It may be missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from classifier.errors import ConfigError
from classifier.model.record import Record
from classifier.survey.shape import problems
from classifier.survey.yaml_text import read_yaml

SECTIONS_FILE = "sections.yaml"
Role = Literal["topic", "container", "facet", "others", "front"]
"""topic: a node of the tree. container: not a node, but its subsections are used. facet: a property of
papers, not a topic. others: papers that the list itself files nowhere. front: about the list, not part of
it."""

_HEAD = """\
# The sections of the list, and what `classifier init` made of each. To change that, edit `role` and rerun the
# same command: topic (a node of the tree), container (no node, but what is below it counts), facet (a
# property of its papers, no topic), others (papers that the list files nowhere), front (about the list).
"""


class PlannedSection(Record):
    """A section of the list.

    Attributes:
        section: Its headings, from the outermost.
        role: How the section is used (`Role`).
        facet: "kind=benchmark", "year=2024" and the like; for facets and containers.
        papers: Entries directly in it.
        leaf: The node of the tree that it became, if any.
    """

    section: tuple[str, ...] = Field(min_length=1)
    role: Role
    facet: str = ""
    papers: int = 0
    leaf: str | None = None


class SectionPlan(Record):
    """The file.

    Attributes:
        list: The list's name, as the user gave it.
    """

    list: str = ""
    sections: tuple[PlannedSection, ...] = ()


def load_section_plan(root: Path) -> SectionPlan | None:
    """The plan of a workspace; None if it has none.

    Raises:
        ConfigError: The file cannot be read, or does not have the structure of a plan.
    """
    path = root / SECTIONS_FILE
    if not path.is_file():
        return None
    try:
        data = read_yaml(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())})") from error
    try:
        return SectionPlan.model_validate(data)
    except ValidationError as error:
        where, message = next(problems(error, SectionPlan, is_yaml=True))
        raise ConfigError(f"{path}: {where}: {message}") from error


def section_plan_text(plan: SectionPlan) -> str:
    """The file's text."""
    rows = [
        {key: value for key, value in row.items() if value not in ("", None)}
        for row in plan.model_dump(mode="json")["sections"]
    ]
    data = {"list": plan.list, "sections": rows}
    return _HEAD + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
