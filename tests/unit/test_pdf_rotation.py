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
