"""Titles with years, venues and labels around them; venues that are links; headings that are papers' titles."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from classifier.lists import read_lists
from classifier.lists.markdown_text import Link, is_paper
from classifier.lists.sections import find_sections, section_at
from classifier.lists.title_stamps import is_venue, without_stamps
from classifier.scaffold.filed import Choices
from classifier.scaffold.filing import file_source
from classifier.scaffold.reading import read_source
from classifier.scaffold.roles import guess_role

URL = "https://arxiv.org/abs/2401.0000"
DOI = "https://doi.org/10.1234/birds.7"


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("2024 - Songs of the Town", "Songs of the Town"),
        ("2024.05 – Songs of the Town", "Songs of the Town"),
        ("Songs of the Town (ICML 2019)", "Songs of the Town"),
        ("Songs of the Town [NeurIPS 2019, oral]", "Songs of the Town"),
        ("Songs of the Town (Machine Learning for Birds 2003).", "Songs of the Town"),
        ("Songs of the Town, 2015", "Songs of the Town"),
        ("Songs of the Town [pdf]", "Songs of the Town"),
        ("Songs of the Town [[pdf]]() [code]", "Songs of the Town"),
        ("Songs of the Town pdf", "Songs of the Town"),
        # not stamps
        ("Songs of Towns (2010-2020)", "Songs of Towns (2010-2020)"),
        ("Songs of the Town (in brief)", "Songs of the Town (in brief)"),
        ("2001: A Space Odyssey of Birds", "2001: A Space Odyssey of Birds"),
        ("How Birds Read Code", "How Birds Read Code"),
        ("Learning to Write Code", "Learning to Write Code"),
        ("Birds (2019)", "Birds (2019)"),
        ("1984", "1984"),
        ("", ""),
    ],
)
def test_stamps_are_no_part_of_a_title(title, plain):
    assert without_stamps(title) == plain


@pytest.mark.parametrize(
    ("text", "venue"),
    [
        ("J. Chem. Inf. Model. (2025)", True),
        ("Current Opinion in Structural Biology 79 (2023)", True),
        ("J. Chem. Inf. Model. 2023, 63, 10, 2918–2927", True),
        ("npj Comput Mater 9, 69 (2023)", True),
        ("ACM Comput. Surv.(2025)", True),
        ("Songs of the Town: A Survey of 2019", False),
        ("Songs of the Town", False),
        ("A Long and Winding Title About Birds in Many Towns of 2019", False),
    ],
)
def test_a_venue_has_its_year_at_its_end(text, venue):
    assert is_venue(text) is venue


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        (f"- **Songs of the Town at Dawn** [2025]  \n  Ada Amsel, and Bo Beak.  \n  [J. Birds Inf. Model. (2025)]({DOI}) | [code](https://github.com/a/b)\n", "Songs of the Town at Dawn", 2025),
        (f"- Songs of the Town at Dawn. [J. Birds Inf. Model. (2025)]({DOI})\n", "Songs of the Town at Dawn", 2025),
        (f"- [Songs of the Town in 2015]({URL}1)\n", "Songs of the Town in 2015", 2015),
        (f"- [Songs of the Town in 2015]({URL}1) - what birds sing.\n", "Songs of the Town in 2015", 2015),
        (f"- [2024 - Songs of the Town at Dawn]({URL}1)\n", "Songs of the Town at Dawn", 2024),
        (f"- [Songs of the Town, 2015]({URL}1)\n- [Nests of the Town, 2016]({URL}2)\n", "Songs of the Town", 2015),
        (f"- **Songs of the Town (ICDM 2019)**\n  - Ada Amsel\n  - [[Paper]]({URL}1)\n", "Songs of the Town", 2019),
        (f"- Dancing with Wolves, Sheep and Dogs (ICML 2020) [paper]({URL}1)\n", "Dancing with Wolves, Sheep and Dogs", 2020),
        (f"- Dancing with Wolves and Dogs, ICML 2020 [paper]({URL}1)\n", "Dancing with Wolves and Dogs", 2020),
        (f'- <img src="image/a_note_of_birds.jpg">Songs of the Town at Dawn [paper]({URL}1)\n', "Songs of the Town at Dawn", None),
        (f"| Technique | Paper Title | Year |\n|---|---|---|\n| CNN | Songs of the Town at Dawn [[pdf]]({URL}1) | 2016 |\n", "Songs of the Town at Dawn", 2016),
        (f"### ALBIS - a Benchmark of Songs of the Town\n\n* [Paper]({URL}1)\n", "ALBIS - a Benchmark of Songs of the Town", None),
        (f'### No Song, No Problem: Birds without Descriptions (NDSS 2023)\n\n* <img src="image/reading_note.jpg">[Note of a club](https://birds.org/note)\n\n* <img src="image/pdf.png">[Paper]({URL}1)\n', "No Song, No Problem: Birds without Descriptions", 2023),
    ],
)  # fmt: skip
def test_the_title_is_what_the_paper_is_called(tmp_path, text, title, year):
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    first = next(iter(read_lists([str(path)])))
    assert (first.paper.title, first.paper.year) == (title, year)


LIST = f"""# Birds

# Counting

### Songs of the Town at Dawn (ICML 2019)

* [Paper]({URL}1)

### Nests: a Poster

* [Video](https://www.youtube.com/watch?v=1)

### Plumage of the Park at Noon (2018)

* [Paper]({URL}2)

### Flyways, Roads and Rails of Old (KDD 2020)

* [Paper]({URL}3)

# Travel

## By air

- [Trills of the Alps at Dusk]({URL}4)

## By night

- [Owls of the Old Town Hall]({URL}5)
"""


def test_a_heading_for_each_paper_is_no_section(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(LIST)
    source = read_source(str(path))
    filing = file_source(source, Choices())
    assert [path for top in filing.tree for path, node in top.walk() if not node.children] == [
        "counting", "travel/by-air", "travel/by-night",
    ]  # fmt: skip
    assert filing.counts() == {"leaf": 5}


def test_a_papers_heading_ends_the_section_before_it():
    text = "# A\n\n## Odd Section\n\ntext\n\n## Songs of the Town at Dawn\n\n- [Paper](x)\n\n# B\n"
    sections = find_sections(text, {7: "Songs of the Town at Dawn"})
    assert [section.titles for section in sections] == [("A",), ("A", "Odd Section"), ("B",)]
    assert section_at(sections, 7).titles == ("A",)


@pytest.mark.parametrize(
    ("heading", "role", "facet"),
    [
        ("USENIX SEC 2023", "container", "venue"),
        ("ASIACCS '21", "container", "venue"),
        ("EuroS&P 2022", "container", "venue"),
        ("SP 2024", "container", "venue"),
        ("All Papers (Classification according to Publication)", "container", ""),
        ("Papers sorted by year", "container", ""),
        ("Papers (ordered by date of publication)", "container", ""),
        ("Birds 2023", "topic", ""),
        ("Papers of Birds sorted by song", "topic", ""),
        ("RLHF", "topic", ""),
        ("Note", "front", ""),
    ],
)
def test_roles_of_dated_venues_and_of_orders(heading, role, facet):
    guess = guess_role(heading)
    assert (guess.role, guess.facet) == (role, facet)


def test_a_title_that_says_nothing_is_replaced_by_the_folders_name(tmp_path):
    path = tmp_path / "bird-songs" / "README.md"
    path.parent.mkdir()
    path.write_text(
        f"# Note\n\n## Counting\n\n- [Songs of the Town]({URL}1)\n\n## Travel\n\n- [Old Flyways of Towns]({URL}2)\n"
    )
    assert read_source(str(path)).title == "Bird songs"


@pytest.mark.parametrize(
    ("address", "paper"),
    [
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC5836943/", True),
        ("https://pubmed.ncbi.nlm.nih.gov/31452104/", True),
        ("https://pubmed.ncbi.nlm.nih.gov/?term=birds", False),
        ("https://www.cell.com/cell/fulltext/S0092-8674(24)01144-9", True),
        ("https://www.cell.com/cell/home", False),
        ("https://academic.oup.com/pnasnexus/article/1/4/pgac227/6751929", True),
        ("https://academic.oup.com/pnasnexus", False),
        ("https://pubs.rsc.org/en/content/articlelanding/2022/sc/d1sc05976a", True),
        ("https://pubs.rsc.org/en/journals/journalissues/sc", False),
        ("https://chemrxiv.org/engage/chemrxiv/article-details/60c74", True),
        ("https://www.researchsquare.com/article/rs-3388359/v1", True),
        ("https://www.computer.org/csdl/proceedings-article/sp/2024/313000a142/1Ub23", True),
        ("https://www.computer.org/publications/author-resources", False),
        ("https://eprint.iacr.org/2019/123", True),
        ("https://eprint.iacr.org/", False),
        ("https://www.jstor.org/stable/1912017", True),
        ("https://www.nber.org/papers/w31161", True),
        ("https://www.nber.org/conferences", False),
        ("https://www.aeaweb.org/articles?id=10.1257", True),
        ("https://journals.aps.org/prl/abstract/10.1103/PhysRevLett.1", True),
        ("https://notcell.com/cell/fulltext/S1", False),
        ("https://ui.adsabs.harvard.edu/abs/2020arXiv200414191A/abstract", True),
    ],
)
def test_pages_of_papers_at_publishers_of_many_fields(address, paper):
    assert is_paper(Link("Songs of the Town", address, 0, 1)) is paper
