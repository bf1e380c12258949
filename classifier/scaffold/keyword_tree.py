"""A Markdown list whose headings are only years or venues -> the tree from its entries' keywords.

The years and venues remain facets. A list with a heading that is a topic keeps its own tree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from classifier.scaffold.roles import guess_role
from classifier.scaffold.source import Source, SourcePaper, SourceSection

_FEW = 2
"""Entries of a keyword that is a topic, and topics of a tree, at least."""


def with_keyword_tree(source: Source, read_keywords: Callable[[], Mapping[int, Sequence[str]]]) -> Source:
    """The source with a section for each keyword that several entries share, if no heading is a topic.

    Args:
        read_keywords: Gives line of an entry -> its keywords, whose spelling may differ in upper and lower
            case. Called only if no heading is a topic.
    """
    if _has_topics(source):
        return source
    keywords = read_keywords()
    times = Counter(word for row in keywords.values() for word in {each.casefold() for each in row})
    named: dict[str, str] = {}
    for row in keywords.values():
        for each in row:
            if times[each.casefold()] >= _FEW:
                named.setdefault(each.casefold(), each)
    if len(named) < _FEW:
        return source

    def filed(paper: SourcePaper) -> SourcePaper:
        words = dict.fromkeys(named.get(each.casefold(), "") for each in keywords.get(paper.entry.line, ()))
        return paper.model_copy(update={"sections": (*paper.sections, *((word,) for word in words if word))})

    sections = (*source.sections, *(SourceSection(titles=(name,)) for name in named.values()))
    notice = "no heading is a topic, so the tree is made of the entries' keywords; the headings are facets"
    return source.model_copy(
        update={
            "sections": tuple({section.titles: section for section in reversed(sections)}.values())[::-1],
            "papers": tuple(filed(paper) for paper in source.papers),
            "notices": (*source.notices, notice),
        }
    )


def _has_topics(source: Source) -> bool:
    """Whether a heading above an entry is a topic."""
    titles = {section.titles for section in source.sections if section.is_title}
    paths = {path for paper in source.papers for path in paper.sections}
    return any(
        guess_role(path[-1]).role == "topic"
        for whole in paths
        for path in (whole[:n] for n in range(1, len(whole) + 1))
        if path not in titles
    )
