"""Hidden text is cut and reported; look-alikes are left alone."""

from __future__ import annotations

import pypdfium2
import pytest

from classifier.pdf.hidden import split_page
from tests.hidden_pdfs import ORDER, VISIBLE, Trick, hidden_tricks, page_pdf

TRICKS = hidden_tricks()


def split(trick: Trick) -> tuple[str, str, list[dict]]:
    document = pypdfium2.PdfDocument(page_pdf(trick))
    page = document[0]
    text_page = page.get_textpage()
    raw = text_page.get_text_range()
    visible, findings = split_page(page, text_page, raw)
    text_page.close()
    page.close()
    document.close()
    return raw, visible, findings


@pytest.mark.parametrize("name", TRICKS)
def test_hidden_sentence_is_cut_and_reported(name: str) -> None:
    kind, trick = TRICKS[name]
    raw, visible, findings = split(trick)
    assert ORDER in raw
    assert "confidence" not in visible
    assert "Ignore" not in visible
    assert [finding["kind"] for finding in findings] == [kind]
    assert ORDER in findings[0]["text"]
    for line in VISIBLE:
        assert visible.count(line) == 2
