"""The excerpt: the part of a paper that decides its label."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.model.document import Document, Page, Section
from classifier.model.task import Excerpt
from classifier.prompting.excerpt import select_excerpt
from classifier.prompting.passages import MAX_CHARS, Role, split_document
from classifier.survey.taxonomy import Taxonomy

TAXONOMY = Taxonomy.model_validate(
    {
        "schema_version": 1,
        "id": "gardens",
        "title": "Garden studies",
        "definition": "Studies of how gardens are watered.",
        "questions": [
            {
                "id": "who",
                "ask": "Who waters the plants, a gardener or a sprinkler?",
                "choices": [
                    {"id": "gardener", "means": "A person."},
                    {"id": "sprinkler", "means": "A machine."},
                ],
            }
        ],
        "tree": [
            {"id": "by-hand", "title": "By hand", "definition": "Gardeners carry watering cans."},
            {"id": "machine", "title": "Machine", "definition": "Sprinklers water plants by a timer."},
        ],
        "scope": {"definition": "Original work on watering."},
    }
)
FILLER = "It was a day like any other and nobody had much to say about it at all.\n"
ABSTRACT = "We compare two ways to keep a lawn alive. The result is clear to all who look."
HEADINGS = {
    "1 Introduction": FILLER * 12 + "In this paper, we propose a rule for lawns.\n" + FILLER * 12,
    "2 Related Work": FILLER * 12,
    "3 Method": FILLER * 6,
    "3.1 Tools": FILLER * 6
    + "The sprinkler waters plants by a timer, the gardener by watering cans.\n"
    + FILLER * 6,
    "4 Experiments": FILLER * 20
    + "Figure 1: Lawns before and after the long summer of that year.\n"
    + FILLER * 10,
    "5 Conclusion": "All lawns lived, which closes our report for good and for all readers.\n",
    "References": "[1] Sprinkler, Gardener: Watering plants. In Watering Cans, 2001.\n" * 20,
    "A Proofs": "A proof of the lemma about how long a lawn lives without any rain.\n" * 30,
}


def _paper(*, sections: bool = True, abstract: str | None = ABSTRACT, scale: int = 1) -> Document:
    """A paper with a section a page, after a first page with names and abstract."""
    pages = [Page(number=1, text=f"Living Lawns\nA. Rose, University of Hedges\nAbstract\n{ABSTRACT}\n")]
    found = [Section(title="Abstract", page=1, start=pages[0].text.index("Abstract"))]
    for number, (title, body) in enumerate(HEADINGS.items(), start=2):
        pages.append(Page(number=number, text=f"{title}\n{body * scale}{number}\n"))
        found.append(Section(title=title, page=number, start=0))
    return Document(
        pages=tuple(pages),
        title="Living Lawns",
        abstract=abstract,
        sections=tuple(found) if sections else (),
    )


def _text(excerpt: Excerpt) -> str:
    return "\n".join(passage.text for passage in excerpt.passages)


def _assert_sound(excerpt: Excerpt, document: Document, budget: int) -> None:
    pages = {page.number: page.text for page in document.pages}
    spans = [(passage.page, passage.start, passage.end) for passage in excerpt.passages]
    assert excerpt.tokens <= max(0, budget)
    assert spans == sorted(spans)
    assert all(pages[p.page][p.start : p.end] == p.text for p in excerpt.passages)
    assert all(p.text for p in excerpt.passages)
    assert sum(len(p.text) for p in excerpt.passages) + excerpt.omitted_chars == sum(map(len, pages.values()))


@pytest.mark.parametrize("budget", [-1, 0, 1, 30, 100, 300, 600, 1_500, 3_000, 6_000, 50_000])
@pytest.mark.parametrize("sections", [True, False])
def test_an_excerpt_keeps_to_its_budget_and_quotes_its_pages(budget: int, sections: bool) -> None:
    document = _paper(sections=sections, scale=3)
    excerpt = select_excerpt(document, TAXONOMY, budget)
    _assert_sound(excerpt, document, budget)
    assert excerpt == select_excerpt(document, TAXONOMY, budget)


def test_a_small_budget_holds_what_matters_most() -> None:
    shown = _text(select_excerpt(_paper(), TAXONOMY, 900))
    assert ABSTRACT in shown
    assert "we propose a rule" in shown
    assert "All lawns lived" in shown
    assert "The sprinkler waters plants by a timer" in shown
    assert "proof of the lemma" not in shown
    assert "[1]" not in shown


def test_the_taxonomys_own_words_decide_what_else_is_shown() -> None:
    other = Taxonomy.model_validate(
        {**TAXONOMY.model_dump(), "definition": "Studies of a year's long summer. " * 20}
    )
    assert "long summer" not in _text(select_excerpt(_paper(scale=2), TAXONOMY, 700))
    assert "long summer" in _text(select_excerpt(_paper(scale=2), other, 700))


def test_references_are_never_shown_and_appendices_come_last() -> None:
    shown = _text(select_excerpt(_paper(), TAXONOMY, 100_000))
    assert "[1]" not in shown
    assert "proof of the lemma" in shown
    without = _text(select_excerpt(_paper(sections=False), TAXONOMY, 100_000))
    assert "[1]" not in without


@pytest.mark.parametrize("abstract", [ABSTRACT, None, "Words that stand nowhere on its pages."])
def test_the_abstract_is_found_by_its_text_or_by_its_heading(abstract: str | None) -> None:
    pieces = split_document(_paper(abstract=abstract))
    (found,) = [piece.text for piece in pieces if piece.role is Role.ABSTRACT]
    assert found.removeprefix("Abstract\n") == ABSTRACT


def test_an_abstract_that_does_not_fit_is_cut_at_a_sentences_end() -> None:
    abstract = "".join(f"Sentence number {n} tells of lawns and of hedges in gardens. " for n in range(40))
    document = Document(pages=(Page(number=1, text=abstract),), abstract=abstract, abstract_only=True)
    excerpt = select_excerpt(document, TAXONOMY, 100)
    assert excerpt.passages[0].start == 0
    assert _text(excerpt).endswith("gardens.")
    assert 60 < excerpt.tokens <= 100


def test_an_abstract_alone_is_shown_in_full() -> None:
    text = f"{ABSTRACT}\n\nReferences\nto other work are few."
    document = Document(pages=(Page(number=1, text=text),), abstract=text, abstract_only=True)
    assert "".join(_text(select_excerpt(document, TAXONOMY)).split()) == "".join(text.split())


def test_neighbouring_pieces_become_one_passage() -> None:
    excerpt = select_excerpt(_paper(), TAXONOMY, 100_000)
    introduction = [passage for passage in excerpt.passages if passage.section == "1 Introduction"]
    assert [passage.page for passage in introduction] == [2]


def test_subsections_play_their_sections_part_and_captions_their_own() -> None:
    pieces = split_document(_paper())
    assert {piece.role for piece in pieces if piece.section == "3.1 Tools"} == {Role.METHOD}
    assert [piece.role for piece in pieces if piece.text.startswith("Figure 1")] == [Role.CAPTION]
    assert {piece.role for piece in pieces if piece.section == "A Proofs"} == {Role.APPENDIX}


@pytest.mark.parametrize(
    "document",
    [
        Document(pages=()),
        Document(pages=(Page(number=1, text=""),)),
        Document(pages=(Page(number=1, text=" \n \f"),), title="Only a title"),
    ],
)
def test_a_document_without_text_gives_no_passage(document: Document) -> None:
    assert select_excerpt(document, TAXONOMY).passages == ()


def test_an_endless_line_is_cut_and_an_endless_title_too() -> None:
    document = Document(pages=(Page(number=1, text="x" * 50_000),), title="t" * 50_000)
    excerpt = select_excerpt(document, TAXONOMY, 2_000)
    _assert_sound(excerpt, document, 2_000)
    assert excerpt.tokens > 1_000


@given(
    st.lists(st.text(st.sampled_from("aB .\n\fé1(") | st.characters(), max_size=300), max_size=4),
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(-5, 320), st.sampled_from([*HEADINGS, "x", ""])), max_size=5
    ),
    st.integers(0, 300),
)
@settings(max_examples=60)
def test_any_document_is_split_whole_and_cut_to_size(
    texts: list[str], headings: list[tuple[int, int, str]], budget: int
) -> None:
    document = Document(
        pages=tuple(Page(number=n, text=text) for n, text in enumerate(texts, start=1)),
        sections=tuple(Section(title=title, page=page, start=start) for page, start, title in headings),
        abstract=texts[0][5:60] if texts else None,
    )
    pieces = split_document(document)
    assert all(0 < piece.end - piece.start <= MAX_CHARS for piece in pieces)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(
        "".join(t.split()) for t in texts
    )
    _assert_sound(select_excerpt(document, TAXONOMY, budget), document, budget)
