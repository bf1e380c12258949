"""Line numbers of review copies are removed from the text; other numbers are kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from classifier.pdf import PdfReader
from classifier.pdf.line_numbers import find_lone_numbers

WIDTH, HEIGHT = letter
WORDS = (
    "We study whether a language model can write the reward function of a ro-",
    "bot that tends plants in a greenhouse for gardeners who write no programs",
    "at all and the robot is trained by trial and error until it waters well",
    "with seven tasks and two cameras on a rail that no gardener has to move",
)
SENTENCE = "the reward function of a robot that tends plants in a greenhouse for gardeners who write no"
Draw = Callable[[Canvas], None]


def prose(index: int) -> str:
    return WORDS[index % len(WORDS)]


def number(canvas: Canvas, x: float, y: float, text: str, size: float = 7, right: bool = True) -> None:
    canvas.setFont("Helvetica", size)
    (canvas.drawRightString if right else canvas.drawString)(x, y, text)
    canvas.setFont("Times-Roman", 10)


def one_column(
    step: int = 1,
    x: float = 90,
    first: int = 1,
    style: str = "{}",
    pages: int = 2,
    restart: bool = False,
    order: str = "before",
    leading: float = 13,
    right: bool = True,
) -> Draw:
    """Lines from x = 108 on, numbered at `x`: before each line is drawn, after it, or all first ("block")."""

    def draw(canvas: Canvas) -> None:
        count = first
        for page in range(pages):
            lines = int(620 / leading) if page < pages - 1 or pages == 1 else 7
            count = first if restart else count
            places = [(count + k, 700 - leading * k) for k in range(lines)]
            marks = [(v, y) for v, y in places if v % step == 0]
            canvas.setFont("Times-Roman", 10)
            if order == "block":
                for value, y in marks:
                    number(canvas, x, y, style.format(value), right=right)
            for k, (value, y) in enumerate(places):
                if order == "before" and (value, y) in marks:
                    number(canvas, x, y, style.format(value), right=right)
                canvas.drawString(108, y, prose(k))
                if order == "after" and (value, y) in marks:
                    number(canvas, x, y, style.format(value), right=right)
            count += lines
            canvas.setFont("Times-Roman", 10)
            canvas.drawCentredString(WIDTH / 2, 30, str(page + 1))
            canvas.showPage()

    return draw


def short_last_column(canvas: Canvas) -> None:
    """Two columns with numbers left of each; on the last page, the right one has few lines."""
    count = 0
    for lengths in ((45, 45), (45, 45), (45, 9)):
        for left, lines in zip((66, 324), lengths, strict=True):
            for k in range(lines):
                count += 1
                number(canvas, left - 8, 700 - 12 * k, str(count))
                canvas.setFont("Times-Roman", 7)
                canvas.drawString(left, 700 - 12 * k, prose(k))
        canvas.showPage()


def in_one_run(gap: str = " ", style: str = "{}", after: bool = False) -> Draw:
    """Each line is one string, its number included."""

    def draw(canvas: Canvas) -> None:
        for page in range(2):
            canvas.setFont("Times-Roman", 10)
            for k in range(47):
                value = style.format(47 * page + k + 1)
                text = f"{prose(k)}{gap}{value}" if after else f"{value}{gap}{prose(k)}"
                (canvas.drawRightString if after else canvas.drawString)(
                    500 if after else 90, 700 - 13 * k, text
                )
            canvas.drawCentredString(WIDTH / 2, 30, str(page + 1))
            canvas.showPage()

    return draw


def both_margins(style: str = "{}", step: int = 1, pitch: float = 13.0) -> Draw:
    """One column of text with two rulers that count on, as some conferences print them in both margins."""

    def draw(canvas: Canvas) -> None:
        for page in range(2):
            canvas.setFont("Times-Roman", 10)
            for k in range(47):
                canvas.drawString(108, 700 - 13 * k, prose(k))
            for side, x in enumerate((90, 540)):
                rows = int(611 / pitch)
                for k in range(rows):
                    if (k + 1) % step == 0:
                        number(canvas, x, 700 - pitch * k, style.format(rows * (2 * page + side) + k + 1))
            canvas.showPage()

    return draw


def narrow_gutter(size: float = 6) -> Draw:
    """Numbers left of both columns, so near that those of the right one reach into the left one's lines."""

    def draw(canvas: Canvas) -> None:
        for side, left in enumerate((72, 312)):
            for k in range(45):
                number(canvas, left - 4, 700 - 12 * k, str(45 * side + k + 1), size)
                canvas.setFont("Times-Roman", 7.5)
                text = canvas.beginText(left, 700 - 12 * k)
                line = prose(k)
                text.setWordSpace((234 - canvas.stringWidth(line)) / line.count(" "))  # justified
                text.textOut(line)
                canvas.drawText(text)

    return draw


def before_headings(canvas: Canvas) -> None:
    """Numbers in the text's own type right before lines, and before headings with numbers of their own."""
    count = 0
    for page in range(2):
        for k in range(47):
            count += 1
            number(canvas, 106, 700 - 13 * k, str(count), 10)
            if k in (0, 24):
                canvas.setFont("Times-Bold", 14)
                canvas.drawString(108, 700 - 13 * k, f"{2 * page + k // 24 + 1} The Robot and Its Work")
                canvas.setFont("Times-Roman", 10)
            else:
                canvas.drawString(108, 700 - 13 * k, prose(k - 1))
        canvas.showPage()


def two_columns(order: str = "before", gutter: bool = False, title: bool = True) -> Draw:
    """Two columns of text with numbers; the right one's stand in the gutter or in the right margin."""

    def draw(canvas: Canvas) -> None:
        at = ((54, 66), (312, 324)) if gutter else ((54, 66), (572, 324))
        canvas.setFont("Times-Roman", 10)
        if title:
            canvas.drawCentredString(
                WIDTH / 2, 740, "A Title So Wide That It Stands Over Both of the Columns"
            )
        if order == "block":
            for side, (x, _) in enumerate(at):
                for k in range(45):
                    number(canvas, x, 700 - 12 * k, f"{45 * side + k:03d}")
        for side, (x, left) in enumerate(at):
            for k in range(45):
                if order == "before":
                    number(canvas, x, 700 - 12 * k, f"{45 * side + k:03d}")
                canvas.setFont("Times-Roman", 7)
                canvas.drawString(left, 700 - 12 * k, prose(k))
                if order == "after":
                    number(canvas, x, 700 - 12 * k, f"{45 * side + k:03d}")

    return draw


def middle(step: int = 1, order: str = "block") -> Draw:
    """Two columns that share one row of numbers in the gutter between them."""

    def draw(canvas: Canvas) -> None:
        for side, left in enumerate((54, 330)):
            for k in range(45):
                canvas.setFont("Times-Roman", 7)
                canvas.drawString(left, 700 - 12 * k, prose(k))
                if order == "between" and side == 0 and (k + 1) % step == 0:
                    number(canvas, 316, 700 - 12 * k, str(k + 1), size=6)
        if order == "block":
            for k in range(45):
                if (k + 1) % step == 0:
                    number(canvas, 316, 700 - 12 * k, str(k + 1), size=6)

    return draw


def read(folder: Path, draw: Draw, name: str = "paper.pdf") -> list[str]:
    canvas = Canvas(str(folder / name), pagesize=letter)
    draw(canvas)
    canvas.save()
    with PdfReader() as reader:
        return [page.text for page in reader.read(folder / name).pages]


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(one_column(), id="left"),
        pytest.param(one_column(style="{:03d}", first=0), id="three-digits"),
        pytest.param(one_column(x=70, right=False), id="left-aligned"),
        pytest.param(one_column(order="after"), id="drawn-after-the-line"),
        pytest.param(one_column(order="block"), id="drawn-in-one-go"),
        pytest.param(one_column(x=550), id="right-margin"),
        pytest.param(one_column(x=550, order="block"), id="right-margin-in-one-go"),
        pytest.param(one_column(step=5), id="every-five"),
        pytest.param(one_column(step=2), id="every-two"),
        pytest.param(one_column(step=5, leading=24), id="every-five-double-spaced"),
        pytest.param(one_column(leading=24), id="double-spaced"),
        pytest.param(one_column(restart=True), id="restarting"),
        pytest.param(one_column(pages=1), id="one-page"),
        pytest.param(one_column(first=995, pages=3), id="growing-to-four-digits"),
        pytest.param(two_columns(), id="two-columns"),
        pytest.param(two_columns("after"), id="two-columns-after"),
        pytest.param(two_columns("block"), id="two-columns-in-one-go"),
        pytest.param(two_columns(gutter=True), id="gutter"),
        pytest.param(two_columns("block", gutter=True), id="gutter-in-one-go"),
        pytest.param(middle(), id="middle"),
        pytest.param(middle(5), id="middle-every-five"),
        pytest.param(middle(order="between"), id="middle-between-the-columns"),
        pytest.param(middle(5, "between"), id="middle-every-five-between-the-columns"),
        pytest.param(one_column(step=10), id="every-ten"),
        pytest.param(one_column(step=3), id="every-three"),
        pytest.param(one_column(step=4, order="after"), id="every-four"),
        pytest.param(one_column(x=106), id="near"),
        pytest.param(one_column(x=107.5, order="block"), id="nearer"),
        pytest.param(one_column(x=107.5, style="{:03d}"), id="glued"),
        pytest.param(in_one_run(), id="in-the-lines-own-string"),
        pytest.param(in_one_run(style="{:03d}"), id="in-the-lines-own-string-three-digits"),
        pytest.param(in_one_run(""), id="glued-in-the-lines-own-string"),
        pytest.param(in_one_run("  ", after=True), id="at-the-end-of-the-lines-own-string"),
        pytest.param(both_margins(), id="both-margins"),
        pytest.param(both_margins("{:03d}"), id="both-margins-three-digits"),
        pytest.param(both_margins(step=5), id="both-margins-every-five"),
        pytest.param(both_margins("{:03d}", pitch=11.05), id="both-margins-of-another-pitch"),
        pytest.param(short_last_column, id="short-last-column"),
        pytest.param(narrow_gutter(), id="narrow-gutter"),
        pytest.param(narrow_gutter(5), id="narrow-gutter-small"),
        pytest.param(one_column(step=5, x=550), id="every-five-in-the-right-margin"),
        pytest.param(one_column(step=5, order="after", restart=True), id="every-five-restarting"),
    ],
)
def test_line_numbers_are_cut(tmp_path: Path, draw: Draw) -> None:
    texts = read(tmp_path, draw)
    flat = " ".join(texts[0].split())
    assert SENTENCE in flat
    allowed = {str(number) for number in range(1, len(texts) + 1)}  # page numbers
    left = [word for text in texts for word in text.split() if word.isdigit()]
    assert [word for word in left if word not in allowed] == []
    assert len(left) <= len(texts)


def page_of_prose(canvas: Canvas, lines: int = 14, top: float = 720) -> float:
    canvas.setFont("Times-Roman", 10)
    for k in range(lines):
        canvas.drawString(108, top - 12 * k, prose(k))
    return top - 12 * lines


def numbered_list(canvas: Canvas) -> None:
    y = page_of_prose(canvas, 8)
    for k in range(1, 31):
        canvas.drawString(108, y - 14 * k, str(k))
        canvas.drawString(126, y - 14 * k, f"the {prose(k)[:50]}")
    page_of_prose(canvas, 4, 140)


def list_under_heading(canvas: Canvas) -> None:
    canvas.setFont("Times-Bold", 12)
    canvas.drawString(108, 720, "Rules of the greenhouse")
    canvas.setFont("Times-Roman", 10)
    for k in range(1, 41):
        canvas.drawString(108, 710 - 14 * k, str(k))
        canvas.drawString(126, 710 - 14 * k, prose(k))


def ranking(canvas: Canvas) -> None:
    page_of_prose(canvas, 8)
    for column, head in ((108, "No"), (140, "Method"), (300, "Return")):
        canvas.drawString(column, 620, head)
    for k in range(1, 31):
        for column, cell in ((108, str(k)), (140, f"agent of the year {2000 + k}"), (300, f"0.{90 - k}")):
            canvas.drawString(column, 620 - 14 * k, cell)
    canvas.showPage()
    page_of_prose(canvas, 20)


def numbers_only(canvas: Canvas) -> None:
    """A page that is nothing but a table of numbers, its first column further left than all text."""
    canvas.setFont("Times-Roman", 10)
    for k in range(1, 46):
        for column, cell in (
            (72, str(k)),
            (140, f"{0.7 * k:.2f}"),
            (200, f"{3.1 * k:.2f}"),
            (260, str(7 * k % 31)),
        ):
            canvas.drawString(column, 730 - 14 * k, cell)
    canvas.showPage()
    page_of_prose(canvas, 40)


def references(canvas: Canvas) -> None:
    """A bibliography over a whole page, its numbers to the left of all text."""
    for page in range(2):
        canvas.setFont("Times-Roman", 10)
        for k in range(20):
            canvas.drawString(72, 720 - 30 * k, str(20 * page + k + 1))
            canvas.drawString(100, 720 - 30 * k, prose(k))
            canvas.drawString(100, 708 - 30 * k, prose(k + 1))
        canvas.showPage()


def equations(canvas: Canvas) -> None:
    canvas.setFont("Times-Roman", 10)
    for k in range(1, 16):
        canvas.drawString(108, 720 - 40 * k, prose(k))
        canvas.drawString(200, 706 - 40 * k, f"x + y = z + {k}")
        canvas.drawRightString(504, 706 - 40 * k, f"({k})")
    canvas.showPage()
    page_of_prose(canvas, 20)


def margin_steps(canvas: Canvas) -> None:
    """Twelve lines of an algorithm with numbers in the margin, on a page of prose."""
    y = page_of_prose(canvas, 24)
    for k in range(1, 13):
        number(canvas, 100, y - 12 * k, str(k))
        canvas.drawString(108, y - 12 * k, f"repeat the step {'of the robot' * (k % 3)}")
    page_of_prose(canvas, 8, y - 170)


def hanging_sections(canvas: Canvas) -> None:
    y = 730.0
    for k in range(1, 7):
        number(canvas, 100, y, str(k), 10)
        canvas.drawString(108, y, "The robot and its work")
        y = page_of_prose(canvas, 7, y - 14) - 10


@pytest.mark.parametrize(
    ("draw", "kept"),
    [
        (numbered_list, "17 the "),
        (list_under_heading, "17 bot that tends"),
        (ranking, "17 agent of the year 2017"),
        (numbers_only, "17 11.90 52.70"),
        (references, "17 We study"),
        (equations, "(7)"),
        (margin_steps, "7 repeat the step"),
        (hanging_sections, "4 The robot and its work"),
    ],
)
def test_numbers_of_the_text_stay(tmp_path: Path, draw: Draw, kept: str) -> None:
    assert kept in " ".join(" ".join(read(tmp_path, draw)).split())


def test_a_ranking_in_a_paper_with_line_numbers_stays(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        one_column(pages=1)(canvas)
        canvas.setFont("Times-Roman", 10)
        for k in range(40):
            number(canvas, 90, 700 - 14 * k, str(48 + k))
            for column, cell in ((108, str(k + 1)), (140, f"agent of {prose(k)[:20]}"), (300, f"0.{90 - k}")):
                canvas.drawString(column, 700 - 14 * k, cell)

    texts = read(tmp_path, draw)
    assert "17 agent of" in texts[1]
    assert "64" not in texts[1].split()


def test_places_of_a_quote_leave_line_numbers_out(tmp_path: Path) -> None:
    texts = read(tmp_path, one_column(style="{:03d}"))
    start = texts[0].index("reward function")
    end = texts[0].index("for gardeners") + len("for gardeners")
    with PdfReader() as reader:
        boxes = reader.locate(tmp_path / "paper.pdf", 1, start, end, texts[0][start:end])
    assert len(boxes) > 30
    assert min(box.left for box in boxes) >= 107


def test_numbers_of_headings_behind_line_numbers_stay(tmp_path: Path) -> None:
    texts = read(tmp_path, before_headings)
    headings = [line for text in texts for line in text.split("\n") if "Work" in line]
    assert headings == [f"{number} The Robot and Its Work" for number in range(1, 5)]
    assert SENTENCE in " ".join(texts[0].split())


def test_a_title_beside_a_line_number_has_none(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        number(canvas, 90, 716, "0")
        canvas.setFont("Times-Bold", 17)
        canvas.drawString(108, 716, "Reward Sketches for a Robot")
        one_column()(canvas)

    read(tmp_path, draw)
    with PdfReader() as reader:
        assert reader.read(tmp_path / "paper.pdf").title == "Reward Sketches for a Robot"


def test_without_places_numbers_on_lines_of_their_own_are_found_if_they_count() -> None:
    counted = "".join(f"{k}\nthe robot waters\n" for k in range(12))
    cells = "".join(f"{7 * k % 12}\nthe robot waters\n" for k in range(12))
    assert [len(spans) for spans in find_lone_numbers([counted, counted])] == [12, 12]
    assert find_lone_numbers([cells, cells]) == [[], []]
    assert find_lone_numbers([counted, cells, cells]) == [[], [], []]
