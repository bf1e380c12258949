"""Excerpt + Taxonomy + examples -> Prompt.

Templates are files of the workspace, versioned by name (`prompts/classify.v1.j2`). The system part is
the static prefix: for the same taxonomy and examples it is byte-identical from paper to paper, so that
providers' prompt caches hit; `nearest` examples follow it in the user part. The paper is enclosed in fence
lines with a code derived from its text, so that no text can close its own fence.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier.model.study import Study
from classifier.model.task import Excerpt, Prompt
from classifier.prompting.templates import TemplateFolder, fence_for
from classifier.survey.answer_schema import answer_schema
from classifier.survey.taxonomy import Taxonomy

CLASSIFY = "classify.v1.j2"
EXAMPLE = "example.v1.j2"
REPAIR = "repair.v1.j2"
_PREFIXES = 4  # cached static parts: with all examples, and without papers that are examples themselves


class PromptBuilder:
    """Renders prompts for one taxonomy from one folder of templates.

    Templates run in Jinja's sandbox, since a workspace may come from a stranger.

    Raises:
        ConfigError: A template is missing or wrong (raised by every method).
    """

    def __init__(self, taxonomy: Taxonomy, template_dir: Path) -> None:
        self._taxonomy = taxonomy
        self._dir = template_dir
        self._prefixes: deque[tuple[tuple[Study, ...], str]] = deque(maxlen=_PREFIXES)

    @cached_property
    def sha256(self) -> str:
        """Hash of the templates and the taxonomy; a recorded reply is valid only for an equal hash."""
        digest = hashlib.sha256(self._taxonomy.sha256.encode())
        for name in (CLASSIFY, EXAMPLE, REPAIR):
            digest.update(self._source(name).encode())
        return digest.hexdigest()

    def build(
        self,
        excerpt: Excerpt,
        *,
        examples: Sequence[Study] = (),
        nearest: Sequence[Study] = (),
        abstract_only: bool = False,
    ) -> Prompt:
        """One paper's prompt.

        Args:
            excerpt: The part of the paper that is shown.
            examples: Studies in the static prefix, in the order given.
            nearest: Studies chosen for this paper; they are in the user part.
            abstract_only: Tells the model that there is no full text.
        """
        body = "\n".join(f"{passage.section or ''}\n{passage.text}" for passage in excerpt.passages)
        system = self._prefix(tuple(examples))
        user = self._render(
            CLASSIFY,
            self._shared
            | {
                "nearest": nearest,
                "title": excerpt.title,
                "passages": excerpt.passages,
                "abstract_only": abstract_only,
                "fence": fence_for(f"{excerpt.title}\n{body}"),
            },
            block="user",
        )
        return Prompt(
            system=system,
            user=user,
            answer_schema=self._answer_schema,
            sha256=self.sha256,
            example_ids=tuple(study.id for study in (*examples, *nearest)),
            tokens=(len(system) + len(user)) // 4,
        )

    def repair(self, reason: str) -> str:
        """The message that asks again after a reply that does not match the schema."""
        return self._render(REPAIR, {"reason": reason})

    def _prefix(self, examples: tuple[Study, ...]) -> str:
        """The static part; cached, since it takes ten times as long as the rest and rarely changes."""
        for known, text in self._prefixes:
            if known == examples:
                return text
        text = self._render(CLASSIFY, self._shared | {"examples": examples}, block="system")
        self._prefixes.appendleft((examples, text))
        return text

    @cached_property
    def _shared(self) -> dict[str, Any]:
        return {"taxonomy": self._taxonomy, "example": self._example}

    @cached_property
    def _answer_schema(self) -> dict[str, Any]:
        return answer_schema(self._taxonomy)

    def _example(self, study: Study) -> str:
        return self._render(EXAMPLE, {"study": study})

    @cached_property
    def _templates(self) -> TemplateFolder:
        return TemplateFolder(self._dir)

    def _render(self, name: str, values: Mapping[str, Any], block: str | None = None) -> str:
        return self._templates.render(name, values, block)

    def _source(self, name: str) -> str:
        return self._templates.source(name)
