"""Rotated pages, and pages whose text runs sideways, are read in reading order."""

from pathlib import Path

import pytest
from pypdf import PdfWriter
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from classifier.pdf import PdfReader

WIDTH, HEIGHT = letter
LINES = [
    f"Line {number:02d} tells what the robot of row {number * 7} does in the greenhouse"
    for number in range(40)
]


def write(path: Path, rotate: int, drawn: int, caption: str = "") -> Path:
    """A page with /Rotate whose text is drawn turned counter-clockwise by `drawn` degrees."""
    canvas = Canvas(str(path), pagesize=letter)
    canvas.saveState()
    canvas.translate(WIDTH / 2, HEIGHT / 2)
    canvas.rotate(drawn)
    canvas.setFont("Times-Bold", 15)
    canvas.drawString(-200, 290, "Robots That Water the Plants")
    canvas.setFont("Times-Roman", 9)
    for number, line in enumerate(LINES):
        canvas.drawString(-200, 270 - 12 * number, line)
    canvas.restoreState()
    if caption:
        canvas.drawString(100, 50, caption)
    canvas.save()
    writer = PdfWriter(clone_from=path)
    writer.pages[0].rotate(rotate)
    writer.write(path)
    return path


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("drawn", [0, 90, 180, 270])
def test_lines_come_in_reading_order(tmp_path: Path, rotate: int, drawn: int) -> None:
    path = write(tmp_path / "paper.pdf", rotate, drawn)
    with PdfReader() as reader:
        document = reader.read(path)
    assert document.pages[0].text.split("\n")[1:] == LINES
    assert document.title == "Robots That Water the Plants"
    assert document.hidden == ()
    assert document.hidden_checked


@pytest.mark.parametrize("drawn", [90, 270])
def test_a_sideways_table_stays_apart_from_the_text_around_it(tmp_path: Path, drawn: int) -> None:
    path = tmp_path / "paper.pdf"
    canvas = Canvas(str(path), pagesize=letter)
    canvas.setFont("Times-Roman", 9)
    for number, line in enumerate(LINES):
        canvas.drawString(90, 740 - 12 * number, line)
    canvas.saveState()
    canvas.translate(460, 400)
    canvas.rotate(drawn)
    rows = [f"Task {row} 0.{71 + row} 0.{55 + row}" for row in range(5)]
    for row, text in enumerate(["Table 2: tasks that each agent completes", *rows]):
        canvas.drawString(-150, 40 - 14 * row, text)
    canvas.restoreState()
    canvas.save()
    with PdfReader() as reader:
        document = reader.read(path)
    text = document.pages[0].text
    assert "\n".join(LINES[30:]) in text
    assert "Table 2: tasks that each agent completes" in text
    places = [text.index(row) for row in rows]
    # PDFium sets sideways lines by their place from the left, which is upwards for one of the two.
    assert places == sorted(places, reverse=drawn == 270)
    assert document.hidden == ()


def test_a_stamp_up_the_margin_and_roman_page_numbers_leave_sentences_whole(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    canvas = Canvas(str(path), pagesize=letter)
    for page in ("iv", "v", "vi"):
        canvas.setFont("Times-Roman", 9)
        for number, line in enumerate(LINES):
            canvas.drawString(90, 740 - 12 * number, line)
        canvas.drawCentredString(WIDTH / 2, 30, page)
        canvas.translate(30, 250)
        canvas.rotate(90)
        canvas.drawString(0, 0, "arXiv:2301.00001v1  [cs.LG]  1 Jan 2023")
        canvas.showPage()
    canvas.save()
    with PdfReader() as reader:
        document = reader.read(path)
    assert all("\n".join(LINES) in page.text for page in document.pages)


def test_a_caption_that_runs_another_way_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "paper.pdf", 90, 90, caption="Table 3: what the robots do")
    with PdfReader() as reader:
        text = reader.read(path).pages[0].text
    assert "\n".join(LINES) in text
    assert "Table 3: what the robots do" in text


@pytest.mark.parametrize(("rotate", "drawn"), [(90, 0), (90, 90), (270, 0), (180, 0)])
def test_places_on_a_rotated_page_are_in_its_own_space(tmp_path: Path, rotate: int, drawn: int) -> None:
    path = write(tmp_path / "paper.pdf", rotate, drawn)
    with PdfReader() as reader:
        text = reader.read(path).pages[0].text
        start = text.index("Line 20")
        boxes = reader.locate(path, 1, start, start + 7, "Line 20")
    assert len(boxes) == 6
    assert all(0 <= box.left < box.right <= WIDTH and 0 <= box.bottom < box.top <= HEIGHT for box in boxes)
    along = [box.bottom for box in boxes] if drawn else [box.left for box in boxes]
    assert along == sorted(along)
