import pytest

from classifier.errors import ConfigError
from classifier.model.document import Document, Page
from classifier.model.paper import Paper
from classifier.model.study import Study
from classifier.prompting.examples import choose_examples, eligible_studies
from classifier.survey.workspace import Workspace

OTHER = Study(
    id="other", title="Rust in Railway Cables", label="damage/attached-sensors", summary="Cables rust."
)
STUDY = Study(
    id="self",
    title="Four Weighed Trucks on the Old Arch at Merrow",
    other_titles=("Trucks on Merrow Arch: a Preprint",),
    label="capacity/with-load-test",
    arxiv="2702.01234",
    doi="10.1234/Merrow.7",
    summary="Trucks stand on an arch.",
)


def page(text: str = "", **printed) -> Document:
    return Document(pages=(Page(number=1, text=text),), **printed)


@pytest.mark.parametrize(
    ("paper", "document"),
    [
        (Paper(arxiv_id="2702.01234"), page()),
        (Paper(arxiv_id="2702.01234v3"), page()),
        (Paper(arxiv_id="https://arxiv.org/abs/2702.01234v2"), page()),
        (Paper(doi="10.1234/merrow.7"), page()),
        (Paper(doi="https://doi.org/10.1234/MERROW.7"), page()),
        (Paper(doi="10.48550/arXiv.2702.01234"), page()),
        (Paper(title="Four weighed trucks on the old arch at Merrow"), page()),
        (Paper(title="Four Weighed Truck on the Old Arch at Merrow."), page()),
        (Paper(title="Trucks on Merrow Arch: A Preprint"), page()),
        # A bare file: only what is printed on it tells.
        (Paper(), page(title="FOUR WEIGHED TRUCKS ON THE OLD ARCH AT MERROW")),
        (Paper(), page(arxiv_id="2702.01234v1")),
        (Paper(), page(doi="10.1234/Merrow.7")),
        (Paper(title="Quite Another Title from a List"), page(arxiv_id="2702.01234")),
    ],
)
def test_a_study_is_no_example_for_itself_under_any_of_its_names(paper, document):
    assert eligible_studies([OTHER, STUDY], paper, document) == (OTHER,)


@pytest.mark.parametrize(
    ("paper", "document"),
    [
        (Paper(), page()),
        (Paper(arxiv_id="2702.01235"), page()),
        (Paper(title="Five Weighed Trucks on the Old Arch at Merrow, Part II"), page()),
        (Paper(), page("It cites Four Weighed Trucks on the Old Arch at Merrow.", title="A Later Study")),
    ],
)
def test_other_papers_keep_every_study(paper, document):
    assert eligible_studies([OTHER, STUDY], paper, document) == (OTHER, STUDY)


def test_all_and_none_keep_the_order_and_say_nothing_about_the_paper():
    assert choose_examples("all", [STUDY, OTHER], page()) == ((STUDY, OTHER), ())
    assert choose_examples("none", [STUDY, OTHER], page()) == ((), ())


def test_nearest_come_nearest_first_and_stand_apart_from_the_static_part(bridges):
    studies = Workspace(bridges).studies
    paper = page(title="A Fibre in a Girder", abstract="An optical fibre cast into concrete finds cracks.")
    shared, nearest = choose_examples("nearest:2", studies, paper)
    assert shared == ()
    assert nearest[0].id == "ibarwell2030"
    assert len(nearest) == 2


def test_nearest_goes_by_the_first_page_where_there_is_no_abstract(bridges):
    studies = Workspace(bridges).studies
    (nearest,) = choose_examples(
        "nearest:1", studies, page("A drone photographs pylons; crack maps.")
    ).nearest
    assert nearest.id == "lunt2029"


def test_equally_near_studies_keep_their_order():
    twins = [OTHER.model_copy(update={"id": name}) for name in "abc"]
    assert [s.id for s in choose_examples("nearest:2", twins, page("Cables rust.")).nearest] == ["a", "b"]


@pytest.mark.parametrize(("choice", "expected"), [("nearest:1", 1), ("nearest:2", 2), ("nearest:99", 2)])
def test_no_more_come_than_there_are(choice, expected):
    assert len(choose_examples(choice, [STUDY, OTHER], page("x")).nearest) == expected


def test_nothing_to_choose_from_gives_nothing():
    empty = Document(pages=())
    assert choose_examples("nearest:3", [], empty) == ((), ())
    assert len(choose_examples("nearest:3", [STUDY], empty).nearest) == 1


@pytest.mark.parametrize(
    "choice",
    [
        "",
        "some",
        "ALL",
        "nearest",
        "nearest:",
        "nearest:0",
        "nearest:-1",
        "nearest:two",
        "nearest:²",
        "near:3",
    ],
)
def test_another_choice_is_refused_with_what_is_known(choice):
    with pytest.raises(ConfigError, match="expected all, none or nearest:K"):
        choose_examples(choice, [STUDY], page())
