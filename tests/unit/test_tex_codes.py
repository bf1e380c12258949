"""Control codes of TeX's fonts: which become ligatures and symbols, and which stay."""

from __future__ import annotations

import pytest

from classifier.pdf.tex_codes import decode_tex

FAMILIES = {
    "T": "XQWERT+CMR10",
    "I": "ABCDEF+CMMI10",
    "S": "CMSY10",
    "X": "CMEX10",
}


def fonts(marks: str):
    """A font for each character by its letter in `marks`."""
    return lambda at: FAMILIES[marks[at]]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("the \x0cltering", "the \ufb01ltering"),
        ("di\x0berence", "di\ufb00erence"),
        ("o\x0eces", "o\ufb03ces"),
        ("sti\x0fed", "sti\ufb04ed"),
        ("\row", "\ufb02ow"),
        ("\x0cne\r\n\x0ct", "\ufb01ne\r\n\ufb01t"),
        ("line one\r\nline two", "line one\r\nline two"),
        ("A \x0b B", "A \x0b B"),
        ("A\x0cB", "A\x0cB"),
        ("a\x01b", "a\x01b"),
        ("plain text \ufb01 with tabs\tand\nlines", "plain text \ufb01 with tabs\tand\nlines"),
        ("", ""),
    ],
)
def test_ligatures_beside_small_letters_need_no_font(raw, expected):
    assert decode_tex(raw) == expected


@pytest.mark.parametrize(
    ("raw", "marks", "expected"),
    [
        ("\x0b=1", "ITT", "α=1"),
        ("\x0c", "I", "β"),
        ("\x0d\x0e\x0f\x10", "IIII", "γδϵζ"),
        ("\x00\x01\x02\x1f", "IIII", "ΓΔΘχ"),
        ("5\x000", "TST", "5−0"),
        ("a\x14b\x15c", "TSTST", "a≤b≥c"),
        ("x\x19y", "TST", "x≈y"),
        ("2\x023", "TST", "2×3"),
        ("\x00x\x01", "XTX", "(x)"),
        ("\x02\x03\x08\x0a", "XXXT", "[]{\x0a"),
        ("di\x0berence \x0b", "TTTTTTTTTTI", "di\ufb00erence α"),
    ],
)
def test_symbols_are_those_of_the_font_that_draws_them(raw, marks, expected):
    assert decode_tex(raw, fonts(marks)) == expected


@pytest.mark.parametrize(
    ("raw", "marks", "expected"),
    [
        ("J = P\nt x", "TTTTXTTTT", "J = \u2211\nt x"),
        ("J = PT t=0", "TTTTXITTTT", "J = \u2211T t=0"),
        ("J = P(x)", "TTTTTTTT", "J = P(x)"),
        ("J = X\nz", "TTTTXTT", "J = \u2211\nz"),
        ("J = Q R S T", "TTTTXTXTXTX", "J = \u220f \u222b \u22c3 \u22c2"),
        ("x = h\n1 i", "TTTTXTTTX", "x = [\n1 ]"),
        ("x = p\n1", "TTTTXTT", "x = \u221a\n1"),
        ("x = A Plan of h", "TTTTTTXTTTTTTTT", "x = A Plan of h"),
        ("no formula X", "TTTTTTTTTTTX", "no formula X"),
    ],
)
def test_large_symbols_have_the_codes_of_letters(raw, marks, expected):
    assert decode_tex(raw, fonts(marks)) == expected


@pytest.mark.parametrize(
    ("font", "expected"),
    [
        ("CMMI10", "α"),
        ("ABCDEF+CMMIB10", "α"),
        ("cmmi7", "α"),
        ("LMMathItalic10-Regular", "α"),
        ("ABCDEF+LMMathSymbols10-Regular", "⊘"),
        ("CMBSY10", "⊘"),
        ("MBSY10", "⊘"),
        ("LMMathExtension10-Regular", "⟩"),
        ("CMR10", "\x0b"),
        ("Symbol", "\x0b"),
        ("NotCMMI10", "\x0b"),
        ("", "\x0b"),
    ],
)
def test_which_fonts_are_known_by_their_name(font, expected):
    # Code 11: alpha in the italic font, a slashed circle among the symbols, a bracket
    # in the extension font, a ligature in the text fonts.
    assert decode_tex("\x0b", lambda _: font) == expected


@pytest.mark.parametrize("code", [chr(code) for code in range(32)])
@pytest.mark.parametrize("mark", "TISX")
def test_the_length_never_changes(code, mark):
    raw = f"a{code}b"
    assert len(decode_tex(raw, lambda _: FAMILIES[mark])) == len(raw)
    assert decode_tex(raw, lambda _: FAMILIES[mark])[::2] == "ab"
