"""A job: what is to be labelled, and everything that decides its labels and their price.

What enters: settings and a workspace. What leaves: fingerprints by which ledgers are told apart, and prices.
What it does not do: open or send anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from classifier.batch.intake import Found, first_entries
from classifier.batch.reading import Reading
from classifier.model.reply import Usage
from classifier.prompting.prompt import PromptBuilder
from classifier.runs.fingerprint import sha256_of
from classifier.settings import Settings, first_stage
from classifier.survey.workspace import Workspace
from classifier.verdict.calibration import calibration_path

Runner = Literal["local", "ray"]

CONCURRENCY = 32
"""The ceiling where none is given; how many requests are really out, the server's answers decide."""


@dataclass(frozen=True)
class Job:
    """What is to be labelled, where to, and within which bounds.

    Attributes:
        sources: Lists, as the user names them.
        out: The folder.
        limit: Only the first so many entries.
        max_cost_usd: Cap on what the folder's replies cost together.
        batch_api: Ask by the provider's Batch API: half the price, within a day.
        drop_batches: Give up what an earlier run has left at the provider.
        runner: "local" labels in this machine's processes, "ray" on a cluster (`classifier.batch.cluster`).
    """

    sources: tuple[str, ...]
    out: Path
    reading: Reading = "full"
    concurrency: int = CONCURRENCY
    dedupe: bool = True
    limit: int | None = None
    max_cost_usd: float | None = None
    batch_api: bool = False
    drop_batches: bool = False
    retry_failed: bool = False
    relabel: bool = False
    runner: Runner = "local"

    def entries(self) -> Iterator[Found]:
        """The rows of the lists, as a stream.

        Raises:
            InputError, ConfigError: A list cannot be read at all.
        """
        from classifier.lists import read_lists

        return first_entries(read_lists(self.sources), self.limit)


def fingerprint(job: Job, settings: Settings, workspace: Workspace) -> dict[str, Any]:
    """Everything that decides the labels, by name: ledgers with equal ones may be gone on with."""
    first = first_stage(settings)
    values: dict[str, Any] = {
        "engine": settings.chosen_engine,
        "reading": job.reading,
        "examples": settings.examples,
        "review_below": settings.review_below,
        "taxonomy_sha256": workspace.taxonomy.sha256,
        "studies_sha256": sha256_of(study.model_dump_json().encode() for study in workspace.studies),
        "calibration_sha256": _calibration_sha256(settings, workspace),
    }
    if first is not None:
        values |= {"cascade": settings.cascade, "cascade_below": settings.cascade_below}
    if "offline" in (settings.chosen_engine, first and first.chosen_engine):
        files = sorted(path for path in workspace.offline_dir.glob("*") if path.is_file())
        values["offline_sha256"] = sha256_of(path.read_bytes() for path in files)
    if settings.chosen_engine == "offline":
        return values
    names = ("model", "budget_tokens", "temperature", "max_output_tokens", "logprobs")
    prompts = PromptBuilder(workspace.taxonomy, workspace.prompt_dir())
    sent = {name: getattr(settings, name) for name in names}
    return values | sent | {"base_url": server_of(settings), "prompt_sha256": prompts.sha256}


def server_of(settings: Settings) -> str:
    """The server's address without secrets."""
    from classifier.engines.openai.transport import OPENAI_URL, public_url

    return public_url(settings.base_url or OPENAI_URL)


def price_of(
    settings: Settings,
    usage: Usage,
    model: str | None = None,
    reported_model: str | None = None,
    *,
    batch: bool = False,
) -> float | None:
    """What tokens cost under these settings in US dollars; None where that is not known.

    Args:
        model: The one that was asked; None for the settings'.
    """
    from classifier.engines.openai.prices import cost_usd

    return cost_usd(
        usage,
        model=model or settings.model or "",
        reported_model=reported_model,
        base_url=server_of(settings),
        prices=settings.prices,
        batch=batch,
    )


def _calibration_sha256(settings: Settings, workspace: Workspace) -> str | None:
    """Of all that may be applied: a server may report its model under another name than it was asked by."""
    if not settings.calibration:
        return None
    own = calibration_path(workspace, settings, settings.chosen_engine, settings.model).parent
    folders = dict.fromkeys((own, workspace.root / "calibration"))
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.json"))]
    return sha256_of(file.read_bytes() for file in files) if files else None
