"""Labelled papers -> the offline engine's weights, a manifest, and cross-validated scores.

What enters: a workspace and suite files with labels. What leaves: in the workspace's `offline/` folder,
`model.json` (weights) and `manifest.jsonl` (the papers by id, title, label and hash of the text, without the
text); and a `TrainingReport`. The workspace's gold studies are left out, so that leave-one-out over them
remains valid; so are the papers that the caller excludes. Training needs scikit-learn (`pip install
'survey-classifier[train]'`); prediction does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from classifier.engines.embeddings import Embedder
from classifier.engines.offline.semantic import WEIGHTS_FOLDER
from classifier.engines.offline.textmodel import MODEL_FILE, save_model
from classifier.errors import ConfigError
from classifier.model.study import Study
from classifier.survey.workspace import Workspace
from classifier.training.data import MANIFEST_FILE, Example, read_examples, write_manifest
from classifier.training.report import TrainingReport, calibration_error
from classifier.training.semantic import train_weights
from classifier.training.trainer import DEFAULT_PRIOR, Trainer

__all__ = [
    "MANIFEST_FILE",
    "Example",
    "Trainer",
    "TrainingReport",
    "calibration_error",
    "read_examples",
    "train",
    "write_manifest",
]


def train(
    workspace: Workspace,
    data: Sequence[Path],
    out: Path | None = None,
    seed: int = 0,
    *,
    exclude: Sequence[Path] = (),
    prior: float = DEFAULT_PRIOR,
    embedder: Embedder | None = None,
) -> TrainingReport:
    """Trains the text model and writes it, with its manifest.

    Args:
        data: Suite files (JSON lines with `title`, `label`, and `abstract`, `summary` or `text`).
        out: Folder to write to; None for the workspace's own `offline/`.
        seed: Seed of the folds; only the temperature and the report depend on it.
        exclude: Suite files whose papers must not be trained on (a test set).
        prior: 0 keeps the class frequencies of the training papers, 1 makes all classes equally frequent.
        embedder: Also trains weights on its vectors, in a file of their own; the text model stays the same.

    Raises:
        ConfigError: A file is missing or malformed, a label is not in the taxonomy, there are fewer than two
            labels, or scikit-learn is not installed.
    """
    examples = [example for path in data for example in read_examples(path, workspace)]
    held_out = (*workspace.studies, *(_study(e) for path in exclude for e in read_examples(path, workspace)))
    kept = [e for e in examples if not any(e.is_paper(study) for study in held_out)]
    excluded = tuple(e.title for e in examples if e not in kept)
    if len({example.label for example in kept}) < 2:
        raise ConfigError("training needs papers of at least two labels; give more --data files")
    trainer = Trainer(workspace, kept)
    scores = trainer.cross_validate(seed)
    shift = trainer.shift(prior)
    shifted = [{label: s[label] + shift[label] for label in s} for s in scores]
    temperature = trainer.fit_temperature(shifted)
    model = trainer.fit_all(shift, temperature)
    folder = out or workspace.offline_dir
    folder.mkdir(parents=True, exist_ok=True)
    save_model(model, folder / MODEL_FILE)
    write_manifest(kept, folder / MANIFEST_FILE)
    report = trainer.report(shifted, excluded, prior, temperature, (folder / MODEL_FILE).stat().st_size)
    if embedder is None:
        return report
    texts = [" ".join(sentence.quote for sentence in example.sentences()) for example in kept]
    weights, together = train_weights(
        trainer,
        asyncio.run(embedder.embed(texts)).vectors,
        shifted,
        embedder=embedder.name,
        temperature=temperature,
        prior=prior,
        seed=seed,
    )
    path = folder / WEIGHTS_FOLDER / f"{embedder.name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(weights.model_dump_json() + "\n", encoding="utf-8")
    both = trainer.report(together, excluded, prior, weights.temperature, path.stat().st_size)
    return report.model_copy(update={"with_embeddings": both})


def _study(example: Example) -> Study:
    return Study(id=example.id, title=example.title, label=example.label, arxiv=example.arxiv)
