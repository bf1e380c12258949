"""A new paper's line in the style of its neighbour's."""

# ruff: noqa: E501, ISC004

import pytest

from classifier.export.splice.bullet_style import BulletStyle, plain_bullet
from classifier.export.splice.new_paper import NewPaper
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
    lines = line.split("\n")
    if line.startswith("|"):
        lines = ["|a" * (line.count("|") - 1) + "|", "|-" * (line.count("|") - 1) + "|", line]
    found = [
        raw for raw in read_markdown(ListLine(n, t) for n, t in enumerate(lines, 1)) if isinstance(raw, Raw)
    ]
    return BulletStyle(line, found[0].title).text_for(paper)


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
        (f"* [Learning to Lift a Lever]({OLD}) - A. Bee, C. Dee. ICLR 2023.", f"* [{TINY}]({URL}) - arXiv 2026."),
        (
            f"1. Learning to Lift a Lever. [![arXiv](https://img.shields.io/badge/arXiv-2301.00001-b31b1b.svg)]({OLD}) "
            "[![Code](https://img.shields.io/github/stars/x/y)](https://github.com/x/y)",
            f"1. {TINY}. [![arXiv](https://img.shields.io/badge/arXiv-2611.01234-b31b1b.svg)]({URL})",
        ),
        (f"- `2023.01` [Learning to Lift a Lever]({OLD}), *ICLR*", f"- `2026.11` [{TINY}]({URL})"),
        (
            f"| Learning to Lift a Lever | ICLR 2023 | [paper]({OLD}) | [code](https://github.com/x/y) |",
            f"| {TINY} | arXiv 2026 | [paper]({URL}) | |",
        ),
        (f"| [Learning to Lift a Lever]({OLD}) <br> Ann Bee | 2023 | robots |", f"| [{TINY}]({URL}) | 2026 | |"),
        (f'+ Ann Bee, Cy Dee. "Learning to Lift a Lever." ICLR (2023). [[paper]({OLD})]', f'+ "{TINY}." arXiv (2026). [[paper]({URL})]'),
        (f"- [x] [Learning to Lift a Lever]({OLD}) (CVPR'23) ⭐", f"- [x] [{TINY}]({URL}) (arXiv'26)"),
        (f"- 📄 **2023-01-05** - [Learning to Lift a Lever]({OLD})", f"- 📄 **2026-11** - [{TINY}]({URL})"),
        (f"  - [Learning to Lift a Lever]({OLD})", f"  - [{TINY}]({URL})"),
        (f"- [Learning to Lift a Lever]({OLD}), NeurIPS 2023", f"- [{TINY}]({URL}), arXiv 2026"),
        (f"- [Learning to Lift a Lever]({OLD}), arXiv 2023", f"- [{TINY}]({URL}), arXiv 2026"),
        (f"- **Learning to Lift a Lever** [[ICLR 2023]({OLD})]", f"- **{TINY}** [[arXiv 2026]({URL})]"),
        (f"- **Learning to Lift a Lever** [ICML]({OLD})", f"- **{TINY}** [paper]({URL})"),
        (
            f"* **Learning to Lift a Lever** [2022]\n[Conference on Lifting Things. Leverage, (2022)]({OLD}) | [code](https://github.com/x/y)",
            f"* **{TINY}** [2026]\n[paper]({URL}) |",
        ),
    ],
)  # fmt: skip
def test_title_link_date_and_venue_follow_the_neighbour_and_nothing_else_does(line, expected):
    assert written(line) == expected


KDD = NewPaper("Tiny Maps: Memory for Agents that Plan", "https://doi.org/10.1145/12.34", None, 2025, "KDD")
SHIELD = "https://img.shields.io"


@pytest.mark.parametrize(
    ("text", "preprint", "published"),
    [
        ("- [{t}]({u}), NeurIPS 2024. It lifts levers with a learned reward.", ", arXiv 2026.", ", KDD 2025."),
        ("- [{t}]({u}) NeurIPS 2024: it lifts levers with a learned reward.", " arXiv 2026", " KDD 2025"),
        ("- [{t}]({u}) - ICLR 2023. It lifts 2012 levers.", " - arXiv 2026.", " - KDD 2025."),
        ("- [{t}]({u}) (2024.05)", " (2026.11)", " (2025)"),
        ("- [{t}]({u}) (arXiv 2024.05)", " (arXiv 2026.11)", " (KDD 2025)"),
        ("- [{t}]({u}) (29 Oct 2024)", " (Nov 2026)", " (2025)"),
        ("- [{t}]({u}), October 2024", ", November 2026", ", 2025"),
        ("- [{t}]({u}) **2024-05-01**", " **2026-11**", " **2025**"),
        ("- [{t}]({u}) *arxiv 2024*", " *arxiv 2026*", " *KDD 2025*"),
        ("- [{t}]({u}) `ICLR` `2024`", " `2026`", " `2025`"),
        ("- [{t}]({u}) **ICLR** 2024", " **arXiv** 2026", " **KDD** 2025"),
        ("- [{t}]({u}), *A. Bee, C. Dee.* Preprint'25", ", Preprint'26", ", KDD'25"),
        ("- [{t}]({u}) (ACL 2024 Findings)", " (arXiv 2026)", " (KDD 2025)"),
        ("- [{t}]({u}). NeurIPS 2022 Datasets and Benchmarks Track.", ". arXiv 2026.", ". KDD 2025."),
        ("- [{t}]({u}) [EMNLP-2023]", " [arXiv-2026]", " [KDD-2025]"),
        ("- [{t}]({u}) Since 2019 levers are lifted.", "", ""),
        (
            "- [{t}]({u}) ![](" + SHIELD + "/badge/2024.05-green)",
            f" ![]({SHIELD}/badge/2026.11-green)",
            f" ![]({SHIELD}/badge/2025-green)",
        ),
        (
            "- [{t}]({u}) ![NeurIPS 2024](" + SHIELD + "/badge/NeurIPS-2024-blue)",
            f" ![arXiv 2026]({SHIELD}/badge/arXiv-2026-blue)",
            f" ![KDD 2025]({SHIELD}/badge/KDD-2025-blue)",
        ),
        (
            "- [{t}]({u}) ![date](" + SHIELD + "/badge/Date-2024--05--12-blue) ![s](" + SHIELD + "/github/stars/a/b)",
            f" ![date]({SHIELD}/badge/Date-2026--11-blue)",
            f" ![date]({SHIELD}/badge/Date-2025-blue)",
        ),
        (
            "- [{t}]({u}) ![v](" + SHIELD + "/badge/Venue-ICLR%202024-blue?style=flat)",
            f" ![v]({SHIELD}/badge/Venue-arXiv%202026-blue?style=flat)",
            f" ![v]({SHIELD}/badge/Venue-KDD%202025-blue?style=flat)",
        ),
    ],
)  # fmt: skip
def test_year_and_venue_stand_as_the_neighbour_has_them_and_its_sentence_does_not(text, preprint, published):
    line = text.format(t="Learning to Lift a Lever", u=OLD)
    assert written(line) == f"- [{TINY}]({URL}){preprint}"
    assert written(line, KDD) == f"- [{TINY}]({KDD.url}){published}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"1. **[Learning to Lift a Lever.]({OLD})** [[code](https://github.com/a/b)]\n    *A. Bee, C. Dee.* ICLR'23",
            f"1. **[{TINY}.]({{u}})**\n    KDD'25",
        ),
        (
            f"12. **Learning to Lift a Lever**. (EMNLP 2022) <br />\nAnn Bee, Cy Dee. [[paper]({OLD})] [[code](https://github.com/a/b)]",
            f"12. **{TINY}**. (KDD 2025) <br />\n[[paper]({{u}})]",
        ),
        (
            f"3. **Learning to Lift a Lever.**\n\n   *Ann Bee, Cy Dee.* [[code](https://github.com/a/b)], [[abs]({OLD})], 2022.5",
            f"3. **{TINY}.**\n\n   [[abs]({{u}})], 2025",
        ),
        (
            f"+ **Learning to Lift a Lever** (8 Mar 2024)<details><summary>[ICLR 2024] Ann Bee</summary>Ann Bee</details>\n"
            f"[![Paper]({SHIELD}/badge/Paper-PDF-red)]({OLD})\n[![Code]({SHIELD}/github/stars/a/b)](https://github.com/a/b)",
            f"+ **{TINY}** (2025)\n[![Paper]({SHIELD}/badge/Paper-PDF-red)]({{u}})",
        ),
        (
            f"- **Learning to Lift a Lever**\n  - {OLD}\n  - Date: 2023.01\n  - Keywords: levers, lifting",
            f"- **{TINY}**\n  - {{u}}\n  - Date: 2025",
        ),
        (f"[Learning to Lift a Lever]({OLD})", f"[{TINY}]({{u}})"),
    ],
    ids=["venue below", "link below", "after an empty line", "badges below", "inner bullets", "paragraph"],
)  # fmt: skip
def test_an_entry_of_several_lines_gives_one_of_the_lines_that_are_known(text, expected):
    assert written(text, KDD) == expected.format(u=KDD.url)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"| [**Learning to Lift a Lever**]({OLD}) | ICLR | 2023-01-05 | [Github](https://github.com/a/b) | - |", f"| [**{TINY}**]({{u}}) | KDD | 2025 | - | - |"),
        (f"| ![s]({SHIELD}/github/stars/a/b) <br> [Learning to Lift a Lever]({OLD}) <br> | *ICLR* | 2023 | | |", f"| [{TINY}]({{u}}) | *KDD* | 2025 | | |"),
        (f"| [Learning to Lift a Lever]({OLD}) | ICLR 2023 | 01/2023 | x | x |", f"| [{TINY}]({{u}}) | KDD 2025 | x | x | x |"),
    ],
)  # fmt: skip
def test_the_header_of_a_table_says_which_cell_is_the_venue(row, expected):
    style = BulletStyle(row, "Learning to Lift a Lever", ("title", "venue", "date", "code", "demo"))
    assert style.text_for(KDD) == expected.format(u=KDD.url)


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
    assert BulletStyle(line, "A").date == date
