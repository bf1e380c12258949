"""Scripts and fonts of all kinds: what a reader would see is read, and quotes of it are found."""

# ruff: noqa: E501 - PDF syntax

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject
from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from classifier.errors import NoTextError
from classifier.model.document import Document
from classifier.model.reply import Quote
from classifier.pdf import PdfReader
from classifier.verdict.evidence import check_quotes

ENGLISH = (
    "We study whether a language model can write the reward function of a robot",
    "that tends plants in a greenhouse for gardeners who write no programs at all,",
    "and the robot is trained by trial and error until it waters each plant well,",
    "with seven tasks and two cameras on a rail that no gardener has to move.",
)
HEBREW = (
    "אנו חוקרים אם מודל שפה יכול לכתוב את פונקציית התגמול של רובוט",
    "המטפל בצמחים בחממה עבור גננים שאינם כותבים תוכניות כלל",
    "והרובוט מאומן בניסוי וטעייה עד שהוא משקה כל צמח היטב",
    "עם שבע משימות ושתי מצלמות על מסילה שאף גנן אינו צריך להזיז",
)
ARABIC = (
    "ندرس ما إذا كان نموذج اللغة يستطيع كتابة دالة المكافأة للروبوت",
    "الذي يعتني بالنباتات في البيت الزجاجي من أجل البستانيين الذين لا يكتبون برامج",
    "ويتم تدريب الروبوت بالتجربة والخطأ حتى يسقي كل نبتة جيدا",
    "مع سبع مهام وكاميرتين على سكة لا يحتاج أي بستاني إلى تحريكها",
)
RUSSIAN = (
    "Мы изучаем, может ли языковая модель написать функцию вознаграждения робота,",
    "который ухаживает за растениями в теплице для садовников, не пишущих программ,",
    "и робот обучается методом проб и ошибок, пока не польёт каждое растение хорошо,",
    "с семью задачами и двумя камерами на рельсе, который не нужно двигать никому.",
)
GREEK = (
    "Μελετάμε αν ένα γλωσσικό μοντέλο μπορεί να γράψει τη συνάρτηση ανταμοιβής",
    "ενός ρομπότ που φροντίζει φυτά σε ένα θερμοκήπιο για κηπουρούς χωρίς προγράμματα",
    "και το ρομπότ εκπαιδεύεται με δοκιμή και σφάλμα μέχρι να ποτίσει κάθε φυτό καλά",
    "με επτά εργασίες και δύο κάμερες σε μια ράγα που κανείς δεν χρειάζεται να κινεί.",
)
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
Change = Callable[[PdfWriter], None]


def dictionaries(writer: PdfWriter) -> list[DictionaryObject]:
    return [item for item in writer._objects if isinstance(item, DictionaryObject)]


def unembed(writer: PdfWriter) -> None:
    for item in dictionaries(writer):
        for name in ("/FontFile", "/FontFile2", "/FontFile3"):
            item.pop(name, None)


def unmap(writer: PdfWriter) -> None:
    for item in dictionaries(writer):
        item.pop("/ToUnicode", None)


def both(writer: PdfWriter) -> None:
    unembed(writer)
    unmap(writer)


def keep(writer: PdfWriter) -> None:
    pass


def drawn(text: str) -> str:
    """Text as a PDF paints it, from left to right."""
    return text[::-1] if any("\u0590" <= char <= "\u06ff" for char in text) else text


def read(path: Path, lines: tuple[str, ...], change: Change = keep, font: str | None = None) -> Document:
    canvas = Canvas(str(path), pagesize=letter)
    if font is None:
        if not DEJAVU.is_file():
            pytest.skip("DejaVu Sans is not installed")
        pdfmetrics.registerFont(TTFont("DejaVu", str(DEJAVU)))
    canvas.setFont(font or "DejaVu", 9)
    for number in range(40):
        canvas.drawString(80, 740 - 13 * number, drawn(lines[number % len(lines)]))
    canvas.save()
    writer = PdfWriter(clone_from=path)
    change(writer)
    writer.write(path)
    with PdfReader() as reader:
        return reader.read(path)


def verdicts(document: Document, *quotes: str) -> list[str]:
    return [
        str(e.verdict) for e in check_quotes([Quote(quote=q, supports="label") for q in quotes], document)
    ]


@pytest.mark.parametrize(
    "lines", [ENGLISH, HEBREW, ARABIC, RUSSIAN, GREEK], ids=["en", "he", "ar", "ru", "el"]
)
def test_scripts_in_their_own_direction(tmp_path: Path, lines: tuple[str, ...]) -> None:
    document = read(tmp_path / "a.pdf", lines)
    assert verdicts(document, *lines) == ["verbatim"] * 4
    assert document.hidden == ()
    assert document.hidden_checked
    made_up = " ".join(reversed(lines[0].split()))
    assert verdicts(document, made_up) == ["absent"]


def test_lines_of_two_directions_by_turns(tmp_path: Path) -> None:
    lines = (ENGLISH[0], HEBREW[0], ENGLISH[1], ARABIC[1], ENGLISH[2], ENGLISH[3])
    document = read(tmp_path / "a.pdf", lines)
    assert verdicts(document, *lines) == ["verbatim"] * 6


@pytest.mark.parametrize(("lines", "change"), [
    (ENGLISH, unembed), (ENGLISH, unmap), (ENGLISH, both), (RUSSIAN, unembed), (GREEK, unembed),
], ids=["en-unembedded", "en-unmapped", "en-neither", "ru-unembedded", "el-unembedded"])  # fmt: skip
def test_fonts_that_lack_a_part(tmp_path: Path, lines: tuple[str, ...], change: Change) -> None:
    document = read(tmp_path / "a.pdf", lines, change)
    assert verdicts(document, *lines) == ["verbatim"] * 4
    assert document.hidden == ()


@pytest.mark.parametrize("lines", [RUSSIAN, GREEK], ids=["ru", "el"])
def test_a_font_that_says_only_codes_needs_ocr(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(NoTextError, match=r"\d+ of \d+ characters can be decoded.* run OCR"):
        read(tmp_path / "a.pdf", lines, unmap)


FLOWERS = (
    "An efficient robot finds the flat flower beds of five offices in the first shift,",
    "and the affordable camera identifies all fluffy plants before the office is full.",
    "It is difficult to fit a reflective profile, but no staff officer files a draft of it,",
    "so that the final coefficients are sufficient for the fifty plants of the first floor.",
)
LIGATURES = ("ffi", "ffl", "ff", "fi", "fl")


def read_ligatures(path: Path, told: str) -> Document:
    """A paper whose font draws ligatures as one sign, for each of which it says `told`."""
    codes = {ligature: chr(0xA1 + at) for at, ligature in enumerate(LIGATURES)}
    canvas = Canvas(str(path), pagesize=letter)
    for _ in range(2):
        canvas.setFont("Helvetica", 9)
        for number in range(45):
            line = FLOWERS[number % len(FLOWERS)]
            for ligature, code in codes.items():
                line = line.replace(ligature, code)
            canvas.drawString(80, 740 - 13 * number, line)
        canvas.showPage()
    canvas.save()
    writer = PdfWriter(clone_from=path)
    table = "".join(f"<{ord(code):02X}> <{told.encode('utf-16-be').hex()}>\n" for code in codes.values())
    plain = "".join(f"<{code:02X}> <{code:04X}>\n" for code in range(32, 127))
    cmap = StreamObject()
    cmap.set_data(f"{len(codes) + 95} beginbfchar\n{plain}{table}endbfchar\n".encode())
    for item in dictionaries(writer):
        if item.get("/Type") == "/Font":
            item[NameObject("/ToUnicode")] = writer._add_object(cmap)
    writer.write(path)
    with PdfReader() as reader:
        return reader.read(path)


@pytest.mark.parametrize(
    "told", ["\0", " ", "\ufffd", "\ue003"], ids=["nothing", "space", "unknown", "private"]
)
def test_quotes_are_found_if_a_font_does_not_say_its_ligatures(tmp_path: Path, told: str) -> None:
    document = read_ligatures(tmp_path / "a.pdf", told)
    assert "efficient" not in document.pages[0].text
    assert verdicts(document, *FLOWERS) == ["near"] * 4
    assert verdicts(document, FLOWERS[0].replace("robot", "camera")) == ["absent"]
    assert verdicts(document, FLOWERS[3].replace("sufficient", "not sufficient")) == ["absent"]
    assert verdicts(document, FLOWERS[3].replace("final", "central")) == ["absent"]


@pytest.mark.parametrize(
    "font", ["Courier", "Helvetica-BoldOblique", "Times-Italic", "Courier-Bold", "Helvetica"]
)
def test_standard_fonts_are_never_embedded(tmp_path: Path, font: str) -> None:
    document = read(tmp_path / "a.pdf", ENGLISH, font=font)
    assert verdicts(document, *ENGLISH) == ["verbatim"] * 4
    assert document.hidden == ()
    assert document.hidden_checked


def test_a_type_3_font_without_a_map_is_read_by_its_glyph_names(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(type_3(ENGLISH))
    with PdfReader() as reader:
        document = reader.read(path)
    assert verdicts(document, *ENGLISH) == ["verbatim"] * 4
    assert document.hidden == ()


def type_3(lines: tuple[str, ...]) -> bytes:
    """A page in a Type 3 font whose glyphs are boxes, named as Adobe names letters."""
    names = {char: {" ": "space", ",": "comma", ".": "period"}.get(char, char) for char in "".join(lines)}
    codes = sorted(names, key=ord)
    differences = " ".join(f"{ord(char)} /{names[char]}" for char in codes)
    glyph = b"500 0 0 0 450 650 d1 50 0 350 600 re f"
    blank = b"300 0 d0"
    shown = "\n".join(f"1 0 0 1 60 {740 - 13 * k} Tm ({lines[k % len(lines)]}) Tj" for k in range(40))
    content = f"BT /F 8 Tf {shown} ET".encode()
    widths = " ".join("500" if chr(code) in names else "0" for code in range(32, 123))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        stream(content),
        (
            f"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 700] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 32 "
            f"/LastChar 122 /Widths [{widths}] /Encoding << /Type /Encoding /Differences [{differences}] >> /CharProcs << "
            + " ".join(f"/{name} {7 if name == 'space' else 6} 0 R" for name in names.values())
            + " >> /Resources << >> >>"
        ).encode(),
        stream(glyph),
        stream(blank),
    ]
    data = b"%PDF-1.4\n"
    places = []
    for number, item in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + item + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return (
        data
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
        ).encode()
    )


def stream(content: bytes) -> bytes:
    return f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"
