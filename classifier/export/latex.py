r"""Tables -> LaTeX with booktabs, to be \input by a paper.

What enters: tables. What leaves: one `longtable` each. Every character with a meaning in TeX is escaped;
scripts beyond Latin need XeLaTeX or LuaLaTeX, as a comment at the top of the file says.
"""

from __future__ import annotations

import re

from classifier.export.bibtex import escaped
from classifier.export.filed import Filed
from classifier.export.markdown import study_name
from classifier.export.tables import Cell, Table

_HEAD = (
    "% Written by classifier export. Needs \\usepackage[T1]{fontenc}, {booktabs}, {longtable} and {array};\n"
    "% names in other scripts than Latin need XeLaTeX or LuaLaTeX.\n"
)
_KEY = re.compile(r"[\w:./+-]{1,100}")
_WIDTH = 0.96
"""Share of the line width for the columns of a table; the rest is the space between them."""


def render_latex(tables: tuple[Table, ...], *, cite: bool = False) -> str:
    r"""All tables, one after the other.

    Args:
        tables: May be empty.
        cite: Whether a study is cited by \cite with its entry's key; for lists that are .bib files.
    """
    return "\n".join([_HEAD, *(_table(table, cite) for table in tables)])


def _table(table: Table, cite: bool) -> str:
    n = len(table.columns)
    width = _WIDTH / n
    column = rf">{{\raggedright\arraybackslash}}p{{{width:.3f}\linewidth}}"
    lines = [
        rf"\begin{{longtable}}{{@{{}}{column * n}@{{}}}}",
        rf"\caption{{{escaped(table.title)}}}\label{{tab:{re.sub(r'[^a-z0-9-]', '-', table.name)}}}\\",
        r"\toprule",
        _row([escaped(name) for name in table.columns]),
        r"\midrule",
        r"\endfirsthead",
        r"\toprule",
        _row([escaped(name) for name in table.columns]),
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endlastfoot",
        *(_row([_cell(cell, cite) for cell in row]) for row in table.rows),
        r"\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    # A "[" or "*" after \\ would be read as its argument; the braces keep cells apart from it.
    return f"{' & '.join(f'{{{cell}}}' for cell in cells)} \\\\"


def _cell(cell: Cell, cite: bool) -> str:
    if isinstance(cell, str):
        return escaped(cell)
    return "; ".join(_study(study.filed, cite) for study in cell)


def _study(filed: Filed, cite: bool) -> str:
    name = escaped(study_name(filed))
    return rf"{name}~\cite{{{filed.key}}}" if cite and _KEY.fullmatch(filed.key) else name
