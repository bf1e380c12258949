"""taxonomy.yaml -> Taxonomy: the tree, its decision questions, its scope rules.

What enters: a survey's YAML file. What leaves: one frozen, validated object that the prompt, the
answer schema, the offline engine and the linter are all driven by. No survey's words are in this
package: another tree takes this one's place by another file. What it does not do: check a gold
set against the tree (`classifier.survey.lint`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from classifier.errors import ConfigError
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR, UNPLACED, Record

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+._-]*$")]
Text = Annotated[str, AfterValidator(lambda text: " ".join(text.split()))]
Conditions = Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]
"""Question id -> the answers that are compatible; all questions named must hold."""


class Precedent(Record):
    """A ruling on a kind of paper that the survey did not foresee."""

    case: Text
    because: Text


class Choice(Record):
    """One closed answer to a decision question."""

    id: Slug
    means: Text


class Question(Record):
    """A decision question; `unclear` is always a further answer."""

    id: Slug
    ask: Text
    choices: tuple[Choice, ...] = Field(min_length=2)
    section: str | None = None

    @property
    def answer_ids(self) -> tuple[str, ...]:
        """The declared answers, then `unclear`."""
        return (*(choice.id for choice in self.choices), UNCLEAR)


class SurveyField(Record):
    """What the survey records of a study besides its leaf (a column of its tables)."""

    id: Slug
    title: Text
    describe: Text
    table: str | None = None


class ScopeRule(Record):
    """A reason for which a paper is out of scope, and the answers that show it."""

    id: Slug
    title: Text
    definition: Text
    answers: Conditions
    section: str | None = None
    precedents: tuple[Precedent, ...] = ()


class Scope(Record):
    """What the survey covers, and the ordered rules for what it does not."""

    definition: Text
    rules: tuple[ScopeRule, ...] = ()


class Node(Record):
    """A node of the tree; a leaf has `answers` and no `children`."""

    id: Slug
    title: Text
    definition: Text
    section: str | None = None
    counts: tuple[Text, ...] = ()
    excludes: tuple[Text, ...] = ()
    precedents: tuple[Precedent, ...] = ()
    fields: tuple[SurveyField, ...] = ()
    answers: Conditions = Field(default_factory=dict)
    children: tuple[Node, ...] = ()

    @model_validator(mode="after")
    def _leaf_or_branch(self) -> Node:
        if self.children and self.answers:
            raise ValueError(f"node '{self.id}' has children and answers: only leaves have answers")
        return self


class Leaf(Record):
    """A leaf with all that it inherits: `id` is the path, `titles` run from the root's child."""

    id: str
    titles: tuple[str, ...]
    node: Node
    fields: tuple[SurveyField, ...]
    ancestors: tuple[str, ...]

    @property
    def answers(self) -> Conditions:
        """The answers that lead here."""
        return self.node.answers


class Contradiction(Record):
    """An answer that does not go with a label."""

    question: str
    answer: str
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        required = " or ".join(self.allowed)
        return f"{self.question} = {self.answer}, but the label requires {self.question} = {required}"


class Taxonomy(Record):
    """A survey's tree.

    Attributes:
        questions: In the order in which a reader should answer them.
        source: Citation facts of the survey (title, authors, year, arxiv, …).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    schema_version: int = Field(ge=1, le=1)
    id: Slug
    title: Text
    definition: Text
    source: Mapping[str, str | int] = Field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    tree: tuple[Node, ...] = Field(min_length=1)
    scope: Scope
    sha256: str = ""

    @cached_property
    def leaves(self) -> Mapping[str, Leaf]:
        """Leaf id -> leaf, in the tree's order."""
        return {leaf.id: leaf for leaf in _walk(self.tree)}

    @cached_property
    def branches(self) -> Mapping[str, Node]:
        """Id -> node for every node that is not a leaf, in the tree's order."""
        return dict(_branches(self.tree))

    @cached_property
    def rules(self) -> Mapping[str, ScopeRule]:
        """Scope rule id -> rule, in the taxonomy's order."""
        return {rule.id: rule for rule in self.scope.rules}

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that an engine may answer: the leaves, `out-of-scope`, `unplaced`."""
        return (*self.leaves, OUT_OF_SCOPE, UNPLACED)

    def titles(self, label: str) -> tuple[str, ...]:
        """Titles from the root's child to the leaf; empty for labels that are no leaf."""
        leaf = self.leaves.get(label)
        return leaf.titles if leaf else ()

    def ancestors(self, label: str) -> tuple[str, ...]:
        """The node ids above a leaf and the leaf's own, root left out (Kiritchenko et al. 2005)."""
        leaf = self.leaves.get(label)
        return (*leaf.ancestors, leaf.id) if leaf else (label,)

    def scope_reason(self, answers: Mapping[str, str]) -> str | None:
        """The first rule all of whose conditions are answered and met; None where there is none."""
        return next((rule.id for rule in self.scope.rules if _met(rule.answers, answers)), None)

    def labels_led_to(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """The labels whose conditions the answers meet in full; a scope rule goes before leaves."""
        if self.scope_reason(answers) is not None:
            return (OUT_OF_SCOPE,)
        return tuple(leaf.id for leaf in self.leaves.values() if leaf.answers and _met(leaf.answers, answers))

    def contradictions(self, label: str, answers: Mapping[str, str]) -> tuple[Contradiction, ...]:
        """Answers that do not go with the label; `unclear` and missing ones never contradict.

        `out-of-scope` is contradicted when each rule is (those of the closest rule are given);
        `unplaced`, when the answers lead in full to some label.
        """
        if label in self.leaves:
            return _broken(self.leaves[label].answers, answers)
        if label == OUT_OF_SCOPE:
            broken = [_broken(rule.answers, answers) for rule in self.scope.rules]
            return min(broken, key=len, default=())
        led_to = self.labels_led_to(answers)
        if not led_to:
            return ()
        where = (
            self.leaves[led_to[0]].answers
            if led_to[0] in self.leaves
            else self.rules[self.scope_reason(answers) or ""].answers
        )
        return tuple(Contradiction(question=q, answer=answers[q], allowed=(UNCLEAR,)) for q in where)


def load_taxonomy(path: Path) -> Taxonomy:
    """Reads and validates a taxonomy file.

    Raises:
        ConfigError: The file is missing, not YAML, or not of the taxonomy's shape.
    """
    try:
        raw = path.read_bytes()
        # The C twin of the safe loader, where PyYAML has it: 10 times as fast.
        data = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); a workspace needs a taxonomy.yaml"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a mapping at the top, found {type(data).__name__}")
    try:
        taxonomy = Taxonomy.model_validate({**data, "sha256": hashlib.sha256(raw).hexdigest()})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{path}: {where}: {first['msg']} ({error.error_count()} problem(s) in all)"
        ) from error
    return taxonomy


def _walk(nodes: tuple[Node, ...], above: tuple[Node, ...] = ()) -> Iterator[Leaf]:
    for node in nodes:
        line = (*above, node)
        if node.children:
            yield from _walk(node.children, line)
        else:
            ids = ["/".join(n.id for n in line[: i + 1]) for i in range(len(line))]
            yield Leaf(
                id=ids[-1],
                titles=tuple(n.title for n in line),
                node=node,
                fields=tuple(field for n in line for field in n.fields),
                ancestors=tuple(ids[:-1]),
            )


def _branches(nodes: tuple[Node, ...], above: str = "") -> Iterator[tuple[str, Node]]:
    for node in nodes:
        if node.children:
            yield f"{above}{node.id}", node
            yield from _branches(node.children, f"{above}{node.id}/")


def _met(conditions: Conditions, answers: Mapping[str, str]) -> bool:
    return bool(conditions) and all(
        answers.get(question) in allowed for question, allowed in conditions.items()
    )


def _broken(conditions: Conditions, answers: Mapping[str, str]) -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(question=question, answer=answers[question], allowed=allowed)
        for question, allowed in conditions.items()
        if answers.get(question, UNCLEAR) not in (*allowed, UNCLEAR)
    )
