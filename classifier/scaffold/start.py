"""A source's name and an author's choices -> a workspace: the steps of `classifier init` in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifier.lists import read_lists
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex, traits_of
from classifier.scaffold.filed import Choices, Filing
from classifier.scaffold.filing import file_source
from classifier.scaffold.folder import InitFolder
from classifier.scaffold.source import Source
from classifier.scaffold.texts import workspace_files
from classifier.survey.section_plan import load_section_plan


@dataclass(frozen=True)
class Started:
    """The result of an init.

    Attributes:
        written: Files that are new or changed; empty if everything already existed.
        abstracts: Number of papers that got an abstract from the second list.
    """

    filing: Filing
    written: tuple[str, ...]
    abstracts: int = 0


def start_workspace(
    root: Path,
    source: Source,
    choices: Choices,
    *,
    abstracts: str | None = None,
    force: bool = False,
) -> Started:
    """Creates the workspace; repeating it with the same source changes nothing.

    Args:
        abstracts: A list, in any format, whose abstracts are given to papers that have none.
        force: Replace files that were changed by hand; FILE.bak keeps the old content.

    Raises:
        ConfigError: The folder has files that no init has written, or that were changed by hand.
        InputError: The source has no topic, or a list cannot be read.
        StoreError: A file cannot be written; rerun to resume.
    """
    folder = InitFolder(root)
    plan = None if folder.is_new else load_section_plan(root)
    given = 0
    if abstracts is not None:
        source, given = with_abstracts(source, abstracts)
    filing = file_source(source, choices, plan)
    files = workspace_files(filing)
    facts = {"source": source.name, "form": source.form, "choices": choices.model_dump()}
    return Started(filing, tuple(folder.write(files, facts, force=force)), given)


def with_abstracts(source: Source, name: str) -> tuple[Source, int]:
    """The source with abstracts from another list for papers without one, and how many there were."""
    index = PaperIndex[str]()
    for entry in read_lists([name], attachments=False):
        if isinstance(entry, ListEntry) and entry.paper.abstract:
            index.add(traits_of(entry.paper, url=entry.url), entry.key, entry.paper.abstract)
    papers, given = [], 0
    for paper in source.papers:
        entry = paper.entry
        if not entry.paper.abstract:
            match = next(iter(index.find(traits_of(entry.paper, url=entry.url), "")), None)
            if match is not None:
                given += 1
                found = entry.paper.model_copy(update={"abstract": match.value})
                paper = paper.model_copy(update={"entry": entry.model_copy(update={"paper": found})})
        papers.append(paper)
    return source.model_copy(update={"papers": tuple(papers)}), given
