"""Estimates a cascade before it runs: the sample's prompts, and the share of papers that will be escalated.

What enters: a sample of entries. What leaves: rendered prompts, and a share with its range. No server is
asked, so the share is unknown if the first engine is a model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from classifier.batch.job import Job
from classifier.batch.ranges import Range
from classifier.batch.reading import read_entry
from classifier.errors import ClassifierError, ConfigError
from classifier.model.entries import ListEntry
from classifier.model.task import Prompt
from classifier.pipeline import Classifier
from classifier.runs.intervals import wilson_interval
from classifier.settings import Settings, embedding_stage
from classifier.survey.workspace import Workspace


@dataclass
class Sample:
    """The results of reading a sample of the list.

    Attributes:
        prompts: The prompts of each entry that could be read; several if the tree is asked about in stages.
        reason: Why the first unreadable entry could not be read.
        escalated: Papers that the offline engine would escalate; None if it would have to ask a server.
    """

    prompts: list[tuple[Prompt, ...]] = field(default_factory=list)
    reason: str = ""
    escalated: int | None = 0

    def escalated_share(self, cascade: str | None, *, whole: bool) -> Range:
        """The share of papers that the last engine is asked about.

        Args:
            cascade: The first engine; None if there is no cascade, then the share is 1.
            whole: Whether the sample is the complete list; if not, the range is Wilson's 95 % interval.
        """
        read = len(self.prompts)
        if cascade is None or not read:
            return 1.0, 1.0
        if cascade != "offline" or self.escalated is None:
            return 0.0, 1.0
        return (self.escalated / read,) * 2 if whole else wilson_interval(self.escalated, read)


async def read_sample(
    job: Job, settings: Settings, workspace: Workspace, entries: Iterable[ListEntry]
) -> Sample:
    """Reads entries as the run would; unreadable entries are skipped.

    Raises:
        ConfigError: The settings are wrong.
    """
    sample = Sample(escalated=None if embedding_stage(settings) else 0)
    async with Classifier.from_settings(settings, workspace=workspace) as reader:
        for entry in entries:
            try:
                paper = await read_entry(reader, entry, job.reading)
                sample.prompts.append(reader.render_prompts(*paper))
            except ConfigError:
                raise
            except ClassifierError as error:
                sample.reason = sample.reason or error.message
                continue
            if settings.cascade == "offline" and sample.escalated is not None:
                sample.escalated += await reader.aescalates(*paper)
    return sample
