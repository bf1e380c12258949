"""A job: the lists to label, and everything that decides their labels and the cost.

What enters: settings and a workspace. What leaves: fingerprints that decide whether a ledger belongs to the
job. What it does not do: open or send anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from classifier.batch.intake import Found, first_entries
from classifier.batch.reading import Reading
from classifier.runs.facts import (
    embeddings_facts,
    labelling_facts,
    offline_sha256,
    prompt_sha256,
    request_facts,
    server_of,
)
from classifier.settings import Settings, first_stage
from classifier.survey.workspace import Workspace

Runner = Literal["local", "ray"]

CONCURRENCY = 32
"""Default upper limit of concurrent requests; the actual number depends on the server's answers."""


@dataclass(frozen=True)
class Job:
    """The lists to label, the output folder, and the limits.

    Attributes:
        sources: Lists, as the user gave them.
        out: The folder.
        limit: Label only this many entries, from the start.
        max_cost_usd: Cap on the total cost of all replies in the folder's ledger.
        batch_api: Use the provider's Batch API: half the price, results within a day.
        drop_batches: Drop batches that an earlier run left at the provider.
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


def fingerprint(settings: Settings, workspace: Workspace) -> dict[str, Any]:
    """Everything that decides the labels, by name: ledgers with equal ones may be resumed.

    `Job.reading` is not part of it: each label states which text it was made from, and failed entries may be
    retried from their abstracts.
    """
    first, engine = first_stage(settings), settings.chosen_engine
    values: dict[str, Any] = {"engine": engine}
    values |= labelling_facts(settings, workspace, engine, settings.model)
    if settings.accept_unmeasured:
        values |= {"accept_unmeasured": True, "audit_share": settings.audit_share}
    if first is not None:
        values |= {"cascade": settings.cascade, "cascade_below": settings.cascade_below}
    if "offline" in (engine, first and first.chosen_engine):
        values["offline_sha256"] = offline_sha256(workspace)
        values |= embeddings_facts(settings, workspace)
    if engine == "offline":
        return values
    values |= {"model": settings.model, **request_facts(settings)}
    return values | {"base_url": server_of(settings), "prompt_sha256": prompt_sha256(settings, workspace)}
