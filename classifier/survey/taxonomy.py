"""taxonomy.yaml -> Taxonomy: the tree, its decision questions, its scope rules.

What enters: a survey's YAML file. What leaves: one immutable, validated object; the prompt, the answer
schema, the offline engine and the linter are generated from it. This package contains no survey's words:
another tree is another file. What it does not do: check a gold set against the tree
(`classifier.survey.lint`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from classifier.errors import ConfigError
from classifier.model.record import OUT_OF_SCOPE, UNCLEAR, UNPLACED, Record
from classifier.survey.conditions import Conditions, Contradiction, are_met, broken, opposed
from classifier.survey.shape import problems
from classifier.survey.yaml_text import read_yaml
from classifier.text.commands import command_line

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+._-]*$")]
Text = Annotated[str, AfterValidator(lambda text: " ".join(text.split()))]


class Precedent(Record):
    """A decision about a kind of paper that the survey did not foresee."""

    case: Text
    because: Text


class Choice(Record):
    """One closed answer to a decision question."""

    id: Slug
    means: Text


class Question(Record):
    """A decision question; `unclear` is always an additional answer."""

    id: Slug
    ask: Text
    choices: tuple[Choice, ...] = Field(min_length=2)
    section: str | None = None

    @property
    def answer_ids(self) -> tuple[str, ...]:
        """The declared answers, then `unclear`."""
        return (*(choice.id for choice in self.choices), UNCLEAR)


class SurveyField(Record):
    """A property of studies that the survey records in addition to the leaf (a column of its tables)."""

    id: Slug
    title: Text
    describe: Text
    table: str | None = None


class ScopeRule(Record):
    """A reason why a paper is out of scope, and the answers that show it; without any, its text decides."""

    id: Slug
    title: Text
    definition: Text
    answers: Conditions = Field(default_factory=dict)
    section: str | None = None
    precedents: tuple[Precedent, ...] = ()


class Scope(Record):
    """The scope of the survey, and the ordered rules for papers outside it."""

    definition: Text = ""
    rules: tuple[ScopeRule, ...] = ()


class TextDraft(Record):
    """A text that no person has accepted yet: to accept it, edit it and remove this mark.

    Attributes:
        of: The field, "definition", or an item of a list of texts, "counts.0".
        by: What it was made from: "headings", "words" of the papers, or a model's name.
        papers: Ids of the studies that it was made from.
    """

    of: str
    by: str = ""
    papers: tuple[str, ...] = ()


class Node(Record):
    """A node of the tree; a leaf has `answers` and no `children`."""

    id: Slug
    title: Text
    definition: Text = ""
    drafts: tuple[TextDraft, ...] = ()
    section: str | None = None
    counts: tuple[Text, ...] = ()
    excludes: tuple[Text, ...] = ()
    precedents: tuple[Precedent, ...] = ()
    fields: tuple[SurveyField, ...] = ()
    answers: Conditions = Field(default_factory=dict)
    children: tuple[Node, ...] = ()

    @property
    def settled_definition(self) -> str:
        """The definition; empty if it was drafted from papers, since it could reveal one that is left out."""
        drafted = any(draft.of == "definition" and draft.papers for draft in self.drafts)
        return "" if drafted else self.definition

    @model_validator(mode="after")
    def _leaf_or_branch(self) -> Node:
        if self.children and self.answers:
            raise ValueError(f"node '{self.id}' has children and answers: only leaves have answers")
        return self


class Leaf(Record):
    """A leaf with everything that it inherits: `id` is its path, `titles` start at the root's child."""

    id: str
    titles: tuple[str, ...]
    node: Node
    fields: tuple[SurveyField, ...]
    ancestors: tuple[str, ...]

    @property
    def answers(self) -> Conditions:
        """The answers that lead to this leaf."""
        return self.node.answers


class Taxonomy(Record):
    """A survey's tree.

    Attributes:
        questions: In the order in which a reader should answer them.
        source: Bibliographic data of the survey (title, authors, year, arxiv, …).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    schema_version: int = Field(ge=1, le=1)
    id: Slug
    title: Text
    definition: Text = ""
    drafts: tuple[TextDraft, ...] = ()
    source: Mapping[str, str | int] = Field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    tree: tuple[Node, ...] = Field(min_length=1)
    scope: Scope = Scope()
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
        """All labels that an engine may give: the leaves, `out-of-scope`, `unplaced`."""
        return (*self.leaves, OUT_OF_SCOPE, UNPLACED)

    def titles(self, label: str) -> tuple[str, ...]:
        """Titles from the root's child to the leaf; empty for labels that are not leaves."""
        leaf = self.leaves.get(label)
        return leaf.titles if leaf else ()

    def ancestors(self, label: str) -> tuple[str, ...]:
        """The ids of a leaf and of the nodes above it, without the root (Kiritchenko et al. 2005)."""
        leaf = self.leaves.get(label)
        return (*leaf.ancestors, leaf.id) if leaf else (label,)

    @property
    def asks_about_leaves(self) -> bool:
        """Whether answers lead to leaves; otherwise definitions decide, and questions are about the scope."""
        return any(leaf.answers for leaf in self.leaves.values())

    def scope_reasons(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """The ids of the rules that may exclude a paper that is out of scope.

        The first rule whose conditions are all met by the answers; if there is none, all rules without any.
        """
        met = self._rule_met(answers)
        return (met.id,) if met else tuple(rule.id for rule in self.scope.rules if not rule.answers)

    def scope_reason(self, answers: Mapping[str, str]) -> str | None:
        """The rule that excludes a paper that is out of scope, if there is only one (`scope_reasons`)."""
        found = self.scope_reasons(answers)
        return found[0] if len(found) == 1 else None

    def _rule_met(self, answers: Mapping[str, str]) -> ScopeRule | None:
        return next((rule for rule in self.scope.rules if are_met(rule.answers, answers)), None)

    def allows(self, label: str, answers: Mapping[str, str]) -> bool:
        """Whether the answers lead to the label, or to none if it needs no answers."""
        led_to = self.labels_led_to(answers)
        if label in self.leaves:
            is_open = not self.leaves[label].answers
        else:
            is_open = label == OUT_OF_SCOPE and not all(rule.answers for rule in self.scope.rules)
        return led_to == (label,) or (is_open and not led_to)

    def labels_led_to(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """The labels whose conditions the answers meet completely; scope rules have priority over leaves."""
        if self._rule_met(answers) is not None:
            return (OUT_OF_SCOPE,)
        return tuple(
            leaf.id for leaf in self.leaves.values() if leaf.answers and are_met(leaf.answers, answers)
        )

    def contradictions(self, label: str, answers: Mapping[str, str]) -> tuple[Contradiction, ...]:
        """The answers that contradict the label; `unclear` and missing answers never do.

        A leaf: they break its conditions or meet a scope rule. `out-of-scope`, if each rule has answers: they
        break every rule (the closest is named) or lead to a leaf. `unplaced`: they lead to a label.
        """
        found, met = tuple[Contradiction, ...](), self._rule_met(answers)
        if label in self.leaves:
            found = broken(self.leaves[label].answers, answers)
            declared = {one.id: one.answer_ids for one in self.questions}
            return opposed(met.answers, answers, declared) if met and not found else found
        if label == OUT_OF_SCOPE:
            if not all(rule.answers for rule in self.scope.rules):
                return ()
            found = min((broken(rule.answers, answers) for rule in self.scope.rules), key=len, default=())
        led_to = self.labels_led_to(answers)
        if found or not led_to or label in led_to:
            return found
        where = met.answers if met else self.leaves[led_to[0]].answers
        return tuple(Contradiction(question=q, answer=answers[q], allowed=(UNCLEAR,)) for q in where)


def load_taxonomy(path: Path) -> Taxonomy:
    """Reads and validates a taxonomy file.

    Raises:
        ConfigError: The file is missing, is not YAML, or does not have the structure of a taxonomy.
    """
    try:
        raw = path.read_bytes()
        data = read_yaml(raw)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); a workspace needs a taxonomy.yaml"
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a mapping at the top, found {type(data).__name__}")
    try:
        taxonomy = Taxonomy.model_validate({**data, "sha256": hashlib.sha256(raw).hexdigest()})
    except ValidationError as error:
        (where, message), *others = problems(error, Taxonomy, is_yaml=True)
        lint = command_line("lint", workspace=path.parent)
        more = f" ({len(others) + 1} problems; `{lint}` lists all)" if others else ""
        raise ConfigError(f"{path}: {where}: {message}{more}") from error
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
