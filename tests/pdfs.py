"""Real PDFs for the tests, drawn with reportlab: papers of several styles, scans, stubs, locked files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import letter
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = letter
FILLER = (
    "We train the agent with the signal that the critic returns after each step.",
    "The signal falls with the number of steps that were needed to reach a state.",
    "All runs use the same seeds, the same optimiser and the same number of steps.",
    "A run ends when the return has not grown over the last hundred episodes.",
    "Means and deviations are taken over five runs unless we say otherwise.",
)


@dataclass
class Style:
    """How a paper looks.

    Attributes:
        stamps: Small lines above the title.
        side_stamp: Text up the left margin, in larger type than the title.
        abstract: The heading; a run-in one ends with its mark, as "Abstract—" does.
        sections: Headings, each followed by text.
    """

    title: tuple[str, ...] = ("Learning to Walk by", "Listening to a Critic")
    stamps: tuple[str, ...] = ()
    side_stamp: str = ""
    authors: str = "Ada One, Ben Two and Cai Three"
    abstract: str = "Abstract"
    sections: tuple[str, ...] = (
        "1 Introduction",
        "2 Related Work",
        "3 Method",
        "3.1 Critic",
        "4 Results",
        "References",
    )
    lines_a_section: int = 24
    columns: int = 1
    lines: tuple[str, ...] = FILLER


@dataclass
class _Pen:
    canvas: Canvas
    columns: int
    column: int = 0
    y: float = field(default=HEIGHT - 72)

    def write(self, text: str, size: float = 10, font: str = "Times-Roman") -> None:
        if self.y < 72:
            self.column += 1
            if self.column == self.columns:
                self.canvas.showPage()
                self.column = 0
            self.y = HEIGHT - 72
        self.y -= 1.3 * size
        self.canvas.setFont(font, size)
        self.canvas.drawString(72 + self.column * 250, self.y, text)


def write_paper(path: Path, style: Style | None = None, **options: Any) -> Path:
    """A paper in this style; `options` go to reportlab's Canvas."""
    style = style or Style()
    canvas = Canvas(str(path), pagesize=letter, **options)
    pen = _Pen(canvas, style.columns)
    if style.side_stamp:
        canvas.saveState()
        canvas.rotate(90)
        canvas.setFont("Times-Roman", 20)
        canvas.drawString(200, -40, style.side_stamp)
        canvas.restoreState()
    for stamp in style.stamps:
        pen.write(stamp, 8)
    for line in style.title:
        pen.write(line, 17, "Times-Bold")
    pen.write(style.authors)
    lines = [style.lines[k % len(style.lines)] for k in range(style.lines_a_section)]
    if style.abstract.endswith(("—", ":", ".")):
        pen.write(style.abstract + lines[0])
    elif style.abstract:
        pen.write(style.abstract, 12, "Times-Bold")
    for line in lines[:6]:
        pen.write(line)
    for section in style.sections:
        pen.write(section, 12, "Times-Bold")
        for line in lines:
            pen.write(line)
    canvas.save()
    return path


def write_lines(path: Path, pages: list[list[str]], **options: Any) -> Path:
    """One page for each list of lines; an empty list gives an empty page."""
    canvas = Canvas(str(path), pagesize=letter, **options)
    for lines in pages:
        for index, line in enumerate(lines):
            canvas.drawString(72, HEIGHT - 72 - 13 * index, line)
        canvas.showPage()
    canvas.save()
    return path


def write_scan(path: Path, pages: int = 3, stamp: str = "") -> Path:
    """Pages that are pictures without a text layer, except for a stamp at their foot."""
    from PIL import Image

    canvas = Canvas(str(path), pagesize=letter)
    for _ in range(pages):
        canvas.drawImage(ImageReader(Image.new("RGB", (200, 260), (250, 248, 240))), 0, 0, WIDTH, HEIGHT)
        canvas.drawString(72, 30, stamp)
        canvas.showPage()
    canvas.save()
    return path


def locked(user_password: str) -> StandardEncryption:
    """Encryption for a Canvas's `encrypt` option."""
    return StandardEncryption(user_password, ownerPassword="owner", strength=128)


def write_bomb(path: Path, depth: int = 30, width: int = 10) -> Path:
    """Forms that each draw the next ten times over: 10^29 lines of text in a few kilobytes."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << %s >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page % b"/XObject << /F 6 0 R >>",
        _stream(b"", b"/F Do"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for level in range(depth):
        last = level == depth - 1
        inner = b"/Font << /T 5 0 R >>" if last else b"/XObject << /F %d 0 R >>" % (7 + level)
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << %s >> " % inner
        objects.append(_stream(head, b"BT /T 9 Tf 72 700 Td (boom) Tj ET" if last else b"/F Do " * width))
    data = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    data += b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\n" % (size, table, size)
    path.write_bytes(data + b"startxref\n%d\n%%%%EOF\n" % data.index(b"xref\n0"))
    return path


def _stream(dictionary: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (dictionary, len(content), content)


def write_paper_with_a_bomb(path: Path) -> Path:
    """A paper whose last page explodes: PDFium dies of it, pypdf gives up on that page only."""
    from pypdf import PdfWriter

    with PdfWriter() as writer:
        for part in (write_paper(path), write_bomb(path.with_suffix(".bomb"))):
            writer.append(part)
        writer.write(path)
    return path
