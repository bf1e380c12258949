"""A page as a picture: quotes are marked at their positions and nowhere else; hidden text is reported."""

from __future__ import annotations

import struct

import pytest

from classifier.errors import NotAPdf, UnreadablePdf
from classifier.pdf import PdfReader
from classifier.pdf.places import parse_places, parse_png
from tests.hidden_pdfs import ORDER, hidden_tricks, page_pdf
from tests.pdfs import HEIGHT, WIDTH, write_lines, write_paper

QUOTE = "The signal falls with the number of steps"


@pytest.fixture(scope="module")
def reader():
    with PdfReader() as made:
        yield made


@pytest.fixture
def paper(tmp_path):
    return write_paper(tmp_path / "paper.pdf")


def span_of(reader, paper, quote: str = QUOTE) -> tuple[int, int, str]:
    start = reader.read(paper).pages[0].text.index(quote)
    return start, start + len(quote), quote


def test_a_picture_has_the_width_that_was_asked_for_and_the_pages_shape(reader, paper):
    png = reader.picture(paper, 1, width=600)
    width, height = struct.unpack(">II", png[16:24])
    assert abs(width - 600) <= 1
    assert abs(height / width - HEIGHT / WIDTH) < 0.01


def test_a_quote_is_marked_on_its_line(reader, paper):
    places = reader.places(paper, 1, [span_of(reader, paper)])
    ((line,),) = places.marks
    x, y, width, height = line
    assert (places.width, places.height) == (WIDTH, HEIGHT)
    assert x == pytest.approx(72, abs=2)
    assert 0 < y < HEIGHT
    assert 100 < width < 300
    assert 5 < height < 14


def test_a_quote_over_two_lines_is_marked_on_both(reader, paper):
    text = reader.read(paper).pages[0].text
    start = text.index(QUOTE)
    end = text.index("optimiser", start)
    (lines,) = reader.places(paper, 1, [(start, end, text[start:end])]).marks
    assert len(lines) == 2
    assert lines[0][1] < lines[1][1]


@pytest.mark.parametrize(
    ("shift", "quote"),
    [(40, QUOTE), (0, "words that stand nowhere in this paper at all"), (100_000, QUOTE), (0, "")],
)
def test_nothing_is_marked_where_the_place_is_not_sure(reader, paper, shift, quote):
    start, end, _ = span_of(reader, paper)
    assert reader.places(paper, 1, [(start + shift, end + shift, quote)]).marks == ((),)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_marks_stand_on_the_page_as_it_is_shown_also_if_it_is_turned(reader, paper, tmp_path, degrees):
    from pypdf import PdfReader as Pypdf
    from pypdf import PdfWriter

    writer = PdfWriter()
    for page in Pypdf(paper).pages:
        writer.add_page(page.rotate(degrees))
    turned = tmp_path / "turned.pdf"
    with turned.open("wb") as file:
        writer.write(file)
    places = reader.places(turned, 1, [span_of(reader, turned)])
    assert (places.width > places.height) == (degrees in (90, 270))
    boxes = places.marks[0]
    assert boxes
    for x, y, width, height in boxes:
        assert 0 <= x <= x + width <= places.width
        assert 0 <= y <= y + height <= places.height


def test_hidden_text_is_told_with_its_reason(reader, tmp_path):
    kind, trick = next(iter(hidden_tricks().values()))
    path = tmp_path / "hidden.pdf"
    path.write_bytes(page_pdf(trick))
    found = reader.places(path, 1, []).hidden
    assert [piece.kind for piece in found] == [kind]
    assert ORDER[:20] in found[0].text


def test_pages_that_are_not_there_and_files_that_are_no_pdf_are_errors(reader, paper, tmp_path):
    for number in (0, 99):
        with pytest.raises(UnreadablePdf, match=f"page {number} cannot be shown"):
            reader.picture(paper, number)
    other = tmp_path / "other.pdf"
    other.write_bytes(b"<html>")
    with pytest.raises(NotAPdf):
        reader.picture(other, 1)


def test_an_empty_page_has_a_picture_and_no_marks(reader, tmp_path):
    path = write_lines(tmp_path / "empty.pdf", [[], ["one line"]])
    assert reader.picture(path, 1, width=100).startswith(b"\x89PNG")
    assert reader.places(path, 1, [(0, 5, "gone")]).marks == ((),)


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"width": 0, "height": 1, "pages": 1, "marks": [], "hidden": []},
        {"width": float("nan"), "height": 1, "pages": 1, "marks": [], "hidden": []},
        {"width": 1, "height": 1, "pages": 1, "marks": [[[1, 2, 3]]], "hidden": []},
        {"width": 1, "height": 1, "pages": 1, "marks": [[[1, 2, 3, 1e300]]], "hidden": []},
        {"width": 1, "height": 1, "pages": 1, "marks": [[], []], "hidden": []},
    ],
)
def test_a_workers_reply_of_another_shape_is_refused(reply):
    with pytest.raises(UnreadablePdf):
        parse_places(reply, 1)


@pytest.mark.parametrize("reply", [{}, {"png": 1}, {"png": "!"}, {"png": "aGVsbG8="}])
def test_what_is_no_png_is_refused(reply):
    with pytest.raises(UnreadablePdf):
        parse_png(reply)
