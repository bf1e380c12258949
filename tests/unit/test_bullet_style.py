"""A new paper's line in the style of its neighbour's."""

# ruff: noqa: E501, ISC004

import pytest

from classifier.export.splice.bullet_style import BulletStyle, NewPaper, date_in, plain_bullet
from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.raw import Raw

MAPS = NewPaper(
    "Tiny Maps: Memory for Agents that Plan", "https://arxiv.org/abs/2611.01234", "2611.01234", 2026
)
JOURNAL = NewPaper(
    "Tiny Maps: Memory for Agents that Plan", "https://doi.org/10.1145/12.34", None, 2025, "TKDE"
)
OLD = "https://arxiv.org/abs/2301.00001"
TINY, URL = MAPS.title, MAPS.url


def written(line, paper=MAPS):
    lines = [line]
    if line.startswith("|"):
        lines = ["|a" * (line.count("|") - 1) + "|", "|-" * (line.count("|") - 1) + "|", line]
    found = [
        raw for raw in read_markdown(ListLine(n, t) for n, t in enumerate(lines, 1)) if isinstance(raw, Raw)
    ]
    return BulletStyle(line, found[0].title).line_for(paper)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"- [2026/01] Learning to Lift: A Lever. [[paper]({OLD})]", f"- [2026/11] {TINY}. [[paper]({URL})]"),
        (f"- (ICLR 2026) **Learning to Lift: A Lever**  [[Paper]]({OLD})", f"- (arXiv 2026) **{TINY}** [[Paper]]({URL})"),
        (
            f"- **Learning to Lift a Lever**, Bee et al., *NeurIPS 2023*. [[pdf]]({OLD}) [[code]](https://github.com/a/b) "
            "![Stars](https://img.shields.io/github/stars/a/b)",
            f"- **{TINY}**, *arXiv 2026*. [[pdf]]({URL})",
        ),
        (f"* [Learning to Lift a Lever]({OLD}) - A. Bee, C. Dee. ICLR 2023.", f"* [{TINY}]({URL})"),
        (
            f"1. Learning to Lift a Lever. [![arXiv](https://img.shields.io/badge/arXiv-2301.00001-b31b1b.svg)]({OLD}) "
            "[![Code](https://img.shields.io/github/stars/x/y)](https://github.com/x/y)",
            f"1. {TINY}. [![arXiv](https://img.shields.io/badge/arXiv-2611.01234-b31b1b.svg)]({URL})",
        ),
        (f"- `2023.01` [Learning to Lift a Lever]({OLD}), *ICLR*", f"- `2026.11` [{TINY}]({URL})"),
        (
            f"| Learning to Lift a Lever | ICLR 2023 | [paper]({OLD}) | [code](https://github.com/x/y) |",
            f"| {TINY} | 2026 | [paper]({URL}) | |",
        ),
        (f"| [Learning to Lift a Lever]({OLD}) <br> Ann Bee | 2023 | robots |", f"| [{TINY}]({URL}) | 2026 | |"),
        (f'+ Ann Bee, Cy Dee. "Learning to Lift a Lever." ICLR (2023). [[paper]({OLD})]', f'+ "{TINY}." (2026). [[paper]({URL})]'),
        (f"- [x] [Learning to Lift a Lever]({OLD}) (CVPR'23) ⭐", f"- [x] [{TINY}]({URL}) (arXiv 2026)"),
        (f"- 📄 **2023-01-05** - [Learning to Lift a Lever]({OLD})", f"- 📄 **2026-11** - [{TINY}]({URL})"),
        (f"  - [Learning to Lift a Lever]({OLD})", f"  - [{TINY}]({URL})"),
        (f"- [Learning to Lift a Lever]({OLD}), NeurIPS 2023", f"- [{TINY}]({URL}), 2026"),
        (f"- [Learning to Lift a Lever]({OLD}), arXiv 2023", f"- [{TINY}]({URL}), arXiv 2026"),
    ],
)  # fmt: skip
def test_title_link_date_and_venue_follow_the_neighbour_and_nothing_else_does(line, expected):
    assert written(line) == expected


def test_what_is_unknown_is_left_out_and_no_id_of_the_neighbour_stays():
    assert written(f"- [2026/01] Learning to Lift: A Lever. [[paper]({OLD})]", JOURNAL) == (
        f"- [2025] {TINY}. [[paper]({JOURNAL.url})]"
    )
    assert written(f"- (ICLR 2026) **Learning to Lift: A Lever** [[Paper]]({OLD})", JOURNAL) == (
        f"- (TKDE 2025) **{TINY}** [[Paper]]({JOURNAL.url})"
    )
    badge = f"- Learning to Lift a Lever. [![arXiv](https://img.shields.io/badge/arXiv-2301.00001-b31b1b.svg)]({OLD})"
    assert written(badge, JOURNAL) == f"- {TINY}. [paper]({JOURNAL.url})"


@pytest.mark.parametrize(
    "line",
    [
        f'- <a href="{OLD}">Learning to Lift a Lever</a> (2023)',  # HTML is not imitated
        f"- **[LiftNet]** Learning to Lift a Lever [[arXiv:2301.00001]({OLD})]",  # would not be balanced
    ],
)
def test_a_neighbour_that_cannot_be_followed_is_not(line):
    assert written(line) is None


@pytest.mark.parametrize(
    "title",
    ["A [b](http://x.y) Title of Things", "Two | Pipes and * Stars **", "Back\\slash and `code` Here", "<b>Bold</b> Words Again",
     "Line\nBreak in the Title", "# Not a Heading Here", "- Not a Bullet at All"],
)  # fmt: skip
def test_a_hostile_title_makes_one_line_with_one_link(title):
    paper = NewPaper(title, URL, MAPS.arxiv, 2026)
    for line in (f"- [Learning to Lift a Lever]({OLD})", f"- Learning to Lift a Lever. [[paper]({OLD})]"):
        made = written(line, paper) or plain_bullet("- ", paper)
        found = list(read_markdown(iter([ListLine(1, made)])))
        assert "\n" not in made
        assert [raw.urls for raw in found] == [[URL]]


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("- [2026/01] A", (2026, 1)),
        (f"- (ICLR 2023) A [p]({OLD})", (2023, 1)),
        (f"- (ICLR 2024) A [p]({OLD})", (2024, 0)),
        (f"- A [p]({OLD})", (2023, 1)),
        ("- A of 12345", None),
        ("- A [p](https://x.org/2020/05/a.pdf)", None),
    ],
)
def test_the_date_of_a_bullet(line, date):
    assert date_in(line) == date
