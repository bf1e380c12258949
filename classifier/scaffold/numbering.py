"""A source whose sections are numbered -> the same without the numbers, so that ids and names lack them."""

from __future__ import annotations

from classifier.lists.heading_numbers import without_bare_numbers, without_number
from classifier.scaffold.source import Path, Source, SourceSection


def unnumbered(source: Source) -> Source:
    """The source; sections that differ in their numbers only become one."""
    names = list(dict.fromkeys(name for section in source.sections for name in section.titles))
    marked = [without_number(name) for name in names]
    plain = dict(zip(names, without_bare_numbers(marked), strict=True))
    if all(name == new for name, new in plain.items()):
        return source

    def path(titles: Path) -> Path:
        return tuple(plain.get(name, name) for name in titles)

    sections: dict[Path, SourceSection] = {}
    for section in source.sections:
        new = section.model_copy(update={"titles": path(section.titles)})
        sections.setdefault(new.titles, new)
    papers = tuple(
        paper.model_copy(update={"sections": tuple(dict.fromkeys(path(each) for each in paper.sections))})
        for paper in source.papers
    )
    return source.model_copy(update={"sections": tuple(sections.values()), "papers": papers})
