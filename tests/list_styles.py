"""Ten lists of one tree and the same invented papers, each in another style that awesome lists have.

Each has two leaves, "By song" with three papers and "By sight" with two, and two surveys as a facet. `ENTRY`
finds the lines of papers by a rule of its own, which shares nothing with the reader of lists.
"""

# ruff: noqa: E501

from __future__ import annotations

import re
from typing import NamedTuple

SONGS = [
    ("Recorders on Forty Roofs Hear the Blackbird", "2503.00001", "2025/03", "ICLR 2025"),
    ("Dawn Chorus in Seven Parks Told by Software", "2411.00002", "2024/11", "ACL 2024"),
    ("Microphones in a Courtyard Count the Robins", "2402.00003", "2024/02", "KDD 2024"),
]
SIGHTS = [
    ("Cameras at Garden Feeders and Winter Visitors", "2501.00004", "2025/01", "CVPR 2025"),
    ("Passers-by Photograph the Nests of Swifts", "2407.00005", "2024/07", "ECCV 2024"),
]
SURVEYS = [
    ("Counting Birds in Towns: A Review of Methods", "2301.00006", "2023/01", "TKDE 2023"),
    ("Birdwatching by Machines: A Broad Overview", "2305.00007", "2023/05", "CSUR 2023"),
]
NEW = ("A Whistle in the Stairwell Betrays the Starling", "2611.01234")
"""The paper that is added; its leaf is "By song"."""


class Style(NamedTuple):
    """A list; `entry` finds its papers' lines, `added` is the line of the new paper."""

    name: str
    text: str
    entry: str
    added: str


def _list(sections: list[tuple[str, list[str]]], head: str = "# City Birds\n", gap: str = "\n") -> str:
    return head + "".join(f"\n{title}\n{gap}" + "\n".join(rows) + "\n" for title, rows in sections)


def _rows(form: str, papers: list[tuple[str, str, str, str]]) -> list[str]:
    return [
        form.format(
            t=title,
            u=f"https://arxiv.org/abs/{arxiv}",
            a=arxiv,
            d=date,
            v=venue,
            n=number,
            y=venue[-4:],
            V=venue[:-5],
        )
        for number, (title, arxiv, date, venue) in enumerate(papers, start=1)
    ]


def _plain(form: str, song: str, sight: str, survey: str, **more: str) -> str:
    parts = [(song, _rows(form, SONGS)), (sight, _rows(form, SIGHTS)), (survey, _rows(form, SURVEYS))]
    return _list(parts, **more)


_TABLE = "| Title | Venue | Date | Link |\n|:--|--|:-:|--|\n"
_N, _U = NEW[0], f"https://arxiv.org/abs/{NEW[1]}"

STYLES = [
    Style(
        "emoji and badges",
        _plain("- 📄 **{t}** [![arXiv](https://img.shields.io/badge/arXiv-{a}-b31b1b.svg)]({u}) ⭐", "## 🎵 By song", "## 👀 By sight", "## 📚 Surveys",
               head='<div align="center">\n\n# 🐦 City Birds\n\n[![Awesome](https://awesome.re/badge.svg)](https://awesome.re)\n\n</div>\n'),
        r"^- 📄 \*\*",
        f"- 📄 **{_N}** [![arXiv](https://img.shields.io/badge/arXiv-{NEW[1]}-b31b1b.svg)]({_U})",
    ),
    Style(
        "anchors and a table of contents",
        _plain("* [{t}]({u})", '## <a id="song"></a>By song', '## By sight <a name="sight"></a>', "## Surveys [↑](#top)",
               head="# City Birds\n\n## Contents\n- [By song](#song)\n  - [By sight](#sight)\n- [Surveys](#surveys)\n"),
        r"^\* \[.*arxiv",
        f"* [{_N}]({_U})",
    ),
    Style(
        "nested bullets as sections",
        "# City Birds\n\n## Papers\n" + "".join(
            f"- {title}\n" + "".join(f"  {row}\n" for row in _rows("- [{t}]({u})", papers))
            for title, papers in (("By song", SONGS), ("By sight", SIGHTS), ("Surveys", SURVEYS))
        ),
        r"^  - \[",
        f"  - [{_N}]({_U})",
    ),
    Style(
        "tables",
        _list([(f"## {title}", [_TABLE + "\n".join(_rows("| {t} | {v} | {d} | [paper]({u}) |", papers))])
               for title, papers in (("By song", SONGS), ("By sight", SIGHTS), ("Surveys", SURVEYS))]),
        r"^\|.*\[paper\]",
        f"| {_N} | arXiv 2026 | 2026/11 | [paper]({_U}) |",
    ),
    Style(
        "HTML headings and details",
        "<h1>City Birds</h1>\n" + "".join(
            f"\n<details open>\n<summary><b>{title}</b></summary>\n\n" + "\n".join(_rows("- {t}. [[pdf]({u})]", papers)) + "\n\n</details>\n"
            for title, papers in (("By song", SONGS), ("By sight", SIGHTS), ("Surveys", SURVEYS))
        ),
        r"^- .*\[\[pdf",
        f"- {_N}. [[pdf]({_U})]",
    ),
    Style(
        "plus signs, quotes and venue tags",
        _plain('+ `{V}` "{t}" [paper]({u})', "### By song", "### By sight", "### Surveys"),
        r"^\+ .*\[paper",
        f'+ "{_N}" [paper]({_U})',
    ),
    Style(
        "numbered",
        _plain("{n}. {t}. *{v}*. [paper]({u})", "## 1. By song", "## 2. By sight", "## 3. Surveys"),
        r"^\d\. .*\[paper",
        f"4. {_N}. *arXiv 2026*. [paper]({_U})",
    ),
    Style(
        "bold titles, underlined headings",
        _plain("- **{t}** ({v}) [[Paper]]({u})", "By song\n-------", "By sight\n--------", "Surveys\n-------"),
        r"^- \*\*.*\[\[Paper",
        f"- **{_N}** (arXiv 2026) [[Paper]]({_U})",
    ),
    Style(
        "link first, date at the end",
        _plain("- [[Paper]({u})] {t}, {d}", "## By song", "## By sight", "## Surveys"),
        r"^- \[\[Paper",
        f"- [[Paper]({_U})] {_N}, 2026/11",
    ),
    Style(
        "date first, bold lines as sections",
        _plain("- [{d}] {t}. [[paper]({u})] [[code](https://github.com/birds/{n})]", "**By song**", "**By sight**", "**Surveys**", head="# City Birds\n\n## Papers\n"),
        r"^- \[\d{4}/\d\d\]",
        f"- [2026/11] {_N}. [[paper]({_U})]",
    ),
]  # fmt: skip


def count_items(text: str) -> int:
    """Bullets and rows of tables without their headers and rules, by their marks alone."""
    lines = text.split("\n")
    bullets = sum(re.match(r"\s*(?:[-*+]|\d+\.) +\S", line) is not None for line in lines)
    rows = [line for line in lines if line.startswith("|")]
    return bullets + len(rows) - 2 * sum(set(row) <= set("|:- ") for row in rows)


def count_entries(style: Style, text: str | None = None) -> int:
    """Papers of the list, by the style's own rule."""
    return len(re.findall(style.entry, style.text if text is None else text, re.MULTILINE))
