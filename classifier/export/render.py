"""The table of formats: filed rows -> the bytes of a new file, or of a user's own file with labels in it.

What enters: rows, the taxonomy, a format's name and options. What leaves: bytes. Row formats are streams;
formats for readers (tree, tables, page, picture) hold all rows in memory, and so does a file that is edited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from classifier.errors import ConfigError
from classifier.export.filed import Filed, file_rows
from classifier.export.grouping import Tree, group_by_tree
from classifier.export.splice.keywords import PREFIX
from classifier.export.splice.results import NOTE_FIELDS, Removal, Results, Spliced
from classifier.export.tables import attribute_tables, overview
from classifier.export.target import check_format, encoded
from classifier.model.entries import Row
from classifier.survey.section_plan import SectionPlan
from classifier.survey.taxonomy import Taxonomy


@dataclass(frozen=True)
class Options:
    """Options of the formats.

    Attributes:
        prefix: Marks our keywords; a `checked_prefix`.
        note_field: The field for the rationale in reference lists; None omits it.
        mark: CSV: whether it begins with a byte order mark.
        cite: LaTeX: whether studies are cited by their keys.
        on_new_key: BibTeX: called with each key that had to change, and its new form.
        reviewed_only: Leave out papers that need review.
        count: Counts the rows that are written, and the duplicates that formats for readers leave out.
    """

    prefix: str = PREFIX
    note_field: str | None = None
    mark: bool = False
    cite: bool = False
    on_new_key: Callable[[str, str], None] = lambda *_: None
    reviewed_only: bool = False
    count: Counter[str] = field(default_factory=Counter)


def render(name: str, rows: Iterable[Row], taxonomy: Taxonomy, options: Options) -> Iterator[bytes]:
    """A new file of the format, in parts.

    Raises:
        ConfigError: No such format, or rows of another taxonomy.
    """
    filed = _counted(rows, taxonomy, options)
    if name in _STREAMED:
        return encoded(_STREAMED[name](filed, options))
    if name == "parquet":
        from classifier.export.parquet import write_parquet

        return write_parquet(filed)
    if name in _GROUPED:
        tree = group_by_tree(filed, taxonomy)
        options.count["duplicates"] += tree.duplicates
        return iter(_GROUPED[name](tree, taxonomy, options))
    raise ConfigError(f"format '{name}' is not known; expected one of {', '.join(FORMATS)}")


def render_into(
    name: str, data: bytes, file: Path, rows: Iterable[Row], taxonomy: Taxonomy, options: Options
) -> Spliced:
    """A user's file with labels in it.

    Raises:
        ConfigError: The format cannot contain labels, the file has another format, or the rows are of another
        taxonomy.
        InputError: The file is not of the format.
    """
    if name not in INTO:
        raise ConfigError(f"--into works with {', '.join(INTO)}, not with '{name}'; use --out for a new file")
    check_format(file, data, name)
    filed = _counted(rows, taxonomy, options)
    if name in _LISTS:
        return _splicer(name)(data, Results(filed, options.prefix, file, options.note_field))
    from classifier.export.splice.markdown import splice_markdown

    tree = group_by_tree(filed, taxonomy)
    options.count["duplicates"] += tree.duplicates
    text = b"".join(_GROUPED[name](tree, taxonomy, options)).decode()
    new = splice_markdown(data, _SECTIONS[name], text)
    return Spliced(new, tree.count - tree.failed, tree.failed, ())


def add_into(
    name: str,
    data: bytes,
    file: Path,
    rows: Iterable[Row],
    taxonomy: Taxonomy,
    options: Options,
    plan: SectionPlan | None,
) -> Spliced:
    """A user's list with the papers that it lacks: each in the section of its leaf, in the list's style.

    A library gets entries with the keyword or group that is the leaf's section.

    Raises:
        ConfigError: The format is another, or rows are of another taxonomy.
        InputError: The file is not of the format.
    """
    from classifier.export.splice.library_papers import LIBRARIES, add_to_library
    from classifier.export.splice.markdown_papers import add_papers

    if name not in ("markdown", *LIBRARIES):
        raise ConfigError(
            f"--add works with markdown, {', '.join(LIBRARIES)}, not with '{name}'; export the new papers "
            "with --out, and import that file into your library"
        )
    check_format(file, data, name)
    filed = _counted(rows, taxonomy, options)
    return add_papers(data, filed, plan) if name == "markdown" else add_to_library(name, data, filed, plan)


def remove_from(name: str, data: bytes, file: Path, options: Options) -> Spliced:
    """A user's file without anything that `render_into` added; for Markdown, without all our sections.

    Raises:
        ConfigError: The format cannot contain labels, or the file has another format.
        InputError: The file is not of the format.
    """
    if name not in INTO:
        raise ConfigError(f"--remove works with {', '.join(INTO)}, not with '{name}'")
    check_format(file, data, name)
    if name in _SECTIONS:
        from classifier.export.splice.markdown import without_sections

        new, removed = without_sections(data, tuple(_SECTIONS.values()))
        return Spliced(new, 0, 0, (), changed=removed)
    fields = (*NOTE_FIELDS[name], *([options.note_field] if options.note_field else []))
    return _splicer(name)(data, Removal(options.prefix, fields))


def _counted(rows: Iterable[Row], taxonomy: Taxonomy, options: Options) -> Iterator[Filed]:
    for filed in file_rows(rows, taxonomy):
        if options.reviewed_only and filed.needs_review:
            options.count["left out"] += 1
            continue
        options.count["entries"] += 1
        yield filed


def _splicer(name: str) -> Callable[[bytes, Results], Spliced]:
    if name == "bibtex":
        from classifier.export.splice.bibtex import splice_bibtex

        return splice_bibtex
    if name == "ris":
        from classifier.export.splice.ris import splice_ris

        return splice_ris
    from classifier.export.splice.csl_json import splice_csl_json

    return splice_csl_json


def _jsonl(rows: Iterable[Filed], _: Options) -> Iterator[str]:
    from classifier.export.jsonl import write_jsonl

    return write_jsonl(rows)


def _csv(rows: Iterable[Filed], options: Options) -> Iterator[str]:
    from classifier.export.spreadsheet import write_csv

    return write_csv(rows, mark=options.mark)


def _bibtex(rows: Iterable[Filed], options: Options) -> Iterator[str]:
    from classifier.export.bibtex import write_bibtex

    return write_bibtex(rows, options.prefix, options.note_field, options.on_new_key)


def _ris(rows: Iterable[Filed], options: Options) -> Iterator[str]:
    from classifier.export.ris import write_ris

    return write_ris(rows, options.prefix, options.note_field)


def _csl_json(rows: Iterable[Filed], options: Options) -> Iterator[str]:
    from classifier.export.csl import write_csl_json

    return write_csl_json(rows, options.prefix, options.note_field)


def _markdown(tree: Tree, _: Taxonomy, __: Options) -> Iterator[bytes]:
    from classifier.export.markdown import render_list

    return encoded([render_list(tree)])


def _table1(tree: Tree, _: Taxonomy, __: Options) -> Iterator[bytes]:
    from classifier.export.markdown import render_table

    return encoded([render_table(overview(tree))])


def _tables(tree: Tree, taxonomy: Taxonomy, _: Options) -> Iterator[bytes]:
    from classifier.export.markdown import render_tables

    return encoded([render_tables(attribute_tables(tree, taxonomy))])


def _latex(tree: Tree, taxonomy: Taxonomy, options: Options) -> Iterator[bytes]:
    from classifier.export.latex import render_latex

    return encoded([render_latex((overview(tree), *attribute_tables(tree, taxonomy)), cite=options.cite)])


def _html(tree: Tree, taxonomy: Taxonomy, _: Options) -> Iterator[bytes]:
    from classifier.export.webpage import render_page

    return encoded(render_page(tree, taxonomy))


def _svg(tree: Tree, _: Taxonomy, __: Options) -> Iterator[bytes]:
    from classifier.export.picture import lay_out
    from classifier.export.svg import render_svg

    return encoded([render_svg(lay_out(tree))])


def _png(tree: Tree, _: Taxonomy, __: Options) -> Iterator[bytes]:
    from classifier.export.picture import lay_out
    from classifier.export.png import render_png

    return iter([render_png(lay_out(tree))])


_STREAMED = {"jsonl": _jsonl, "csv": _csv, "bibtex": _bibtex, "ris": _ris, "csl-json": _csl_json}
_GROUPED = {
    "markdown": _markdown,
    "table1": _table1,
    "tables": _tables,
    "latex": _latex,
    "html": _html,
    "svg": _svg,
    "png": _png,
}
_LISTS = ("bibtex", "ris", "csl-json")
_SECTIONS = {"markdown": "classifier:tree", "table1": "classifier:classes", "tables": "classifier:tables"}

FORMATS = (*_STREAMED, "parquet", *_GROUPED)
"""All formats."""

BINARY = ("parquet", "png")
"""Binary formats, which are not written to a terminal."""

_ENDINGS = {
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".bib": "bibtex",
    ".ris": "ris",
    ".json": "csl-json",
    ".md": "markdown",
    ".tex": "latex",
    ".html": "html",
    ".svg": "svg",
    ".png": "png",
}


def format_of(file: Path | None) -> str:
    """The format for a file name's suffix.

    Raises:
        ConfigError: There is no file name, or its suffix is unknown.
    """
    ending = file.suffix.lower() if file else ""
    if ending not in _ENDINGS:
        raise ConfigError(
            f"no format: give --format NAME, or a file that ends in one of {', '.join(_ENDINGS)}; formats: "
            f"{', '.join(FORMATS)}"
        )
    return _ENDINGS[ending]


INTO = (*_LISTS, *_SECTIONS)
"""Formats that can be written into a user's own file."""
