"""Hidden text is cut and reported; look-alikes are left alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from classifier.errors import InputError
from classifier.pdf import PdfReader
from classifier.pdf.hidden import HiddenCheckIncomplete, check_page, split_page
from classifier.pdf.hidden.check import PageCheck
from classifier.text.invisible import MAX_TEXT
from tests.hidden_pdfs import (
    ORDER,
    SCAN_TEXT,
    VISIBLE,
    Trick,
    form,
    hidden_tricks,
    image,
    look_alikes,
    page_pdf,
    scan,
    text,
    to_unicode,
)

TRICKS = hidden_tricks()
LOOK_ALIKES = look_alikes()


def split(trick: Trick) -> tuple[str, str, list[dict[str, Any]]]:
    """The page's text as PDFium prints it, its visible part, and the findings."""
    document = pypdfium2.PdfDocument(page_pdf(trick))
    try:
        page = document[0]
        text_page = page.get_textpage()
        raw = text_page.get_text_range()
        visible, findings = split_page(page, text_page, raw)
        return raw, visible, findings
    finally:
        document.close()


@pytest.mark.parametrize("name", TRICKS)
def test_hidden_sentence_is_cut_and_reported(name: str) -> None:
    kind, trick = TRICKS[name]
    raw, visible, findings = split(trick)
    assert ORDER in raw
    assert "confidence" not in visible
    assert "Ignore" not in visible
    assert [finding["kind"] for finding in findings] == [kind]
    assert ORDER in findings[0]["text"]
    assert len(findings[0]["box"]) == 4
    for line in VISIBLE:
        assert visible.count(line) == 2


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_page_that_hides_nothing_is_left_as_it_is(name: str) -> None:
    raw, visible, findings = split(LOOK_ALIKES[name])
    assert findings == []
    assert visible == raw


def test_cutting_a_line_leaves_no_empty_line() -> None:
    _, visible, _ = split(Trick(text(state="1 g")))
    assert "\n\n" not in visible.replace("\r", "")
    assert visible.split("\r\n") == [*VISIBLE, *VISIBLE]


def test_covered_half_of_a_line_is_cut_and_the_other_half_kept() -> None:
    _, trick = TRICKS["second half covered"]
    _, visible, _ = split(trick)
    assert "Steps are counted once." in visible


def test_drawn_words_take_the_place_of_a_false_replacement_text() -> None:
    _, trick = TRICKS["replacement text"]
    _, visible, _ = split(trick)
    assert "Steps are counted once." in visible


def test_replacement_text_given_letter_by_letter_is_found() -> None:
    drawn = VISIBLE[0].replace(" ", "x")
    spans = [
        f"/Span << /ActualText ({said}) >> BDC\n{text(shown, 72 + 5 * number)}EMC\n"
        for number, (said, shown) in enumerate(zip(ORDER.replace(" ", "_"), drawn, strict=False))
    ]
    _, visible, findings = split(Trick("".join(spans)))
    assert [finding["kind"] for finding in findings] == ["actual-text"]
    assert "g_n_o_r_e" not in visible.replace(" ", "_")


@pytest.mark.parametrize("step", [0.0, 0.1, 0.3])
def test_letters_heaped_on_one_spot_are_cut(step: float) -> None:
    letters = "".join(text(letter, 72 + step * number) for number, letter in enumerate(ORDER))
    raw, visible, findings = split(Trick(letters))
    assert "heaped" in {finding["kind"] for finding in findings} <= {"heaped", "covered"}
    assert "leaf" not in visible
    assert len(visible) < len(raw)


@pytest.mark.parametrize("state", ["1 g", "3 Tr"])
def test_hidden_letters_that_are_written_one_by_one_are_cut(state: str) -> None:
    letters = "".join(text(letter, 72 + 5 * number, state=state) for number, letter in enumerate(ORDER))
    _, visible, findings = split(Trick(letters))
    assert len(findings) == 1
    assert [line for line in visible.split("\r\n") if line] == [*VISIBLE, *VISIBLE]


def test_two_white_copies_do_not_vouch_for_each_other() -> None:
    _, visible, findings = split(Trick(text(state="1 g") * 2))
    assert "Ignore" not in visible
    assert [finding["kind"] for finding in findings] == ["same-colour"]


@pytest.mark.parametrize("grey", [0.91, 0.94, 0.97])
def test_grey_that_nobody_sees_is_hidden(grey: float) -> None:
    _, visible, findings = split(Trick(text(state=f"{grey} g")))
    assert "Ignore" not in visible
    assert len(findings) == 1


@pytest.mark.parametrize("grey", [0.0, 0.5, 0.8, 0.86])
def test_grey_that_can_be_read_is_visible(grey: float) -> None:
    raw, visible, findings = split(Trick(text(state=f"{grey} g")))
    assert (visible, findings) == (raw, [])


def test_text_layer_of_a_scan_is_kept() -> None:
    raw, visible, findings = split(scan())
    assert raw.count("rewards") == 30
    assert (visible, findings) == (raw, [])


def test_text_layer_on_a_blank_picture_is_hidden() -> None:
    trick = scan()
    trick.objects = {10: image(8, 8, b"\xff" * 64)}
    _, visible, findings = split(trick)
    assert visible.strip() == ""
    assert findings[0]["kind"] == "invisible"
    assert findings[0]["text"].startswith(SCAN_TEXT)
    assert all(len(finding["text"]) <= MAX_TEXT for finding in findings)


def test_order_laid_over_the_text_layer_of_a_scan_is_cut() -> None:
    trick = scan()
    trick.content += text(ORDER, 60, 740, state="3 Tr")
    _, visible, findings = split(trick)
    assert "confidence" not in visible
    assert any(ORDER in finding["text"] for finding in findings)
    assert visible.count("rewards") >= 29


def test_label_that_a_figure_clips_away_is_cut_without_a_report() -> None:
    figure = form(text("Old title", 72, 500), box="60 380 560 430")
    _, visible, findings = split(Trick("/X Do\n", "/XObject << /X 10 0 R >>", {10: figure}))
    assert "Old title" not in visible
    assert findings == []


def test_more_objects_than_the_limit_leave_the_check_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.pdf.hidden.objects.MAX_OBJECTS", 10)
    with pytest.raises(HiddenCheckIncomplete, match="objects"):
        split(Trick(text(state="1 g")))


def behind_annotations(count: int) -> Trick:
    """An order under a white square, the last of so many annotations."""
    others = "<< /Type /Annot /Subtype /Square /Rect [10 10 11 11] /F 4 >> " * (count - 1)
    square = "<< /Type /Annot /Subtype /Square /Rect [60 390 560 420] /F 4 /AP << /N 11 0 R >> >>"
    white = form("1 g 0 0 500 30 re f", box="0 0 500 30")
    return Trick(text(), page=f"/Annots [{others}10 0 R]", objects={10: square, 11: white})


@pytest.mark.parametrize("count", [1, 499, 500, 501, 2000])
def test_an_order_under_the_last_of_many_annotations_is_cut(count: int) -> None:
    _, visible, findings = split(behind_annotations(count))
    assert ORDER not in visible
    assert [finding["kind"] for finding in findings] == ["covered"]


def test_more_annotations_than_the_limit_leave_the_check_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.pdf.hidden.objects.MAX_ANNOTATIONS", 10)
    assert split(behind_annotations(10))[2][0]["kind"] == "covered"
    with pytest.raises(HiddenCheckIncomplete, match="annotations"):
        split(behind_annotations(11))


def test_words_printed_over_other_words_are_cut_with_them() -> None:
    other = "See the appendix for proofs of all these claims and for the code of each of the runs"
    _, visible, findings = split(Trick(text(other) + text()))
    assert "Ignore" not in visible
    assert "appendix" not in visible
    assert {finding["kind"] for finding in findings} == {"heaped"}
    assert any(ORDER in finding["text"] for finding in findings)


def test_line_of_which_a_clip_leaves_the_feet_is_cut() -> None:
    _, visible, findings = split(Trick(f"q 60 397 500 3.2 re W n\n{text()}Q\n"))
    assert "Ignore" not in visible
    assert len(findings) == 1


@pytest.mark.parametrize("letters_a_glyph", [2, 3, 5])
def test_glyphs_that_stand_for_several_letters_each_are_heaped(letters_a_glyph: int) -> None:
    pieces = [ORDER[at : at + letters_a_glyph] for at in range(0, len(ORDER), letters_a_glyph)]
    table = "".join(f"<{65 + n:02X}> <{piece.encode('utf-16-be').hex()}>\n" for n, piece in enumerate(pieces))
    trick = Trick(text("".join(chr(65 + n) for n in range(len(pieces))), font="F3"))
    trick.fonts = "/F3 10 0 R"
    head = "/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
    trick.objects = {
        10: f"<< {head} /ToUnicode 11 0 R >>",
        11: to_unicode(f"{len(pieces)} beginbfchar {table} endbfchar"),
    }
    raw, visible, findings = split(trick)
    assert "confidence" in raw
    assert "confidence" not in visible
    assert [finding["kind"] for finding in findings] == ["heaped"]


@pytest.mark.parametrize(
    "line", ["efficient office shuffles", "offline learners", "fifty flat affine buffers"]
)
def test_words_with_many_ligatures_are_not_heaped(line: str) -> None:
    pieces = re.findall("ff[il]?|fi|fl|.", line)
    glyphs = {piece: chr(65 + n) for n, piece in enumerate(dict.fromkeys(pieces))}
    table = "".join(
        f"<{ord(code):02X}> <{piece.encode('utf-16-be').hex()}>\n" for piece, code in glyphs.items()
    )
    drawn = "".join(glyphs[piece] for piece in pieces)
    # The letters before it move the line to all places that a sample of letters may start at.
    places = [(shift, 460 - 8 * shift) for shift in range(1, 17)]
    lines = [text("x" * shift, y=y, size=6) + text(drawn, 160, y, size=6, font="F3") for shift, y in places]
    trick = Trick("".join(lines))
    trick.fonts = "/F3 10 0 R"
    head = "/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
    trick.objects = {
        10: f"<< {head} /ToUnicode 11 0 R >>",
        11: to_unicode(f"{len(glyphs)} beginbfchar {table} endbfchar"),
    }
    raw, visible, findings = split(trick)
    assert findings == []
    assert visible.count(line) == raw.count(line) == 16


def test_page_without_text_is_given_back() -> None:
    assert split(Trick(paragraphs=False)) == ("", "", [])


def test_second_look_at_a_page_gives_the_same_result() -> None:
    document = pypdfium2.PdfDocument(page_pdf(TRICKS["under an image"][1]))
    page = document[0]
    text_page = page.get_textpage()
    raw = text_page.get_text_range()
    assert split_page(page, text_page, raw) == split_page(page, text_page, raw)
    document.close()


def test_text_of_a_page_that_cannot_be_checked_is_withheld(tmp_path: Path) -> None:
    heap = "".join(text("abc", 72 + n % 5, 400 + n % 3, state="1 g") for n in range(6_000))
    path = tmp_path / "heap.pdf"
    path.write_bytes(page_pdf(Trick(heap + text(state="1 g"))))
    with PdfReader() as reader, pytest.raises(InputError) as caught:
        reader.read(path)
    assert [finding.kind for finding in caught.value.hidden] == ["unchecked"]


CHINESE = [
    "照料植物的机器人可以用强化学习来训练但是必须有人写下奖励函数",
    "本文研究大型语言模型能否代替园丁和工程师完成这项工作",
    "在六个温室任务上用语言模型写出的奖励训练的策略完成了百分之八十一的回合",
    "而工程师手写的奖励只有百分之五十八语言模型本身没有被训练",
]
FONTS = ["STSong-Light", "MSung-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"]


def write_not_embedded(path: Path, font: str, lines: list[str], before: str = "", after: str = "") -> Path:
    """A page in a font of the standard CJK fonts, which the file does not hold; PDF operators around it."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont(font))
    canvas = Canvas(str(path))
    canvas._code.append(before)
    canvas.setFont(font, 11)
    for number, line in enumerate(lines):
        canvas.drawString(80, 750 - 15 * number, line)
    canvas._code.append(after)
    canvas.save()
    return path


def look_at(path: Path) -> PageCheck:
    document = pypdfium2.PdfDocument(path)
    try:
        page = document[0]
        text_page = page.get_textpage()
        return check_page(page, text_page, text_page.get_text_range())
    finally:
        document.close()


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("before", ["", "0.2 0.2 0.6 rg", "q 20 20 560 800 re W n"])
def test_text_in_a_font_that_no_file_and_no_machine_has_is_kept(
    tmp_path: Path, font: str, before: str
) -> None:
    seen = look_at(write_not_embedded(tmp_path / "a.pdf", font, CHINESE, before))
    assert seen.findings == []
    assert all(line in seen.visible for line in CHINESE)


@pytest.mark.parametrize("before", ["", "0.7 g", "0.9 g 0 0 612 842 re f 0 g"])
def test_words_of_which_only_the_latin_ones_can_be_drawn_are_kept(tmp_path: Path, before: str) -> None:
    lines = [f"{CHINESE[3]} reinforcement learning", f"{CHINESE[1]} GPT-4"]
    seen = look_at(write_not_embedded(tmp_path / "a.pdf", "STSong-Light", lines, before))
    assert seen.findings == []
    assert all(line in seen.visible for line in lines)


FONT_TRICKS = [
    ("3 Tr", ""),
    ("1 g", ""),
    ("0.97 g", ""),
    ("q 0 0 10 10 re W n", "Q"),
    ("", "1 g 0 0 612 842 re f"),
    ("0 0 612 842 re f", ""),
    ("1 0 0 1 900 0 cm", ""),
    ("0.05 0 0 0.05 0 0 cm", ""),
]
POINTED = {
    "HYSMyeongJo-Medium": "우리는 언어 모델이 로봇의 보상 함수를 작성할 수 있는지 연구한다.",
    "HYGothic-Medium": "온실에서, 로봇은 식물에 물을 준다.",
    "STSong-Light": "我们研究语言模型能否编写奖励函数.",
    "MSung-Light": "我們研究, 語言模型能否編寫獎勵函數.",
    "HeiseiKakuGo-W5": "本研究では, 報酬関数を書けるかを調べる.",
}


@pytest.mark.parametrize("font", POINTED)
@pytest.mark.parametrize("before", ["", "0.2 0.2 0.6 rg", "q 20 20 560 800 re W n"])
def test_text_of_which_only_points_and_commas_can_be_drawn_is_kept(
    tmp_path: Path, font: str, before: str
) -> None:
    seen = look_at(write_not_embedded(tmp_path / "a.pdf", font, [POINTED[font]] * 3, before))
    assert seen.findings == []
    assert seen.visible.count(POINTED[font]) == 3
    assert not seen.complete


BLACK_PICTURE = "q 612 0 0 842 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G /F /AHx ID 00> EI Q"


@pytest.mark.parametrize("font", POINTED)
@pytest.mark.parametrize(("before", "after"), [*FONT_TRICKS, (BLACK_PICTURE, "")])
def test_tricks_hide_such_text_too(tmp_path: Path, font: str, before: str, after: str) -> None:
    seen = look_at(write_not_embedded(tmp_path / "a.pdf", font, [POINTED[font]] * 3, before, after))
    assert POINTED[font] not in seen.visible
    assert seen.findings


@pytest.mark.parametrize(("before", "after"), FONT_TRICKS)
def test_tricks_hide_text_in_such_a_font_too(tmp_path: Path, before: str, after: str) -> None:
    seen = look_at(write_not_embedded(tmp_path / "a.pdf", "STSong-Light", CHINESE, before, after))
    assert CHINESE[0] not in seen.visible
    assert seen.findings


def test_a_paper_in_such_a_font_is_read(tmp_path: Path) -> None:
    path = write_not_embedded(
        tmp_path / "a.pdf", "STSong-Light", [f"{line}{k}" for k in range(6) for line in CHINESE]
    )
    with PdfReader() as reader:
        document = reader.read(path)
    assert document.hidden == ()
    assert CHINESE[1] in document.pages[0].text
