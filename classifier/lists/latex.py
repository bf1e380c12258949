"""LaTeX in bibliographies -> plain text.

What enters: a field's value. What leaves: text with accents, symbols and simple formulas as characters and
without braces and commands. pylatexenc does the work; characters that it would misread in prose (a bare "%"
or "&") are escaped first. It takes half a millisecond per value, so values that contain only accents and
escapes (nearly all of them) are decoded here.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

_BARE = re.compile(r"(?<!\\)[%&#]")
_PLAIN = str.maketrans({"{": None, "}": None, "~": " "})
_SIMPLE = re.compile(
    r"\\(?:(?P<sign>[`'^\"~=.])\s*(?:\{\\?(?P<a>[A-Za-z])\}|\\?(?P<b>[A-Za-z]))"
    r"|(?P<mark>[uvHckrdb])(?:\s*\{(?P<c>[A-Za-z])\}|\s+(?P<d>[A-Za-z]))"
    r"|(?P<letter>aa|AA|ae|AE|oe|OE|ss|o|O|l|L|i|j)(?:\{\}|(?![A-Za-z])\s?)"
    r"|(?P<char>[%&#_]))"
)
_MARKS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331",
}  # fmt: skip
_LETTERS = {
    "aa": "å", "AA": "Å", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "ss": "ß", "o": "ø", "O": "Ø", "l": "ł",
    "L": "Ł", "i": "ı", "j": "ȷ",
}  # fmt: skip
_LINK = re.compile(r"\\(?:url|path|nolinkurl)\s*\{([^{}]*)\}")
_HREF = re.compile(r"\\href\s*\{[^{}]*\}\s*\{([^{}]*)\}")
_ESCAPED = re.compile(r"\\([_%&#~{}$])")
_COMMAND = re.compile(r"\\[A-Za-z]+\s?|\\.")


def decode_latex(text: str) -> str:
    r"""Plain text of a value; if it cannot be decoded, commands and braces are removed.

    >>> decode_latex(r"{\"U}ber {Things}: 50% of $\pi_0$ \& more")
    'Über Things: 50% of π_0 & more'
    """
    if "$" not in text:
        simple = _SIMPLE.sub(_simple, text) if "\\" in text else text
        if "\\" not in simple:
            return _typed(simple.translate(_PLAIN))
    text = _HREF.sub(r"\1", _LINK.sub(r"\1", text))
    try:
        return str(_decoder().latex_to_text(_BARE.sub(r"\\\g<0>", text))).replace("\u00a0", " ")
    except Exception:  # noqa: BLE001  any text at all comes here, and the decoder fails in many ways
        return _COMMAND.sub("", text).translate(_PLAIN).replace("$", "")


def decode_address(text: str) -> str:
    r"""An address or id without LaTeX: `\url{…}` and escaped characters are undone, nothing else."""
    return _ESCAPED.sub(r"\1", _LINK.sub(r"\1", text)).strip("{} ")


def _simple(found: re.Match[str]) -> str:
    """An accented letter, a special letter or an escaped character."""
    if found["char"]:
        return found["char"]
    if found["letter"]:
        return _LETTERS[found["letter"]]
    letter = found["a"] or found["b"] or found["c"] or found["d"]
    return unicodedata.normalize("NFC", letter + _MARKS[found["sign"] or found["mark"]])


def _typed(text: str) -> str:
    for written, meant in (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”")):
        text = text.replace(written, meant)
    return text


@cache
def _decoder() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    # It warns about every unknown command; the text is kept anyway.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    return LatexNodes2Text(math_mode="text", strict_latex_spaces="macros")
