"""What a heading is for, by its words alone."""

# ruff: noqa: E501

import pytest

from classifier.scaffold.roles import guess_role
from classifier.scaffold.slugs import MAX_CHARS, make_slug

TOPICS = (
    "Reward design|Tool learning|Code generation|Code|Data|Data augmentation|Evaluation|Environments|Framework|"
    "Nature|Nature-inspired optimisation|3D|2D pose|Planning|Chinese news recommendation|Reviews of rewards|"
    "Contribution analysis by Shapley values|Positioning|Software engineering|Background|News recommendation|"
    "Benchmark generation with models|Dataset distillation|Survey simulation|Introduction of rewards to planning|"
    "Library learning|Search tools for agents|Video|Videos of robots|Other minds|Generalisation|Books to movies"
)
FRONT = (
    "News|Latest updates|Table of Contents|Table of Content|Contents|Introduction|Contributing|How to contribute|"
    "Contributors|License|Licence|Citation|Citing|Acknowledgements|Star History|Contact Us|FAQ|About this list|"
    "Disclaimer|Related repositories|Awesome Lists|Changelog|TODO"
)
FACETS = {
    "survey": "Surveys|Survey|Related Survey Papers|Reviews and Surveys|Position papers|Tutorials|综述",
    "benchmark": "Benchmarks|Benchmarks & Evaluation|Competitions|Leaderboards",
    "dataset": "Dataset|Data Sets|Datasets and Benchmarks|Open Source Datasets|数据集",
    "tool": "Tools|Open-source Project|Open-source Projects|Libraries|Software|Other Resources|Simulators|Toolkits",
    "reading": "Blogs|Blog posts|Books|Talks and Videos|Courses",
}
YEARS = {
    "2024": "2024|Papers in 2024|2024-05|May 2024|Year 2024|2024 and earlier",
    "2023": "Before 2023|2023 papers",
}


@pytest.mark.parametrize("title", TOPICS.split("|"))
def test_what_the_rules_do_not_know_is_a_topic(title):
    assert guess_role(title).role == "topic"


@pytest.mark.parametrize("title", FRONT.split("|"))
def test_what_is_about_the_list_is_front_matter(title):
    assert guess_role(title).role == "front"


@pytest.mark.parametrize(("kind", "title"), [(kind, t) for kind, ts in FACETS.items() for t in ts.split("|")])
def test_kinds_of_papers_are_facets(kind, title):
    assert guess_role(title) == ("facet", "kind", kind)


@pytest.mark.parametrize(("year", "title"), [(year, t) for year, ts in YEARS.items() for t in ts.split("|")])
def test_a_year_holds_papers_but_is_no_topic(year, title):
    assert guess_role(title) == ("container", "year", year)


@pytest.mark.parametrize(
    "title", ["ICLR 2024", "NeurIPS'23", "arXiv", "ACL / EMNLP", "Journals", "Workshops"]
)
def test_a_venue_holds_papers_but_is_no_topic(title):
    assert guess_role(title) == ("container", "venue", title) or guess_role(title).facet == "kind"


@pytest.mark.parametrize(
    "title",
    [
        "Tool Usage",
        "Intrinsic Motivation",
        "Fake News",
        "Online Community",
        "Human-AI Team",
        "Weight updates",
    ],
)
def test_a_topic_may_end_in_a_word_of_the_front(title):
    assert guess_role(title).role == "topic"


@pytest.mark.parametrize(
    "title",
    [
        "Latest News",
        "News and Updates",
        "Citation & License",
        "Contact / Acknowledgements",
        "Our Team",
        "A Brief Introduction",
        "Important Announcements",
    ],
)
def test_front_matter_may_be_called_new_or_ours(title):
    assert guess_role(title).role == "front"


@pytest.mark.parametrize(
    "title", ["more", "More papers", "Show more", "Click to expand", "see all", "Expand", "Full list", "展开"]
)
def test_a_fold_is_a_container(title):
    assert guess_role(title) == ("container", "", "")


@pytest.mark.parametrize(
    "title",
    [
        "Papers",
        "The papers and related projects",
        "Papers & Code",
        "Papers&Codes",
        "Paper list with code",
        "Papers and their implementations",
        "Paper list",
        "Research Papers",
        "The Papers",
        "Reading List",
    ],
)
def test_a_heading_of_all_papers_is_a_container(title):
    assert guess_role(title) == ("container", "", "")


@pytest.mark.parametrize(
    "title", ["Others", "Other", "Miscellaneous", "Uncategorized", "Related Work", "其他"]
)
def test_what_the_list_files_nowhere_is_others(title):
    assert guess_role(title).role == "others"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Reward design", "reward-design"),
        ("Reward & Goal Design", "reward-and-goal-design"),
        ("C++", "c-plus-plus"),
        ("Récompenses", "recompenses"),
        ("Straße", "strasse"),
        ("Out of scope", "topic-out-of-scope"),
        ("UNPLACED", "topic-unplaced"),
        ("3D / 4D", "3d-4d"),
        ("奖励", "section-a21911"),
    ],
)
def test_an_id_is_made_of_the_headings_letters(title, slug):
    assert make_slug(title) == slug


def test_ids_are_short_and_differ():
    long = "A very long heading about how the reward of an agent is written by a language model " * 2
    assert len(make_slug(long)) <= MAX_CHARS
    assert make_slug(long) != make_slug(long + "x")
    assert len({make_slug(name) for name in ("C", "C#", "C++")}) == 3
    assert make_slug("奖励") != make_slug("目标")
