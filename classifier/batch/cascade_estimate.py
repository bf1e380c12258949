"""What a cascade does to a list, before it runs: the sample's prompts, and the share of papers that goes on.

What enters: a sample of entries. What leaves: rendered prompts, and a share with its range. No server is
asked: where the first engine is a model, nothing is known of the share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from classifier.batch.job import Job
from classifier.batch.reading import read_entry
from classifier.errors import ClassifierError, ConfigError
from classifier.model.entries import ListEntry
from classifier.model.task import Prompt
from classifier.pipeline import Classifier
from classifier.runs.intervals import wilson_interval
from classifier.settings import Settings
from classifier.survey.workspace import Workspace

Range = tuple[float, float]


@dataclass
class Sample:
    """What a sample of the list tells.

    Attributes:
        prompts: Of the entries that could be read.
        reason: Why the first of the others could not.
        escalated: Papers that the offline engine is not sure of.
    """

    prompts: list[Prompt] = field(default_factory=list)
    reason: str = ""
    escalated: int = 0

    def escalated_share(self, cascade: str | None, *, whole: bool) -> Range:
        """The share of papers that the last engine is asked about.

        Args:
            cascade: The first engine; None for none, then it is asked about all.
            whole: Whether the sample is all there is; else the range is Wilson's at 95 %.
        """
        read = len(self.prompts)
        if cascade is None or not read:
            return 1.0, 1.0
        if cascade != "offline":
            return 0.0, 1.0
        return (self.escalated / read,) * 2 if whole else wilson_interval(self.escalated, read)


async def read_sample(
    job: Job, settings: Settings, workspace: Workspace, entries: Iterable[ListEntry]
) -> Sample:
    """Reads entries as the run would; those that cannot be read are left out.

    Raises:
        ConfigError: No entry's fault.
    """
    sample = Sample()
    async with Classifier.from_settings(settings, workspace=workspace) as reader:
        for entry in entries:
            try:
                paper = await read_entry(reader, entry, job.reading)
                sample.prompts.append(reader.render_prompt(*paper))
            except ConfigError:
                raise
            except ClassifierError as error:
                sample.reason = sample.reason or error.message
                continue
            if settings.cascade == "offline":
                sample.escalated += await reader.aescalates(*paper)
    return sample
