"""Which entries are one paper, when keys, titles and ids have changed."""

import pytest

from classifier.model.label import LabelledPaper
from classifier.model.names import authors_agree, family_name
from classifier.model.paper import Paper
from classifier.model.traits import PaperIndex, Traits, same_work, traits_of

REWARDS = "Rewards that a language model writes"
BRIDGES = "Bridges of steel in wind"
LONG = "How the bridges of a large city were watched for forty years of heavy traffic"
ABSTRACT = "A robot is trained by reinforcement, and a large model writes its reward function. " * 2


def traits(title: str | None = None, url: str | None = None, file: str = "", **paper: object) -> Traits:
    return traits_of(Paper(title=title, **paper), None, file, url)


@pytest.mark.parametrize(
    ("before", "now", "same_key", "same"),
    [
        # a key alone is no evidence …
        (traits(REWARDS), traits(BRIDGES), True, False),
        (traits(arxiv_id="2401.00001"), traits(arxiv_id="2401.00002"), True, False),
        (traits(file="a"), traits(file="b"), True, False),
        (traits(REWARDS), traits(arxiv_id="2401.00001"), True, False),
        # … unless there is nothing else
        (traits(), traits(REWARDS), True, True),
        (traits(), traits(), True, True),
        (traits(), traits(), False, False),
        # titles and authors
        (traits(REWARDS), traits(REWARDS.upper() + "."), False, True),
        (traits(REWARDS), traits("Rewards that a langauge model writes"), False, True),
        (traits(LONG, authors=("Ada Ng",)), traits(LONG, authors=("Ng, A.", "Bo Li")), False, True),
        (traits(LONG, authors=("Ada Ng",)), traits(LONG, authors=("Cy Oz",)), True, False),
        (traits("Editorial"), traits("Editorial"), False, False),
        (traits("Editorial"), traits("Editorial"), True, True),
        (traits("Editorial", authors=("Ada Ng",)), traits("Editorial", authors=("A. Ng",)), False, True),
        (traits(f"{REWARDS} I"), traits(f"{REWARDS} II"), True, False),
        # ids: with a corrected title, not with another paper's
        (traits(REWARDS, doi="10.9999/a"), traits("Rewards a model wrote", doi="10.9999/A"), True, True),
        (traits(REWARDS, doi="10.9999/a"), traits(BRIDGES, doi="10.9999/a"), True, False),
        (traits(REWARDS, doi="10.9999/a"), traits(BRIDGES, doi="10.9999/a"), False, False),
        (traits(doi="10.9999/a"), traits(BRIDGES, doi="10.9999/a"), False, True),
        (traits(REWARDS, arxiv_id="2401.00001v1"), traits(arxiv_id="2401.00001v3"), False, True),
        (traits(REWARDS, doi="10.48550/arXiv.2401.00001"), traits(arxiv_id="2401.00001"), False, True),
        (traits(LONG, arxiv_id="2401.00001"), traits(LONG, arxiv_id="2401.00002"), False, False),
        (traits(LONG, doi="10.9999/preprint"), traits(LONG, doi="10.9999/journal"), False, True),
        (traits("Editorial", doi="10.9999/a"), traits("Editorial", doi="10.9999/b"), True, False),
        # a wholly new title under the same key and id, if the authors speak for it
        (
            traits("Untitled", doi="10.9999/a", authors=("Ada Ng",)),
            traits(REWARDS, doi="10.9999/a", authors=("Ada Ng",)),
            True,
            True,
        ),
        # a preprint that got another title; under another id, DOI or authors it is another paper
        *(
            (
                traits(f"{REWARDS} for robots", authors=("Ada Ng",), **{kind: "2401.00001v1"}),
                traits("Rewards written by language models for robots", authors=(author,), **{kind: ident}),
                False,
                same,
            )
            for kind, ident, author, same in (
                ("arxiv_id", "2401.00001v2", "A. Ng", True),
                ("arxiv_id", "2401.00001v2", "Cy Oz", False),
                ("arxiv_id", "2401.00002", "Ada Ng", False),
            )
        ),
        (
            traits(BRIDGES, arxiv_id="2401.00001", authors=("Ada Ng",)),
            traits(REWARDS, arxiv_id="2401.00001", authors=("Ada Ng",)),
            False,
            False,
        ),
        # short titles of a series: their years tell them apart
        *(
            (
                traits("Editorial", authors=("Ada Ng",), year=2020),
                traits("Editorial", authors=("Ada Ng",), year=year),
                key,
                year != 2021,
            )
            for year in (2020, 2021, None)
            for key in (True, False)
        ),
        (traits(REWARDS, year=2020), traits(REWARDS, year=2021), False, True),
        # bytes, abstracts, addresses
        (traits(file="a"), traits(REWARDS, file="a"), False, True),
        (traits(BRIDGES, file="a"), traits(REWARDS, file="a"), False, False),
        (traits(abstract=ABSTRACT), traits(abstract=ABSTRACT.upper()), False, True),
        (traits(REWARDS, abstract=ABSTRACT), traits("Rewards by models", abstract=ABSTRACT), True, True),
        (traits(REWARDS, abstract=ABSTRACT), traits(BRIDGES, abstract=ABSTRACT), False, False),
        (traits(url="https://a.example/x.pdf"), traits(url="https://a.example/x.pdf"), False, True),
        (traits(abstract="None."), traits(abstract="None."), False, False),
    ],
)  # fmt: skip
def test_two_entries_are_one_paper(before, now, same_key, same):
    assert same_work(before, now, same_key=same_key) is same
    assert same_work(now, before, same_key=same_key) is same


def test_what_a_pdf_says_fills_in_what_the_list_leaves_open():
    found = LabelledPaper(title=REWARDS, arxiv_id="2401.00001")
    assert traits_of(Paper(), found).title == REWARDS
    assert traits_of(Paper(title=BRIDGES), found).title == BRIDGES
    assert traits_of(Paper(), found).arxiv == "2401.00001"


def test_an_index_finds_papers_under_other_keys_and_the_entrys_own_first():
    index = PaperIndex[str]()
    index.add(traits(REWARDS), "a", "first")
    index.add(traits(REWARDS), "b", "second")
    index.add(traits(BRIDGES), "c", "third")
    assert [match.value for match in index.find(traits(REWARDS), "b")] == ["second", "first"]
    assert [match.value for match in index.find(traits("Rewards that a language model write"), "z")] == [
        "first",
        "second",
    ]
    assert index.find(traits(LONG), "c") == []
    assert index.under_key("c") == ["third"]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Ada Ng", "Ng"),
        ("Ng, Ada", "Ng"),
        ("Jan van der Berg", "van der Berg"),
        ("van der Berg, Jan", "van der Berg"),
        ("Ludwig Van Beethoven", "Beethoven"),
        ("Martin Luther King Jr.", "King"),
        ("María-José García Márquez", "Márquez"),
        ("OpenAI", "OpenAI"),
        ("The Kettle Team", "The Kettle Team"),
        ("李 明", "李 明"),
        ("Li", "Li"),
        ("", ""),
    ],
)
def test_a_family_name_is_what_a_citation_shows(name, family):
    assert family_name(name) == family


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (("Ada Ng",), ("Ng, Ada",), True),
        (("Ng AB", "Oz C"), ("Ada B. Ng", "Cy Oz"), True),
        (("van der Berg J",), ("van der Berg, Jan",), True),
        (("YU LI",), ("Yu Li",), True),
        (("Martin Luther King Jr.",), ("King, Martin Luther",), True),
        (("Müller, Jörg",), ("Joerg Mueller",), True),
        (("Øst, Bo", "Åby, Li"), ("Ost, Bo", "Aaby, Li"), True),
        (("Łukasz Kaiser",), ("Kaiser, L.",), True),
        (("OpenAI",), ("Achiam, Josh", "Adler, Steven"), True),
        (("Gemini Team",), ("Rohan Anil", "Sebastian Borgeaud"), True),
        (("The Kettle Team",), ("The Ferry Group",), False),
        (("Ada Ng",), ("Cy Oz",), False),
        (("Ada Ng", "Bo Li", "Cy Oz"), ("Ada Ng",), False),
        ((), ("Ada Ng",), True),
    ],
)
def test_authors_agree_however_they_are_written(one, other, agree):
    assert authors_agree(one, other) is agree
