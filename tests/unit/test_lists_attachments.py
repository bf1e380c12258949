"""Attached files whose names are hard: they are found as they are on the disk."""

import json
import unicodedata

import pytest

from classifier.lists import read_lists
from classifier.lists.attachments import existing_pdf, split_file_field


@pytest.mark.parametrize(
    ("field", "paths"),
    [
        ("/z/Muster; Exempel - 2023.pdf", ["/z/Muster; Exempel - 2023.pdf"]),
        ("/z/Muster;Exempel.pdf; /z/b.html", ["/z/Muster;Exempel.pdf", "/z/b.html"]),
        ("/z/a.pdf; /z/Muster et al.; Exempel.pdf", ["/z/a.pdf", "/z/Muster et al.; Exempel.pdf"]),
        ("/z/Vol. 2; A; B.pdf;/z/c.pdf", ["/z/Vol. 2; A; B.pdf", "/z/c.pdf"]),
        (r"C:\z\Muster; Exempel.pdf; C:\z\b.html", [r"C:\z\Muster; Exempel.pdf", r"C:\z\b.html"]),
        ("files/1/Muster; Exempel.pdf", ["files/1/Muster; Exempel.pdf"]),
        ("files/1/a.pdf;files/2/b.pdf", ["files/1/a.pdf", "files/2/b.pdf"]),
        ("/z/a.pdf;/z/b.pdf;", ["/z/a.pdf", "/z/b.pdf"]),
        ("Text:f/a.pdf:application/pdf;Page:f/x.html:text/html", ["f/a.pdf", "f/x.html"]),
        ("/z/folder/file;/z/b.pdf", ["/z/b.pdf", "/z/folder/file"]),
        (";;", []),
        ("Full Text:f/semi; colon - T.pdf:application/pdf", ["f/semi; colon - T.pdf"]),
        ("f/a.pdf|f/b.pdf", ["f/a.pdf", "f/b.pdf"]),
        ("f/a|b.pdf", ["f/a|b.pdf"]),
        (r":f/\{a\}.pdf:PDF", ["f/{a}.pdf"]),
    ],
)  # fmt: skip
def test_a_semicolon_within_a_name_stays_and_one_between_paths_parts_them(field, paths):
    assert split_file_field(field) == paths


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.bib", "a.ris", "a.enw"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_is_found_whatever_form_its_accents_have(form, name, tmp_path):
    other = "NFD" if form == "NFC" else "NFC"
    folder = unicodedata.normalize(form, "Größe é")
    file = unicodedata.normalize(other, "Mächtig; Ångström – ガギグ.pdf")
    (tmp_path / folder).mkdir()
    (tmp_path / folder / file).write_bytes(b"%PDF-1.4")
    written = unicodedata.normalize(form, f"{folder}/{file}")
    content = {
        "a.csv": f'Title,File Attachments\n"Some Title","{written}"\n',
        "a.jsonl": json.dumps({"title": "Some Title", "file": written}),
        "a.bib": "@misc{a, title={Some Title}, file={:%s:PDF}}" % written.replace(";", "\\;"),  # noqa: UP031
        "a.ris": f"TY  - JOUR\nTI  - Some Title\nL1  - {written}\nER  - \n",
        "a.enw": f"%0 Book\n%T Some Title\n%> {written}\n",
    }[name]
    (tmp_path / name).write_text(content, encoding="utf-8")
    [entry] = read_lists([str(tmp_path / name)])
    assert entry.file is not None, entry.notices
    assert entry.file.read_bytes() == b"%PDF-1.4"


def test_a_name_that_is_in_neither_form_is_not_found(tmp_path):
    assert existing_pdf(["Größe.pdf", "x" * 5000 + "é.pdf", "é\0.pdf"], tmp_path) is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("f%20g/M%C3%BCller.pdf", True),
        ("f%20g\\M%C3%BCller.pdf", True),
        ("FOLDER/f%20g/Mu%CC%88ller.pdf", True),
        ("file:///FOLDER/f%20g/M%C3%BCller.pdf", True),
        ("file:///FOLDER/f%20g/Mu%CC%88ller.pdf#page=3", True),
        ("file://localhost/FOLDER/f%20g/M%C3%BCller.pdf", True),
        ("attachments:f g/Müller.pdf", True),
        ("100%.pdf", True),
        ("//FOLDER/100%.pdf", False),
        ("file:////FOLDER/100%25.pdf", False),
        ("%2F%2FFOLDER/100%.pdf", False),
    ],
)
def test_a_path_is_found_as_programs_write_it_and_none_on_a_server(written, found, tmp_path):
    (tmp_path / "f g").mkdir()
    for name in (tmp_path / "f g" / "Müller.pdf", tmp_path / "100%.pdf"):
        name.write_bytes(b"%PDF-1.4")
    text = written.replace("FOLDER", str(tmp_path) if written.startswith("FOLDER") else str(tmp_path)[1:])
    assert (existing_pdf(split_file_field(text), tmp_path) is not None) == found
