"""A filing -> the text of the workspace's files.

What enters: a tree, its papers and their outcomes. What leaves: file names and texts. A definition is the
list's own introduction of a section if it has one, else a draft from the heading and the words of its papers,
marked as a draft, with the papers that it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from classifier.model.study import Study
from classifier.scaffold.filed import FiledPaper, Filing
from classifier.scaffold.places import DraftNode
from classifier.scaffold.slugs import make_slug
from classifier.scaffold.words import distinctive_words
from classifier.survey.section_plan import SECTIONS_FILE, section_plan_text
from classifier.survey.workspace import GOLD_FILES, TAXONOMY_FILE

FACETS_FILE, OUTCOMES_FILE, SUITE_FILE = "facets.jsonl", "init/entries.jsonl", "eval/suites/list.jsonl"
_HEAD = """\
# Made by `classifier init` from {source}. Texts under `drafts` were not written by a person: accept or edit
# them with `classifier draft DIR`, or here, removing their line from `drafts`. `classifier lint` finds weak
# places.
"""
_MOST_RESTED_ON = 50
"""Most papers that a draft lists; more would make the file hard to read."""


def workspace_files(filing: Filing) -> dict[str, str]:
    """Relative file name -> text, in the order in which they are written."""
    ids = {id(paper): paper.entry.key for paper in filing.papers}
    files = {
        GOLD_FILES[0]: _lines(_study(filing, paper) for paper in filing.papers),
        SUITE_FILE: _lines(_suite_item(paper) for paper in filing.papers),
        FACETS_FILE: _lines(_facet_row(paper) for paper in filing.aside),
        OUTCOMES_FILE: _lines(outcome.model_dump(mode="json") for outcome in filing.outcomes),
        SECTIONS_FILE: section_plan_text(filing.plan) if filing.plan.sections else "",
        TAXONOMY_FILE: taxonomy_text(filing, ids),
    }
    return {name: text for name, text in files.items() if text}


def taxonomy_text(filing: Filing, ids: dict[int, str]) -> str:
    """taxonomy.yaml."""
    source = filing.source
    title = source.title or _base(source.name) or "Untitled survey"
    by_leaf: dict[str, list[FiledPaper]] = {}
    for paper in filing.papers:
        by_leaf.setdefault(paper.leaves[0], []).append(paper)
    words = distinctive_words({leaf: [_text_of(p) for p in papers] for leaf, papers in by_leaf.items()})
    rest = {leaf: [ids[id(paper)] for paper in papers] for leaf, papers in by_leaf.items()}
    data: dict[str, Any] = {
        "schema_version": 1,
        "id": make_slug(title),
        "title": title,
        "definition": source.definition or f"Papers of the survey or list “{title}”, by topic.",
    }
    if not source.definition:
        data["drafts"] = [{"of": "definition", "by": "headings"}]
    data["tree"] = [_node(node, "", words, rest) for node in filing.tree]
    if source.scope:
        data["scope"] = {"definition": source.scope}
    body = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
    return _HEAD.format(source=_base(source.name) or "answers") + body


def _node(
    node: DraftNode, above: str, words: dict[str, list[str]], rest: dict[str, list[str]]
) -> dict[str, Any]:
    path = f"{above}{node.id}"
    data: dict[str, Any] = {"id": node.id, "title": node.title}
    papers = rest.get(path, [])
    if node.intro:
        data["definition"] = node.intro
    elif node.children:
        data["definition"] = f"{node.title}: {', '.join(child.title for child in node.children)}."
        data["drafts"] = [{"of": "definition", "by": "headings"}]
    elif found := words.get(path):
        data["definition"] = f"{node.title}. Words that set its papers apart: {', '.join(found)}."
        data["drafts"] = [{"of": "definition", "by": "words", "papers": papers[:_MOST_RESTED_ON]}]
    else:
        data["definition"] = f"{node.title}."
        data["drafts"] = [{"of": "definition", "by": "headings"}]
    if node.children:
        data["children"] = [_node(child, f"{path}/", words, rest) for child in node.children]
    return data


def _study(filing: Filing, paper: FiledPaper) -> dict[str, Any]:
    found = paper.entry.paper
    study = Study(
        id=paper.entry.key,
        title=_title_of(paper),
        label=paper.leaves[0],
        authors=found.authors,
        year=found.year,
        arxiv=found.arxiv_id,
        doi=found.doi,
        secondary=tuple(paper.leaves[1:]),
        summary=paper.said,
        provenance={
            "list": _base(filing.source.name),
            "sections": [" > ".join(path) for path in paper.sections],
            **({"facets": paper.facets} if paper.facets else {}),
            **({"url": paper.entry.url} if paper.entry.url else {}),
        },
    )
    return study.model_dump(mode="json", exclude_defaults=True)


def _suite_item(paper: FiledPaper) -> dict[str, Any]:
    """Title, and the abstract if the list has one; no arXiv id, so that nothing is fetched."""
    item = {"id": paper.entry.key, "title": _title_of(paper), "label": paper.leaves[0]}
    more = {
        "secondary": paper.leaves[1:],
        "abstract": paper.said,
        "year": paper.entry.paper.year,
    }
    bare = {} if more["abstract"] else {"title_only": True}
    return item | {name: value for name, value in more.items() if value} | bare


def _facet_row(paper: FiledPaper) -> dict[str, Any]:
    found = paper.entry.paper
    row = {
        "id": paper.entry.key,
        "title": _title_of(paper),
        "facets": paper.facets,
        "sections": [" > ".join(path) for path in paper.sections],
        "arxiv": found.arxiv_id,
        "doi": found.doi,
        "year": found.year,
        "url": paper.entry.url,
    }
    return {name: value for name, value in row.items() if value}


def _title_of(paper: FiledPaper) -> str:
    found = paper.entry.paper
    return found.title or (f"arXiv {found.arxiv_id}" if found.arxiv_id else found.doi or paper.entry.key)


def _text_of(paper: FiledPaper) -> str:
    return f"{paper.entry.paper.title or ''} {paper.said}"


def _base(name: str) -> str:
    """The file's name without its folder, which is meaningless on other machines; an address is whole."""
    return name if "://" in name else " ".join(Path(name).name.split())


def _lines(rows: Iterable[dict[str, Any]]) -> str:
    def dumped() -> Iterator[str]:
        for row in rows:
            # Half a surrogate pair has no UTF-8 form; U+2028 must not end a line for other readers.
            text = (
                json.dumps(row, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
            )
            yield text.encode("utf-8", "replace").decode() + "\n"

    return "".join(dumped())
