"""Suite files -> labelled papers for training, and the manifest that lists them.

What enters: JSON lines with title, text and label. What leaves: `Example`s; a manifest without text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.engines.offline.words import Sentence, split_sentences
from classifier.errors import ConfigError
from classifier.model.identity import same_paper
from classifier.model.record import UNPLACED
from classifier.model.study import Study
from classifier.survey.workspace import Workspace

MANIFEST_FILE = "manifest.jsonl"


@dataclass(frozen=True)
class Example:
    """One labelled paper for training.

    Attributes:
        reason: The id of the scope rule by which it is out of scope, if the suite gives one.
        restated: Whether the text is a summary in other words than the paper's.
    """

    id: str
    title: str
    text: str
    label: str
    arxiv: str | None
    source: str
    reason: str | None = None
    restated: bool = False

    def sentences(self) -> list[Sentence]:
        """Title and abstract, as the engine reads them."""
        return [*split_sentences(self.title, "title"), *split_sentences(self.text, "abstract")]

    def is_paper(self, study: Study) -> bool:
        """Whether this example and the study are the same paper."""
        return same_paper(Study(id=self.id, title=self.title, label=self.label, arxiv=self.arxiv), study)


def read_examples(path: Path, workspace: Workspace) -> list[Example]:
    """The labelled papers of a suite file.

    Raises:
        ConfigError: Missing, not JSON lines, or a label that the taxonomy does not have.
    """
    try:
        # Not splitlines(): a text may contain U+2028 and other separators, which JSON does not escape.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); expected a JSON-lines file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    allowed = [label for label in workspace.taxonomy.labels if label != UNPLACED]
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text = row.get("abstract") or row.get("summary") or row["text"]
            example = Example(
                id=str(row["id"]),
                title=row["title"],
                text=text,
                label=row["label"],
                arxiv=row.get("arxiv"),
                source=path.parent.name if path.stem == "papers" else path.stem,
                reason=row.get("scope_reason"),
                restated=not row.get("abstract") and bool(row.get("summary")),
            )
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ConfigError(
                f"{path}:{number}: expected id, title, label and abstract, summary or text ({error!r})"
            ) from error
        if example.label not in allowed:
            raise ConfigError(
                f"{path}:{number}: label '{example.label}'; expected one of {', '.join(allowed)}"
            )
        found.append(example)
    return found


def write_manifest(examples: Sequence[Example], path: Path) -> None:
    """Lists the training papers, so that anyone can retrain; each text is represented by its hash."""
    rows = [
        {
            "arxiv": example.arxiv,
            "title": example.title,
            "label": example.label,
            "scope_reason": example.reason,
            "source": example.source,
            "text_sha256": hashlib.sha256(example.text.encode()).hexdigest()[:16],
        }
        for example in examples
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
