"""A source's name and an author's choices -> a workspace: the steps of `classifier init` in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import ConfigError
from classifier.lists import read_lists
from classifier.model.entries import ListEntry
from classifier.model.traits import PaperIndex, traits_of
from classifier.scaffold.abstracts import FoundAbstract, abstract_key, load_abstracts
from classifier.scaffold.again import remembered_list
from classifier.scaffold.changes import Changes, changes_since
from classifier.scaffold.filed import Choices, Filing
from classifier.scaffold.filing import file_source
from classifier.scaffold.folder import InitFolder
from classifier.scaffold.remote import ListOrigin
from classifier.scaffold.source import Source, SourcePaper
from classifier.scaffold.texts import workspace_files
from classifier.survey.section_plan import SECTIONS_FILE, load_section_plan
from classifier.survey.taxonomy import load_taxonomy
from classifier.survey.workspace import TAXONOMY_FILE


@dataclass(frozen=True)
class Started:
    """The result of an init.

    Attributes:
        written: Files that are new or changed; empty if everything already existed.
        abstracts: Number of papers that got an abstract from the second list.
        fetched: Number of labelled papers whose abstract is from arXiv.
        wrong_ids: Notices of ids in the list that are other papers'.
        changes: What has changed in the list since the last init; None if this is the first.
    """

    filing: Filing
    written: tuple[str, ...]
    abstracts: int = 0
    fetched: int = 0
    wrong_ids: tuple[str, ...] = ()
    changes: Changes | None = None


def start_workspace(
    root: Path,
    source: Source,
    choices: Choices,
    *,
    abstracts: str | None = None,
    force: bool = False,
    settle: Callable[[str], str] = str,
    fetched: ListOrigin | None = None,
) -> Started:
    """Creates the workspace; repeating it with the same source changes nothing.

    Args:
        abstracts: A list, in any format, whose abstracts are given to papers that have none.
        force: Replace files that were changed by hand; FILE.bak keeps the old content.
        settle: Puts what a person has decided about drafts into the taxonomy's text.
        fetched: Where the source came from, if it was fetched; it is remembered.

    Raises:
        ConfigError: The folder has files that no init has written, or that were changed by hand.
        InputError: The source has no topic, or a list cannot be read.
        StoreError: A file cannot be written; rerun to resume.
    """
    folder = InitFolder(root)
    if not force:
        _check_same_list(root, folder, source)
    plan = None if folder.is_new else load_section_plan(root)
    given = 0
    if abstracts is not None:
        source, given = with_abstracts(source, abstracts)
    found = load_abstracts(root)
    filing = file_source(with_found(source, found), choices, plan)
    files = workspace_files(filing)
    files[TAXONOMY_FILE] = settle(files[TAXONOMY_FILE])
    facts: dict[str, Any] = {"source": source.name, "form": source.form, "choices": choices.model_dump()}
    facts |= remembered_list(root, abstracts)
    if fetched is not None:
        facts["fetched"] = fetched.model_dump(exclude_defaults=True)
    changes = changes_since(root, filing)
    kept = (SECTIONS_FILE,) if plan == filing.plan else ()  # with a person's comments
    written = tuple(folder.write(files, facts, force=force, inputs=(SECTIONS_FILE,), kept=kept))
    return Started(filing, written, given, _count_found(filing, found), _wrong_ids(filing, found), changes)


def _check_same_list(root: Path, folder: InitFolder, source: Source) -> None:
    """Refuses another list: it would replace every study of the first one."""
    before = folder.facts.get("source")
    if before in (None, source.name) or not source.title:
        return
    try:
        title = load_taxonomy(root / TAXONOMY_FILE).title
    except ConfigError:
        return  # interrupted before it was written, or edited: said elsewhere
    if source.title != title:
        told = f"was made from {before} ('{title}'), and {source.name} is '{source.title}'"
        raise ConfigError(f"{root}: {told}; choose another folder, or add --force to replace its studies")


def with_found(source: Source, found: Mapping[str, FoundAbstract]) -> Source:
    """The source with arXiv's abstracts for papers without one."""
    papers = []
    for paper in source.papers:
        row = None if paper.entry.paper.abstract else found.get(abstract_key(paper.entry.paper))
        if row is not None and row.abstract and not row.mistaken(paper.entry.paper):
            paper = _with_abstract(paper, row.abstract)
        papers.append(paper)
    return source.model_copy(update={"papers": tuple(papers)})


def _count_found(filing: Filing, found: Mapping[str, FoundAbstract]) -> int:
    """Labelled papers whose abstract is arXiv's."""
    papers = [paper.entry.paper for paper in filing.papers if paper.entry.paper.abstract]
    return sum((row := found.get(abstract_key(p))) is not None and row.abstract == p.abstract for p in papers)


def _wrong_ids(filing: Filing, found: Mapping[str, FoundAbstract]) -> tuple[str, ...]:
    entries = [paper.entry for paper in filing.papers]
    rows = [(entry, found.get(abstract_key(entry.paper))) for entry in entries]
    return tuple(
        f"line {entry.line}: {why}" for entry, row in rows if row and (why := row.mistaken(entry.paper))
    )


def _with_abstract(paper: SourcePaper, abstract: str) -> SourcePaper:
    found = paper.entry.paper.model_copy(update={"abstract": abstract})
    return paper.model_copy(update={"entry": paper.entry.model_copy(update={"paper": found})})


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
                paper = _with_abstract(paper, match.value)
        papers.append(paper)
    return source.model_copy(update={"papers": tuple(papers)}), given
